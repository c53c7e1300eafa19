// What goes wrong on a board and is easily overlooked: exceptions that get lost, handlers that are cut off, text that
// becomes another number. Runs unchanged on a real Espruino and in the simulator, and must print the same lines.
// PORT is preset: the port of a scripted server (test/board/simulator/scripted_server.ts).
/* global PORT, Uint8ClampedArray */

/** A check that notes what nothing caught meanwhile; it calls `over` when it is over. */
function watched(name, run) {
  check(name, function () {
    process.on("uncaughtException", function (error) {
      note("uncaught " + error);
    });
    run();
  });
}

function over() {
  process.removeAllListeners("uncaughtException");
  done();
}

function fails(text) {
  throw new Error(text);
}

/** A function that has no end. */
function deep() {
  deep();
}

watched("text that becomes a number", function () {
  var texts = ["01234", "0100", "017", "08", "09.5", "00", "0", "-010", "+017", "0x10", "0b11", "0o17"];
  note(
    texts.map(function (text) {
      return [+text, Number(text), text * 1, text - 0, text | 0, ~~text, parseInt(text, 10), parseFloat(text)];
    })
  );
  note([+"", +" 5", +"1e3", +"12abc", +"1 2", +[5], +null, +true, +undefined === +undefined, +"\n5"]);
  note([+"019", Number("0128"), "019" - 0, parseFloat("010.5"), parseFloat(" 12 "), parseFloat("1x")]);
  note([parseInt("077"), parseInt("0x1F"), parseInt(" 42"), parseInt("12abc"), Number(), Number([])]);
  over();
});

watched("blanks behind a number", function () {
  note([isNaN(+"5 "), isNaN(+" "), isNaN(Number("5\n")), isNaN(+" 010 "), isNaN(+"\t")]);
  over();
});

watched("JSON escapes every byte beyond ASCII", function () {
  var bytes = E.toString([75, 0xc3, 0xbc, 0x7f, 0x80, 0xff]);
  note(JSON.stringify(bytes) == '"K\\u00C3\\u00BC\\u007F\\u0080\\u00FF"');
  note(JSON.stringify({ a: bytes }).length);
  note(JSON.stringify(['\0\x1f\n"\\/']));
  over();
});

watched("E.toString of typed arrays", function () {
  note(E.toString(new Uint16Array([0x4142, 0x1234, 65])));
  note(E.toString(new Float32Array([65.5, 300, 66])));
  note([E.toString(new Int8Array([-1, 65])), E.toString(new Uint32Array([0x41424344, 66]))]);
  note([E.toString(new Uint8ClampedArray([65, 66])), E.toString(new Uint8Array([65, 66, 67, 68]).subarray(1, 3))]);
  note(E.toUint8Array(new Uint16Array([300])));
  over();
});

watched("an exception and a try in one pass", function () {
  setTimeout(fails, 20, "first");
  setTimeout(function () {
    try {
      note("tried");
    } catch (error) {
      note("caught");
    }
  }, 20);
  setTimeout(over, 60);
});

watched("a try before the exception", function () {
  setTimeout(function () {
    try {
      fails("inner");
    } catch (error) {
      note("caught " + error.message);
    }
  }, 20);
  setTimeout(fails, 20, "outer");
  setTimeout(over, 60);
});

watched("two exceptions in one pass", function () {
  setTimeout(fails, 20, "first");
  setTimeout(fails, 20, "second");
  setTimeout(over, 60);
});

watched("an exception, and a caught one", function () {
  setTimeout(fails, 20, "first");
  setTimeout(function () {
    try {
      fails("inner");
    } catch (error) {
      note("caught " + error.message);
    }
  }, 20);
  setTimeout(over, 60);
});

watched("recursion without end is not to be caught", function () {
  setTimeout(function () {
    try {
      deep();
    } catch (error) {
      note("caught");
    } finally {
      note("finally");
    }
    note("behind");
  }, 5);
  setTimeout(over, 60);
});

watched("an interval that is cut off is removed", function () {
  var count = 0;
  setInterval(function () {
    note("interval " + ++count);
    if (count == 2) deep();
  }, 10);
  setTimeout(function () {
    note(E.getErrorFlags().indexOf("CALLBACK") >= 0);
    over();
  }, 100);
});

watched("an interval that throws goes on", function () {
  var count = 0;
  var id = setInterval(function () {
    if (++count == 3) clearInterval(id);
    fails("interval " + count);
  }, 10);
  setTimeout(over, 100);
});

watched("an event's other listeners run after one was cut off, and events wait for the next pass", function () {
  var o = {};
  o.on("a", function () {
    note("first");
    deep();
  });
  o.on("a", function () {
    note("second");
  });
  o.on("b", function () {
    note("event");
    setTimeout(over, 10);
  });
  o.emit("a");
  setTimeout(function () {
    o.emit("b");
    deep();
  }, 30);
});

function connect(onData) {
  var socket = require("net").connect({ host: "127.0.0.1", port: PORT }, function () {
    socket.write("echo\n");
    socket.write("a");
  });
  socket.on("data", onData);
  socket.on("close", over);
  return socket;
}

watched("a data listener that throws stays", function () {
  var count = 0;
  var socket = connect(function (data) {
    note(data);
    if (++count == 3) return socket.end();
    setTimeout(function () {
      socket.write("b");
    }, 10);
    fails("in data");
  });
});

watched("a data listener that is cut off is removed", function () {
  var socket = connect(function (data) {
    note(data);
    setTimeout(function () {
      socket.write("bcd");
    }, 10);
    setTimeout(function wait() {
      if (!socket.available()) return setTimeout(wait, 10);
      note([typeof socket["#ondata"], socket.read()]);
      note(E.getErrorFlags().indexOf("CALLBACK") >= 0);
      socket.end();
    }, 20);
    deep();
  });
});

watched("socket.write makes text of what is no string", function () {
  var values = [
    new Uint16Array([300, 65]),
    new Float32Array([1.5, 2]),
    new Int8Array([-1]),
    new Uint8Array([65, 66]).buffer,
    [1, 2, [3]],
    { a: 1 },
    true,
    1.5,
  ];
  var text = "";
  var socket = connect(function (data) {
    text += data;
    if (text.indexOf("1.5.") < 0 || text.slice(-1) != "!") return;
    note(text);
    socket.end();
  });
  socket.on("drain", function () {
    if (!values.length) return;
    socket.write(values.shift());
    socket.write(values.length ? "." : ".!");
  });
});

next();
