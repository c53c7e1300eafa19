// What the works of bench/speed.ts have in common, in front of each contender's script. WORK, TEXT, SIZE, CLIENTS and
// PORT are set before it.
/* global SIZE */
/* exported clients, fill, wanted */
var clients = [];
var payload = "";
/** What is still to come: bytes to receive, or messages to send. */
var wanted = 0;

function fill() {
  payload = "0123456789abcdef";
  while (payload.length < SIZE) payload += payload.substr(0, SIZE - payload.length);
}
