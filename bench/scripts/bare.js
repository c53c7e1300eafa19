// The work of bench/speed.ts, by a TCP socket without WebSocket. common.js stands in front of this script.
/* global CLIENTS, PORT, SIZE, WORK, clients, fill, payload, wanted:writable */
function sendNext() {
  if (wanted) {
    wanted--;
    clients[0].write(payload);
  }
}

var works = {
  receive: function (data) {
    if (wanted) {
      wanted -= data.length;
      if (!wanted) print("done");
    } else {
      wanted = parseInt(data);
      print("ready");
    }
  },
  send: function (data) {
    wanted = parseInt(data);
    sendNext();
  },
  echo: function (data) {
    if (SIZE <= 536) this.write(data);
    else {
      this.text += data;
      if (this.text.length === SIZE) {
        this.write(this.text);
        this.text = "";
      }
    }
  },
};

if (WORK === "send") fill();
for (var i = 0; i < CLIENTS; i++) {
  clients[i] = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    print("open");
  });
  clients[i].text = "";
  clients[i].on("data", works[WORK]);
  clients[i].on("drain", sendNext);
}
