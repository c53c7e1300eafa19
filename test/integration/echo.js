/* global URL, SIZES, STREAM */
/* Echoes messages of SIZES bytes, text and binary, and one streamed part by part, on a connection to URL. Prints a line
   for each, then the variables that are still taken after `destroy`, against those before `init`. */
var ws = require("esp_websocket_client");

var client, source, want, kind, checked, wrong, controls, before;
var sizes;

/* What is at `index` of every message: all messages are alike, so that no copy of them need be kept. */
function byteAt(index) {
  return 32 + ((index * 31 + (index >> 8)) % 95);
}

/* Long ones by native calls: byte by byte a megabyte would take minutes. Short ones without a second copy. */
function make(size, binary) {
  var i;
  if (binary && size < 5000) {
    var bytes = new Uint8Array(size);
    for (i = 0; i < size; i++) bytes[i] = byteAt(i % 1000);
    return bytes;
  }
  var unit = "";
  for (i = 0; i < size && i < 1000; i++) unit += String.fromCharCode(byteAt(i));
  var text = unit;
  while (unit && text.length * 10 < size) text += text;
  while (unit && text.length + unit.length <= size) text += unit;
  text += unit.substr(0, size - text.length);
  return binary ? E.toUint8Array(text) : text;
}

function check(event) {
  var piece = event.data_ptr;
  var offset = checked % 1000;
  if (typeof piece === "string") {
    for (var i = 0; i < piece.length; i += 97) if (piece.charCodeAt(i) !== byteAt((offset + i) % 1000)) wrong++;
  } else for (var j = 0; j < piece.length; j += 97) if (piece[j] !== byteAt((offset + j) % 1000)) wrong++;
  checked += event.data_len;
}

function next() {
  if (!sizes.length) return stream();
  kind = sizes[0] < 0 ? "text" : "binary";
  want = Math.abs(sizes.shift());
  if (want === 1) want = 0;
  checked = wrong = controls = 0;
  source = make(want, kind === "binary");
  var sent;
  if (kind === "text") sent = ws.esp_websocket_client_send_text(client, source);
  else sent = ws.esp_websocket_client_send_bin(client, source);
  if (sent !== want) print("took " + sent + " of " + want);
  // What was taken is a copy.
  if (want && kind === "binary") source[0] = 255;
  source = undefined;
}

var part = 0;
function stream() {
  kind = "stream";
  want = STREAM;
  checked = wrong = controls = 0;
  part = 0;
  pump();
}

function pump() {
  if (kind !== "stream" || part < 0) return;
  for (; part * 1000 < want; part++) {
    var bytes = make(1000, true);
    var send = part ? ws.esp_websocket_client_send_cont_msg : ws.esp_websocket_client_send_bin_partial;
    if (send(client, bytes) < 0) return;
    if (part % 10 === 5) ws.esp_websocket_client_send_with_opcode(client, ws.WS_TRANSPORT_OPCODES_PING, "in between");
  }
  if (ws.esp_websocket_client_send_fin(client) === 0) part = -1;
}

function onData(event) {
  if (event.op_code > 2) {
    controls++;
    return;
  }
  check(event);
  if (!event.fin || event.payload_offset + event.data_len < event.payload_len) return;
  print(
    kind + " " + checked + (wrong ? " WRONG " + wrong : "") + (kind === "stream" ? " controls " + (controls > 0) : "")
  );
  if (checked !== want) print("MISSING " + (want - checked));
  if (kind === "stream") ws.esp_websocket_client_close_with_code(client, 1000, "bye");
  else next();
}

function round(count) {
  before = process.memory().usage;
  sizes = count ? SIZES.slice(0, 8) : SIZES.slice();
  client = ws.esp_websocket_client_init({ uri: URL, buffer_size: 1024 });
  client.on("connected", next);
  client.on("drain", pump);
  client.on("data", onData);
  client.on("error", function (event) {
    print("error " + event.data_ptr);
  });
  client.on("closed", function (event) {
    print("closed " + event.close_status_code);
  });
  client.on("finish", function () {
    ws.esp_websocket_client_destroy(client);
    client = source = undefined;
    setTimeout(function () {
      // The first connection loads the board's own modules, once and for all.
      var left = process.memory().usage - before;
      if (count) print("variables " + (left > 0 ? left + " LEFT" : "back"));
      if (count < 1) round(count + 1);
      else print("DONE");
    }, 50);
  });
  ws.esp_websocket_client_start(client);
}

round(0);
