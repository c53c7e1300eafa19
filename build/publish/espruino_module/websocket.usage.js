var WebSocket = require("websocket");

var socket = new WebSocket("ws://192.168.1.10:8080/");
socket.onopen = function () {
  socket.send("Hello");
};
socket.onmessage = function (event) {
  print("received: " + event.data);
  socket.close(1000, "done");
};
socket.onclose = function (event) {
  print("closed: code " + event.code);
};
