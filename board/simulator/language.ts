/**
 * The language as Espruino has it, seen from what V8 has too much of. The lists were made by asking
 * Espruino 2v29; what they do not name is taken away, so that a script which needs it fails in the
 * simulator as it would fail on the board.
 */

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Globals of V8 that Espruino has as well. */
export const GLOBALS = words(`
  Array ArrayBuffer Boolean DataView Date Error Float32Array Float64Array Function Infinity
  Int16Array Int32Array Int8Array JSON Math NaN Number Object ReferenceError RegExp String
  SyntaxError TypeError Uint16Array Uint32Array Uint8Array Uint8ClampedArray
  decodeURIComponent encodeURIComponent eval globalThis isFinite isNaN parseFloat parseInt undefined`);

/** What stays of each built-in object, by the path from the global object. */
export const MEMBERS: Record<string, string[]> = {
  Object: words(`assign create defineProperties defineProperty entries fromEntries
    getOwnPropertyDescriptor getOwnPropertyDescriptors getOwnPropertyNames getPrototypeOf keys
    prototype setPrototypeOf values`),
  "Object.prototype": words("__proto__ constructor hasOwnProperty toString valueOf"),
  "Function.prototype": words("apply arguments bind call caller constructor length name toString"),
  Array: words("isArray prototype"),
  "Array.prototype": words(`concat constructor every fill filter find findIndex forEach includes
    indexOf join length map pop push reduce reverse shift slice some sort splice toString unshift`),
  String: words("fromCharCode prototype"),
  "String.prototype": words(`charAt charCodeAt concat constructor endsWith includes indexOf
    lastIndexOf length match padEnd padStart repeat replace replaceAll slice split startsWith substr
    substring toLowerCase toString toUpperCase trim valueOf`),
  Number: words("MAX_VALUE MIN_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY prototype"),
  "Number.prototype": words("constructor toFixed toString valueOf"),
  Math: words(`E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos asin atan atan2 ceil cos exp floor
    log max min pow random round sign sin sqrt tan`),
  ArrayBuffer: words("prototype"),
  "ArrayBuffer.prototype": words("byteLength constructor"),
  "DataView.prototype": words(`buffer byteLength byteOffset constructor getFloat32 getFloat64 getInt16
    getInt32 getInt8 getUint16 getUint32 getUint8 setFloat32 setFloat64 setInt16 setInt32 setInt8
    setUint16 setUint32 setUint8`),
  Date: words("now parse prototype"),
  "Date.prototype": words(`constructor getDate getDay getFullYear getHours getMilliseconds getMinutes
    getMonth getSeconds getTime getTimezoneOffset getUTCDate getUTCFullYear setDate setFullYear
    setHours setTime toISOString toJSON toString toUTCString valueOf`),
  // V8's own replace, match and split read the flags; without them they would take every pattern for a single match.
  "RegExp.prototype": words(`constructor dotAll exec flags global hasIndices ignoreCase multiline source sticky
    test toString unicode unicodeSets`),
  // V8 gives errors a stack only where this limit is.
  Error: words("prototype stackTraceLimit"),
  "Error.prototype": words("constructor message toString"),
};

/** What stays of `%TypedArray%.prototype`, which all the typed arrays share. */
export const TYPED_ARRAY_MEMBERS = words(`buffer byteLength byteOffset constructor every fill filter find
  findIndex forEach includes indexOf join length map reduce reverse set slice some sort subarray
  toString`);

/**
 * Runs inside the new realm, before any script: takes away what Espruino lacks and puts right what
 * it does differently. `host` brings what has to come from outside. Returns tools for the host.
 *
 * It is a string because it must be made of the realm's own objects.
 */
export const PRELUDE = `(function (host) {
  "use strict";
  var root = globalThis, create = Object.create, define = Object.defineProperty;
  var namesOf = Object.getOwnPropertyNames, capture = Error.captureStackTrace;
  var parse = JSON.parse, stringify = JSON.stringify, fromCharCode = String.fromCharCode;
  var isView = ArrayBuffer.isView, has = Object.prototype.hasOwnProperty, from = Array.from;
  var TypedArray = Object.getPrototypeOf(Uint8Array), descriptor = Object.getOwnPropertyDescriptor;

  function put(target, name, value) {
    define(target, name, { value: value, writable: true, enumerable: false, configurable: true });
  }
  function keep(target, names) {
    namesOf(target).forEach(function (name) {
      var own = descriptor(target, name);
      var needed = typeof target === "function" && (name === "name" || name === "length");
      if (names.indexOf(name) < 0 && own.configurable && !needed) delete target[name];
    });
  }
  function named(type) {
    put(type.prototype, "type", String(type).replace(/^function (\\w+)[^]*/, "$1"));
    delete type.prototype.name;
  }

  keep(root, host.globals);
  Object.keys(host.members).forEach(function (path) {
    var target = path.split(".").reduce(function (at, name) { return at[name]; }, root);
    keep(target, host.members[path]);
  });
  keep(TypedArray, ["prototype"]);
  keep(TypedArray.prototype, host.typedArrayMembers);

  // Errors: the kind is in "type", there is no "name", and no kind is derived from Error.
  var InternalError = root.InternalError = function InternalError(message) {
    if (!(this instanceof InternalError)) return new InternalError(message);
    this.message = message;
    capture(this, InternalError);
  };
  define(root, "InternalError", { enumerable: false });
  var errors = [Error, TypeError, ReferenceError, SyntaxError, InternalError];
  errors.forEach(named);
  function errorText() {
    return this.type + (this.message ? ": " + this.message : "");
  }
  errors.forEach(function (type) {
    put(type.prototype, "toString", errorText);
    if (type !== Error) Object.setPrototypeOf(type.prototype, Object.prototype);
  });

  // A slice or a filtered copy of a typed array is a plain array.
  ["slice", "filter"].forEach(function (name) {
    var native = Array.prototype[name];
    put(TypedArray.prototype, name, function () { return native.apply(from(this), arguments); });
  });
  Object.defineProperty(ArrayBuffer.prototype, "length", {
    get: function () { return this.byteLength; }, configurable: true
  });
  put(ArrayBuffer.prototype, "toString", function () { return from(new Uint8Array(this)).join(","); });

  put(Math, "clip", function (x, min, max) { return x < min ? min : x > max ? max : x; });
  put(Math, "wrap", function (x, max) { x %= max; return x < 0 ? x + max : x; });
  put(Math, "random", host.random);
  put(Math, "randInt", host.randInt);
  put(Object.prototype, "clone", function () {
    var copy = Array.isArray(this) ? [] : create(Object.getPrototypeOf(this));
    for (var key in this) if (has.call(this, key)) copy[key] = this[key];
    return copy;
  });

  // Functions show the text that the script has, not what became of it.
  var functionText = Function.prototype.toString;
  put(Function.prototype, "toString", function () { return host.plain(functionText.call(this)); });

  // Text with a zero in front is octal.
  var NativeNumber = Number;
  function BoardNumber(value) {
    var number = arguments.length ? NativeNumber(host.text.numeric(value)) : 0;
    return this instanceof BoardNumber ? new NativeNumber(number) : number;
  }
  namesOf(NativeNumber).forEach(function (name) {
    if (host.members.Number.indexOf(name) >= 0) define(BoardNumber, name, descriptor(NativeNumber, name));
  });
  define(BoardNumber, "name", { value: "Number" });
  put(NativeNumber.prototype, "constructor", BoardNumber);
  put(root, "Number", BoardNumber);
  var nativeFloat = parseFloat;
  put(root, "parseFloat", function (text) { return nativeFloat(host.text.numericText(text)); });

  // What Espruino's regular expressions lack, they do not match.
  var exec = RegExp.prototype.exec;
  put(RegExp.prototype, "exec", function (text) {
    if (host.text.refersBack(this.source)) throw new Error("Backreferences not supported");
    return host.text.lacksSupport(this.source) ? null : exec.call(this, text);
  });

  // JSON: typed arrays are arrays, and everything beyond ASCII is escaped.
  put(JSON, "stringify", function (value, ignored, space) {
    var text = stringify(value, function (key, item) {
      if (isView(item) && !(item instanceof DataView)) return from(item);
      if (item instanceof ArrayBuffer) return from(new Uint8Array(item));
      return item;
    }, space);
    if (text === undefined) return value === undefined ? "null" : undefined;
    return host.text.escapeJson(text);
  });
  put(JSON, "parse", function (text) {
    var value = parse(String(text));
    return host.bytes ? lowBytes(value) : value;
  });
  function lowBytes(value) {
    if (typeof value === "string") {
      return host.text.lowBytes(value);
    }
    if (value && typeof value === "object") {
      Object.keys(value).forEach(function (key) { value[key] = lowBytes(value[key]); });
    }
    return value;
  }

  // Firmware bug, kept: a separator of several characters is looked for inside of itself, too.
  var nativeSplit = String.prototype.split;
  put(String.prototype, "split", function (separator) {
    return typeof separator === "string" && separator.length > 1
      ? from(host.text.split(String(this), separator))
      : nativeSplit.call(this, separator);
  });
  put(String.prototype, "removeAccents", function () { return this; });
  put(String, "fromCharCode", function () {
    var text = "";
    for (var i = 0; i < arguments.length; i++)
      text += fromCharCode(host.bytes ? arguments[i] & 255 : arguments[i]);
    return text;
  });
  if (host.bytes) {
    ["upper", "lower", "trim"].forEach(function (name) {
      var change = host.text[name];
      put(String.prototype, name === "trim" ? name : "to" + (name === "upper" ? "Upper" : "Lower") + "Case",
        function () { return change(String(this)); });
    });
    put(root, "encodeURIComponent", function (text) { return host.text.encodeBytes(String(text)); });
    put(root, "decodeURIComponent", function (text) {
      var decoded = host.text.decodeBytes(String(text));
      if (decoded === undefined) throw new Error("Invalid URI");
      return decoded;
    });
  }

  // Date follows the board's clock.
  var NativeDate = Date;
  function BoardDate(a, b, c, d, e, f, g) {
    if (!(this instanceof BoardDate)) return new NativeDate(host.now()).toString();
    var n = arguments.length;
    var date = n === 0 ? new NativeDate(host.now())
      : n === 1 ? new NativeDate(a)
      : new NativeDate(a, b, n > 2 ? c : 1, d || 0, e || 0, f || 0, g || 0);
    return date;
  }
  BoardDate.prototype = NativeDate.prototype;
  put(NativeDate.prototype, "constructor", BoardDate);
  put(BoardDate, "now", function () { return host.now(); });
  put(BoardDate, "parse", NativeDate.parse);
  put(root, "Date", BoardDate);
  delete root.console;

  return {
    put: put,
    error: function (type, message) { return new root[type](message); },
    object: function () { return {}; },
    array: function () { return []; },
    buffer: function (length) { return new ArrayBuffer(length); },
    uint8Array: function (a, b, c) { return new Uint8Array(a, b, c); },
    typedArray: function (name, length) { return new root[name](length); },
    type: function (name, make) {
      // A class of the realm whose constructor calls the host.
      var type = function () { return make.apply(this, arguments); };
      define(type, "name", { value: name });
      put(root, name, type);
      return type;
    },
    module: function (source, filename) { return host.compile(
        // A module may also give "exports" itself another value.
        "(function (exports, module) {" + source + "\\n;return exports === this ? module.exports : exports;})", filename); },
    stringify: JSON.stringify,
    errors: errors
  };
})`;
