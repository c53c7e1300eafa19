// Strings that are other memory: a file's in flash, or an array's. Runs unchanged on a real Espruino and in the
// simulator with shared strings, and must print the same lines.
var Storage = require("Storage");

function attempt(name, run) {
  try {
    note([name, run()]);
  } catch (error) {
    note([name, "throws", error.toString()]);
  }
}

checkNow("a file's string looks like any", function () {
  Storage.write("f", "0123456789");
  var s = Storage.read("f");
  note([typeof s, s.length, s === "0123456789", s == "0123456789", !s, s[2], s.charCodeAt(3), s]);
  note([s + "x", s.indexOf("45"), s.split("5"), s.replace("0", "-"), "a" + s.substr(2, 3), s.slice(-2)]);
  note([JSON.stringify({ s: s }), E.toUint8Array(s).length, btoa(s), parseInt(s, 10), [s, "y"].join()]);
  note([typeof nothing === "undefined", typeof s.nothing, s ? 1 : 2, (s && 3) || 4, s < "1"]);
  switch (s) {
    case "0123456789":
      note("switched");
  }
  note([eval("1+1"), E.toString(s).length, Storage.write("g", s), Storage.read("g") === s]);
  Storage.erase("f");
  Storage.erase("g");
});

checkNow("a file is erased", function () {
  Storage.write("f", "0123456789");
  var s = Storage.read("f");
  var list = [s];
  var object = { s: s };
  var part = s.substr(2, 3);
  var tail = Storage.read("f", 3, 4);
  var cut = s.slice(1);
  var joined = s + "x";
  var copy = "" + s;
  Storage.erase("f");
  note([typeof s, s === undefined, s === null, s === "", !s, s ? 1 : 2]);
  attempt("length", function () {
    return s.length;
  });
  attempt("bytes", function () {
    return E.toUint8Array(s);
  });
  note(["" + s, list, object, part, tail, cut, joined, copy]);
});

checkNow("a file is written anew, the same, and in part", function () {
  Storage.write("f", "aaaaaaaaaa");
  var first = Storage.read("f");
  Storage.write("f", "aaaaaaaaaa");
  note(first);
  Storage.write("f", "bbb");
  note([first, Storage.read("f")]);
  Storage.write("h", "AAAA", 0, 8);
  var part = Storage.read("h");
  note(part);
  Storage.write("h", "XY", 4);
  note(part);
  Storage.eraseAll();
  note([part, Storage.read("h")]);
});

checkNow("an array's string changes with it", function () {
  var bytes = new Uint8Array(20);
  bytes.fill(65);
  var s = E.toString(bytes);
  var copy = "" + s;
  var part = s.slice(0, 4);
  var view = E.toString(bytes.subarray(1, 3));
  bytes[0] = 66;
  note([s, copy, part, view, typeof s, s.length, s === copy]);
  var list = [s];
  bytes[1] = 67;
  note(list);
  note(E.toString(bytes.buffer));
  var sign = new Int8Array(4);
  var t = E.toString(sign);
  sign[0] = 90;
  note(t.charCodeAt(0));
  var wide = new Uint16Array([65, 66]);
  var u = E.toString(wide);
  wide[0] = 67;
  note(u);
});

checkNow("no characters are true where characters are known", function () {
  if (process.env.BOARD.slice(0, 5) === "ESP32" || "\u20ac".charCodeAt(0) !== 0x20ac) return;
  var empty = E.asUTF8("");
  note([!!empty, empty === "", empty.length, empty ? 1 : 2, empty || "x", typeof empty]);
});

next();
