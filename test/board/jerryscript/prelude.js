/*
 * Stands in front of a script on IoT.js: `print`, and those of Espruino's natives that the suites' scripts use to look
 * at what they got. An uncaught exception is printed, and the script goes on, as on Espruino.
 * It becomes a single line, so that the script's line numbers stay what they are: no comments to the end of a line.
 */
/* global Buffer */
(function (global) {
  function show(value, inside) {
    if (typeof value === "string") return inside ? JSON.stringify(value) : value;
    if (value === null || typeof value !== "object" || value instanceof Error) return String(value);
    if (value instanceof Uint8Array) return "new Uint8Array([" + [].join.call(value, ", ") + "])";
    if (Array.isArray(value)) return "[ " + value.map(showInside).join(", ") + " ]";
    return "{ " + Object.keys(value).map(showField, value).join(", ") + " }";
  }
  function showInside(value) {
    return show(value, true);
  }
  function showField(key) {
    return JSON.stringify(key) + ": " + show(this[key], true);
  }

  /* Standard error is the stream that IoT.js does not hold back; the mark tells the script's lines from its own. */
  var error = console.error;
  global.print = console.log = function () {
    var line = [].map
      .call(arguments, function (value) {
        return show(value);
      })
      .join(" ");
    error("%s", "\u0002" + line.replace(/\n/g, "\n\u0002"));
  };
  process.on("uncaughtException", function (exception) {
    error("Uncaught " + exception);
  });

  /* A byte string from whatever holds bytes. */
  function byteString(data) {
    if (typeof data === "string") return data;
    var text = "";
    if (data instanceof ArrayBuffer) data = new Uint8Array(data);
    for (var i = 0; i < data.length; i += 256) {
      text += String.fromCharCode.apply(null, [].slice.call(data, i, i + 256));
    }
    return text;
  }
  function bytes(text) {
    var array = new Uint8Array(text.length);
    for (var i = 0; i < text.length; i += 256) {
      /* To get at a character costs the more the farther it is from the beginning. */
      var piece = text.substr(i, 256);
      for (var j = 0; j < piece.length; j++) array[i + j] = piece.charCodeAt(j);
    }
    return array;
  }
  global.E = {
    toString: byteString,
    toUint8Array: function (data) {
      return typeof data === "string" ? bytes(data) : new Uint8Array(data);
    },
    fromUTF8: function (text) {
      return unescape(encodeURIComponent(text));
    },
    asUTF8: function (text) {
      return decodeURIComponent(escape(text));
    },
  };
  global.E.sum = function (data) {
    var sum = 0;
    for (var i = 0; i < data.length; i++) sum += data[i];
    return sum;
  };
  global.getTime = function () {
    return Date.now() / 1000;
  };
  /* IoT.js does not tell how full its heap is. */
  process.memory = function () {
    return { free: NaN };
  };
  global.atob = function (text) {
    /* IoT.js leaves zeros behind. */
    var buffer = new Buffer(text, "base64");
    var length = (text.replace(/[^A-Za-z0-9+/]/g, "").length * 3) >> 2;
    var array = [];
    for (var i = 0; i < length; i++) array.push(buffer.readUInt8(i, true));
    return byteString(array);
  };
  global.btoa = function (text) {
    var array = bytes(text);
    return Buffer.from(array.buffer, 0, array.length).toString("base64");
  };
})(global);
