// Sends a burst of messages, BURST of them, of SIZE bytes each, as text or binary in turn, as often as the queue takes
// them; after the first PAUSE it waits for their answers. The server answers each with what it thinks of it. GRAPHICS
// says what becomes of Espruino's pictures; "scattered": no memory lies in one piece.
/* global BURST, BUFFER_SIZE, GRAPHICS, PAUSE, SIZE, URL */
var ws = require("esp_websocket_client");

var pictures = 0;
if (GRAPHICS === "scattered") {
  E.getAddressOf = function () {
    return 0;
  };
}
if (GRAPHICS !== "untouched") {
  // Not Graphics itself: Espruino looks for the methods of its pictures there.
  var create = Graphics.createArrayBuffer;
  Graphics.createArrayBuffer = function (width, height, bpp, options) {
    pictures++;
    if (GRAPHICS === "missing") throw new Error("There are none.");
    if (GRAPHICS === "counted" || GRAPHICS === "scattered") return create.call(Graphics, width, height, bpp, options);
    // They draw nothing.
    return {
      buffer: (options || {}).buffer || new ArrayBuffer((width * height * bpp) >> 3),
      drawImage: function () {},
      fillRect: function () {},
      setColor: function () {
        return this;
      },
    };
  };
}

var client = ws.esp_websocket_client_init({ uri: URL, buffer_size: BUFFER_SIZE, tx_queue_size: 4096 });
// Numbers that come again after 251: no frame begins like the one before.
var bytes = new Uint8Array(SIZE);
for (var i = 0; i < SIZE && i < 251; i++) bytes[i] = i & 127;
for (; i < SIZE; i += 251) bytes.set(bytes.subarray(0, Math.min(251, SIZE - i)), i);
var text;
var sent = 0;
var answered = 0;
var most = PAUSE;

function send() {
  for (; sent < most; sent++) {
    var done =
      sent & 1 ? ws.esp_websocket_client_send_text(client, text) : ws.esp_websocket_client_send_bin(client, bytes);
    if (done < 0) return;
  }
}

client.on("connected", function () {
  text = E.toString(bytes, "");
  send();
});
client.on("drain", send);
client.on("data", function (event) {
  if (event.op_code !== 1) return;
  print(event.data_ptr);
  if (++answered === BURST) ws.esp_websocket_client_close(client, -1);
  else if (answered === most) {
    most = BURST;
    send();
  }
});
client.on("error", function (event) {
  print("error " + event.data_ptr);
  // A message that can never go: there is nothing to wait for.
  if (!event.error_handle.error_type) ws.esp_websocket_client_stop(client);
});
client.on("disconnected", function () {
  ws.esp_websocket_client_stop(client);
});
client.on("finish", function () {
  ws.esp_websocket_client_destroy(client);
  print("pictures " + pictures);
});
ws.esp_websocket_client_start(client);
