// Ways to do one step of sending or receiving, side by side: bench/alternatives.ts runs this.
/* global ROUNDS */
var text = "0123456789abcdef";
while (text.length < 1024) text += text;
var segment = text.substr(0, 536);
var small = text.substr(0, 16);
var bytes = E.toUint8Array(text);
var words = new Uint32Array(bytes.buffer);
var segmentBytes = E.toUint8Array(segment);
var smallBytes = E.toUint8Array(small);
var key = 0x12345678;
var keys = [0x12, 0x34, 0x56, 0x78];
var high = /[\x80-\xff]/;
var header = [129, 254, 4, 0, 0, 0, 0, 0];

/** A loop with so many words in each pass. */
function unrolled(count) {
  var body = "";
  while (count--) body += "w[i++]^=key;";
  return new Function("w", "key", "for(var i=0;i<256;){" + body + "}");
}
var maskBy = [1, 4, 8, 16, 32].map(unrolled);

var steps = {
  "mask 1 kB": {
    "characters, += (as the ws module)": function () {
      var masked = "";
      for (var i = 0; i < 1024; i++) masked += String.fromCharCode(text.charCodeAt(i) ^ keys[i & 3]);
      return masked;
    },
    "Uint8Array, byte by byte": function () {
      for (var i = 0; i < 1024; i++) bytes[i] ^= keys[i & 3];
    },
    "Uint8Array.map": function () {
      bytes.map(function (byte, i) {
        return byte ^ keys[i & 3];
      });
    },
    "Uint32Array.map": function () {
      words.map(function (word) {
        return word ^ key;
      });
    },
    "Uint32Array, E.mapInPlace with a function": function () {
      E.mapInPlace(words, words, function (word) {
        return word ^ key;
      });
    },
    "Uint32Array, 1 word a pass": function () {
      maskBy[0](words, key);
    },
    "Uint32Array, 4 words a pass": function () {
      maskBy[1](words, key);
    },
    "Uint32Array, 8 words a pass": function () {
      maskBy[2](words, key);
    },
    "Uint32Array, 16 words a pass": function () {
      maskBy[3](words, key);
    },
    "Uint32Array, 32 words a pass": function () {
      maskBy[4](words, key);
    },
  },
  "no byte above 0x7f in 536?": {
    "E.sum as unsigned == E.sum as signed": function () {
      return E.sum(segmentBytes) === E.sum(new Int8Array(segmentBytes.buffer));
    },
    "regular expression": function () {
      return /[\x80-\xff]/.test(segment);
    },
    "regular expression, kept": function () {
      return high.test(segment);
    },
    "JSON.stringify(text).length": function () {
      return JSON.stringify(segment).length === 538;
    },
    "bytes.every": function () {
      return segmentBytes.every(function (byte) {
        return byte < 128;
      });
    },
  },
  "no byte above 0x7f in 16?": {
    "E.sum as unsigned == E.sum as signed": function () {
      return E.sum(smallBytes) === E.sum(new Int8Array(smallBytes.buffer));
    },
    "regular expression": function () {
      return /[\x80-\xff]/.test(small);
    },
    "regular expression, kept": function () {
      return high.test(small);
    },
  },
  "header and 1 kB of text into one array": {
    "E.toUint8Array(header, text)": function () {
      return E.toUint8Array(header, text);
    },
    "new Uint8Array, set, set": function () {
      var frame = new Uint8Array(1032);
      frame.set(header, 0);
      frame.set(text, 8);
      return frame;
    },
    "new Uint8Array, set of an array that is there": function () {
      var frame = new Uint8Array(1032);
      frame.set(header, 0);
      frame.set(bytes, 8);
      return frame;
    },
  },
  "a frame's 1032 bytes into the string that write takes": {
    "E.toString(array)": function () {
      return E.toString(bytes);
    },
    "E.toString(subarray from 2)": function () {
      return E.toString(bytes.subarray(2));
    },
  },
  "what an interpreter from source pays to pass by": {
    "an empty function": function () {},
    "a branch of 300 characters that is not taken": function () {
      if (!key) {
        return "................................................................................................................................................................................................................................................................................................................";
      }
    },
    "an object of 10 fields": function () {
      return { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10 };
    },
    "Object.create and 4 fields": function () {
      var object = Object.create(steps);
      object.a = 1;
      object.b = 2;
      object.c = 3;
      object.d = 4;
    },
    "try and catch": function () {
      try {
        key = 0x12345678;
      } catch (exception) {
        print(exception);
      }
    },
  },
};

/** Shortest time of one call in µs: whatever else the machine does only lengthens it. */
function time(step) {
  var best = 1e9;
  var calls = 1;
  for (var round = 0; round < ROUNDS; round++) {
    var start = getTime();
    for (var i = 0; i < calls; i++) step();
    var spent = (getTime() - start) * 1e6;
    if (spent / calls < best) best = spent / calls;
    if (spent < 5000) calls = Math.ceil((calls * 6000) / spent);
  }
  return best;
}

for (var step in steps) for (var way in steps[step]) print(JSON.stringify([step, way, time(steps[step][way])]));
print("[]");
