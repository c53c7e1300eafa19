// What scripts may rely on in Espruino's TLS. Runs unchanged on a real Espruino and in the simulator, and must print
// the same lines. Preset are the ports of several servers (test/board/simulator/tls_servers.ts) and DER in base64.
/* global PORT, PORT_13, PORT_MUTUAL, PORT_PLAIN, PORT_SHUT, CERT, KEY, RSA_KEY, FOREIGN */
var tls = require("tls");
var anyCode = false;

process.on("uncaughtException", function (error) {
  note("uncaught " + (anyCode ? error.message.replace(/-0x[0-9a-f]+/, "some code") : error));
  setTimeout(done, 1);
});

function connect(port, options) {
  options.host = "127.0.0.1";
  options.port = port;
  try {
    var socket = tls.connect(options);
    socket.on("error", function (error) {
      note("error " + JSON.stringify(error));
    });
    socket.on("end", function () {
      note("end");
    });
    socket.on("close", function (failed) {
      note("close " + failed);
    });
    return socket;
  } catch (error) {
    note(error.toString());
    done();
  }
}

// Talks: waits for the greeting, says something, gets it back, ends.
function talk(port, options) {
  var socket = connect(port, options);
  if (!socket) return;
  var text = "";
  socket.on("data", function (data) {
    text += data;
    if (text == "hello") socket.write("echo me");
    if (text == "helloecho me") socket.end();
  });
  socket.on("close", function () {
    note(text);
    done();
  });
}

// The handshake fails: whether "connect" comes first is a matter of chance, and for a server that cuts the connection
// right behind its alert, so is the code.
function fail(port, chance) {
  anyCode = chance;
  connect(port, {});
}

check("connect comes before the handshake, and writes wait for it", function () {
  var socket = connect(PORT, {});
  var text = "";
  socket.on("connect", function () {
    note("connect");
    socket.write("early");
  });
  socket.on("data", function (data) {
    text += data;
    if (text.length == 10) socket.end();
  });
  socket.on("close", function () {
    note(text.split("").sort().join(""));
    done();
  });
});

check("data of several records", function () {
  var socket = connect(PORT, {});
  var piece = "0123456789";
  for (var i = 0; i < 6; i++) piece += piece;
  var total = 0;
  var longest = 0;
  socket.on("connect", function () {
    socket.write(piece);
  });
  socket.on("data", function (data) {
    total += data.length;
    if (data.length > longest) longest = data.length;
    if (total == 645) socket.end();
  });
  socket.on("close", function () {
    note(total);
    note(longest <= 536);
    done();
  });
});

check("the server closes the session", function () {
  var socket = connect(PORT, {});
  socket.on("data", function () {
    socket.write("bye");
  });
  socket.on("close", done);
});

check("a certificate authority that has nothing to do with it", function () {
  talk(PORT, { ca: atob(FOREIGN) });
});

check("mutual TLS", function () {
  talk(PORT_MUTUAL, { cert: atob(CERT), key: atob(KEY) });
});

check("mutual TLS with functions, and a key in PKCS #1", function () {
  talk(PORT_MUTUAL, {
    cert: function () {
      return atob(CERT);
    },
    key: function () {
      return atob(RSA_KEY);
    },
  });
});

check("mutual TLS without a certificate", function () {
  fail(PORT_MUTUAL, true);
});

check("TLS 1.3 only", function () {
  fail(PORT_13, false);
});

check("no TLS at all", function () {
  fail(PORT_PLAIN, false);
});

check("the connection ends under the handshake", function () {
  fail(PORT_SHUT, false);
});

check("PEM as certificate authority", function () {
  connect(PORT, { ca: "-----BEGIN CERTIFICATE-----\n" + FOREIGN + "\n-----END CERTIFICATE-----\n" });
});

check("PEM as certificate", function () {
  connect(PORT, { cert: "-----BEGIN CERTIFICATE-----\n" + CERT + "\n-----END CERTIFICATE-----\n" });
});

check("PEM as key", function () {
  connect(PORT, { cert: atob(CERT), key: "-----BEGIN PRIVATE KEY-----\n" + KEY + "\n-----END PRIVATE KEY-----\n" });
});

check("a key where a certificate should be", function () {
  connect(PORT, { cert: atob(KEY) });
});

check("a certificate where a key should be", function () {
  connect(PORT, { cert: atob(CERT), key: atob(CERT) });
});

check("a certificate that is cut off", function () {
  connect(PORT, { ca: atob(FOREIGN).substr(0, 300) });
});

check("a certificate and something behind it", function () {
  talk(PORT, { ca: atob(FOREIGN) + "something" });
});

check("an unknown port", function () {
  connect(1, {});
});

next();
