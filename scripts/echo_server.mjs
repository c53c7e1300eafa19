import { WebSocketServer } from "ws";

/** A WebSocket server on a free port of this machine that sends each message back. Resolves when it listens. */
export async function startEchoServer() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  let messages = 0;
  server.on("connection", (socket) => {
    // A client that breaks off is the client's business.
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      messages++;
      socket.send(data, { binary: isBinary });
    });
  });
  await new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
  });
  return {
    url: `ws://127.0.0.1:${server.address().port}/`,
    /** Messages sent back so far. */
    messages: () => messages,
    close() {
      for (const socket of server.clients) socket.terminate();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
