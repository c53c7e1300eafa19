/* A script for the board, in plain JavaScript: an editor that knows the names of the modules checks it all the same. */
/** @type {typeof import("esp_websocket_client")} */
var ws = require("esp_websocket_client");
/** @type {typeof import("websocket")} */
var WebSocket = require("websocket");

var client = ws.esp_websocket_client_init({ uri: "ws://host/" });
if (client) {
  client.on("data", function (event) {
    print(event.data_ptr.length);
    // @ts-expect-error
    print(event.data);
  });
}
new WebSocket("ws://host/").onclose = function (event) {
  print(event.code);
};
