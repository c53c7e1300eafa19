/** An echo server that the scripts of the documents talk to: it also chooses the first subprotocol that is offered. */
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

/** The address that stands in all documents, and its parts. */
const HOST = "192.168.1.10";
const PORT = "8080";

export interface EchoServer {
  url: string;
  /** Connections so far. */
  connections: number;
  /** Resolves when the server has received a message, or a connection has ended. */
  heard: Promise<void>;
  /** The document's script, with this server's address in place of the document's. */
  redirect(script: string): string;
  close(): Promise<void>;
}

export async function startEcho(): Promise<EchoServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  let hear = (): void => {};
  const heard = new Promise<void>((resolve) => (hear = resolve));
  const result: EchoServer = {
    url: "",
    connections: 0,
    heard,
    redirect: () => "",
    close: () => {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  server.on("connection", (socket) => {
    result.connections++;
    socket.on("error", () => {});
    socket.on("close", () => hear());
    socket.on("message", (data, isBinary) => {
      socket.send(data, { binary: isBinary });
      hear();
    });
  });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  const port = String((server.address() as AddressInfo).port);
  result.url = `ws://127.0.0.1:${port}/`;
  result.redirect = (script) => script.replaceAll(HOST, "127.0.0.1").replace(new RegExp(`\\b${PORT}\\b`, "g"), port);
  return result;
}
