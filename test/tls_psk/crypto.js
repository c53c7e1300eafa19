// What the interpreter's crypto gives, and what it says where it gives nothing. Runs on Espruino and on the simulator.
var crypto = require("crypto");
function hex(buffer) {
  if (buffer === undefined) return "undefined";
  return [].slice
    .call(new Uint8Array(buffer))
    .map(function (byte) {
      return (byte + 256).toString(16).substr(1);
    })
    .join("");
}
function show(name, run) {
  var text;
  try {
    text = hex(run());
  } catch (exception) {
    text = "throws " + exception.toString();
  }
  print(name + ": " + text);
}
var message = new Uint8Array(32);
message[0] = 5;
var key = new Uint8Array(16);
var ones = E.toString({ data: 1, count: 16 });

show("CBC", function () {
  return crypto.AES.encrypt(message, key);
});
show("CBC back", function () {
  return crypto.AES.decrypt(message, key);
});
show("strings", function () {
  return crypto.AES.encrypt(E.toString(message), E.toString(key));
});
show("buffers", function () {
  return crypto.AES.encrypt(message.buffer, key.buffer);
});
show("a window", function () {
  return crypto.AES.encrypt(new Uint8Array(message.buffer, 16, 16), key);
});
show("a short iv", function () {
  return crypto.AES.encrypt(message, key, { iv: [1, 2] });
});
show("a long iv", function () {
  return crypto.AES.encrypt(message, key, { iv: ones + ones });
});
show("17 bytes", function () {
  return crypto.AES.encrypt(new Uint8Array(17), key);
});
show("a key of 15 bytes", function () {
  return crypto.AES.encrypt(message, new Uint8Array(15));
});
show("no key", function () {
  return crypto.AES.encrypt(message);
});
show("no message", function () {
  return crypto.AES.encrypt(undefined, key);
});
show("a number for options", function () {
  return crypto.AES.encrypt(message, key, 5);
});
show("null for options", function () {
  return crypto.AES.encrypt(message, key, null);
});
show("an unknown mode", function () {
  return crypto.AES.encrypt(message, key, { mode: "X" });
});
show("192 bits", function () {
  return crypto.AES.encrypt(message, new Uint8Array(24));
});
show("256 bits", function () {
  return crypto.AES.encrypt(message, new Uint8Array(32));
});
["CFB", "CTR", "OFB", "ECB"].forEach(function (mode) {
  show(mode, function () {
    return crypto.AES.encrypt(message, key, { mode: mode, iv: ones });
  });
  // The others give what is of no use: they go the wrong way through the key.
  if (mode === "ECB" || mode === "OFB")
    show(mode + " back", function () {
      return crypto.AES.decrypt(message, key, { mode: mode, iv: ones });
    });
});
["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"].forEach(function (name) {
  show(name, function () {
    return crypto[name]("abc");
  });
});
show("SHA256 of nothing", function () {
  return crypto.SHA256();
});
show("SHA256 of an empty text", function () {
  return crypto.SHA256("");
});
show("SHA256 of an array", function () {
  return crypto.SHA256([97, 98, 99]);
});
show("SHA256 of null", function () {
  return crypto.SHA256(null);
});
print("DONE");
