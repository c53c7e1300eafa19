// What only a build with an ESP32's variables can show. Runs unchanged there and in the simulator, and must print the
// same lines.

checkNow("variables of 14 bytes", function () {
  note(process.memory().blocksize);
  note(
    ["", "123456789", "1234567890", "1234567890123456789", "12345678901234567890"].map(function (text) {
      return E.getSizeOf(text);
    })
  );
  note([E.getSizeOf(5), E.getSizeOf(1.5), E.getSizeOf(true), E.getSizeOf(undefined), E.getSizeOf(null)]);
  note([E.getSizeOf({}), E.getSizeOf({ a: 1 }), E.getSizeOf({ abcd: 1, abcde: 2 }), E.getSizeOf({ a: 1.5, b: "b" })]);
  note([E.getSizeOf([1, 2, 3]), E.getSizeOf([1.5, "a"]), E.getSizeOf([[1], []])]);
  note([E.getSizeOf(new Uint8Array(100)), E.getSizeOf(new Uint8Array(100).buffer)]);
  note(
    E.getSizeOf(function () {
      return 12345678;
    })
  );
});

checkNow("colors of 32 bits are lost", function () {
  var words = Graphics.createArrayBuffer(1, 2, 32);
  words.setColor(0x01020304).fillRect(0, 0, 0, 1);
  note(E.toString(words.buffer, ""));
  var halves = Graphics.createArrayBuffer(1, 2, 16);
  halves.setColor(0x0102).fillRect(0, 0, 0, 1);
  note(E.toString(halves.buffer, ""));
});

next();
