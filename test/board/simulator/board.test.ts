import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock, runFile } from "../../../board/simulator";
import { board, closeBoards, run, until } from "./boards";

afterEach(closeBoards);

describe("the script's world", () => {
  test("has nothing of Node's", async () => {
    const names = [
      "Buffer",
      "setImmediate",
      "queueMicrotask",
      "URL",
      "TextEncoder",
      "fetch",
      "module",
      "exports",
      "__dirname",
    ];
    const script = names.map((name) => `print(typeof ${name})`).join(";");
    expect(await run(script)).toEqual(names.map(() => "undefined"));
    expect(await run("print(typeof process.exit, typeof process.argv, typeof process.env.PATH)")).toEqual([
      "undefined undefined undefined",
    ]);
    expect(await run("try { require('os') } catch (e) { print(e.message) }")).toEqual(['Module "os" not found']);
  });

  test("values of the board are instances of the script's classes", async () => {
    const script = `print(E.toUint8Array("a") instanceof Uint8Array, E.toArrayBuffer("a") instanceof ArrayBuffer,
      require("crypto").SHA1("a") instanceof ArrayBuffer, Modules.getCached() instanceof Array,
      process.memory().constructor === Object, Promise.resolve() instanceof Promise)`;
    expect(await run(script)).toEqual(["true true true true true true"]);
  });

  test("strings are bytes, or characters", async () => {
    const script = 'print("é€".length, "\\u20ac".charCodeAt(0), String.fromCharCode(0x1e9).charCodeAt(0), "é€")';
    expect(await run(script)).toEqual(["5 172 233 é€"]);
    expect(await run('print("é€".length, "\\u20ac".charCodeAt(0), "é€")', { unicode: true })).toEqual(["2 8364 é€"]);
  });

  test("escaped backslashes are no Unicode escapes", async () => {
    expect(await run('print("\\\\u20ac", "\\\\\\u2041".length)')).toEqual(["\\u20ac 2"]);
  });

  test("text on a board with bytes", async () => {
    expect(await run('print(JSON.stringify("é"), JSON.parse("\\"\\\\u20ac\\"").charCodeAt(0))')).toEqual([
      '"\\u00C3\\u00A9" 172',
    ]);
    expect(
      await run('print(encodeURIComponent("é a"), decodeURIComponent("%C3%A9").length, "éa".toUpperCase())')
    ).toEqual(["%C3%A9%20a 2 éA"]);
    expect(await run("try { decodeURIComponent('%zz') } catch (e) { print(e.toString()) }")).toEqual([
      "Error: Invalid URI",
    ]);
    expect(
      await run("try { E.asUTF8('a') } catch (e) { print(e.message) }; print(E.fromUTF8('a'), E.isUTF8('a'))")
    ).toEqual(["Unicode not supported on this build", "false false"]);
  });

  test("UTF-8 on a board with characters", async () => {
    const script = `print(E.fromUTF8("é€").length, E.asUTF8("\\xc3\\xa9\\xe2\\x82\\xac") === "é€", E.isUTF8("é€"),
      E.isUTF8("ab"), E.isUTF8("\\xc3\\xa9"), E.asUTF8("\\xff").charCodeAt(0))`;
    expect(await run(script, { unicode: true })).toEqual(["5 true true false false 255"]);
  });

  test("what Espruino's patterns lack does not match", async () => {
    expect(
      await run(
        "print(/(?:a)/.test('a'), /a{2}/.test('aa'), /a+?/.exec('a'), /\\bx/.test('x'), /^[a-z]+$/.test('ab'))",
        {
          checkSyntax: false,
        }
      )
    ).toEqual(["false false null false true"]);
  });
});

describe("printing", () => {
  test.each([
    ["{a: 1, b: [1, 'x'], c: null}", '{ "a": 1, \n  "b": [ 1, \n    "x"\n   ], \n  "c": null }'],
    ["[1, 2.5, true, undefined]", "[ 1, 2.5, true, undefined ]"],
    ["{}", "{  }"],
    ["new Uint8Array([1, 2])", "new Uint8Array([1, 2])"],
    ["new Uint16Array(3)", "new Uint16Array(3)"],
    ["new Uint8Array([1]).buffer", "new Uint8Array([1]).buffer"],
    ["print", "function () { [native code] }"],
    ["{k0: 0, k1: 1, k2: 2, k3: 3, k4: 4}", '{ "k0": 0, "k1": 1, "k2": 2, "k3": 3, \n  "k4": 4 }'],
    ["new Error('x')", "Error: Error: x"],
    ["'text', 5", "text 5"],
  ])("%s", async (value, shown) => {
    expect(await run(`print(${value})`)).toEqual([shown]);
    expect(await run(`console.log(${value})`)).toEqual([shown]);
  });

  test("an object that contains itself", async () => {
    expect(await run("var o = {}; o.o = o; print(o)")).toEqual(['{ \n  "o":  ... \n }']);
  });
});

describe("uncaught exceptions", () => {
  test("are printed with their place, and recorded", async () => {
    const one = board();
    one.run("setTimeout(function late() {\n throw new Error('boo') }, 1)", "mine.js");
    await one.idle();
    expect(one.printed[0]).toMatch(/^Uncaught Error: boo\n +at .*late.*mine\.js:2/);
    expect(one.printed[0]).not.toContain("simulator");
    expect(one.uncaught.map(({ message, fate }) => [message, fate])).toEqual([["Error: boo", "printed"]]);
  });

  test("in the script itself do not hinder what it began", async () => {
    expect(await run("setTimeout(print, 1, 'later'); throw 'x'")).toEqual(["Uncaught x", "later"]);
    expect((await run("print(1"))[0]).toMatch(/^Uncaught SyntaxError: /);
    expect(await run("throw undefined")).toEqual(["Uncaught undefined"]);
  });

  test("go to process.on, and only the last of a pass is told", async () => {
    const fates: string[] = [];
    const one = board({ onUncaught: ({ message, fate }) => fates.push(`${message} ${fate}`) });
    one.run(`process.on("uncaughtException", function (e) { print("got " + e) });
      var o = {}; o.on("a", function () { throw 1 }); o.on("a", function () { throw 2 }); o.emit("a");`);
    await one.idle();
    expect(one.printed).toEqual(["got 2"]);
    expect(fates).toEqual(["1 lost", "2 handled"]);
  });

  test("of the handler are printed", async () => {
    expect(
      await run(
        `process.on("uncaughtException", function () { throw "worse" }); setTimeout(function () { throw 1 }, 1)`
      )
    ).toEqual(["Uncaught worse"]);
  });
});

describe("flash, firmware and restarts", () => {
  const storage = { mine: "exports.hello = function () { return 'é' }", ".bootcde": "print('booted', typeof x)" };

  test("modules are found in Storage", async () => {
    expect(
      await run("print(require('mine').hello().length, require('Storage').read('mine').length)", { storage })
    ).toEqual([`2 ${Buffer.byteLength(storage.mine)}`]);
  });

  test("firmware without some modules", async () => {
    const script =
      "['net', 'tls', 'crypto', 'Storage'].forEach(function (m) { try { require(m); print(m) } catch (e) {} })";
    expect(await run(script, { modules: { without: ["tls", "crypto"] } })).toEqual(["net", "Storage"]);
    expect(await run("print(process.env.MODULES)", { modules: { without: ["tls"] } })).toEqual([
      "Storage,net,crypto,fs,http,Wifi",
    ]);
  });

  test("what process tells", async () => {
    expect(
      await run("print(process.env.BOARD, process.memory().total)", { boardName: "ESP32C3", variables: 2500 })
    ).toEqual(["ESP32C3 2500"]);
  });

  test("init is for E and onInit", async () => {
    const one = board();
    one.run("E.on('init', function () { print('init', this === E) }); function onInit() { print('onInit') }");
    expect(one.printed).toEqual([]);
    one.emitInit();
    expect(one.printed).toEqual(["init true", "onInit"]);
  });

  test("save keeps objects and timers, load starts from flash, reset starts from nothing", async () => {
    expect(
      await run("var x = 1; E.on('init', function () { print('again', x) }); setTimeout(print, 20, 'timer'); save()")
    ).toEqual(["again 1", "timer"]);
    expect(await run("var x = 1; setTimeout(print, 20, 'timer'); load()", { storage })).toEqual(["booted undefined"]);
    expect(await run("var x = 1; load('other')", { storage: { other: "print('other', typeof x)" } })).toEqual([
      "other undefined",
    ]);
    const one = board();
    one.run("var x = 1; setTimeout(print, 2000, 'timer'); reset()");
    await one.idle();
    one.run("print(typeof x)");
    expect(one.printed).toEqual(["undefined"]);
  });
});

describe("random numbers", () => {
  const script = "print(Math.random(), E.hwRand(), Math.randInt(1000))";

  test("of the interpreter are the same at each start", async () => {
    expect(await run(script)).toEqual(await run(script));
  });

  test("of the hardware are not, unless a seed is given", async () => {
    const noise = "print(peek32(0x60035144), peek32(0x60035144))";
    expect(await run(noise)).not.toEqual(await run(noise));
    expect(await run(noise, { hardwareSeed: 7 })).toEqual(await run(noise, { hardwareSeed: 7 }));
    expect(await run(noise, { hardwareSeed: 7 })).not.toEqual(await run(noise, { hardwareSeed: 8 }));
  });

  test.each([
    ["ESP32", 0x60035144],
    ["ESP32S3_IDF4", 0x6003507c],
    ["ESP32C3_IDF4", 0x600260b0],
  ])("come from the register of %s", async (boardName, register) => {
    const read = `var a = peek32(${register}), b = peek32(${register}); print(a !== b || a !== 0, peek32(${register} + 4))`;
    expect(await run(read, { boardName, hardwareSeed: 1 })).toEqual(["true 0"]);
  });

  test("come from the operating system's device on Linux", async () => {
    const script = `var f = E.openFile("/dev/urandom", "r"); print(btoa(f.read(12))); f.close(); print(f.read(1));
      try { E.openFile("/none", "r") } catch (e) { print(e.message) }`;
    const [noise, ...rest] = await run(script, { unicode: true });
    expect(noise).toHaveLength(16);
    expect(rest).toEqual(["undefined", "Could not open file : UNKNOWN"]);
    expect((await run(script, { unicode: true }))[0]).not.toBe(noise);
    expect(await run(script, { unicode: true, hardwareSeed: 3 })).toEqual(
      await run(script, { unicode: true, hardwareSeed: 3 })
    );
  });

  test("of no register on other boards", async () => {
    expect(await run("print(peek32(0x60035144), peek8(1), peek32(0, 2))", { boardName: "ESP8266" })).toEqual([
      "0 0 new Uint32Array(2)",
    ]);
  });
});

describe("time", () => {
  test("a virtual clock runs timers at once, in order", () => {
    const clock = new VirtualClock();
    const one = board({ clock });
    one.run("setTimeout(print, 5000, 'b'); setTimeout(print, 1000, 'a'); setInterval(print, 4000, 'i')");
    expect(one.timers()).toBe(3);
    clock.advance(999);
    expect(one.printed).toEqual([]);
    clock.advance(1);
    expect(one.printed).toEqual(["a"]);
    clock.advance(9000);
    expect(one.printed).toEqual(["a", "i", "b", "i"]);
    expect(one.timers()).toBe(1);
  });

  test("the date starts in 1970 and can be set without moving timers", () => {
    const clock = new VirtualClock();
    const one = board({ clock });
    one.run("setTimeout(function () { print(getTime(), Date.now(), new Date().getFullYear()) }, 1000)");
    one.setTime(1e9);
    clock.advance(500);
    one.setTime(5);
    expect(one.printed).toEqual([]);
    clock.advance(500);
    expect(one.printed).toEqual(["5.5 5500 1970"]);
    one.run("setTime(1e9); print(getTime())");
    expect(one.printed[1]).toBe("1000000000");
  });

  test("a step of the system clock is taken for time that has passed", () => {
    const clock = new VirtualClock();
    const one = board({ clock });
    one.run("setTimeout(print, 60000, 'early'); setTimeout(print, 200000, 'late')");
    one.tick();
    one.stepClock(100000);
    one.tick();
    expect(one.printed).toEqual(["early"]);
    one.stepClock(-100000);
    clock.advance(199999);
    expect(one.printed).toEqual(["early"]);
    clock.advance(1);
    expect(one.printed).toEqual(["early", "late"]);
  });

  test("fake timers can drive a board through its clock option", () => {
    jest.useFakeTimers();
    try {
      const one = board({
        clock: {
          now: () => Date.now(),
          setTimeout: (f, ms) => setTimeout(f, ms),
          clearTimeout: (t) => clearTimeout(t as NodeJS.Timeout),
        },
      });
      one.run("setTimeout(print, 10000, 'done')");
      jest.advanceTimersByTime(9999);
      expect(one.printed).toEqual([]);
      jest.advanceTimersByTime(2);
      expect(one.printed).toEqual(["done"]);
    } finally {
      jest.useRealTimers();
    }
  });

  test("closing stops everything, and idle resolves", async () => {
    const one = board();
    one.run("setInterval(print, 1, 'tick')");
    await until(() => one.printed.length > 1);
    const idle = one.idle();
    await one.close();
    await idle;
    const { length } = one.printed;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(one.printed).toHaveLength(length);
    expect(one.timers()).toBe(0);
  });
});

describe("runFile", () => {
  let folder: string;
  const file = (source: string): string => {
    const name = join(folder, "script.js");
    writeFileSync(name, source);
    return name;
  };

  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "simulator-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test("runs a file to its end, with globals", async () => {
    const printed: string[] = [];
    const print = (text: string): void => void printed.push(text);
    const script = file("#!shell\nsetTimeout(function () { print('hello', NAME) }, 1)");
    expect(await runFile({ script, print, globals: { NAME: "you" } })).toBe(true);
    expect(printed).toEqual(["hello you"]);
  });

  test("tells of exceptions, and can be aborted", async () => {
    const print = (): void => undefined;
    expect(await runFile({ script: file("throw 1"), print })).toBe(false);
    const abort = new AbortController();
    const running = runFile({ script: file("setInterval(print, 5, 1)"), print, signal: abort.signal });
    abort.abort();
    expect(await running).toBe(true);
    expect(await runFile({ script: file("setInterval(print, 5, 1)"), print, signal: abort.signal })).toBe(true);
  });
});
