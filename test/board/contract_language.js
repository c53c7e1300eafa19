// What scripts may rely on in the interpreter itself: events, timers, promises, modules, Storage, E, crypto. Runs
// unchanged on a real Espruino and in the simulator, and must print the same lines.
/* global changeInterval */

function soon() {
  setTimeout(done, 30);
}

function attempt(name, run) {
  try {
    note([name, run()]);
  } catch (error) {
    note([name, "throws", error.toString(), error.type, error instanceof Error]);
  }
}

check("listeners", function () {
  var o = {};
  function f() {
    note("f");
  }
  o.on("a", f);
  note([typeof o["#ona"], o["#ona"].length, Object.keys(o)]);
  o.on("a", function (x, y) {
    note(["second", x, y, this === o]);
  });
  o.emit("a", 1, "y");
  o.removeListener("a", f);
  note(o["#ona"].length);
  o.emit("a");
  o.removeAllListeners("a");
  o.emit("a");
  o.on("b", f);
  o.removeAllListeners();
  note(Object.keys(o));
  soon();
});

check("the listeners of an event are those of its emit", function () {
  var o = {};
  o.on("a", function () {
    o.on("a", function () {
      note("new");
    });
    note("old");
  });
  o.emit("a");
  note("emitted");
  soon();
});

check("what events complain about", function () {
  attempt("no listener", function () {
    ({}).on("a", 5);
  });
  attempt("no name", function () {
    ({}).on(5, print);
  });
  attempt("a string", function () {
    "s".on("a", print);
  });
  attempt("too many", function () {
    ({}).emit("a", 1, 2, 3, 4, 5);
  });
  attempt("emit", function () {
    ({}).emit(1);
  });
  attempt("removeListener", function () {
    ({}).removeListener(5);
  });
  attempt("removeAllListeners", function () {
    ({}).removeAllListeners(5);
  });
  done();
});

check("exceptions: all listeners run, one exception is told", function () {
  var o = {};
  process.on("uncaughtException", function (error) {
    note("" + error);
  });
  o.on("a", function () {
    throw new Error("first");
  });
  o.on("a", function () {
    note("second runs");
    throw "second";
  });
  o.emit("a");
  setTimeout(function () {
    process.removeAllListeners("uncaughtException");
    done();
  }, 30);
});

check("timers that are due together run in the order of their making", function () {
  setTimeout(note, 120, "120");
  setTimeout(function () {
    var until = Date.now() + 150;
    while (Date.now() < until);
    note("20");
  }, 20);
  setTimeout(
    function (a, b) {
      note(["100", a, b, this === global]);
    },
    100,
    "A",
    "B"
  );
  setTimeout(note, 90, "90");
  setTimeout(done, 200);
});

check("timer numbers, and what timers complain about", function () {
  function f() {}
  var a = setTimeout(f, 1000);
  var b = setInterval(f, 1000);
  note(b - a);
  note(typeof a);
  clearInterval(b);
  clearTimeout(a);
  attempt("unknown", function () {
    return clearTimeout(12345);
  });
  attempt("null", function () {
    return clearTimeout(null);
  });
  attempt("undefined", function () {
    clearTimeout(undefined);
  });
  attempt("undefined interval", function () {
    clearInterval(undefined);
  });
  attempt("change", function () {
    changeInterval(99, 1);
  });
  attempt("no function", function () {
    setTimeout(5, 1);
  });
  attempt("long", function () {
    setTimeout(f, 3e14);
  });
  done();
});

check("an interval, changed and cleared in its own call", function () {
  var count = 0;
  var id = setInterval(function () {
    note(++count);
    if (count == 2) changeInterval(id, 5);
    if (count == 4) {
      clearInterval(id);
      done();
    }
  }, 10);
});

check("clearTimeout without an argument clears all", function () {
  setTimeout(note, 5, "wrong");
  setInterval(note, 5, "wrong");
  clearTimeout();
  soon();
});

check("promises wait in the event queue", function () {
  var o = {};
  o.on("a", function () {
    note("event");
  });
  Promise.resolve(1)
    .then(function (value) {
      note(value);
      throw new Error("thrown");
    })
    .catch(function (error) {
      note(error.message);
      return 3;
    })
    .then(note);
  o.emit("a");
  Promise.all([Promise.resolve("x"), "y"]).then(note);
  new Promise(function (resolve) {
    setTimeout(resolve, 5, "later");
  }).then(function (value) {
    note(value);
    done();
  });
  note("at once");
});

check("a rejection that nobody handles", function () {
  process.on("uncaughtException", function (error) {
    note("" + error);
    process.removeAllListeners("uncaughtException");
    done();
  });
  Promise.reject(new Error("nobody"));
});

check("modules", function () {
  var Storage = require("Storage");
  Storage.write("stored", "exports.a=1;exports.b=this===exports;exports.c=typeof module");
  note(require("stored"));
  note(require("stored") === require("stored"));
  Modules.addCached("text", "module.exports=5");
  Modules.addCached("function", function () {
    exports.x = 7;
  });
  note([require("text"), require("function"), Modules.getCached().length > 3]);
  attempt("none", function () {
    require("none");
  });
  attempt("number", function () {
    require(5);
  });
  attempt("throwing", function () {
    Modules.addCached("bad", "throw new Error('in module')");
  });
  attempt("addCached", function () {
    Modules.addCached(1, 2);
  });
  attempt("removeCached", function () {
    Modules.removeCached("none");
  });
  Modules.removeAllCached();
  note(Modules.getCached());
  Storage.erase("stored");
  attempt("erased", function () {
    require("stored");
  });
  done();
});

check("Storage", function () {
  var Storage = require("Storage");
  note([Storage.write("bytes", [1, 2, 255]), Storage.write("object", { a: 1 }), Storage.read("none")]);
  note([Storage.read("bytes") + "", Storage.read("object") + "", Storage.read("object", 1, 3) + ""]);
  note([Storage.readJSON("object"), Storage.readJSON("none"), Storage.readArrayBuffer("bytes").byteLength]);
  Storage.erase("bytes");
  note([Storage.read("bytes"), Storage.list(/^obj/)]);
  Storage.erase("object");
  done();
});

check("E", function () {
  note([E.toString([1, 300, -1]), E.toString("ab", [67, "d"]), E.toString(), E.toString({ data: 67, count: 3 })]);
  note(E.toString(new Uint16Array([65, 66])));
  note(E.toUint8Array(1, [2, 3], "AB", { data: 9, count: 2 }, new Uint16Array([300]), new Uint8Array([7]).buffer));
  note([E.toUint8Array("\x80\xff"), E.toArrayBuffer("ABC").byteLength, E.toArrayBuffer([1])]);
  note([E.sum([1, 2, 3]), E.sum(new Int8Array([1, -2])), E.sum("\x01\x02")]);
  note([E.CRC32("123456789"), E.CRC32(new Uint8Array([255, 0, 1])), E.CRC32(""), E.CRC32([1, 2, 3])]);
  note(E.getErrorFlags());
  attempt("toString(undefined)", function () {
    E.toString(undefined);
  });
  attempt("toString(object)", function () {
    E.toUint8Array({ a: 1 });
  });
  E.srand(1);
  note([E.hwRand(), E.hwRand(), Math.randInt(1000), Math.floor(Math.random() * 1000)]);
  done();
});

check("mapInPlace", function () {
  var from = new Uint8Array([0x12, 0xf0, 3]);
  var to = new Uint8Array(6);
  E.mapInPlace(from, to);
  note(to);
  E.mapInPlace(new Uint8Array([1, 2]), to, [5, 6, 7]);
  note(to);
  E.mapInPlace(new Uint8Array([1, 2]), to, function (value, index) {
    return value * 10 + index;
  });
  note(to);
  E.mapInPlace(from, to, undefined, 4);
  note(to);
  E.mapInPlace(from, to, undefined, -4);
  note(to);
  attempt("array", function () {
    E.mapInPlace([1], to);
  });
  done();
});

check("base64 and hashes", function () {
  var crypto = require("crypto");
  note([
    btoa("\xff\x00a"),
    btoa(new Uint8Array([1, 2, 255])),
    btoa([1, 2, 3]),
    atob("/wBh"),
    atob("YWI="),
    atob("YQ=="),
  ]);
  attempt("btoa", function () {
    btoa(5);
  });
  attempt("atob", function () {
    atob(5);
  });
  var hash = crypto.SHA1("abc");
  note([btoa(hash), hash instanceof ArrayBuffer, hash.byteLength, btoa(crypto.SHA256([97, 98, 99]))]);
  note(btoa(crypto.SHA1(new Uint8Array([97, 98, 99]))));
  note(btoa(crypto.PBKDF2("pass", "salt", { iterations: 2, keySize: 4, hasher: "SHA256" })));
  done();
});

check("AES", function () {
  var AES = require("crypto").AES;
  var key = new Uint32Array([1, 2, 3, 0x87654321]).buffer;
  var blocks = new Uint8Array(32);
  for (var i = 0; i < 32; i++) blocks[i] = i * 9;
  var encrypted = AES.encrypt(blocks.buffer, key);
  note([encrypted instanceof ArrayBuffer, btoa(encrypted), btoa(AES.decrypt(encrypted, key))]);
  note(btoa(AES.encrypt("0123456789abcdef", "ABCDEFGHIJKLMNOP", { mode: "ECB" })));
  note(btoa(AES.decrypt(blocks, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", { iv: "iviviviviviviviv" })));
  attempt("mode", function () {
    AES.encrypt(blocks, key, { mode: "XTS" });
  });
  done();
});

check("pictures of bytes", function () {
  var memory = new Uint8Array(20);
  var graphics = Graphics.createArrayBuffer(4, 4, 8, { buffer: memory.subarray(2) });
  var image = { width: 3, height: 2, bpp: 8, buffer: "abcdef" };
  note([graphics.drawImage(image, 0, 0) === graphics, E.toString(memory, "")]);
  // What lies outside is cut off, on each side.
  graphics.drawImage(image, -2, 1);
  graphics.drawImage(image, 3, 3);
  graphics.drawImage(image, 1, -1);
  note(E.toString(memory, ""));
  image.buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  image.buffer = new Uint8Array(image.buffer, 2);
  graphics.drawImage(image, 1, 2);
  note(E.toString(memory, ""));
  var own = Graphics.createArrayBuffer(2, 2, 8);
  note([own.buffer instanceof ArrayBuffer, own.buffer.byteLength, E.toString(own.drawImage(image, 0, 0).buffer, "")]);
  attempt("no image", function () {
    graphics.drawImage({ width: 3, height: 2, bpp: 8 }, 0, 0);
  });
  attempt("no size", function () {
    Graphics.createArrayBuffer(0, 2, 8);
  });
  note(E.getAddressOf(new Uint8Array(64).buffer, true) !== 0);
  done();
});

check("pictures of half bytes and of words", function () {
  var picture = Graphics.createArrayBuffer(3, 4, 4, { msb: true });
  var bytes = new Uint8Array(picture.buffer);
  picture.drawImage({ width: 1, height: 5, bpp: 4, buffer: "\x12\x34\x56" }, 1, 1);
  picture.drawImage({ width: 2, height: 2, bpp: 4, buffer: "\xab" }, 2, -1);
  note(E.toString(bytes, ""));
  // What is behind the end of an image's bytes is white.
  picture.drawImage({ width: 3, height: 2, bpp: 4, buffer: "\xfe\xdc" }, 0, 0);
  note(E.toString(bytes, ""));
  // A palette's colors may be wider than the picture's.
  var palette = new Uint16Array(256);
  for (var i = 0; i < 256; i++) palette[i] = i * 3 + 0xf0;
  var image = { width: 4, height: 2, bpp: 8, buffer: "\x01\x02\x10\xff\x80@", palette: palette };
  picture.drawImage(image, 0, 1);
  note(E.toString(bytes, ""));
  image.bpp = 4;
  // Sixteen colors by themselves would not lie in one piece.
  image.palette = new Uint16Array(palette.buffer, 64, 16);
  picture.drawImage(image, 1, 2);
  note(E.toString(bytes, ""));
  var words = Graphics.createArrayBuffer(2, 3, 32);
  note([words.setColor(0x01020304) === words, words.fillRect(0, 0, 0, 99) === words]);
  words.setColor(0x0f0f0f0f).fillRect(1, 1, 1, 1);
  note(E.toString(words.buffer, ""));
  var halves = Graphics.createArrayBuffer(3, 3, 16);
  halves.setColor(0x0102).fillRect(0, 0, 1, 99).setColor(0x1f2e3d).fillRect(1, 1, 1, 1);
  note(E.toString(halves.buffer, ""));
  image.bpp = 8;
  image.palette = palette;
  note(E.toString(halves.drawImage(image, 1, 1).buffer, ""));
  attempt("too high", function () {
    Graphics.createArrayBuffer(1, 32768, 4);
  });
  done();
});

check("values", function () {
  var bytes = new Uint8Array([3, 1, 2]);
  note([
    "" + bytes,
    "" + bytes.buffer,
    bytes.slice(1).constructor === Array,
    bytes.map(Math.abs).constructor === Uint8Array,
  ]);
  note([JSON.stringify(bytes), JSON.stringify({ a: undefined, b: null }), JSON.stringify("\xe9\x7f\n\x1f")]);
  note(["\xe9".length, "\xe9".charCodeAt(0), /(?:a)/.exec("a"), /\bword/.exec("word"), /[\x80-\xff]/.test("\xe9")]);
  note([
    typeof Map,
    typeof Symbol,
    typeof Object.freeze,
    typeof Math.imul,
    typeof [].flat,
    typeof Promise,
    typeof process.nextTick,
  ]);
  note([
    "a".padStart(3, "0"),
    "aXbX".replace(/X/g, "-"),
    "a,b".split(","),
    "aXXXXb".split("XX"),
    "XXaXX".split("XX"),
    "abc".substr(-2),
    Math.clip(9, 1, 5),
  ]);
  var error = new TypeError("text");
  note([error.toString(), error.type, error.name, error instanceof Error, typeof error.stack]);
  done();
});

next();
