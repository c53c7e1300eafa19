/* Joins a Wi-Fi. `require("ws_wifi")`, in front of a script, holds the start of each client back until the board has an
   address, and tries again when it could not join. The page puts the name and the password of the network here. */
var NAME = "";
var PASSWORD = "";

var ws = require("esp_websocket_client");
var start = ws.esp_websocket_client_start;
var waiting = [];
var wifi;

function tell(details) {
  print("@ws " + Math.round(getTime() * 1000) + " 0 wifi " + JSON.stringify(details));
}

function begin() {
  var clients = waiting;
  if (!clients) return;
  waiting = undefined;
  ws.esp_websocket_client_start = start;
  clients.forEach(function (client) {
    start(client);
  });
}

function join() {
  tell({ state: "joining" });
  wifi.connect(NAME, PASSWORD ? { password: PASSWORD } : {}, function (error) {
    if (!waiting) return;
    if (error) {
      tell({ state: "failed", text: "" + error });
      setTimeout(join, 10000);
      return;
    }
    tell({ state: "joined", ip: wifi.getIP().ip });
    begin();
  });
}

ws.esp_websocket_client_start = function (client) {
  if (!waiting) return start(client);
  waiting.push(client);
  return ws.ESP_OK;
};

try {
  wifi = require("Wifi");
} catch (error) {
  tell({ state: "missing" });
}
// Soon, and not now: the script behind this is not yet there.
if (wifi) setTimeout(join, 1);
else begin();
