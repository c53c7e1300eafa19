// What scripts may rely on in Espruino's sockets. It runs unchanged on a real Espruino and in the simulator, and must
// print the same lines. PORT is preset: the port of a scripted server (test/board/simulator/scripted_server.ts).
/* global PORT, Socket */
var net = require("net");

function connect(line, connected) {
  var socket;
  function start() {
    if (line) socket.write(line + "\n");
    if (connected) connected(socket);
  }
  // Espruino loses a callback's scope when a listener is added to it: it is one or the other.
  socket = net.connect({ host: "127.0.0.1", port: PORT }, line ? start : undefined);
  socket.on("error", function (error) {
    note("error " + JSON.stringify(error));
  });
  socket.on("end", function () {
    note("end " + arguments.length + " " + (this === socket));
  });
  socket.on("close", function (failed) {
    note("close " + failed + " " + arguments.length);
  });
  return socket;
}

function whenClosed(socket) {
  socket.on("close", done);
}

function answer(line, connected) {
  var text = "";
  var socket = connect(line, connected);
  socket.on("data", function (data) {
    text += data;
  });
  socket.on("close", function () {
    note(text);
    done();
  });
}

function attempt(name, run) {
  try {
    var result = run();
    note(name + " gives " + result);
  } catch (error) {
    note(name + " throws " + error.toString() + " (" + error.type + ", " + (error instanceof Error) + ")");
  }
}

check("connect gives the socket, and calls back later with it", function () {
  var socket = net.connect({ host: "127.0.0.1", port: PORT }, function (given) {
    note(given === socket);
    note(this === socket);
    note(arguments.length);
    note(socket.write("fin\n"));
  });
  note(socket.constructor === Socket);
  note(socket instanceof Socket);
  whenClosed(socket);
});

check("without a host it is 127.0.0.1; the port may be a string", function () {
  whenClosed(
    net.connect({ port: "" + PORT }, function (socket) {
      socket.write("fin\n");
    })
  );
});

check("FIN", function () {
  whenClosed(connect("fin"));
});

check("RST", function () {
  whenClosed(connect("rst"));
});

check("data comes in pieces of at most 536 bytes", function () {
  var total = 0;
  var longest = 0;
  var socket = connect("datafin 2000");
  socket.on("data", function (data) {
    total += data.length;
    if (data.length > longest) longest = data.length;
    if (this !== socket || typeof data != "string") note("wrong");
  });
  socket.on("close", function () {
    note(total);
    note(longest);
    done();
  });
});

check("write makes a string of anything", function () {
  answer("hex 43", function (socket) {
    socket.write(new Uint8Array([65, 66, 200]));
    socket.write(5);
    socket.write(null);
    socket.write(undefined);
    socket.write();
    socket.write({});
    socket.write([1, 2]);
    socket.write(true);
    socket.write(E.toString([0, 200, 255]));
    socket.write(E.toString(new Uint8Array([7, 128])));
    socket.write("\x80\xff");
  });
});

check("drain follows connect, and each emptied buffer", function () {
  var socket = connect();
  var drains = 0;
  socket.on("drain", function (given) {
    note("drain " + (given === socket) + " " + (this === socket));
    if (++drains < 3) socket.write("x");
    else if (drains == 3) socket.write("\nfin\n");
  });
  socket.on("connect", function () {
    note("connect");
    socket.write("silent");
  });
  setTimeout(function () {
    socket.end();
  }, 100);
  whenClosed(socket);
});

check("written before it is connected", function () {
  var socket = connect();
  socket.on("connect", function () {
    note("connect");
    setTimeout(function () {
      socket.end();
    }, 20);
  });
  socket.on("drain", function () {
    note("drain");
  });
  socket.write("silent\n");
  whenClosed(socket);
});

check("end sends what was written", function () {
  var socket = connect("silent", function () {
    var text = "0123456789";
    for (var i = 0; i < 8; i++) text += text;
    socket.write(text);
    socket.end();
    note("ended");
  });
  whenClosed(socket);
});

check("all of it came, then FIN", function () {
  answer("previous");
});

check("end can carry the last data", function () {
  var socket = connect("silent", function () {
    socket.end("bye");
  });
  whenClosed(socket);
});

check("that came too", function () {
  answer("previous");
});

check("write after end", function () {
  var socket = connect("silent", function () {
    socket.end();
    attempt("write", function () {
      return socket.write("x");
    });
    attempt("end", function () {
      return socket.end();
    });
    attempt("end with data", function () {
      return socket.end("x");
    });
  });
  whenClosed(socket);
});

check("write in end, and after close", function () {
  var socket = connect("fin");
  function both() {
    attempt("write", function () {
      return socket.write("x");
    });
    attempt("end", function () {
      return socket.end();
    });
  }
  socket.on("end", both);
  socket.on("close", both);
  whenClosed(socket);
});

check("end before it is connected", function () {
  var socket = connect("silent", function () {
    note("connected");
  });
  socket.end();
  whenClosed(socket);
});

check("a cut connection with data left to send", function () {
  var piece = "0123456789";
  for (var i = 0; i < 7; i++) piece += piece;
  var tries = 0;
  function once() {
    log = [];
    var socket = connect("reset 3000");
    socket.on("drain", function () {
      socket.write(piece);
    });
    // When the last of a piece was just sent, nothing is left, and it is a close like any other: then once more.
    socket.on("close", function (failed) {
      if (failed || ++tries == 50) done();
      else once();
    });
  }
  once();
});

check("data before there is a listener", function () {
  var socket = connect("data 100");
  var tries = 0;
  setTimeout(function wait() {
    if (socket.available() < 100 && ++tries < 100) return setTimeout(wait, 10);
    note(socket.available());
    note(socket.read(10).length);
    note(socket.available());
    socket.on("data", function (data) {
      note("data " + data.length);
      socket.end();
    });
    note("listening");
  }, 10);
  whenClosed(socket);
});

check("an exception in a listener", function () {
  var socket = connect("echo", function () {
    socket.write("a");
  });
  var count = 0;
  process.on("uncaughtException", function (error) {
    note("uncaught " + error);
    if (count == 2) socket.end();
    else socket.write("b");
  });
  socket.on("data", function (data) {
    note(data);
    count++;
    throw new Error("in data");
  });
  socket.on("close", function () {
    process.removeAllListeners("uncaughtException");
    done();
  });
});

check("several sockets", function () {
  var left = 4;
  function one(number) {
    var socket = connect("echo", function () {
      for (var i = 0; i < 50; i++) socket.write(number + " and more, ");
    });
    var text = "";
    socket.on("data", function (data) {
      text += data;
      if (text.length == 600) socket.end();
    });
    socket.on("close", function () {
      if (text.split(number + " and more, ").length != 51) note("mixed up");
      if (!--left) done();
    });
  }
  one("1");
  one("2");
  one("3");
  one("4");
});

check("what connect throws", function () {
  var hosts = ["no.such.host.invalid", "::1", "", "0.0.0.0"];
  for (var i = 0; i < hosts.length; i++) {
    attempt("'" + hosts[i] + "'", function () {
      return net.connect({ host: hosts[i], port: PORT });
    });
  }
  attempt("a port that nobody listens on", function () {
    return net.connect({ host: "127.0.0.1", port: 1 });
  });
  attempt("an address without scheme", function () {
    return net.connect("127.0.0.1:" + PORT);
  });
  done();
});

check("what connect complains about", function () {
  attempt("a number", function () {
    return net.connect(5);
  });
  attempt("null", function () {
    return net.connect(null);
  });
  attempt("a callback that is none", function () {
    return net.connect({ host: "127.0.0.1", port: PORT }, 5);
  });
  done();
});

next();
