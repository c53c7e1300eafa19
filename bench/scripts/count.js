// Counts variables for bench/variables.ts, which sets COUNT, WHAT, CLIENTS, ROUNDS, BALLAST, BYTES and PORT in front of this script.
/* global BALLAST, BYTES, CLIENTS, COUNT, PORT, ROUNDS, WHAT */

/**
 * Calls `then` with the variables in use, once they no longer change: sockets that were closed are gone. One or two
 * come and go with the interpreter's own timers.
 */
function settled(then) {
  var least = 0;
  var steady = 0;
  var timer = setInterval(function () {
    var usage = process.memory().usage;
    if (!steady || usage < least || usage > least + 2) {
      steady = 0;
      least = usage;
    }
    if (++steady > 20) {
      clearInterval(timer);
      then(least);
    }
  }, 5);
}

var before = 0;
var total = 0;
var ws;
var clients = [];
var ballast = [];
var wanted = 0;
var piece = "0123456789abcdef";

var open = {
  ours: function () {
    var client = ws.esp_websocket_client_init({ uri: "ws://127.0.0.1:" + PORT + "/" });
    ws.esp_websocket_client_start(client);
    return client;
  },
  ws: function () {
    return new ws("127.0.0.1", { port: PORT });
  },
  bare: function () {
    return require("net").connect({ host: "127.0.0.1", port: PORT }, function () {});
  },
};

var isOpen = {
  ours: function (client) {
    return ws.esp_websocket_client_is_connected(client);
  },
  ws: function (client) {
    return client.connected;
  },
  bare: function () {
    return true;
  },
};

function round() {
  if (!wanted) {
    settled(function (usage) {
      if (before) print("left", usage - before);
      else {
        before = usage;
        wanted = ROUNDS;
        round();
      }
    });
    return;
  }
  wanted--;
  var client = open.ours();
  client.on("connected", function () {
    ws.esp_websocket_client_send_text(client, "hello");
  });
  client.on("data", function () {
    ws.esp_websocket_client_destroy(client);
    setTimeout(round, 0);
  });
}

function sendMore() {
  while (wanted && ws.esp_websocket_client_send_text(clients[0], piece) >= 0) wanted -= 1024;
  if (!wanted) ended();
}

function ended() {
  // A heap that can grow does so when it is full.
  print("ended", process.memory().total === total ? "well" : "out of memory");
}

var counts = {
  /** What `require` leaves behind. */
  require: function () {
    before = process.memory().usage;
    ws = require(WHAT);
    print("require", process.memory().usage - before);
  },
  /** Open clients that nobody listens to. */
  idle: function () {
    if (WHAT !== "bare") ws = require(WHAT === "ws" ? "ws" : "esp_websocket_client");
    for (var i = 0; i < CLIENTS; i++) clients.push(0);
    var timer = setInterval(function () {
      if (!clients.every(isOpen[WHAT])) return;
      clearInterval(timer);
      settled(function (usage) {
        print("idle", usage - before);
      });
    }, 5);
    before = process.memory().usage;
    for (i = 0; i < CLIENTS; i++) clients[i] = open[WHAT]();
  },
  /** Connect, echo, destroy: what stays after many rounds that was not there after two. */
  rounds: function () {
    ws = require("esp_websocket_client");
    wanted = 2;
    round();
  },
  /** BYTES stream through a client in a heap in which no more than BALLAST variables are free. */
  stream: function () {
    ws = require("esp_websocket_client");
    clients[0] = open.ours();
    clients[0].on("error", function (event) {
      print("ended", event.data_ptr);
    });
    while (piece.length < 1024) piece += piece;
    clients[0].on("connected", function () {
      settled(function (usage) {
        // Where memory ran out there may be nobody left to say so.
        setInterval(function () {
          if (E.getErrorFlags().indexOf("MEMORY") >= 0) print("ended out of memory");
        }, 20);
        total = process.memory().total;
        for (var i = total - usage - BALLAST; i > 0; i--) ballast.push(0);
        wanted = BYTES;
        print("free", process.memory().free);
        if (WHAT === "send") sendMore();
      });
    });
    if (WHAT === "send") clients[0].on("drain", sendMore);
    else
      clients[0].on("data", function (event) {
        wanted -= event.data_len;
        if (!wanted) ended();
      });
  },
};
// Not before this script itself has left the heap.
settled(counts[COUNT]);
