/* Sends a measurement as JSON every few seconds and takes commands, for as long as the board has power: it connects
   again by itself, ever more slowly while the server is away, and drops what could not be sent in the meantime. */
var ws = require("esp_websocket_client");

var url = typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/telemetry" : WS_URL;
var period = typeof PERIOD === "undefined" ? 5000 : PERIOD; // milliseconds
var room = "Küche";
var count = 0;
var command = "";

var client = ws.esp_websocket_client_init({
  uri: url,
  headers: "X-Device: kitchen\r\n",
  reconnect_timeout_ms: 1000,
  reconnect_max_ms: 60000,
  reconnect_jitter: 0.5,
  ping_interval_sec: 20,
  pingpong_timeout_sec: 10,
});

/* JSON with the text as it is. Where strings are bytes, as on the ESP32, JSON.stringify takes each byte of a letter for
   a letter and writes "K\u00C3\u00BCche". */
function toJson(value) {
  var text = JSON.stringify(value);
  if ("\u20ac".charCodeAt(0) === 0x20ac) return text;
  var result = "";
  var done = 0;
  var at = text.indexOf("\\");
  while (at >= 0) {
    var code = text.substr(at, 4) === "\\u00" ? parseInt(text.substr(at + 4, 2), 16) : 0;
    if (code > 0x7f) {
      result += text.substring(done, at) + String.fromCharCode(code);
      done = at + 6;
    }
    at = text.indexOf("\\", at + 2); // behind a backslash that is escaped itself
  }
  return result + text.substr(done);
}

function measure() {
  return { n: ++count, room: room, uptime: Math.round(getTime()), free: process.memory().free };
}

setInterval(function () {
  if (!ws.esp_websocket_client_is_connected(client)) return;
  var sent = ws.esp_websocket_client_send_text(client, toJson(measure()));
  if (sent < 0) console.log("The server is slow: a measurement was dropped.");
}, period);

client.on("data", function (event) {
  if (event.op_code > ws.WS_TRANSPORT_OPCODES_TEXT) return;
  command += event.data_ptr;
  if (!event.fin || event.payload_offset + event.data_len < event.payload_len) return;
  try {
    console.log("command: " + JSON.parse(command).command);
  } catch (error) {
    console.log("not JSON: " + command);
  }
  command = "";
});
client.on("connected", function () {
  command = "";
  console.log("connected");
});
client.on("disconnected", function () {
  console.log("disconnected");
});
client.on("error", function (event) {
  console.log("error: " + event.data_ptr);
});

ws.esp_websocket_client_start(client);
