/* Sends MESSAGES to URL, each when the last one has come back whole: a text as it is, for a number so many bytes. */
/* global URL, MESSAGES, CONFIG */
var ws = require("esp_websocket_client");
var config = typeof CONFIG === "undefined" ? {} : CONFIG;
config.uri = URL;
config.disable_auto_reconnect = true;
var client = ws.esp_websocket_client_init(config);
var index = 0;
var got = 0;
var text = "";
var right = true;

function send() {
  var message = MESSAGES[index];
  got = 0;
  text = "";
  right = true;
  if (index === MESSAGES.length) return ws.esp_websocket_client_close(client);
  if (typeof message === "string") return ws.esp_websocket_client_send_text(client, message);
  var bytes = new Uint8Array(message);
  for (var i = 0; i < message; i++) bytes[i] = i * 7;
  ws.esp_websocket_client_send_bin(client, bytes);
}

client.on("connected", send);
client.on("data", function (event) {
  if (event.op_code > 2) return;
  if (typeof event.data_ptr === "string") text += event.data_ptr;
  else for (var i = 0; i < event.data_len; i++) if (event.data_ptr[i] !== ((got + i) * 7) % 256) right = false;
  got += event.data_len;
  if (!event.fin || event.payload_offset + event.data_len < event.payload_len) return;
  if (typeof MESSAGES[index++] === "number") print("binary", got, right ? "right" : "wrong");
  else {
    var units = text.split("").map(function (unit) {
      return unit.charCodeAt(0);
    });
    print("text", got, units.length > 20 ? units.length + " units" : units.join());
  }
  send();
});
client.on("error", function (event) {
  print("error", event.data_ptr);
});
client.on("closed", function (event) {
  print("closed", event.close_status_code);
});
client.on("finish", function () {
  print("finish");
});
ws.esp_websocket_client_start(client);
