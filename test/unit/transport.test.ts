/** Transports that throw, that call back at once, never, twice or too late. */
import * as ws from "../../src/api/esp_websocket_client";
import { idle, closeBody, pass, Rig, serverFrame } from "./rig";
import { TestBoard, TestTransport } from "./test_board";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const fails = (): never => {
  throw new Error("It is broken");
};

describe("open", () => {
  test("that throws: ERROR with the message, DISCONNECTED, and the next attempt", () => {
    const rig = new Rig();
    rig.board.onOpen = fails;
    rig.start();
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toContain("It is broken");
    rig.board.onOpen = () => {};
    pass(10000);
    rig.accept();
    expect(rig.take().pop()).toBe("CONNECTED hs=101");
  });

  test("that calls `closed` and then throws: one failure", () => {
    const rig = new Rig();
    rig.board.onOpen = ({ listener }) => {
      listener.closed({ message: "The port is closed." });
      fails();
    };
    rig.start();
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("that calls `closed` at once: one failure, and the connection that it returned is closed", () => {
    const rig = new Rig();
    rig.board.onOpen = ({ listener }) => listener.closed();
    rig.start();
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.connection.closes).toBe(1);
  });

  test("that calls `opened` at once: the request goes out when the connection is known", () => {
    const rig = new Rig();
    rig.board.onOpen = ({ listener }) => listener.opened();
    rig.start();
    expect(rig.request()).toContain("GET /path ");
    rig.respond("101 X", rig.upgrade());
    expect(rig.take().pop()).toBe("CONNECTED hs=101");
  });

  test("that never calls back: network_timeout_ms, and the connection is closed", () => {
    const rig = new Rig({ network_timeout_ms: 100 }).start();
    pass(100);
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.connection.closes).toBe(1);
    rig.connection.listener.opened();
    rig.connection.listener.received(Buffer.from("HTTP/1.1 101 X"));
    expect(rig.take()).toEqual([]);
  });

  test("is told where to go", () => {
    const rig = new Rig({ uri: "wss://server:8443/x" }).start();
    expect(rig.connection.address).toMatchObject({ host: "server", port: 8443, tls: { servername: "server" } });
    expect(new Rig({ uri: "ws://server/" }).start().connection.address).toEqual({ host: "server", port: 80 });
  });
});

describe("write", () => {
  test("that throws on the request: ERROR, DISCONNECTED, the next attempt", () => {
    const rig = new Rig().start();
    rig.connection.onWrite = fails;
    rig.take();
    rig.connection.listener.opened();
    expect(rig.take()).toEqual(["ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.connection.closes).toBe(1);
    pass(10000);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
  });

  test("that throws on the request of a connection that opened at once", () => {
    const rig = new Rig();
    rig.board.onOpen = (connection) => {
      connection.onWrite = fails;
      connection.listener.opened();
    };
    rig.start();
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
  });

  test.each([
    ["a message", (rig: Rig) => ws.esp_websocket_client_send_text(rig.client, "x")],
    ["a PING", (rig: Rig) => ws.esp_websocket_client_send_with_opcode(rig.client, 9, "x")],
    ["a long message", (rig: Rig) => ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(5000))],
  ])("that throws on %s: ERROR, DISCONNECTED, and the next attempt", (name, send) => {
    const rig = Rig.connected();
    rig.connection.onWrite = fails;
    // A long message is written from the idle loop.
    expect(send(rig)).toBe(name === "a long message" ? 5000 : -1);
    idle();
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toContain("It is broken");
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(false);
    expect(rig.connection.closes).toBe(1);
    pass(10000);
    rig.accept();
    expect(rig.take().pop()).toBe("CONNECTED hs=101");
  });

  test.each([
    ["our own PING", (rig: Rig) => pass(10000) ?? rig],
    ["a PONG", (rig: Rig) => rig.frame(0x89, "x")],
  ])("that throws on %s: ERROR, DISCONNECTED, once", (_name, cause) => {
    const rig = Rig.connected({ reconnect_timeout_ms: 60000 });
    rig.connection.onWrite = fails;
    cause(rig);
    expect(rig.take().filter((line) => !line.startsWith("DATA"))).toEqual([
      "ERROR et=1 hs=101",
      "DISCONNECTED et=1 hs=101",
    ]);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("that throws on a piece of a queued message", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(5000), 5000, 1000);
    rig.connection.onWrite = fails;
    rig.drain();
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    expect(rig.client.tx_queued).toBe(0);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("that throws on our close: the close ends, CLOSED 1006 and FINISH", () => {
    const rig = Rig.connected();
    rig.connection.onWrite = fails;
    expect(ws.esp_websocket_client_close(rig.client)).toBe(ws.ESP_OK);
    pass(60000);
    expect(rig.take().filter((line) => !line.startsWith("ERROR"))).toEqual([
      "CLOSED hs=101 cc=1006",
      "FINISH hs=101 cc=1006",
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("that throws on the answer to the server's close: CLOSED with its code and FINISH", () => {
    const rig = Rig.connected();
    rig.connection.onWrite = fails;
    rig.frame(0x88, closeBody(1001));
    pass(60000);
    expect(rig.take().filter((line) => !line.startsWith("ERROR"))).toEqual([
      "DATA(8,1,2/2@0) 03e9",
      "CLOSED et=4 hs=101 cc=1001",
      "FINISH et=4 hs=101 cc=1001",
    ]);
    expect(rig.connection.closes).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("that throws on the close frame of a protocol error: still one ERROR, one DISCONNECTED", () => {
    const rig = Rig.connected();
    rig.connection.onWrite = fails;
    rig.frame(0x83, "x");
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toContain("1002");
  });

  test("that says `closed` from within, and then throws", () => {
    const rig = Rig.connected();
    rig.connection.onWrite = () => {
      rig.drop();
      fails();
    };
    expect(ws.esp_websocket_client_send_text(rig.client, "x")).toBe(-1);
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("that says `drained` from within: everything goes at once, in order", () => {
    const rig = Rig.connected({ buffer_size: 100 });
    rig.connection.onWrite = () => rig.drain();
    const data = Uint8Array.from({ length: 10000 }, (_, index) => index);
    expect(ws.esp_websocket_client_send_bin(rig.client, data)).toBe(10000);
    idle();
    expect(ws.esp_websocket_client_send_text(rig.client, "next")).toBe(4);
    const frames = rig.connection.takeFrames();
    expect(Buffer.concat(frames.slice(0, -1).map(({ payload }) => payload)).equals(Buffer.from(data))).toBe(true);
    expect(frames[frames.length - 1].payload.toString()).toBe("next");
    expect(rig.client.tx_queued).toBe(0);
  });

  test("that answers from within", () => {
    const rig = Rig.connected();
    rig.connection.onWrite = () => {
      rig.connection.onWrite = () => {};
      rig.frame(0x81, "answer");
    };
    expect(ws.esp_websocket_client_send_text(rig.client, "question")).toBe(8);
    expect(rig.take()).toEqual(['DATA(1,1,6/6@0) "answer"']);
  });
});

describe("drained", () => {
  test("never: the queue fills, sends are refused, a frame's timeout ends it", () => {
    const rig = Rig.connected({ buffer_size: 100, ping_interval_sec: 1000 });
    let taken = 0;
    while (ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(100), 100, 100) === 100) taken++;
    expect(taken).toBe(5);
    pass(999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
  });

  test("for no reason, at any time: harmless", () => {
    const rig = new Rig().start();
    rig.drain();
    rig.connection.listener.opened();
    rig.drain();
    rig.respond("101 X", rig.upgrade());
    rig.drain();
    ws.esp_websocket_client_stop(rig.client);
    rig.drain();
    expect(rig.take().filter((line) => !line.startsWith("HEADER"))).toEqual([
      "BEGIN",
      "BEFORE_CONNECT",
      "CONNECTED hs=101",
      "FINISH",
    ]);
  });
});

describe("closed", () => {
  test("twice: told once", () => {
    const rig = Rig.connected();
    rig.drop();
    rig.drop({ code: -1, message: "again" });
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    expect(jest.getTimerCount()).toBe(1);
  });

  test("events of an old connection do not reach the next one", () => {
    const rig = Rig.connected();
    const old = rig.connection.listener;
    rig.drop();
    pass(10000);
    rig.accept();
    rig.take();
    old.opened();
    old.received(serverFrame(0x81, "old"));
    old.drained();
    old.closed({ message: "old" });
    expect(rig.take()).toEqual([]);
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
  });

  test.each(["stop", "destroy"] as const)("events after %s are ignored", (call) => {
    const rig = Rig.connected();
    const old = rig.connection.listener;
    ws[`esp_websocket_client_${call}`](rig.client);
    rig.take();
    old.opened();
    old.received(serverFrame(0x81, "old"));
    old.drained();
    old.closed({ message: "old" });
    expect(rig.take()).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("close", () => {
  test("that throws: harmless", () => {
    const rig = Rig.connected({ disable_auto_reconnect: true });
    rig.connection.onClose = fails;
    rig.frame(0x83);
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101", "FINISH et=1 hs=101"]);
    rig.start().accept();
    rig.take();
    rig.connection.onClose = fails;
    expect(ws.esp_websocket_client_stop(rig.client)).toBe(ws.ESP_OK);
    expect(rig.take()).toEqual(["FINISH"]);
  });

  test("that says `closed` from within: told once", () => {
    const rig = Rig.connected();
    rig.connection.onClose = () => rig.drop();
    ws.esp_websocket_client_stop(rig.client);
    expect(rig.take()).toEqual(["FINISH"]);
  });

  test.each([
    ["stop", (rig: Rig) => ws.esp_websocket_client_stop(rig.client)],
    ["destroy", (rig: Rig) => ws.esp_websocket_client_destroy(rig.client)],
    ["a protocol error", (rig: Rig) => rig.frame(0x83)],
    ["a time-out", (rig: Rig) => (rig.receive(Uint8Array.of(0x81)), pass(10000))],
    ["a drop", (rig: Rig) => rig.drop()],
  ])("is called once for each connection (%s)", (_name, end) => {
    const rig = Rig.connected();
    end(rig);
    expect(rig.connection.closes).toBe(1);
    pass(9999);
    expect(rig.network.connections[0].closes).toBe(1);
  });
});

describe("ext_transport", () => {
  test("carries the client; the board's sockets are not touched", () => {
    const transport = new TestTransport();
    const rig = Rig.connected({ ext_transport: transport });
    expect(rig.network).toBe(transport);
    expect(rig.board.connections).toHaveLength(0);
    ws.esp_websocket_client_send_text(rig.client, "hello");
    expect(transport.connections[0].takeWire()).toEqual(["81(5) hello"]);
    rig.frame(0x81, "answer");
    expect(rig.take()).toEqual(['DATA(1,1,6/6@0) "answer"']);
  });

  test("is called as a method of the user's object", () => {
    const transport = new TestTransport();
    const open = jest.spyOn(transport, "open");
    new Rig({ ext_transport: transport }).start();
    expect(open.mock.contexts).toEqual([transport]);
  });

  test("may do TLS and IPv6 where the board has neither", () => {
    const board = new TestBoard();
    board._ipv6 = false;
    board._hasTls = () => false;
    const transport = new TestTransport();
    const rig = new Rig({ uri: "wss://[::1]/", ext_transport: transport }, board).start();
    expect(transport.connections[0].address).toMatchObject({ host: "::1", port: 443 });
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT"]);
  });
});

describe("drained, told from within write", () => {
  test("a long message goes out frame by frame, none inside another's write; then the next ones, in order", () => {
    const rig = Rig.connected({ tx_queue_size: 100_000 });
    let depth = 0;
    let deepest = 0;
    rig.connection.onWrite = () => {
      deepest = Math.max(deepest, ++depth);
      rig.drain();
      depth--;
    };
    expect(ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(65536))).toBe(65536);
    expect(ws.esp_websocket_client_send_text(rig.client, "behind it")).toBe(9);
    rig.frame(0x89, "ping");
    idle();
    expect(rig.client.tx_queued).toBe(0);
    expect(deepest).toBe(1);
    expect(rig.connection.takeWire()).toEqual([
      // A PONG may stand before, between and behind the frames of a message (RFC 6455 §5.4).
      "8a(4) 70696e67",
      "02(1024)",
      ...Array(62).fill("00(1024)"),
      "80(1024)",
      "81(9) behind it",
    ]);
  });

  test('a handler of "drain" that sends on and on does not pile up calls', () => {
    const rig = Rig.connected();
    let sent = 0;
    let depth = 0;
    let deepest = 0;
    const send = () => {
      while (sent < 200 && ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(700)) >= 0) sent++;
    };
    rig.client.on("drain", send);
    for (let i = 0; i < 8; i++) send();
    rig.connection.onWrite = () => {
      deepest = Math.max(deepest, ++depth);
      rig.drain();
      depth--;
    };
    rig.drain();
    for (let i = 0; sent < 200 && i < 200; i++) pass(1);
    expect(sent).toBe(200);
    expect(deepest).toBeLessThan(3);
    pass(1);
    expect(rig.connection.takeFrames()).toHaveLength(200);
  });
});

describe("what the board cannot do", () => {
  test.each([
    ["IPv6", { uri: "ws://[::1]/" }, /IPv6/],
    ["if_name", { uri: "ws://server/", if_name: "eth0" }, /if_name/],
    ["TLS", { uri: "wss://server/" }, /TLS/],
  ])("%s: start returns ESP_ERR_NOT_SUPPORTED, with an ERROR that says why", (_name, config, message) => {
    const board = new TestBoard();
    board._ipv6 = false;
    board._hasTls = () => false;
    const rig = new Rig(config, board);
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_ERR_NOT_SUPPORTED);
    pass(60000);
    expect(rig.take()).toEqual(["ERROR"]);
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toMatch(message);
    expect(board.connections).toHaveLength(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});
