/*
 * Runs scenarios one after another, each with a client of its own, and prints what the client's handlers hear. A module,
 * like trace.js, so that it costs a small heap nothing. Plain ES5.
 */
var ws = require("esp_websocket_client");
var traceLine = require("trace").traceLine;

/* Calls f at the count-th event with this id (default: the first). */
function at(client, event, f, count) {
  var seen = 0;
  ws.esp_websocket_register_events(client, event, function (arg, base, id, data) {
    seen++;
    if (seen === (count || 1)) f(data);
  });
}

/* Stops the client at the count-th event with this id, from outside of the handler. */
function stopAt(client, event, count) {
  at(
    client,
    event,
    function () {
      setTimeout(function () {
        ws.esp_websocket_client_stop(client);
      }, 1);
    },
    count
  );
}

/* `url` is the peer's; at `deadUrl` nobody listens; `scripts` are the scenarios' own, by index. */
function run(scenarios, scripts, url, deadUrl) {
  var scenario = scenarios.shift();
  var client, over, limit;
  function next() {
    if (over) return;
    over = true;
    clearTimeout(limit);
    if (client) ws.esp_websocket_client_destroy(client);
    setTimeout(function () {
      run(scenarios, scripts, url, deadUrl);
    }, 1);
  }
  if (!scenario) {
    print("DONE");
    return;
  }
  print("== " + scenario.index);
  over = false;
  limit = setTimeout(function () {
    print("The scenario did not end.");
    next();
  }, 20000);
  if (!scenario.config.uri) scenario.config.uri = url + scenario.index + (scenario.path || "");
  else if (scenario.config.uri === "DEAD_URL") scenario.config.uri = deadUrl;
  client = ws.esp_websocket_client_init(scenario.config);
  if (!client) {
    print("init null");
    next();
    return;
  }
  ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, function (arg, base, id, data) {
    print(traceLine(data, id));
    if (id === ws.WEBSOCKET_EVENT_FINISH && !scenario.again) setTimeout(next, scenario.after || 1);
  });
  if (scripts[scenario.index]) scripts[scenario.index](client, next, scenario.index);
  if (!scenario.idle) print("start " + ws.esp_websocket_client_start(client));
}

exports.at = at;
exports.stopAt = stopAt;
exports.run = run;
