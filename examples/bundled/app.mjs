/* global WS_URL */
/* A script that is bundled with the client into one file. What it does not import does not get in: here everything
   but the functions below, and what these need. Constants become numbers. */
import {
  esp_websocket_client_close,
  esp_websocket_client_init,
  esp_websocket_client_send_text,
  esp_websocket_client_start,
  WS_TRANSPORT_OPCODES_TEXT,
} from "esp-websocket-client/espruino";

var url = typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/" : WS_URL;
var client = esp_websocket_client_init({ uri: url });

client.on("connected", function () {
  esp_websocket_client_send_text(client, "Hello from one file");
});
client.on("data", function (event) {
  if (event.op_code !== WS_TRANSPORT_OPCODES_TEXT) return;
  console.log("data: " + event.data_ptr);
  esp_websocket_client_close(client);
});
client.on("error", function (event) {
  console.log("error: " + event.data_ptr);
});
client.on("finish", function () {
  console.log("finish");
});

esp_websocket_client_start(client);
