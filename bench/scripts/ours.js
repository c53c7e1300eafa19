// The work of bench/speed.ts, by this library. common.js stands in front of this script.
/* global CLIENTS, PORT, TEXT, WORK, clients, fill, payload:writable, wanted:writable */
var ws = require("esp_websocket_client");

function sendAll() {
  var send = TEXT ? ws.esp_websocket_client_send_text : ws.esp_websocket_client_send_bin;
  while (wanted && send(clients[0], payload) >= 0) wanted--;
}

var works = {
  receive: function (event) {
    if (wanted) {
      wanted -= event.data_len;
      if (!wanted) print("done");
    } else {
      wanted = parseInt(event.data_ptr);
      print("ready");
    }
  },
  send: function (event) {
    wanted = parseInt(event.data_ptr);
    sendAll();
  },
  echo: TEXT
    ? function (event) {
        if (event.data_len === event.payload_len) ws.esp_websocket_client_send_text(event.client, event.data_ptr);
        else {
          event.client.text = (event.client.text || "") + event.data_ptr;
          if (event.payload_offset + event.data_len === event.payload_len) {
            ws.esp_websocket_client_send_text(event.client, event.client.text);
            event.client.text = "";
          }
        }
      }
    : function (event) {
        if (event.data_len === event.payload_len) ws.esp_websocket_client_send_bin(event.client, event.data_ptr);
        else {
          if (!event.payload_offset) event.client.bytes = new Uint8Array(event.payload_len);
          event.client.bytes.set(event.data_ptr, event.payload_offset);
          if (event.payload_offset + event.data_len === event.payload_len)
            ws.esp_websocket_client_send_bin(event.client, event.client.bytes);
        }
      },
};

// They are reported as data, too.
works.ping = works.pong = works.receive;

if (WORK === "send") {
  fill();
  if (!TEXT) payload = E.toUint8Array(payload);
}
for (var i = 0; i < CLIENTS; i++) {
  clients[i] = ws.esp_websocket_client_init({ uri: "ws://127.0.0.1:" + PORT + "/", ping_interval_sec: 3600 });
  clients[i].on("data", works[WORK]);
  clients[i].on("drain", sendAll);
  clients[i].on("connected", function () {
    print("open");
  });
  ws.esp_websocket_client_start(clients[i]);
}
