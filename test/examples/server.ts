/** The echo server of the examples, which counts what it sees. */
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { LISTEN_HOST } from "../support/hosts";

export interface Echo {
  url: string;
  /** Messages so far: text as a string, binary ones as a Buffer. */
  messages: (string | Buffer)[];
  /** Connections so far. */
  connections: number;
  /** Resolves when as many connections as given were opened, and all of them are closed. */
  served(connections: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts it; `answer` sees each message before it is sent back. */
export async function startEcho(answer?: (socket: WebSocket, message: string | Buffer) => void): Promise<Echo> {
  const server = new WebSocketServer({ host: LISTEN_HOST, port: 0 });
  let change = (): void => {};
  const echo: Echo = {
    url: "",
    messages: [],
    connections: 0,
    served: async (connections) => {
      while (echo.connections < connections || server.clients.size) {
        await new Promise<void>((resolve) => (change = resolve));
      }
    },
    close: () => {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  server.on("connection", (socket) => {
    echo.connections++;
    socket.on("error", () => {});
    // The server takes it off its list after its own handlers have run.
    socket.on("close", () => setImmediate(() => change()));
    socket.on("message", (data: Buffer, isBinary) => {
      const message = isBinary ? data : data.toString();
      echo.messages.push(message);
      if (answer) answer(socket, message);
      else socket.send(data, { binary: isBinary });
    });
  });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  echo.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return echo;
}
