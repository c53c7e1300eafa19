// The work of bench/speed.ts, by Espruino's own ws module. common.js stands in front of this script.
/* global CLIENTS, PORT, TEXT, WORK, clients, fill, payload, wanted:writable */
var WebSocket = require("ws");

// The module tells nothing of its socket's buffer: its socket does.
function sendNext() {
  if (wanted) {
    wanted--;
    clients[0].send(payload, TEXT ? 0x81 : 0x82);
  }
}

var works = {
  receive: function (message) {
    if (wanted) {
      wanted -= message.length;
      if (!wanted) print("done");
    } else {
      wanted = parseInt(message);
      print("ready");
    }
  },
  send: function (message) {
    wanted = parseInt(message);
    sendNext();
  },
  echo: function (message) {
    this.send(message);
  },
};

if (WORK === "send") fill();
for (var i = 0; i < CLIENTS; i++) {
  clients[i] = new WebSocket("127.0.0.1", { port: PORT, keepAlive: 3600 });
  clients[i].on("message", works[WORK]);
  clients[i].on("open", function () {
    this.socket.on("drain", sendNext);
    print("open");
  });
}
