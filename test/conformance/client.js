// One connection after the other to the scripted server; prints, for each, what the handlers were told, as one line
// of JSON. It is an ordinary script for the board.
//
// It finds URL (each connection adds its number), COUNT, CASES: by number, what is special about a connection, and
// TIGHT: true where the heap has no room for making a long string, which takes twice its length.
/* global URL, COUNT, CASES, TIGHT */
/* eslint no-unused-vars: ["error", { caughtErrors: "none" }] */
var ws = require("esp_websocket_client");

var unicode = true;
try {
  E.asUTF8("");
} catch (exception) {
  unicode = false;
}

// Long messages are not kept but compared with these, which repeat.
var patterns = { text: "", binary: "", multi: "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80x" };
var i;
for (i = 33; i < 94; i++) patterns.text += String.fromCharCode(i);
for (i = 0; i < 251; i++) patterns.binary += String.fromCharCode((i * 7) % 251);

function bytesOf(data) {
  if (typeof data !== "string") return E.toString(data) || "";
  return unicode ? E.fromUTF8(data) : data;
}

function repeated(pattern, length) {
  var bytes = pattern.substr(0, length);
  // Never longer than needed: a heap of 256 kB holds little more than one of the long ones.
  while (bytes.length < length) bytes += bytes.substr(0, length - bytes.length);
  return bytes;
}

function repeatedBytes(pattern, length) {
  var bytes = new Uint8Array(length);
  var once = E.toUint8Array(pattern);
  for (var at = 0; at < length; at += once.length)
    bytes.set(once.length > length - at ? new Uint8Array(once.buffer, 0, length - at) : once, at);
  return bytes;
}

function run(number) {
  var special = CASES[number] || {};
  var config = special.config || {};
  var events = [];
  var frame; // the last one: [opcode, fin, payload_len, data], pieces joined
  var end = 0; // behind its last piece, in bytes
  var at = 0; // bytes of the message so far
  var pattern = special.pattern && patterns[special.pattern];
  var long = pattern && repeated(pattern, 2048);
  config.uri = URL + number;
  config.disable_auto_reconnect = true;
  // No PING of ours in between, however long the case takes.
  config.ping_interval_sec = 3600;
  var client = ws.esp_websocket_client_init(config);

  function data(event) {
    var bytes = bytesOf(event.data_ptr);
    if (bytes.length !== event.data_len) events.push(["data_len is wrong", bytes.length, event.data_len]);
    if (event.payload_offset > 0 && frame) {
      if (event.payload_offset !== end || event.op_code !== frame[0] || event.payload_len !== frame[2])
        events.push(["pieces do not fit", end, event.payload_offset, event.op_code, event.payload_len]);
    } else {
      frame = [event.op_code, event.fin, event.payload_len, ""];
      events.push(frame);
      if (event.op_code === 1 || event.op_code === 2) at = 0;
    }
    end = event.payload_offset + event.data_len;
    if (pattern && event.op_code < 8) {
      if (long.substr(at % pattern.length, bytes.length) !== bytes) events.push(["bytes are wrong", at]);
      at += bytes.length;
      frame[3] = at;
    } else {
      // Base64 of the pieces, each for itself: pieces of a short frame are few.
      frame[3] += (frame[3] && bytes.length ? " " : "") + btoa(bytes);
    }
  }

  function act(action) {
    var name = "esp_websocket_client_" + action[0];
    var payload = action[1];
    if (typeof payload === "number") {
      payload = (TIGHT || action[2] === "binary" ? repeatedBytes : repeated)(patterns[action[2]], payload);
      events.push([action[0], ws[name](client, payload, action[1], ws.portMAX_DELAY)]);
    } else if (payload === undefined) {
      events.push([action[0], ws[name](client, ws.portMAX_DELAY)]);
    } else {
      events.push([action[0], ws[name](client, payload, payload.length, ws.portMAX_DELAY)]);
    }
  }

  client.on("any", function (event, id) {
    if (id === ws.WEBSOCKET_EVENT_DATA) return data(event);
    var error = event.error_handle;
    if (id === ws.WEBSOCKET_EVENT_ERROR) events.push(["ERROR", error.error_type, event.data_ptr]);
    else if (id === ws.WEBSOCKET_EVENT_DISCONNECTED) events.push(["DISCONNECTED", error.error_type]);
    else if (id === ws.WEBSOCKET_EVENT_CLOSED) {
      events.push(["CLOSED", event.close_status_code, error.error_type]);
      if (event.data_ptr && event.data_ptr.length) events.push(["reason", btoa(bytesOf(event.data_ptr))]);
    } else if (id === ws.WEBSOCKET_EVENT_CONNECTED) {
      events.push(["CONNECTED"]);
      if (special.actions) special.actions.forEach(act);
    } else if (id === ws.WEBSOCKET_EVENT_FINISH) {
      events.push(["FINISH", event.close_status_code]);
      print(JSON.stringify(events));
      ws.esp_websocket_client_destroy(client);
      // Behind the last one the script just ends, once its last bytes have left.
      if (number + 1 < COUNT) setTimeout(run, 0, number + 1);
    }
  });
  ws.esp_websocket_client_start(client);
}
run(0);
