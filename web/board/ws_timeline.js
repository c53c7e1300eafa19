/* The board's half of the page's timeline. `require("ws_timeline")`, in front of a script, prints a line for each event
   of each client, and for each message that the script sends:

     @ws MILLISECONDS CLIENT WHAT {"size":20}

   MILLISECONDS is the board's time, CLIENT counts the clients from 1. Of what is sent and received the size is printed,
   never the content; of a header, the name. The script itself stays as it is. */
var ws = require("esp_websocket_client");
var clients = 0;
// By the numbers of the events.
var names = "error,connected,disconnected,data,closed,before_connect,begin,finish,header_received".split(",");

function tell(client, what, details) {
  print("@ws " + Math.round(getTime() * 1000) + " " + client + " " + what + " " + JSON.stringify(details));
}

function onEvent(client, base, id, event) {
  var details = {};
  if (id === ws.WEBSOCKET_EVENT_DATA) {
    details = {
      op: event.op_code,
      size: event.data_len,
      at: event.payload_offset,
      of: event.payload_len,
      fin: event.fin ? 1 : 0,
    };
  } else if (id === ws.WEBSOCKET_EVENT_HEADER_RECEIVED) {
    details = { name: event.data_ptr.split(":")[0], size: event.data_len };
  } else if (id === ws.WEBSOCKET_EVENT_ERROR) {
    details = { text: event.data_ptr };
  } else if (id === ws.WEBSOCKET_EVENT_CLOSED) {
    details = { code: event.close_status_code, text: event.data_ptr };
  }
  tell(client, names[id] || "event_" + id, details);
}

var init = ws.esp_websocket_client_init;
ws.esp_websocket_client_init = function (config) {
  var client = init(config);
  if (client) {
    client.timeline = ++clients;
    // Handlers of the C function come before those of `client.on`: an event is printed before what it leads to.
    ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, onEvent, clients);
  }
  return client;
};

function watch(name, report) {
  var call = ws["esp_websocket_client_" + name];
  if (!call) return;
  ws["esp_websocket_client_" + name] = function (client) {
    var result = call.apply(ws, arguments);
    if (client && client.timeline) report(client.timeline, result, arguments);
    return result;
  };
}

"send_text,send_bin,send_text_partial,send_bin_partial,send_cont_msg,send_fin,send_with_opcode,send_with_exact_opcode"
  .split(",")
  .forEach(function (name) {
    watch(name, function (client, result, args) {
      var details = { by: name, size: result };
      if (name.indexOf("opcode") >= 0) details.op = args[1];
      tell(client, "send", details);
    });
  });

watch("close", function (client, result) {
  tell(client, "close", { result: result });
});
watch("close_with_code", function (client, result, args) {
  tell(client, "close", { result: result, code: args[1] });
});
