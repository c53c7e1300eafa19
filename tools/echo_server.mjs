import { createHash } from "node:crypto";
import http from "node:http";

/**
 * A WebSocket server that sends each message back, frame by frame. Resolves when it listens. It needs nothing but Node,
 * so that the published package can run scripts against it.
 *
 * @param {object} options
 * @param {string} [options.host] the address to listen on; by default, this computer alone can connect
 * @param {number} [options.port] by default a free one
 * @param {(address: string) => void} [options.onConnect] called with each client's address
 * @param {(frame: { opcode: number, payload: Buffer }) => void} [options.onFrame] called with each frame of a message
 */
export async function startEchoServer({ host = "127.0.0.1", port = 0, onConnect = () => {}, onFrame = () => {} } = {}) {
  const sockets = new Set();
  let messages = 0;
  let connections = 0;
  const server = http.createServer((request, response) => {
    response.writeHead(426, { Upgrade: "websocket" }).end("This is a WebSocket server.\n");
  });
  server.on("upgrade", (request, socket, head) => {
    connections++;
    onConnect(socket.remoteAddress ?? "");
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // If a client breaks off, that is its business.
    socket.on("error", () => {});
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\n" +
        `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
    );
    let bytes = head;
    const read = (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (let frame = firstFrame(bytes); frame; frame = firstFrame(bytes)) {
        bytes = bytes.subarray(frame.size);
        if (!socket.writable) return;
        if (!frame.masked || frame.opcode > 10) {
          // RFC 6455 §5.1: a client's frames are masked. 1002 is "protocol error".
          socket.end(serverFrame(0x88, Buffer.from([3, 234])));
        } else if (frame.opcode === 8) {
          socket.end(serverFrame(0x88, frame.payload.subarray(0, 2)));
        } else if (frame.opcode === 9) {
          socket.write(serverFrame(0x8a, frame.payload));
        } else if (frame.opcode < 8) {
          if (frame.first & 0x80) messages++;
          onFrame(frame);
          socket.write(serverFrame(frame.first, frame.payload));
        }
      }
    };
    read(Buffer.alloc(0));
    socket.on("data", read);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `ws://${host}:${server.address().port}/`,
    port: server.address().port,
    /** Messages sent back so far. */
    messages: () => messages,
    /** Connections so far. */
    connections: () => connections,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The frame at the beginning of `bytes` (RFC 6455 §5.2); undefined if it is not complete. */
function firstFrame(bytes) {
  if (bytes.length < 2) return undefined;
  let length = bytes[1] & 127;
  let at = length < 126 ? 2 : length === 126 ? 4 : 10;
  if (bytes.length < at) return undefined;
  if (at === 4) length = bytes.readUInt16BE(2);
  else if (at === 10) length = Number(bytes.readBigUInt64BE(2));
  const masked = bytes[1] > 127;
  const key = bytes.subarray(at, at + 4);
  if (masked) at += 4;
  if (bytes.length < at + length) return undefined;
  const payload = Buffer.from(bytes.subarray(at, at + length));
  if (masked) for (let i = 0; i < length; i++) payload[i] ^= key[i & 3];
  return { first: bytes[0], opcode: bytes[0] & 15, masked, payload, size: at + length };
}

function serverFrame(first, payload) {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65536 ? 4 : 10);
  header[0] = first;
  if (length < 126) header[1] = length;
  else if (length < 65536) {
    header[1] = 126;
    header.writeUInt16BE(length, 2);
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([header, payload]);
}
