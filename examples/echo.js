/* Connects, sends a text and a binary message, prints every event, and closes once both have come back.
   The server: WS_URL where the host sets it (npm start does), else the address below. */
var ws = require("esp_websocket_client");

var url = typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/" : WS_URL;
var client = ws.esp_websocket_client_init({ uri: url, reconnect_timeout_ms: 5000 });
if (!client) throw new Error("The address " + url + " is not one to connect to.");

var waitingFor = 2;

client.on("begin", function () {
  console.log("begin");
});
client.on("before_connect", function () {
  console.log("before_connect: " + url);
});
client.on("header_received", function (event) {
  console.log("header_received: " + event.data_ptr);
});
client.on("connected", function () {
  console.log("connected");
  ws.esp_websocket_client_send_text(client, "Hello from the board");
  ws.esp_websocket_client_send_bin(client, new Uint8Array([1, 2, 3, 254, 255]));
});
client.on("data", function (event) {
  if (event.op_code === ws.WS_TRANSPORT_OPCODES_TEXT) console.log("data, text: " + event.data_ptr);
  else if (event.op_code === ws.WS_TRANSPORT_OPCODES_BINARY) console.log("data, binary: " + event.data_ptr.join(","));
  else console.log("data, opcode " + event.op_code + ": " + event.data_len + " bytes");
  // A message may come in several pieces: it is whole with the last byte of its last frame.
  var whole = event.fin && event.payload_offset + event.data_len === event.payload_len;
  if (event.op_code < ws.WS_TRANSPORT_OPCODES_CLOSE && whole && --waitingFor === 0)
    ws.esp_websocket_client_close(client, ws.portMAX_DELAY);
});
client.on("error", function (event) {
  console.log("error: " + event.data_ptr);
});
client.on("disconnected", function () {
  console.log("disconnected: trying again in " + ws.esp_websocket_client_get_reconnect_timeout(client) + " ms");
});
client.on("closed", function (event) {
  console.log("closed: " + (event.close_status_code ? "code " + event.close_status_code : "without a code"));
});
client.on("finish", function () {
  console.log("finish");
  ws.esp_websocket_client_destroy(client);
});

ws.esp_websocket_client_start(client);
