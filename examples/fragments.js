/* Sends one message whose length is not known beforehand, part by part, as the C client's _partial functions do. */
var ws = require("esp_websocket_client");

var url = typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/" : WS_URL;
var client = ws.esp_websocket_client_init({ uri: url });
var answer = "";

client.on("connected", function () {
  ws.esp_websocket_client_send_text_partial(client, "The first part, ");
  ws.esp_websocket_client_send_cont_msg(client, "the second, ");
  ws.esp_websocket_client_send_cont_msg(client, "and the last.");
  ws.esp_websocket_client_send_fin(client);
});
client.on("data", function (event) {
  if (event.op_code >= ws.WS_TRANSPORT_OPCODES_CLOSE) return;
  answer += event.data_ptr;
  if (event.fin && event.payload_offset + event.data_len === event.payload_len) {
    console.log("answer: " + answer);
    ws.esp_websocket_client_close_with_code(client, 1000, "done");
  }
});
client.on("error", function (event) {
  console.log("error: " + event.data_ptr);
});
client.on("finish", function () {
  ws.esp_websocket_client_destroy(client);
});

ws.esp_websocket_client_start(client);
