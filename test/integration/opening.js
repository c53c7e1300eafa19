/* global NOW, PORT, setTime */
// What the interpreter's own strings, regular expressions, numbers and dates make of configurations and of the opening
// handshake. It finds PORT and NOW, in seconds, and prints a line for each attempt: its name, then what was heard.
var ws = require("esp_websocket_client");
// A board that has just begun does not know the date.
if (Date.now() < 1e12) setTime(NOW);
var ADDRESS = "127.0.0.1:" + PORT;
// On Espruino with Unicode: empty, and true.
var EMPTY = "éa".split("é")[0];

var refused = [
  { host: "1.2.3.4:8080" },
  { host: "ws://h" },
  { host: "[::1]:80" },
  { subprotocol: "a b" },
  { subprotocol: "a,,b" },
  { subprotocol: "é" },
  { headers: "é: 1" },
  { headers: "A: é\r\n\r\nB: 1" },
  { port: "8080" },
  { port: 8080.5 },
  { buffer_size: 333.3 },
  { buffer_size: NaN },
  { disable_auto_reconnect: "false" },
  { uri_provider: 5 },
  { ext_transport: {} },
  { uri: "127.0.0.1:8765" },
  { uri: "ws://h:65536/" },
  { uri: "ws://a|é/" },
  { path: "é\n" },
];

var taken = [
  { host: "::1", subprotocol: "chat, v1.2+json" },
  { host: "[2001:db8::1]", buffer_size: 1e9, reconnect_jitter: 0.5 },
  { host: "küche.local", disable_auto_reconnect: true, keep_alive_enable: 0 },
  { uri: EMPTY, host: EMPTY, path: EMPTY, headers: EMPTY, subprotocol: EMPTY, user_agent: EMPTY, username: EMPTY },
  { headers: "A: é\nB: ü" },
];

/** The attempts that the server sees, and the events that are of interest. */
var attempts = [
  ["interim", { uri: "ws://" + ADDRESS + "/interim" }],
  ["unicode", { uri: "ws://é:ü@" + ADDRESS + '/päth/{id}|<x>?q={"ä":1}&r=100%' }],
  ["unicode path", { host: "127.0.0.1", port: PORT, path: "päth\\^`[]%41%zé" }],
  ["leading zero", { uri: "ws://127.0.0.1:0" + PORT + "/zero" }],
  ["no credentials", { uri: "ws://@" + ADDRESS + "/" }],
  ["header lines", { uri: "ws://u:p@" + ADDRESS + "/", headers: "A: é\nhost: virtual\nauthorization: Bearer é\nB: ü" }],
  ["own key", { uri: "ws://" + ADDRESS + "/", headers: "Sec-WebSocket-Key: my_key\r\nPassword: my_pass\r\n" }],
  ["own subprotocol", { uri: "ws://" + ADDRESS + "/protocol", headers: "sec-websocket-protocol: x, y" }],
  [
    "providers of nothing",
    {
      uri: "ws://" + ADDRESS + "/",
      uri_provider: function () {
        return EMPTY;
      },
      headers_provider: function () {
        return EMPTY;
      },
    },
  ],
  [
    "providers of numbers",
    {
      uri_provider: function () {
        return 5;
      },
    },
  ],
  ["redirect", { uri: "ws://u:p@" + ADDRESS + "/redirect", headers: "Cookie: é\r\nX-Api-Key: b\r\n" }],
  ["wait", { uri: "ws://" + ADDRESS + "/wait", reconnect_timeout_ms: 10, disable_auto_reconnect: false }],
  ["long wait", { uri: "ws://" + ADDRESS + "/long", reconnect_timeout_ms: 10, disable_auto_reconnect: false }],
];

function next() {
  var attempt = attempts.shift();
  if (!attempt) {
    print("DONE");
    return;
  }
  var heard = [];
  var config = attempt[1];
  if (config.disable_auto_reconnect === undefined) config.disable_auto_reconnect = true;
  var client = ws.esp_websocket_client_init(config);
  client.on("header_received", function (event) {
    heard.push(event.data_ptr.split(":")[0]);
  });
  client.on("connected", function () {
    heard.push("connected " + client.subprotocol);
    ws.esp_websocket_client_stop(client);
  });
  client.on("error", function (event) {
    heard.push(event.data_ptr);
    if (attempt[0] === "long wait") ws.esp_websocket_client_set_reconnect_timeout(client, 20);
  });
  client.on("finish", function () {
    print(attempt[0] + ": " + heard.join(", "));
    setTimeout(next, 0);
  });
  ws.esp_websocket_client_start(client);
}

refused.forEach(function (config) {
  if (ws.esp_websocket_client_init(config)) print("taken: " + JSON.stringify(config));
});
taken.forEach(function (config, index) {
  if (!ws.esp_websocket_client_init(config)) print("refused: " + index);
});
var client = ws.esp_websocket_client_init({});
["A B", "é", "A:", ""].forEach(function (name) {
  if (!ws.esp_websocket_client_append_header(client, name, "x")) print("taken: " + name);
});
["x\r\nEvil: 1", "é\nEvil: 1", "x\0"].forEach(function (value) {
  if (!ws.esp_websocket_client_append_header(client, "A", value)) print("taken: " + value);
});
if (ws.esp_websocket_client_append_header(client, "A", "é")) print("refused: é");
print("start: " + ws.esp_websocket_client_start(client));
next();
