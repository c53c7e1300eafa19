/* Several clients at once, one handler for all: `arg` and `user_context` tell them apart. */
var ws = require("esp_websocket_client");

var url = typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/" : WS_URL;

function onEvent(arg, base, id, event) {
  if (id === ws.WEBSOCKET_EVENT_CONNECTED) {
    ws.esp_websocket_client_send_text(event.client, "I am " + event.user_context);
  } else if (id === ws.WEBSOCKET_EVENT_DATA && event.op_code === ws.WS_TRANSPORT_OPCODES_TEXT) {
    console.log(arg + ": " + event.data_ptr);
    ws.esp_websocket_client_close(event.client);
  } else if (id === ws.WEBSOCKET_EVENT_ERROR) {
    console.log(arg + ": " + event.data_ptr);
  } else if (id === ws.WEBSOCKET_EVENT_FINISH) {
    ws.esp_websocket_client_destroy(event.client);
  }
}

["ann", "bob", "cyd"].forEach(function (name) {
  var client = ws.esp_websocket_client_init({ uri: url, user_context: name });
  ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, onEvent, "client " + name);
  ws.esp_websocket_client_start(client);
});
