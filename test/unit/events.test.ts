/** The part "Events" of what the C client does: order and fields of the events of every scenario, on a mocked board. */
import * as ws from "../../src/api/esp_websocket_client";
import { closeBody, idle, pass, Rig, serverFrame } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const HEADERS = (rig: Rig): string[] => rig.upgrade().map((line) => `HEADER_RECEIVED: ${line} hs=101`);

describe("the order of events", () => {
  test("BEGIN at once, BEFORE_CONNECT from the idle loop, HEADER_RECEIVED for each header line, CONNECTED", () => {
    const rig = new Rig();
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_OK);
    expect(rig.take()).toEqual(["BEGIN"]);
    expect(rig.network.connections).toHaveLength(0);
    idle();
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
    rig.connection.listener.opened();
    expect(rig.take()).toEqual([]);
    rig.respond("101 Switching Protocols", [...rig.upgrade(), "X-Extra:  spaced "]);
    expect(rig.take()).toEqual([...HEADERS(rig), "HEADER_RECEIVED: X-Extra:  spaced  hs=101", "CONNECTED hs=101"]);
  });

  test("raw_data is told every byte once, also those that come right behind the response's head", () => {
    const rig = new Rig().start();
    let raw = "";
    rig.client.raw_data = (bytes) => (raw += bytes);
    rig.accept([], serverFrame(0x81, "first"));
    rig.frame(0x81, "second");
    expect(raw.slice(-19)).toBe("\r\n\r\n\x81\x05first\x81\x06second");
    expect(raw.split("first")).toHaveLength(2);
  });

  test("is_connected is true in CONNECTED, false in DISCONNECTED, CLOSED and FINISH", () => {
    const seen: [number, boolean][] = [];
    const rig = new Rig({ disable_auto_reconnect: true });
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_ANY, (_arg, _base, id) => {
      seen.push([id, ws.esp_websocket_client_is_connected(rig.client)]);
    });
    rig.start().accept();
    rig.drop();
    ws.esp_websocket_client_start(rig.client);
    idle();
    rig.accept();
    rig.frame(0x88);
    rig.drop();
    const wanted: [number, boolean][] = [
      [ws.WEBSOCKET_EVENT_BEGIN, false],
      [ws.WEBSOCKET_EVENT_BEFORE_CONNECT, false],
      [ws.WEBSOCKET_EVENT_HEADER_RECEIVED, false],
      [ws.WEBSOCKET_EVENT_HEADER_RECEIVED, false],
      [ws.WEBSOCKET_EVENT_HEADER_RECEIVED, false],
      [ws.WEBSOCKET_EVENT_CONNECTED, true],
    ];
    expect(seen.filter(([id]) => id !== ws.WEBSOCKET_EVENT_ERROR && id !== ws.WEBSOCKET_EVENT_DATA)).toEqual([
      ...wanted,
      [ws.WEBSOCKET_EVENT_DISCONNECTED, false],
      [ws.WEBSOCKET_EVENT_FINISH, false],
      ...wanted,
      [ws.WEBSOCKET_EVENT_CLOSED, false],
      [ws.WEBSOCKET_EVENT_FINISH, false],
    ]);
  });

  test("BEGIN and FINISH once per start, BEFORE_CONNECT on every attempt", () => {
    const rig = new Rig().start();
    for (let attempt = 0; attempt < 3; attempt++) {
      rig.drop();
      pass(10000);
    }
    ws.esp_websocket_client_stop(rig.client);
    const failure = ["ERROR et=1", "DISCONNECTED et=1", "BEFORE_CONNECT"];
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", ...failure, ...failure, ...failure, "FINISH"]);
  });

  test("our close: DATA(8), CLOSED, FINISH and no DISCONNECTED", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_close_with_code(rig.client, 1000, "bye")).toBe(ws.ESP_OK);
    expect(rig.connection.takeWire()).toEqual(["88(5) 03e8627965"]);
    rig.frame(0x88, closeBody(1000, "bye"));
    rig.drop();
    pass(60000);
    expect(rig.take()).toEqual(["DATA(8,1,5/5@0) 03e8627965", 'CLOSED "bye" hs=101 cc=1000', "FINISH hs=101 cc=1000"]);
    expect(rig.connection.takeWire()).toEqual([]);
  });

  test.each(["stop", "destroy"] as const)("%s on a live connection: only FINISH, no close frame", (call) => {
    const rig = Rig.connected();
    expect(ws[`esp_websocket_client_${call}`](rig.client)).toBe(ws.ESP_OK);
    expect(rig.take()).toEqual(["FINISH"]);
    expect(rig.connection.take()).toHaveLength(0);
    expect(rig.connection.closes).toBe(1);
    pass(60000);
    expect(rig.take()).toEqual([]);
  });

  test.each(["stop", "destroy"] as const)("%s while it waits for the next attempt: only FINISH", (call) => {
    const rig = new Rig().start();
    rig.connection.listener.opened();
    rig.respond("404 Not Found");
    rig.take();
    expect(ws[`esp_websocket_client_${call}`](rig.client)).toBe(ws.ESP_OK);
    pass(60000);
    expect(rig.take()).toEqual(["FINISH"]);
    expect(rig.network.connections).toHaveLength(1);
  });
});

describe("data", () => {
  test("a message longer than buffer_size comes in pieces with the frame's length, fin and opcode on each", () => {
    const rig = Rig.connected({ buffer_size: 100 });
    rig.frame(0x82, new Uint8Array(250));
    expect(rig.take()).toEqual(["DATA(2,1,100/250@0)", "DATA(2,1,100/250@100)", "DATA(2,1,50/250@200)"]);
  });

  test("pieces follow what the socket delivered", () => {
    const rig = Rig.connected();
    const bytes = serverFrame(0x82, "abcdefgh");
    rig.receive(bytes.subarray(0, 5));
    expect(rig.take()).toEqual(["DATA(2,1,3/8@0) 616263"]);
    rig.receive(bytes.subarray(5, 6));
    rig.receive(bytes.subarray(6));
    expect(rig.take()).toEqual(["DATA(2,1,1/8@3) 64", "DATA(2,1,4/8@4) 65666768"]);
  });

  test.each([
    [0x81, 'DATA(1,1,0/0@0) ""'],
    [0x82, "DATA(2,1,0/0@0) empty"],
    [0x89, "DATA(9,1,0/0@0) empty"],
    [0x8a, "DATA(10,1,0/0@0) empty"],
  ])("a zero-length frame posts DATA with length 0 (%d)", (first, line) => {
    const rig = Rig.connected();
    rig.frame(first);
    expect(rig.take()).toEqual([line]);
  });

  test("a fragmented message: one DATA per frame, no reassembly", () => {
    const rig = Rig.connected();
    rig.frame(0x01, "abc");
    rig.frame(0x00, "def");
    rig.frame(0x80, "ghijk");
    expect(rig.take()).toEqual(['DATA(1,0,3/3@0) "abc"', 'DATA(0,0,3/3@0) "def"', 'DATA(0,1,5/5@0) "ghijk"']);
  });

  test("continuations of a binary message are bytes", () => {
    const rig = Rig.connected();
    rig.frame(0x02, "a");
    rig.frame(0x80, "b");
    expect(rig.take()).toEqual(["DATA(2,0,1/1@0) 61", "DATA(0,1,1/1@0) 62"]);
  });

  test("control frames post DATA too, also between fragments; a PONG with the same payload answers a PING", () => {
    const rig = Rig.connected();
    rig.frame(0x01, "a");
    rig.frame(0x89, "ping");
    rig.frame(0x8a, "pong");
    rig.frame(0x80, "b");
    expect(rig.take()).toEqual([
      'DATA(1,0,1/1@0) "a"',
      "DATA(9,1,4/4@0) 70696e67",
      "DATA(10,1,4/4@0) 706f6e67",
      'DATA(0,1,1/1@0) "b"',
    ]);
    expect(rig.connection.takeWire()).toEqual(["8a(4) 70696e67"]);
  });

  test("a control frame comes in one event, however it was cut", () => {
    const rig = Rig.connected({ buffer_size: 4 });
    for (const byte of serverFrame(0x89, "longer than a piece")) rig.receive(Uint8Array.of(byte));
    expect(rig.take()).toEqual(["DATA(9,1,19/19@0) 6c6f6e676572207468616e2061207069656365"]);
    expect(rig.connection.takeWire()).toEqual(["8a(19) 6c6f6e676572207468616e2061207069656365"]);
  });

  test("a text piece never ends inside a character", () => {
    const rig = Rig.connected();
    const bytes = serverFrame(0x81, "aé€𝄞");
    for (const byte of bytes) rig.receive(Uint8Array.of(byte));
    const pieces = rig.events.filter(({ id }) => id === ws.WEBSOCKET_EVENT_DATA).map(({ data }) => data);
    expect(pieces.map(({ data_ptr }) => data_ptr).filter(Boolean)).toEqual(["a", "é", "€", "𝄞"]);
    expect(pieces.reduce((sum, { data_len }) => sum + data_len, 0)).toBe(10);
    for (const piece of pieces) expect(piece.payload_len).toBe(10);
    const end = pieces[pieces.length - 1];
    expect(end.payload_offset + end.data_len).toBe(10);
  });

  test("a character cut between two frames is held back: the next frame's piece begins with it, before offset 0", () => {
    const rig = Rig.connected();
    rig.frame(0x01, Buffer.from("61e282", "hex"));
    rig.frame(0x80, Buffer.from("ac62", "hex"));
    expect(rig.take()).toEqual(['DATA(1,0,1/3@0) "a"', 'DATA(0,1,4/2@-2) "€b"']);
  });

  test("bytes right behind the response's head belong to the first frame", () => {
    const rig = new Rig().start().accept([], serverFrame(0x81, "early"));
    expect(rig.take().slice(-2)).toEqual(["CONNECTED hs=101", 'DATA(1,1,5/5@0) "early"']);
  });
});

describe("the server closes", () => {
  test("1001: DATA(8), a close is sent back, CLOSED cc 1001, FINISH cc 1001; no reconnect, even with auto-reconnect", () => {
    const rig = Rig.connected();
    rig.frame(0x88, closeBody(1001, "going"));
    expect(rig.take()).toEqual(["DATA(8,1,7/7@0) 03e9676f696e67"]);
    expect(rig.connection.takeWire()).toEqual([expect.stringMatching(/^88\(/)]);
    rig.drop();
    expect(rig.take()).toEqual(['CLOSED "going" et=4 hs=101 cc=1001', "FINISH et=4 hs=101 cc=1001"]);
    pass(60000);
    expect(rig.network.connections).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("with enable_close_reconnect: CLOSED et 4, no FINISH, BEFORE_CONNECT after reconnect_timeout_ms", () => {
    const rig = Rig.connected({ enable_close_reconnect: true, reconnect_timeout_ms: 3000 });
    rig.frame(0x88, closeBody(1001));
    rig.drop();
    expect(rig.take()).toEqual(["DATA(8,1,2/2@0) 03e9", "CLOSED et=4 hs=101 cc=1001"]);
    pass(2999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
    rig.accept();
    expect(rig.take().pop()).toBe("CONNECTED hs=101");
  });

  test("nothing of a close is left for the next connection: reason, code, who began", () => {
    const rig = Rig.connected({ enable_close_reconnect: true, reconnect_timeout_ms: 3000 });
    const again = (): void => {
      pass(3000);
      rig.accept();
      rig.take();
    };
    rig.frame(0x88, closeBody(1001, "going"));
    rig.drop();
    again();
    rig.drop();
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_DISCONNECTED)).toMatchObject({ data_ptr: undefined, close_status_code: 0 });
    again();
    ws.esp_websocket_client_close(rig.client);
    rig.drop();
    expect(rig.take()).toEqual(["CLOSED hs=101 cc=1006", "FINISH hs=101 cc=1006"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_CLOSED).data_ptr).toBeUndefined();
  });

  test("a close code without a reason: data_ptr is undefined", () => {
    const rig = Rig.connected();
    rig.frame(0x88, closeBody(1001));
    rig.drop();
    expect(rig.last(ws.WEBSOCKET_EVENT_CLOSED).data_ptr).toBeUndefined();
  });

  test("our own close does not reconnect with enable_close_reconnect", () => {
    const rig = Rig.connected({ enable_close_reconnect: true });
    ws.esp_websocket_client_close(rig.client);
    rig.frame(0x88);
    rig.drop();
    expect(rig.take()).toEqual(["DATA(8,1,0/0@0) empty", "CLOSED hs=101", "FINISH hs=101"]);
  });

  test("without a status: cc 0, and the answer has none", () => {
    const rig = Rig.connected();
    rig.frame(0x88);
    expect(rig.connection.takeWire()).toEqual(["88(0)"]);
    rig.drop();
    expect(rig.take()).toEqual(["DATA(8,1,0/0@0) empty", "CLOSED et=4 hs=101", "FINISH et=4 hs=101"]);
  });

  test("the server keeps TCP open after the close: CLOSED after 1 s", () => {
    const rig = Rig.connected();
    rig.frame(0x88, closeBody(1001));
    rig.take();
    pass(999);
    expect(rig.take()).toEqual([]);
    expect(rig.connection.closes).toBe(0);
    pass(1);
    expect(rig.take()).toEqual(["CLOSED et=4 hs=101 cc=1001", "FINISH et=4 hs=101 cc=1001"]);
    expect(rig.connection.closes).toBe(1);
  });

  test("what follows the close frame is not looked at", () => {
    const rig = Rig.connected();
    rig.receive(Buffer.concat([serverFrame(0x88, closeBody(1000)), serverFrame(0x81, "late"), Buffer.from([0xff])]));
    rig.frame(0x81, "later");
    expect(rig.take()).toEqual(["DATA(8,1,2/2@0) 03e8"]);
  });
});

describe("failures", () => {
  test("a TCP drop: ERROR, DISCONNECTED et 1, BEFORE_CONNECT reconnect_timeout_ms later", () => {
    const rig = Rig.connected({ reconnect_timeout_ms: 2500 });
    rig.drop();
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    pass(2499);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
  });

  test("the same with auto-reconnect off: ERROR, DISCONNECTED, FINISH", () => {
    const rig = Rig.connected({ disable_auto_reconnect: true });
    rig.drop();
    pass(60000);
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101", "FINISH et=1 hs=101"]);
    expect(rig.network.connections).toHaveLength(1);
  });

  test("the board's own code and message of a socket error are told", () => {
    const rig = Rig.connected();
    rig.drop({ code: -9, message: "Connection reset by the peer." });
    expect(rig.take()).toEqual(["ERROR et=1 hs=101 errno=-9", "DISCONNECTED et=1 hs=101 errno=-9"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toBe("Connection reset by the peer.");
  });

  test("over TLS the code is that of TLS", () => {
    const rig = Rig.connected({ uri: "wss://server/" });
    rig.drop({ code: -14, message: "TLS data are wrong." });
    expect(rig.take()).toEqual(["ERROR et=1 hs=101 tls=-14", "DISCONNECTED et=1 hs=101 tls=-14"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).error_handle.esp_tls_last_esp_err).toBe(-14);
  });

  test.each([200, 400, 401, 403, 404, 426, 500, 503])(
    "the handshake refused with %d: ERROR, DISCONNECTED hs",
    (status) => {
      const rig = new Rig().start();
      rig.connection.listener.opened();
      rig.take();
      rig.respond(`${status} Whatever`, ["Content-Length: 0"]);
      expect(rig.take()).toEqual([
        `HEADER_RECEIVED: Content-Length: 0 hs=${status}`,
        `ERROR et=3 hs=${status}`,
        `DISCONNECTED et=3 hs=${status}`,
      ]);
      expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toContain(String(status));
      pass(10000);
      expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
    }
  );

  test("the handshake refused, auto-reconnect off: FINISH with the same status", () => {
    const rig = new Rig({ disable_auto_reconnect: true }).start();
    rig.connection.listener.opened();
    rig.take();
    rig.respond("404 Not Found");
    expect(rig.take()).toEqual(["ERROR et=3 hs=404", "DISCONNECTED et=3 hs=404", "FINISH et=3 hs=404"]);
  });

  test.each([
    ["wrong", "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="],
    ["missing", "X-Nothing: 1"],
  ])("a %s Accept: the same with hs 101", (_name, line) => {
    const rig = new Rig().start();
    rig.connection.listener.opened();
    rig.respond("101 Switching Protocols", ["Upgrade: websocket", "Connection: Upgrade", line]);
    expect(rig.take().slice(-2)).toEqual(["ERROR et=3 hs=101", "DISCONNECTED et=3 hs=101"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toContain("sec-websocket-accept");
  });

  test.each(["SSH-2.0-OpenSSH_9.2\r\n", "\x15\x03\x01\0\x02\x02\x46", "HTTP/2 101 x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"])(
    "no HTTP at all: hs -1 (%j)",
    (answer) => {
      const rig = new Rig().start();
      rig.connection.listener.opened();
      rig.take();
      rig.receive(Buffer.from(answer, "latin1"));
      expect(rig.take()).toEqual(["ERROR et=3 hs=-1", "DISCONNECTED et=3 hs=-1"]);
    }
  );

  test("a connect that the board refuses by throwing (DNS, port): ERROR, DISCONNECTED et 1", () => {
    const rig = new Rig();
    rig.board.onOpen = () => {
      throw new Error("Unable to locate host");
    };
    rig.start();
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toContain("Unable to locate host");
    pass(10000);
    expect(rig.take()).toEqual(["BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
  });

  test("TCP dropped in the middle of the response: et 1, hs 0", () => {
    const rig = new Rig().start();
    rig.connection.listener.opened();
    rig.receive("HTTP/1.1 101 Swi");
    rig.drop();
    expect(rig.take().slice(-2)).toEqual(["ERROR et=1", "DISCONNECTED et=1"]);
  });
});

test("every event carries user_context, the client and an error_handle of its own", () => {
  const context = { mine: true };
  const rig = Rig.connected({ user_context: context });
  rig.frame(0x81, "a");
  rig.drop();
  const handles = new Set<unknown>();
  for (const { data } of rig.events) {
    expect(data.user_context).toBe(context);
    expect(data.client).toBe(rig.client);
    expect(Object.keys(data.error_handle).sort()).toEqual([
      "error_type",
      "esp_tls_cert_verify_flags",
      "esp_tls_last_esp_err",
      "esp_tls_stack_err",
      "esp_transport_sock_errno",
      "esp_ws_handshake_status_code",
    ]);
    handles.add(data.error_handle);
  }
  // What an earlier event told is not rewritten by a later one.
  expect(rig.events[0].data.error_handle.esp_ws_handshake_status_code).toBe(0);
  expect(handles.size).toBeGreaterThan(2);
});

describe("the emitter", () => {
  const NAMES = "begin before_connect header_received connected data error disconnected finish".split(" ");

  test("client.on(name, f) hears f(event_data, event_id), after the registered handlers", () => {
    const rig = new Rig({ disable_auto_reconnect: true });
    const heard: string[] = [];
    for (const name of NAMES) {
      (rig.client as unknown as { on(name: string, f: (data: ws.EventData, id: number) => void): void }).on(
        name,
        (data, id) => {
          expect(data).toBe(rig.events[rig.events.length - 1].data);
          expect(id).toBe(rig.events[rig.events.length - 1].id);
          heard.push(name);
        }
      );
    }
    rig.start().accept();
    rig.frame(0x81, "x");
    rig.drop();
    expect(heard.filter((name, index) => heard.indexOf(name) === index)).toEqual(NAMES);
  });

  test("closed, any", () => {
    const rig = Rig.connected();
    const heard: unknown[] = [];
    const emitter = rig.client as unknown as { on(name: string, f: (data: ws.EventData, id: number) => void): void };
    emitter.on("closed", (data) => heard.push("closed " + data.close_status_code));
    emitter.on("any", (_data, id) => heard.push(id));
    rig.frame(0x88, closeBody(1000));
    rig.drop();
    expect(heard).toEqual([3, "closed 1000", 4, 7]);
  });
});

describe("registration", () => {
  test("handlers are called in the order of their registration, with their arg", () => {
    const rig = new Rig();
    const heard: unknown[] = [];
    const handler = (arg: unknown) => heard.push(arg);
    for (const arg of [1, 2, 3]) {
      expect(ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_BEGIN, handler, arg)).toBe(ws.ESP_OK);
    }
    ws.esp_websocket_client_start(rig.client);
    expect(heard).toEqual([1, 2, 3]);
  });

  test("a handler hears only the event that it was registered for", () => {
    const rig = new Rig();
    const heard: number[] = [];
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_CONNECTED, (_arg, _base, id) => heard.push(id));
    rig.start().accept();
    rig.drop();
    expect(heard).toEqual([ws.WEBSOCKET_EVENT_CONNECTED]);
  });

  test("unregister takes back that handler for that event only", () => {
    const rig = new Rig();
    const heard: string[] = [];
    const one = () => heard.push("one");
    const two = () => heard.push("two");
    for (const handler of [one, two]) {
      ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_BEGIN, handler);
      ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_FINISH, handler);
    }
    expect(ws.esp_websocket_unregister_events(rig.client, ws.WEBSOCKET_EVENT_BEGIN, one)).toBe(ws.ESP_OK);
    ws.esp_websocket_client_start(rig.client);
    ws.esp_websocket_client_stop(rig.client);
    expect(heard).toEqual(["two", "one", "two"]);
  });
});
