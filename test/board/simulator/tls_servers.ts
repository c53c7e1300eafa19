import { once } from "node:events";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { makeIdentity } from "./identity";

/** TLS servers of several kinds, and what `contract_tls.js` has to know of them. */
export interface TlsServers {
  preset: Record<string, unknown>;
  close(): Promise<void>;
}

/**
 * Starts servers that greet with "hello", answer "bye" with the end of the session, "cut" with the end of the
 * connection, and echo everything else.
 */
export async function startTlsServers(): Promise<TlsServers> {
  const authority = makeIdentity("authority");
  const own = makeIdentity("127.0.0.1", authority);
  const client = makeIdentity("client", authority);
  const foreign = makeIdentity("foreign");
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  const listen = async (server: Server): Promise<number> => {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket.on("close", () => sockets.delete(socket)).on("error", () => undefined));
    });
    servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const secure = (options: TlsOptions): Promise<number> => {
    const server = createServer({ key: own.key, cert: own.certificate, ...options }, (socket) => {
      socket.on("error", () => undefined);
      socket.write("hello");
      socket.on("data", (data) => {
        if (data.toString() === "bye") socket.end();
        else if (data.toString() === "cut") socket.destroy();
        else socket.write(data);
      });
    });
    return listen(server.on("tlsClientError", () => undefined));
  };

  const base64 = (bytes: Buffer): string => bytes.toString("base64");
  return {
    preset: {
      PORT: await secure({ maxVersion: "TLSv1.2" }),
      PORT_13: await secure({ minVersion: "TLSv1.3" }),
      PORT_MUTUAL: await secure({ maxVersion: "TLSv1.2", requestCert: true, ca: authority.certificate }),
      PORT_PLAIN: await listen(createTcpServer((socket) => void socket.end("no TLS here, sorry"))),
      PORT_SHUT: await listen(createTcpServer((socket) => void socket.once("data", () => socket.end()))),
      CERT: base64(client.certificateDer),
      KEY: base64(client.keyDer),
      RSA_KEY: base64(client.rsaKeyDer),
      FOREIGN: base64(foreign.certificateDer),
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => once(server.close(), "close")));
    },
  };
}
