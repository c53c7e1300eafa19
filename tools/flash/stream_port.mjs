/** A port around a Node stream. @param stream a net.Socket, tty.ReadStream or SerialPort */
export function streamPort(stream, { name, baud, close }) {
  let onData = () => {};
  let onClose = () => {};
  const port = {
    name,
    baud,
    closed: false,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (port.closed) reject(new Error("closed"));
        else stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    onData: (listener) => (onData = listener),
    onClose: (listener) => (onClose = listener),
    async close() {
      if (port.closed) return;
      const closed = new Promise((resolve) => stream.once("close", resolve));
      close();
      await closed;
    },
  };
  stream.on("data", (data) => onData(data));
  stream.on("error", () => {}); // "close" follows
  stream.on("close", () => {
    if (port.closed) return;
    port.closed = true;
    onClose();
  });
  // A serial device that was pulled out ends without closing.
  stream.on("end", () => close());
  return port;
}
