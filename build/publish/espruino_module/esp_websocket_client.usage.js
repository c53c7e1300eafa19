var ws = require("esp_websocket_client");

var client = ws.esp_websocket_client_init({ uri: "ws://192.168.1.10:8080/" });

client.on("connected", function () {
  ws.esp_websocket_client_send_text(client, "Hello");
});
client.on("data", function (event) {
  if (event.op_code !== ws.WS_TRANSPORT_OPCODES_TEXT) return;
  print("received: " + event.data_ptr);
  ws.esp_websocket_client_close(client);
});
client.on("error", function (event) {
  print("error: " + event.data_ptr);
});
client.on("finish", function () {
  print("finished");
  ws.esp_websocket_client_destroy(client);
});

ws.esp_websocket_client_start(client);
