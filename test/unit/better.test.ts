/** The table "Where the C client falls short": each test cites the row on which this client does better on purpose. */
import * as ws from "../../src/api/esp_websocket_client";
import { closeBody, pass, Rig, serverFrame } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A client whose request is out. */
function asking(config?: ws.Config): Rig {
  const rig = new Rig(config).start();
  rig.connection.listener.opened();
  rig.take();
  return rig;
}

/** The events of an answer, without HEADER_RECEIVED. */
function judged(rig: Rig, status: string, headers: string[], eol = "\r\n"): string[] {
  rig.receive(["HTTP/1.1 " + status, ...headers, "", ""].join(eol));
  return rig.take().filter((line) => !line.startsWith("HEADER_RECEIVED"));
}

const REFUSED = ["ERROR et=3 hs=101", "DISCONNECTED et=3 hs=101"];
const CONNECTED = ["CONNECTED hs=101"];

describe("row: event fields of non-DATA events hold left-overs; et on ERROR is the previous one; hs is never reset", () => {
  test("events behind a frame carry nothing of it", () => {
    const rig = Rig.connected({ disable_auto_reconnect: true });
    rig.frame(0x82, "payload");
    rig.take();
    rig.drop();
    // The notation marks stray fields.
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101", "FINISH et=1 hs=101"]);
  });

  test("et on ERROR is that of this failure, not of the one before", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, pingpong_timeout_sec: 1 });
    pass(2000);
    expect(rig.take()).toEqual(["ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101"]);
    pass(10000);
    rig.connection.listener.opened();
    rig.take();
    rig.respond("404 Not Found");
    expect(rig.take()).toEqual(["ERROR et=3 hs=404", "DISCONNECTED et=3 hs=404"]);
    pass(10000);
    rig.take();
    rig.drop();
    expect(rig.take()).toEqual(["ERROR et=1", "DISCONNECTED et=1"]);
  });

  test("hs starts at 0 with each attempt and is 101 on success", () => {
    const rig = asking();
    rig.respond("404 Not Found");
    rig.take();
    pass(10000);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
    rig.accept();
    expect(rig.take().pop()).toBe("CONNECTED hs=101");
    ws.esp_websocket_client_stop(rig.client);
    rig.take();
    ws.esp_websocket_client_start(rig.client);
    expect(rig.take()).toEqual(["BEGIN"]);
  });

  test("close_status_code is told by CLOSED and FINISH of that close only", () => {
    const rig = Rig.connected();
    rig.frame(0x88, closeBody(1001));
    rig.drop();
    rig.start().accept();
    rig.take();
    ws.esp_websocket_client_stop(rig.client);
    expect(rig.take()).toEqual(["FINISH"]);
  });

  test("the data of an event is its own: a later event does not change it", () => {
    const rig = Rig.connected();
    rig.frame(0x82, "first");
    const { data } = rig.events[rig.events.length - 1];
    const kept = JSON.stringify({ ...data, client: null });
    rig.frame(0x01, "second");
    rig.drop();
    expect(JSON.stringify({ ...data, client: null })).toBe(kept);
  });
});

describe("row: any status with a valid Accept connects; a 4-character prefix passes; exactly one space; 1 kB", () => {
  test.each(["200", "201", "300", "404"])("status %s with everything else right is refused", (status) => {
    const rig = asking();
    expect(judged(rig, status + " OK", rig.upgrade())).toEqual([
      `ERROR et=3 hs=${status}`,
      `DISCONNECTED et=3 hs=${status}`,
    ]);
  });

  test.each([
    ["a prefix of Accept", (lines: string[]) => [lines[0], lines[1], lines[2].substr(0, 26)]],
    ["an Accept with something behind it", (lines: string[]) => [lines[0], lines[1], lines[2] + "x"]],
    ["an Accept in another case", (lines: string[]) => [lines[0], lines[1], swapCase(lines[2])]],
    ["two Accepts", (lines: string[]) => [...lines, lines[2]]],
    ["no Upgrade", (lines: string[]) => lines.slice(1)],
    ["another Upgrade", (lines: string[]) => ["Upgrade: h2c", lines[1], lines[2]]],
    ["an Upgrade that only begins so", (lines: string[]) => ["Upgrade: websockets", lines[1], lines[2]]],
    ["no Connection", (lines: string[]) => [lines[0], lines[2]]],
    ["another Connection", (lines: string[]) => [lines[0], "Connection: keep-alive", lines[2]]],
    ["a Connection token that only ends so", (lines: string[]) => [lines[0], "Connection: no-upgrade", lines[2]]],
    ["an extension", (lines: string[]) => [...lines, "Sec-WebSocket-Extensions: permessage-deflate"]],
  ])("%s is refused", (_name, change) => {
    const rig = asking();
    expect(judged(rig, "101 Switching Protocols", change(rig.upgrade()))).toEqual(REFUSED);
  });

  test.each([
    ["names in lower case", (line: string) => line.replace(/^[^:]*/, (name) => name.toLowerCase())],
    ["names in upper case", (line: string) => line.replace(/^[^:]*/, (name) => name.toUpperCase())],
    ["no white space", (line: string) => line.replace(": ", ":")],
    ["more white space", (line: string) => line.replace(": ", ": \t ") + " \t"],
    ["folded", (line: string) => line.replace(": ", ":\r\n  ")],
    ["a list of Connection tokens", (line: string) => line.replace("Connection: ", "Connection: keep-alive ,")],
    ["values in another case", (line: string) => (/Accept/.test(line) ? line : line.replace(/: .*/, swapCase))],
  ])("%s: connected", (_name, change) => {
    const rig = asking();
    expect(judged(rig, "101 Switching Protocols", rig.upgrade().map(change))).toEqual(CONNECTED);
  });

  test("lines ended by a bare LF: connected", () => {
    const rig = asking();
    expect(judged(rig, "101 Switching Protocols", rig.upgrade(), "\n")).toEqual(CONNECTED);
  });

  test("repeated Connection headers: connected", () => {
    const rig = asking();
    expect(judged(rig, "101 Switching Protocols", ["Connection: keep-alive", ...rig.upgrade()])).toEqual(CONNECTED);
  });

  test("no reason phrase: connected", () => {
    const rig = asking();
    expect(judged(rig, "101", rig.upgrade())).toEqual(CONNECTED);
  });

  test("byte by byte: connected, and each header told once", () => {
    const rig = asking();
    const bytes = Buffer.from(["HTTP/1.1 101 X", ...rig.upgrade(), "", ""].join("\r\n"));
    for (const byte of bytes) rig.receive(Uint8Array.of(byte));
    expect(rig.take()).toEqual([...Array(3).fill(expect.stringMatching(/^HEADER_RECEIVED/)), ...CONNECTED]);
  });

  test("a response head of 4096 bytes: connected; of 4097 bytes: refused", () => {
    for (const size of [4096, 4097]) {
      const rig = asking();
      const bare = ["HTTP/1.1 101 X", ...rig.upgrade(), "X: ", "", ""].join("\r\n").length;
      const lines = judged(rig, "101 X", [...rig.upgrade(), "X: " + "x".repeat(size - bare)]);
      if (size === 4096) expect(lines).toEqual(CONNECTED);
      else expect(lines).toEqual([expect.stringMatching(/^ERROR et=3/), expect.stringMatching(/^DISCONNECTED et=3/)]);
    }
  });

  test("a head that never ends fails with an error, not with memory", () => {
    const rig = asking();
    let sent = 0;
    while (!rig.connection.closes && sent < 100000) {
      rig.receive(sent ? "x".repeat(500) : "HTTP/1.1 101 X\r\nX: ");
      sent += 500;
    }
    expect(sent).toBeLessThan(6000);
    expect(rig.take().pop()).toMatch(/^DISCONNECTED et=3/);
  });
});

describe("row: subprotocol in the answer unchecked", () => {
  test.each([
    ["one of those offered", "mqtt, wamp", ["Sec-WebSocket-Protocol: wamp"], "wamp"],
    ["the only one offered", "mqtt", ["sec-websocket-protocol:mqtt"], "mqtt"],
    ["none", "mqtt", [], ""],
  ])("%s: connected, and told", (_name, subprotocol, headers, chosen) => {
    const rig = asking({ subprotocol });
    expect(judged(rig, "101 X", [...rig.upgrade(), ...headers])).toEqual(CONNECTED);
    expect(rig.client.subprotocol).toBe(chosen);
  });

  test.each([
    ["one that was not offered", "mqtt", ["Sec-WebSocket-Protocol: wamp"]],
    ["a prefix of one offered", "mqtt", ["Sec-WebSocket-Protocol: mq"]],
    ["another case", "mqtt", ["Sec-WebSocket-Protocol: MQTT"]],
    ["one where none was offered", undefined, ["Sec-WebSocket-Protocol: mqtt"]],
    ["two of those offered", "mqtt, wamp", ["Sec-WebSocket-Protocol: mqtt, wamp"]],
    ["two headers", "mqtt, wamp", ["Sec-WebSocket-Protocol: mqtt", "Sec-WebSocket-Protocol: wamp"]],
  ])("%s: refused", (_name, subprotocol, headers) => {
    const rig = asking({ subprotocol });
    expect(judged(rig, "101 X", [...rig.upgrade(), ...headers])).toEqual(REFUSED);
  });
});

const utf8 = (hex: string): Buffer => Buffer.from(hex, "hex");

describe("rows: masked frames, orphan or interleaved continuations, invalid UTF-8; TCP dropped without a close frame", () => {
  test.each([
    ["a masked frame", [Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5])], 1002],
    ["an orphan continuation", [serverFrame(0x80, "a")], 1002],
    ["an orphan continuation behind a message", [serverFrame(0x81, "a"), serverFrame(0x80, "b")], 1002],
    ["a text inside a message", [serverFrame(0x01, "a"), serverFrame(0x81, "b")], 1002],
    ["a binary inside a message", [serverFrame(0x02, "a"), serverFrame(0x02, "b")], 1002],
    ["invalid UTF-8", [serverFrame(0x81, utf8("c0af"))], 1007],
    ["UTF-8 that ends inside a character", [serverFrame(0x81, utf8("e282"))], 1007],
    ["a surrogate", [serverFrame(0x81, utf8("eda080"))], 1007],
    ["invalid UTF-8 across frames", [serverFrame(0x01, utf8("e282")), serverFrame(0x80, utf8("28"))], 1007],
    ["invalid UTF-8 in a close reason", [serverFrame(0x88, Buffer.concat([closeBody(1000), utf8("ff")]))], 1007],
    ["a reserved bit", [serverFrame(0xc1, "a")], 1002],
    ["a reserved opcode", [serverFrame(0x83, "a")], 1002],
    ["a reserved control opcode", [serverFrame(0x8b, "a")], 1002],
    ["a fragmented PING", [serverFrame(0x09, "a")], 1002],
    ["a PING of 126 bytes", [serverFrame(0x89, "x".repeat(126))], 1002],
    ["a close payload of one byte", [serverFrame(0x88, "x")], 1002],
    ["close code 1005", [serverFrame(0x88, closeBody(1005))], 1002],
    ["close code 999", [serverFrame(0x88, closeBody(999))], 1002],
    ["a length with the top bit set", [Buffer.from([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0])], 1002],
    ["a length above 2^53-1", [Buffer.from([0x82, 127, 0, 0x20, 0, 0, 0, 0, 0, 0])], 1009],
    ["a length of 5 in 16 bits", [Buffer.from([0x82, 126, 0, 5])], 1002],
  ])("%s: a close frame with the right code first, then ERROR and DISCONNECTED", (_name, frames, code) => {
    const rig = Rig.connected();
    const order: string[] = [];
    rig.connection.onClose = () => order.push("TCP closed after " + rig.connection.takeWire().join());
    rig.receive(Buffer.concat(frames));
    expect(order).toEqual([`TCP closed after 88(2) ${closeBody(code).toString("hex")}`]);
    expect(rig.take().slice(-2)).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toContain(String(code));
    pass(10000);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
  });

  test("invalid UTF-8 fails as soon as the bytes cannot become valid, in the middle of a frame", () => {
    const rig = Rig.connected();
    rig.receive(serverFrame(0x81, Buffer.concat([utf8("61f4"), Buffer.alloc(100, 0x90)])).subarray(0, 5));
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
  });

  test("the good frames before the bad one are told", () => {
    const rig = Rig.connected();
    rig.receive(Buffer.concat([serverFrame(0x81, "good"), serverFrame(0x80, "bad")]));
    expect(rig.take()).toEqual(['DATA(1,1,4/4@0) "good"', "ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
  });
});

describe("row: close echo carries no code", () => {
  test.each([1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999])("%d is echoed", (code) => {
    const rig = Rig.connected();
    rig.frame(0x88, closeBody(code, "why"));
    expect(rig.connection.takeFrames()[0].payload.readUInt16BE()).toBe(code);
    rig.drop();
    expect(rig.take().pop()).toBe(`FINISH et=4 hs=101 cc=${code}`);
  });
});

describe("row: only PONGs keep the connection", () => {
  test("any PONG after our PING answers it, whatever its payload", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, pingpong_timeout_sec: 2 });
    pass(1000);
    rig.frame(0x8a, "unsolicited");
    pass(1999);
    expect(rig.take()).toEqual(["DATA(10,1,11/11@0) 756e736f6c696369746564"]);
    pass(1);
    expect(rig.take()).toEqual([]);
  });

  test("any bytes while we wait start the wait anew", () => {
    const rig = Rig.connected({ ping_interval_sec: 3, pingpong_timeout_sec: 2 });
    pass(3000);
    pass(1500);
    // The first part of a long frame.
    rig.receive(serverFrame(0x82, new Uint8Array(1000)).subarray(0, 500));
    pass(1400);
    rig.take();
    rig.receive(new Uint8Array(100));
    pass(1900);
    expect(rig.take()).toEqual(["DATA(2,1,100/1000@496)"].map((line) => expect.stringContaining(line)));
    pass(2000);
    expect(rig.take()).toEqual(["ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101"]);
  });

  test("a PONG before the first PING does not answer it", () => {
    const rig = Rig.connected({ ping_interval_sec: 1, pingpong_timeout_sec: 2 });
    rig.frame(0x8a);
    rig.take();
    pass(2999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101"]);
  });
});

describe("row: `stop`/`close`/`destroy`/`start` in a handler", () => {
  test("stop in CONNECTED: FINISH, and nothing more", () => {
    const rig = new Rig();
    const results: number[] = [];
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_CONNECTED, () => {
      results.push(ws.esp_websocket_client_stop(rig.client));
    });
    rig.start().accept([], serverFrame(0x81, "not to be told"));
    pass(100000);
    expect(results).toEqual([ws.ESP_OK]);
    expect(rig.take().slice(-2)).toEqual(["CONNECTED hs=101", "FINISH"]);
    expect(rig.connection.closes).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("close in DATA: the close handshake", () => {
    const rig = Rig.connected();
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, (_arg, _base, _id, data) => {
      if (data.op_code === 1) expect(ws.esp_websocket_client_close_with_code(data.client, 1000)).toBe(ws.ESP_OK);
    });
    rig.frame(0x81, "bye");
    expect(rig.connection.takeWire()).toEqual(["88(2) 03e8"]);
    rig.frame(0x88, closeBody(1000));
    rig.drop();
    expect(rig.take()).toEqual([
      'DATA(1,1,3/3@0) "bye"',
      "DATA(8,1,2/2@0) 03e8",
      "CLOSED hs=101 cc=1000",
      "FINISH hs=101 cc=1000",
    ]);
  });

  test("start in FINISH: a new run", () => {
    const rig = new Rig({ disable_auto_reconnect: true });
    let runs = 0;
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_FINISH, () => {
      if (++runs < 3) expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_OK);
    });
    rig.start();
    for (let i = 0; i < 3; i++) {
      rig.drop();
      pass(1);
    }
    const run = ["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1", "FINISH et=1"];
    expect(rig.take()).toEqual([...run, ...run, ...run]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("start in DISCONNECTED is too early: ESP_FAIL, and the reconnect goes on", () => {
    const rig = Rig.connected();
    const results: number[] = [];
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DISCONNECTED, () => {
      results.push(ws.esp_websocket_client_start(rig.client));
    });
    rig.drop();
    pass(10000);
    expect(results).toEqual([ws.ESP_FAIL]);
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101", "BEFORE_CONNECT"]);
  });

  test.each([true, false])("start in the FINISH of destroy is refused (destroy in a handler: %p)", (within) => {
    const rig = Rig.connected();
    const { client } = rig;
    const results: number[] = [];
    const destroy = (): void => void results.push(ws.esp_websocket_client_destroy(client));
    ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_DATA, destroy);
    ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_FINISH, () => {
      results.push(ws.esp_websocket_client_start(client));
    });
    if (within) rig.frame(0x81, "x");
    else destroy();
    expect(results.sort()).toEqual([ws.ESP_OK, ws.ESP_ERR_INVALID_ARG]);
    expect(rig.take().pop()).toBe("FINISH");
    expect(Object.keys(client)).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("what handlers have yet to hear comes before the FINISH of destroy", () => {
    const rig = Rig.connected();
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, () => {
      rig.connection.onWrite = () => {
        throw new Error("broken");
      };
      expect(ws.esp_websocket_client_send_text(rig.client, "lost")).toBe(-1);
      ws.esp_websocket_client_destroy(rig.client);
    });
    rig.frame(0x81, "x");
    expect(rig.take()).toEqual(['DATA(1,1,1/1@0) "x"', "ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101", "FINISH"]);
    expect(Object.keys(rig.client)).toEqual([]);
  });

  test.each([
    "BEGIN",
    "BEFORE_CONNECT",
    "HEADER_RECEIVED",
    "CONNECTED",
    "DATA",
    "ERROR",
    "DISCONNECTED",
    "CLOSED",
    "FINISH",
  ] as const)("destroy in %s: the handle is dead, FINISH follows, nothing is left", (name) => {
    const rig = new Rig({ disable_auto_reconnect: true });
    const { client } = rig;
    let destroyed = 0;
    ws.esp_websocket_register_events(client, ws[`WEBSOCKET_EVENT_${name}`], () => {
      expect(ws.esp_websocket_client_destroy(client)).toBe(ws.ESP_OK);
      expect(ws.esp_websocket_client_destroy(client)).toBe(ws.ESP_ERR_INVALID_ARG);
      destroyed++;
      rig.take();
    });
    ws.esp_websocket_client_start(client);
    pass(0);
    const connection = rig.connection as typeof rig.connection | undefined;
    if (connection) {
      if (!connection.closes) rig.accept([], Buffer.concat([serverFrame(0x81, "a"), serverFrame(0x81, "b")]));
      if (name === "ERROR" || name === "DISCONNECTED" || name === "FINISH") rig.drop();
      else if (!connection.closes) rig.frame(0x88, closeBody(1000));
      rig.drop();
      expect(connection.closes).toBe(1);
    }
    expect(destroyed).toBe(1);
    // As after a destroy that is called outside of handlers.
    expect(rig.take()).toEqual(name === "FINISH" ? [] : ["FINISH"]);
    expect(Object.keys(client)).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    expect(rig.board.reported).toEqual([]);
  });
});

describe("row: a missing CRLF in `headers` sends a request that never ends; CR/LF in a value is header injection", () => {
  test.each([
    ["no CRLF at the end", "A: 1\r\nB: 2"],
    ["bare LF", "A: 1\nB: 2\n"],
    ["as it should be", "A: 1\r\nB: 2\r\n"],
  ])("%s: normalised", (_name, headers) => {
    expect(asking({ headers }).request()).toMatch(/==\r\nA: 1\r\nB: 2\r\n\r\n$/);
  });

  test.each([
    ["an empty line, which would end the request", "A: 1\r\n\r\nGET / HTTP/1.1\r\n"],
    ["an empty line at the end", "A: 1\r\n\r\n"],
    ["no colon", "A 1\r\n"],
    ["a space in the name", "A B: 1\r\n"],
    ["no name", ": 1\r\n"],
    ["a CR alone", "A: 1\rB: 2\r\n"],
    ["a NUL", "A: 1\0\r\n"],
  ])("%s: refused by init and by set_headers", (_name, headers) => {
    expect(() => new Rig({ headers })).toThrow(/headers/);
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_set_headers(rig.client, headers)).toBe(ws.ESP_ERR_INVALID_ARG);
    rig.drop();
    pass(10000);
    rig.connection.listener.opened();
    expect(rig.request()).toMatch(/==\r\n\r\n$/);
  });

  test.each([
    ["a value with CRLF", "A", "1\r\nB: 2"],
    ["a value with LF", "A", "1\nB: 2"],
    ["a value with CR", "A", "1\rB: 2"],
    ["a key with CRLF", "A: 1\r\nB", "2"],
    ["a key with a colon", "A:", "2"],
    ["a key with a space", "A B", "2"],
    ["an empty key", "", "2"],
    ["a value that is no string", "A", undefined],
    ["a key that is no string", null, "1"],
  ])("append_header with %s: ESP_ERR_INVALID_ARG", (_name, key, value) => {
    const rig = new Rig();
    const result = ws.esp_websocket_client_append_header(rig.client, key as string, value as string);
    expect(result).toBe(ws.ESP_ERR_INVALID_ARG);
    rig.start();
    rig.connection.listener.opened();
    expect(rig.request()).toMatch(/==\r\n\r\n$/);
  });

  test("a URI, a redirect or a user name cannot inject either", () => {
    const rig = new Rig({ uri: "ws://a%0d%0aX:%0d%0aY@server/%0d%0aX", username: "u" });
    rig.start();
    rig.connection.listener.opened();
    expect(rig.request()).not.toMatch(/\r\n(X|Y)/);
    expect(rig.request().split("\r\n")[0]).toBe("GET /%0d%0aX HTTP/1.1");
  });
});

describe("row: `Host` always with the port (the URI's tests show the rest)", () => {
  test("without it where it is the scheme's default (RFC 6455 §4.1)", () => {
    expect(asking({ uri: "ws://server:80/" }).request()).toContain("\r\nHost: server\r\n");
    expect(asking({ uri: "ws://server:81/" }).request()).toContain("\r\nHost: server:81\r\n");
  });
});

describe("row: ping timer runs from `init`, checked once a second", () => {
  test("from CONNECTED, on time", () => {
    const rig = new Rig({ ping_interval_sec: 2.5 });
    pass(7700);
    rig.start();
    pass(1300);
    rig.accept();
    rig.connection.take();
    pass(2499);
    expect(rig.connection.takeWire()).toEqual([]);
    pass(1);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
  });
});

describe("row: percent-codes in `user:pass@` not decoded; `set_uri` does not recompute auth", () => {
  const authorization = (rig: Rig): string =>
    Buffer.from(/Authorization: Basic (.*)\r\n/.exec(rig.request())![1], "base64").toString();

  test("decoded", () => {
    expect(authorization(asking({ uri: "ws://us%40er:p%3Aw%C3%A9@server/" }))).toBe("us@er:p:wé");
  });

  test("username and password are taken as they are, as UTF-8", () => {
    expect(authorization(asking({ uri: "ws://server/", username: "é%41", password: "ü:" }))).toBe("é%41:ü:");
  });

  test("recomputed by set_uri", () => {
    const rig = new Rig({ uri: "ws://a:b@server/" });
    ws.esp_websocket_client_set_uri(rig.client, "ws://c:d@server/");
    rig.start();
    rig.connection.listener.opened();
    expect(authorization(rig)).toBe("c:d");
  });
});

describe("rows: server drops TCP instead of answering our close; close never answered with a timeout", () => {
  test("our close ends: CLOSED with code 1006, FINISH, no reconnect", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_close(rig.client);
    rig.drop();
    expect(rig.take()).toEqual(["CLOSED hs=101 cc=1006", "FINISH hs=101 cc=1006"]);
    pass(60000);
    expect(rig.network.connections).toHaveLength(1);
  });

  test("never answered: CLOSED (1006) then FINISH", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_close(rig.client, 100);
    pass(1000);
    expect(rig.take()).toEqual(["CLOSED hs=101 cc=1006", "FINISH hs=101 cc=1006"]);
  });
});

describe("row: PING longer than buffer_size: connection lost", () => {
  test("answered", () => {
    const rig = Rig.connected({ buffer_size: 16 });
    rig.frame(0x89, "a".repeat(125));
    rig.frame(0x81, "on");
    expect(rig.connection.takeFrames()[0]).toMatchObject({ opcode: 10, payload: Buffer.from("a".repeat(125)) });
    expect(rig.take().pop()).toBe('DATA(1,1,2/2@0) "on"');
  });
});

function swapCase(text: string): string {
  return text.replace(/./g, (character) =>
    character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase()
  );
}
