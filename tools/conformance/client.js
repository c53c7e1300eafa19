// Runs cases of an Autobahn-like fuzzing server, on the board: echoes what comes, message for message.
//
// It finds URL (of the server), AGENT, CASE_MS, and either RANGES, case numbers to run as [first, last, …], or
// nothing there: then it lists the cases, by name if INFOS is true. What it prints is read by runner.mjs, line by line.
/* global require, print, setTimeout, setInterval, clearInterval, URL, AGENT, CASE_MS, RANGES, INFOS */
var ws = require("esp_websocket_client");

// Answers of the server itself are short; a text that is not one string piece comes in several.
function ask(path, done) {
  var answer = "";
  var connected = false;
  var client = ws.esp_websocket_client_init({
    uri: URL + path,
    disable_auto_reconnect: true,
    network_timeout_ms: CASE_MS,
  });
  client.on("connected", function () {
    connected = true;
  });
  client.on("data", function (event) {
    if (event.op_code < 2) answer += event.data_ptr;
  });
  client.on("finish", function () {
    ws.esp_websocket_client_destroy(client);
    setTimeout(done, 0, answer, connected);
  });
  ws.esp_websocket_client_start(client);
}

// One case: each message goes back as it comes, in parts, so that no more of it is held than waits to be sent.
// A part is put together from several pieces: a call for each piece of some hundred bytes would cost more than the echo.
var PART = 4096;

function runCase(number, done) {
  var started = false; // the message's first part has been sent back
  var text = ""; // of a text message: what is to be sent back next
  var bytes = new Uint8Array(PART); // the same of a binary one
  var held = 0; // length of either, in bytes
  var moved = false; // something came since the watch last looked
  var queued = 0; // what waited to be sent then
  var watch;
  var client = ws.esp_websocket_client_init({
    uri: URL + "/runCase?case=" + number + "&agent=" + AGENT,
    disable_auto_reconnect: true,
    network_timeout_ms: CASE_MS,
    buffer_size: PART,
    // Nothing is refused: a server that sends faster than it reads makes the queue long.
    tx_queue_size: 0x2000000,
    // A PING of ours is none of the case's business.
    ping_interval_sec: 86400,
  });

  // Sends what is held, as the whole message, its beginning, or more of it.
  function send(isText, last) {
    var name = started ? "cont_msg" : (isText ? "text" : "bin") + (last ? "" : "_partial");
    var length = held;
    held = 0;
    if (length || !started) {
      var taken = ws["esp_websocket_client_send_" + name](client, isText ? text : bytes, length, ws.portMAX_DELAY);
      if (taken !== length) print("PROBLEM", number, "a send of " + length + " bytes returned " + taken);
    }
    text = "";
    if (started && last) ws.esp_websocket_client_send_fin(client, ws.portMAX_DELAY);
    started = !last;
  }

  client.on("data", function (event) {
    var data = event.data_ptr;
    var length = event.data_len;
    var isText = typeof data === "string";
    moved = true;
    if (event.op_code > 7) return;
    if (held + length > PART) send(isText, false);
    if (isText) text += data;
    else bytes.set(data, held);
    held += length;
    if (event.fin && event.payload_offset + length === event.payload_len) send(isText, true);
  });
  client.on("finish", function () {
    clearInterval(watch);
    ws.esp_websocket_client_destroy(client);
    setTimeout(done, 0);
  });
  watch = setInterval(function () {
    if (!moved && queued === client.tx_queued) {
      print("PROBLEM", number, "nothing came or went any more");
      ws.esp_websocket_client_stop(client);
    }
    moved = false;
    queued = client.tx_queued;
  }, CASE_MS);
  ws.esp_websocket_client_start(client);
}

function list() {
  ask("/getCaseCount", function (text, connected) {
    var count = parseInt(text, 10);
    print(connected ? "COUNT" : "UNREACHABLE", text);
    function info(number) {
      if (number > count) return;
      ask("/getCaseInfo?case=" + number, function (answer, known) {
        // A server that does not know this question has no names for its cases.
        if (!known || !answer) return;
        print("INFO", number, answer);
        info(number + 1);
      });
    }
    if (connected && INFOS && count > 0) info(1);
  });
}

function run(at, number) {
  if (number > RANGES[at + 1]) {
    at += 2;
    number = RANGES[at];
  }
  if (number === undefined) {
    ask("/updateReports?agent=" + AGENT, function () {
      print("REPORTED");
    });
    return;
  }
  print("CASE", number);
  runCase(number, function () {
    status(number, 10, function () {
      run(at, number + 1);
    });
  });
}

// A server may learn of the connection's end only after this question: then it has no result yet, and is asked again.
function status(number, tries, done) {
  ask("/getCaseStatus?case=" + number + "&agent=" + AGENT, function (answer) {
    if (tries > 1 && (/MISSING/.test(answer) || !/behavior/.test(answer))) {
      setTimeout(status, 100, number, tries - 1, done);
    } else {
      print("STATUS", number, answer);
      done();
    }
  });
}

if (RANGES) run(0, RANGES[0]);
else list();
