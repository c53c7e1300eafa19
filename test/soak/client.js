// The client's side of the soak: an ordinary script for the board. It takes orders, one line of JSON each, from a
// connection of its own to CONTROL, and prints all that it sees; what is right and what is wrong is judged elsewhere,
// except for the bounds of time, which are measured on the board's own clock. Each line begins with a letter:
//   B A C F  the events BEGIN, BEFORE_CONNECT, CONNECTED, FINISH <close code>
//   E L K    ERROR <type> <status> <text>, DISCONNECTED <type>, CLOSED <close code> <type>
//   H        a response header; c <opcode> a control frame; M <t|b> <length> <checksum> a whole message
//   S X      a message was taken: <number> <t|b> <length> <checksum>; a part of one was refused: <number>
//   V        something that must not be
//   Z        after a round: <variables in use> <timers> <error flags>
/* global CONTROL, TRACK */
var ws = require("esp_websocket_client");
var crypto = require("crypto");

var unicode = true;
try {
  E.asUTF8("");
} catch (exception) {
  unicode = false; // builds without Unicode have the function, but it throws
}

var round; // the order that is being carried out
var client;
var connection; // number of the current one in the round
var guardTimer;
var gapTimer;
var lost; // when the last connection ended, in seconds
var retryAfter; // milliseconds
var sent; // messages of this connection that were taken
var part; // parts of the next one that were taken
var body; // of the next one
var incoming; // bytes of the message that comes
var frameEnd; // bytes of its current frame so far
var closing;

function violation(text) {
  print("V " + text);
}

process.on("uncaughtException", function (exception) {
  violation("uncaught " + exception);
});

function checksum(bytes) {
  return btoa(E.toString(crypto.SHA1(bytes))).substr(0, 12);
}

// Something must have happened when all these times, in milliseconds, have passed one after the other. The steps are
// those of the client's own timers, which waits in slices of 250 ms, so that a slow machine delays both alike: the first
// begins when this turn is over, in which the client sets its timer, and the last ones let the client go first.
function guard(steps, text) {
  var at = 0;
  var left = 0;
  function next() {
    guardTimer = undefined;
    if (left <= 0 && at < steps.length) left = steps[at++];
    if (left > 0) {
      guardTimer = setTimeout(next, Math.min(left, 250));
      left -= 250;
    } else if (at++ < steps.length + 2) guardTimer = setTimeout(next, 20);
    else violation(text);
  }
  stopGuard();
  guardTimer = setTimeout(next, 0);
}

function stopGuard() {
  if (guardTimer !== undefined) clearTimeout(guardTimer);
  guardTimer = undefined;
}

// The server is alive as long as its PONGs come, or, where those do not matter, anything at all.
function guardSilence() {
  var config = round.config;
  guard(
    config.disable_pingpong_discon
      ? [config.keep_alive_idle * 1000, config.keep_alive_idle * 1000].concat(
          config.keep_alive_interval * 1000,
          config.keep_alive_interval * 1000,
          config.keep_alive_interval * 1000
        )
      : [config.ping_interval_sec * 1000, config.pingpong_timeout_sec * 1000],
    "the connection is dead and the client has not noticed"
  );
}

// The body of a message: its number, again and again.
function makeBody(kind, number, length) {
  var unit =
    round.id + "." + connection + "." + number + (kind === "utf8" ? "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;" : ";");
  var bytes = "";
  while (bytes.length + unit.length <= length) bytes += unit;
  while (bytes.length < length) bytes += "-";
  return bytes;
}

function give(name, bytes) {
  var data = body.kind === "text" || body.kind === "text_parts" ? bytes : E.toUint8Array(bytes);
  var send = ws["esp_websocket_client_send_" + name];
  var taken = round.sendTimeout < 0 ? send(client, data) : send(client, data, bytes.length, round.sendTimeout);
  if (taken >= 0 && taken !== bytes.length) violation("send_" + name + " returned " + taken);
  if (taken < 0) print("X " + sent);
  return taken >= 0;
}

// Sends the next message, or what is left of it. Returns false if there was no room.
function sendNext() {
  var bytes = body.bytes;
  var third = Math.floor(bytes.length / 3);
  if (body.kind === "text" || body.kind === "utf8") return give("text", bytes);
  if (body.kind === "binary") return give("bin", bytes);
  var first = body.kind === "text_parts" ? "text_partial" : "bin_partial";
  if (part === 0 && !give(first, bytes.substr(0, third))) return false;
  if (part === 0) part = 1;
  if (part === 1 && !give("cont_msg", bytes.substr(third, third))) return false;
  if (part === 1) part = 2;
  if (part === 2 && !give("cont_msg", bytes.substr(2 * third))) return false;
  part = 3;
  if (ws.esp_websocket_client_send_fin(client) === 0) return true;
  print("X " + sent);
  return false;
}

function pump() {
  gapTimer = undefined;
  var talk = (round && round.talks[connection]) || [];
  while (client && ws.esp_websocket_client_is_connected(client) && sent < talk.length) {
    if (!body) {
      body = { kind: talk[sent][0], bytes: makeBody(talk[sent][0], sent, talk[sent][1]) };
      part = 0;
    }
    // "drain" brings us back.
    if (!sendNext()) return;
    var type = body.kind === "binary" || body.kind === "binary_parts" ? "b" : "t";
    print("S " + sent + " " + type + " " + body.bytes.length + " " + checksum(body.bytes));
    body = undefined;
    sent++;
    if (round.gap[connection] && sent < talk.length) {
      gapTimer = setTimeout(pump, round.gap[connection]);
      return;
    }
  }
}

function stopSending() {
  if (gapTimer !== undefined) clearTimeout(gapTimer);
  gapTimer = undefined;
  body = undefined;
}

function bye() {
  closing = true;
  var result = round.closeCode
    ? ws.esp_websocket_client_close_with_code(client, round.closeCode, "bye", 3, round.closeTimeout)
    : ws.esp_websocket_client_close(client, round.closeTimeout);
  if (result !== ws.ESP_OK) violation("close returned " + result);
  // A server that answers may keep TCP open for a second.
  if (round) guard([round.closeTimeout * 10, 1000], "the close handshake does not end");
}

function onData(event) {
  if (event.op_code >= 8) {
    print("c " + event.op_code);
    if (event.op_code === 8) guard([1000], "the server's close does not end");
    else if (!closing) guardSilence();
    return;
  }
  if (!closing) guardSilence();
  var piece = event.data_ptr;
  piece = typeof piece !== "string" ? E.toString(piece) || "" : unicode ? E.fromUTF8(piece) : piece;
  if (piece.length !== event.data_len) violation("data_len is " + event.data_len + ", not " + piece.length);
  if (event.op_code > 0 && event.payload_offset <= 0) incoming = { type: event.op_code === 1 ? "t" : "b", bytes: "" };
  if (event.payload_offset <= 0) frameEnd = event.payload_offset;
  if (!incoming || event.payload_offset !== frameEnd) return violation("a piece at " + event.payload_offset);
  frameEnd += event.data_len;
  incoming.bytes += piece;
  if (!event.fin || frameEnd < event.payload_len) return;
  print("M " + incoming.type + " " + incoming.bytes.length + " " + checksum(incoming.bytes));
  var last = incoming.bytes === "bye";
  incoming = undefined;
  if (last) bye();
}

function onEvent(arg, base, id, event) {
  var error = event.error_handle;
  var config = round.config;
  if (id === ws.WEBSOCKET_EVENT_DATA) return onData(event);
  if (id === ws.WEBSOCKET_EVENT_BEGIN) return print("B");
  if (id === ws.WEBSOCKET_EVENT_BEFORE_CONNECT) {
    var least = Math.max(config.reconnect_timeout_ms * (1 - (config.reconnect_jitter || 0)), retryAfter);
    if (lost && (getTime() - lost) * 1000 < least - 2) violation("connects again too early");
    lost = undefined;
    retryAfter = 0;
    connection++;
    print("A");
    return guard([config.network_timeout_ms], "the attempt to connect does not end");
  }
  if (id === ws.WEBSOCKET_EVENT_HEADER_RECEIVED) {
    print("H");
    if (event.data_ptr === "Retry-After: 1") retryAfter = 1000;
    return;
  }
  if (id === ws.WEBSOCKET_EVENT_CONNECTED) {
    print("C");
    if (client.tx_queued) violation(client.tx_queued + " bytes are queued from the last connection");
    sent = part = 0;
    incoming = undefined;
    closing = false;
    guardSilence();
    return pump();
  }
  if (id === ws.WEBSOCKET_EVENT_ERROR)
    return print("E " + error.error_type + " " + error.esp_ws_handshake_status_code + " " + event.data_ptr);
  stopSending();
  if (ws.esp_websocket_client_is_connected(client)) violation("connected in event " + id);
  if (id === ws.WEBSOCKET_EVENT_DISCONNECTED) print("L " + error.error_type);
  else if (id === ws.WEBSOCKET_EVENT_CLOSED) print("K " + event.close_status_code + " " + error.error_type);
  else if (id === ws.WEBSOCKET_EVENT_FINISH) return onFinish(event);
  else return violation("event " + id);
  lost = getTime();
  guard([Math.max(config.reconnect_max_ms || config.reconnect_timeout_ms, retryAfter)], "does not connect again");
}

function onFinish(event) {
  stopGuard();
  ws.esp_websocket_client_destroy(client);
  client = round = incoming = undefined;
  print("F " + event.close_status_code);
}

function begin(order) {
  round = order;
  connection = -1;
  lost = undefined;
  retryAfter = 0;
  client = ws.esp_websocket_client_init(order.config);
  if (typeof TRACK === "function") TRACK(client);
  ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, onEvent);
  client.on("drain", pump);
  if (ws.esp_websocket_client_start(client) !== ws.ESP_OK) violation("start failed");
}

// Tells of the memory as soon as it does not change any more.
function settle(before, same) {
  var usage = process.memory().usage;
  if (usage === before && same > 1) {
    var internal = global["\xff"];
    print(
      "Z " + usage + " " + (internal ? Object.keys(internal.timers).length : 0) + " " + E.getErrorFlags().join(",")
    );
  } else setTimeout(settle, 5, usage, usage === before ? same + 1 : 0);
}

var orders = "";
require("net").connect({ host: "127.0.0.1", port: CONTROL }, function (socket) {
  socket.on("data", function (data) {
    orders += data;
    for (var end = orders.indexOf("\n"); end >= 0; end = orders.indexOf("\n")) {
      var order = JSON.parse(orders.substr(0, end));
      orders = orders.substr(end + 1);
      if (order.config) begin(order);
      else settle(0, 0);
    }
  });
  socket.on("close", function () {
    print("DONE");
  });
});
