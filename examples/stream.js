/* Streams a long binary message in constant memory: the next part is made when the send queue has room for it.
   What comes back is summed up piece by piece and never held whole. */
var ws = require("esp_websocket_client");

var url = typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/" : WS_URL;
var parts = typeof PARTS === "undefined" ? 64 : PARTS;
var client = ws.esp_websocket_client_init({ uri: url, buffer_size: 1024 });
var part = new Uint8Array(1024);
var sentParts = 0;
var received = 0;
var sum = 0;

function pump() {
  while (sentParts < parts) {
    part.fill(sentParts & 255);
    var send = sentParts ? ws.esp_websocket_client_send_cont_msg : ws.esp_websocket_client_send_bin_partial;
    // No room: "drain" follows. The part may be changed right after the call: what was taken is a copy.
    if (send(client, part) < 0) return;
    sentParts++;
  }
  if (sentParts === parts && ws.esp_websocket_client_send_fin(client) === 0) sentParts++;
}

client.on("connected", pump);
client.on("drain", pump);
client.on("data", function (event) {
  if (event.op_code >= ws.WS_TRANSPORT_OPCODES_CLOSE) return;
  received += event.data_len;
  sum = (sum + E.sum(event.data_ptr)) % 65536;
  if (event.fin && event.payload_offset + event.data_len === event.payload_len) {
    console.log("received " + received + " bytes, sum " + sum);
    ws.esp_websocket_client_close(client);
  }
});
client.on("error", function (event) {
  console.log("error: " + event.data_ptr);
});
client.on("finish", function () {
  ws.esp_websocket_client_destroy(client);
});

ws.esp_websocket_client_start(client);
