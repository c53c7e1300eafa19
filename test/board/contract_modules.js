// What ordinary scripts for boards use beside sockets: files, pins, addresses. Runs unchanged on a real Espruino and in
// the simulator, and must print the same lines.
/* global clearWatch, D4, D5, Pin, pinMode, digitalWrite, setWatch, url */

function attempt(name, run) {
  try {
    note([name, run()]);
  } catch (error) {
    note([name, "throws", error.toString(), error.type, error instanceof Error]);
  }
}

check("fs", function () {
  var fs = require("fs");
  note([fs.writeFileSync("a.txt", "one"), fs.appendFileSync("a.txt", " two"), fs.readFileSync("a.txt")]);
  note([fs.writeFile("b.bin", new Uint8Array([1, 200])), fs.readFile("b.bin").length, fs.statSync("b.bin").size]);
  note([fs.statSync("none"), fs.readdirSync("none"), fs.mkdirSync("folder"), fs.statSync("folder").dir]);
  note([fs.readdirSync("").indexOf("a.txt") >= 0, fs.unlinkSync("a.txt"), fs.readdirSync("folder")]);
  attempt("read", function () {
    fs.readFileSync("a.txt");
  });
  attempt("unlink", function () {
    fs.unlinkSync("a.txt");
  });
  done();
});

check("pins", function () {
  pinMode(D5, "output");
  digitalWrite(D5, 1);
  note([D5.getMode(), "" + D5, D5 instanceof Pin, new Pin(5) === D5, JSON.stringify([D5])]);
  note([setWatch(note, D4, { repeat: true }), setWatch(note, D5), clearWatch(1)]);
  attempt("mode", function () {
    pinMode(D5, "nonsense");
  });
  attempt("pin", function () {
    digitalWrite("nonsense", 1);
  });
  attempt("watch", function () {
    setWatch(5, D5);
  });
  attempt("unknown watch", function () {
    clearWatch(99);
  });
  attempt("undefined watch", function () {
    clearWatch(undefined);
  });
  clearWatch();
  done();
});

check("url.parse", function () {
  note(url.parse("http://a:1/b?c=d", true));
  note(url.parse("ws://host/path"));
  note(url.parse("host"));
  done();
});

next();
