import WebSocket = require("esp-websocket-client/websocket");

const socket = new WebSocket("ws://host/", ["a", "b"], { max_message_size: 1000, ping_interval_sec: 5 });
same<typeof socket, WebSocket>();
socket.onopen = null;
socket.onmessage = function (event) {
  same<typeof event, WebSocket.MessageEvent>();
  same<typeof this, WebSocket>();
};
socket.addEventListener("close", (event) => {
  same<typeof event.code, number>();
  same<typeof event.wasClean, boolean>();
  // @ts-expect-error: a close has no data
  print(event.data);
});
const object: WebSocket.Listener<WebSocket.ErrorEvent> = { handleEvent: (event) => print(event.message) };
socket.addEventListener("error", object);
socket.removeEventListener("error", object);
// @ts-expect-error: no such event
socket.addEventListener("data", () => {});
socket.send("text");
socket.send(new ArrayBuffer(1));
socket.send(new DataView(new ArrayBuffer(1)));
// @ts-expect-error: text or bytes
socket.send({});
// @ts-expect-error: read-only
socket.readyState = 1;
socket.close(WebSocket.OPEN + 3000, "reason");
same<typeof WebSocket.CLOSED, 3>();

const ws = new WebSocket("host", { port: 80, headers: { some: "header", other: 1 } });
same<typeof ws, WebSocket.EspruinoWebSocket>();
ws.on("message", (message) => ws.send(message));
ws.on("rawData", (bytes) => same<typeof bytes, string>());
// @ts-expect-error: no such event
ws.on("data", () => {});
// @ts-expect-error: no such option
new WebSocket("host", { url: "ws://host/" });
