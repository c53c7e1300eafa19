/*
 * Runs scenarios one after another, each with a client of its own, and prints what the client's handlers hear (trace.js
 * stands before this file). SCENARIOS, URL and DEAD_URL (nobody listens there) are set in front of it. Plain ES5.
 */
/* global SCENARIOS, URL, DEAD_URL, traceLine */
/* exported stopAt, runNext */
var ws = require("esp_websocket_client");
var scripts = {};

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

function runNext() {
  var scenario = SCENARIOS.shift();
  var client, over, limit;
  function next() {
    if (over) return;
    over = true;
    clearTimeout(limit);
    if (client) ws.esp_websocket_client_destroy(client);
    setTimeout(runNext, 1);
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
  }, 8000);
  if (!scenario.config.uri) scenario.config.uri = URL + scenario.index + (scenario.path || "");
  else if (scenario.config.uri === "DEAD_URL") scenario.config.uri = DEAD_URL;
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
