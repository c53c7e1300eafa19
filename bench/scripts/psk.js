// Connects ROUNDS times, then echoes MESSAGES times SIZE bytes: over plain TCP, a pre-shared key, or the firmware's TLS.
/* global KIND, MESSAGES:writable, OPTIONS, PORT, ROUNDS:writable, SIZE */
var ws = require("esp_websocket_client");
var config = { uri: (KIND === "plain" ? "ws" : "wss") + "://localhost:" + PORT + "/", disable_auto_reconnect: true };
config.allow_unverified_tls = KIND === "native";
if (KIND === "psk") config.ext_transport = require("tls_psk")(OPTIONS);
var client = ws.esp_websocket_client_init(config);
var payload = E.toString({ data: 65, count: SIZE });
var since = 0;
var times = [];

/** The median, in milliseconds. */
function told(what) {
  times.sort(function (one, other) {
    return one - other;
  });
  print(what, times[times.length >> 1] * 1000);
  times = [];
}

function connect() {
  since = getTime();
  ws.esp_websocket_client_start(client);
}

function send() {
  since = getTime();
  ws.esp_websocket_client_send_text(client, payload);
}

client.on("connected", function () {
  times.push(getTime() - since);
  setTimeout(function () {
    if (ROUNDS-- > 0) {
      ws.esp_websocket_client_stop(client);
      connect();
    } else {
      told("connect");
      send();
    }
  }, 5);
});
client.on("data", function (event) {
  if (event.op_code > 2 || event.payload_offset + event.data_len < event.payload_len) return;
  times.push(getTime() - since);
  if (--MESSAGES > 0) setTimeout(send, 0);
  else told("echo");
});
client.on("error", function (event) {
  print("failed", event.data_ptr);
});
connect();
