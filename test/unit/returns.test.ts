/** The table "Return values" of what the C client does, row by row. */
import * as ws from "../../src/api/esp_websocket_client";
import { install } from "../../src/board";
import { idle, pass, Rig } from "./rig";
import { TestBoard } from "./test_board";

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const SENDS = [
  ["send_bin", (client: ws.Handle) => ws.esp_websocket_client_send_bin(client, [1])],
  ["send_bin_partial", (client: ws.Handle) => ws.esp_websocket_client_send_bin_partial(client, [1])],
  ["send_text", (client: ws.Handle) => ws.esp_websocket_client_send_text(client, "a")],
  ["send_text_partial", (client: ws.Handle) => ws.esp_websocket_client_send_text_partial(client, "a")],
  ["send_cont_msg", (client: ws.Handle) => ws.esp_websocket_client_send_cont_msg(client, "a")],
  ["send_fin", (client: ws.Handle) => ws.esp_websocket_client_send_fin(client)],
  ["send_with_opcode", (client: ws.Handle) => ws.esp_websocket_client_send_with_opcode(client, 9, "a")],
] as const;

const nothing = (): void => {};
/** Every function that returns an esp_err_t, with arguments that are right. */
const CALLS: [string, (client: ws.Handle) => number][] = [
  ["set_uri", (client) => ws.esp_websocket_client_set_uri(client, "ws://other/")],
  ["set_headers", (client) => ws.esp_websocket_client_set_headers(client, "X: 1\r\n")],
  ["append_header", (client) => ws.esp_websocket_client_append_header(client, "X", "1")],
  ["start", (client) => ws.esp_websocket_client_start(client)],
  ["stop", (client) => ws.esp_websocket_client_stop(client)],
  ["destroy", (client) => ws.esp_websocket_client_destroy(client)],
  ["destroy_on_exit", (client) => ws.esp_websocket_client_destroy_on_exit(client)],
  ["close", (client) => ws.esp_websocket_client_close(client)],
  ["close_with_code", (client) => ws.esp_websocket_client_close_with_code(client, 1000)],
  ["set_ping_interval_sec", (client) => ws.esp_websocket_client_set_ping_interval_sec(client, 5)],
  ["set_reconnect_timeout", (client) => ws.esp_websocket_client_set_reconnect_timeout(client, 500)],
  ["register_events", (client) => ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, nothing)],
  ["unregister_events", (client) => ws.esp_websocket_unregister_events(client, ws.WEBSOCKET_EVENT_ANY, nothing)],
];

describe("init", () => {
  test.each([
    ["no scheme", "server/path"],
    ["nothing but a name", "server"],
    ["port 70000", "ws://server:70000/"],
    ["port 0", "ws://server:0/"],
    ["a bad port", "ws://server:80a/"],
    ["a negative port", "ws://server:-1/"],
    ["a space", "ws://server/a b"],
    ["a space in front", " ws://server/"],
    ["no host", "ws:///path"],
    ["nothing at all", "ws://"],
    ["a line break", "ws://server/a\r\nX: 1"],
    ["an unfinished IPv6 address", "ws://[::1/"],
  ])("a bad URI (%s): null, and a line that says why", (_name, uri) => {
    const board = new TestBoard();
    install(board);
    expect(ws.esp_websocket_client_init({ uri })).toBeNull();
    expect(board.logged).toEqual([expect.stringMatching(/uri/)]);
  });

  test.each(["http://server/", "ftp://server/", "https://server/"])(
    "%s: a handle; start fails with ESP_FAIL",
    (uri) => {
      const rig = new Rig({ uri });
      expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_FAIL);
      pass(60000);
      expect(rig.take()).toEqual([]);
      expect(rig.network.connections).toHaveLength(0);
      expect(rig.board.logged).toEqual([
        "esp_websocket_client: uri or uri_provider must give ws:// or wss:// with a host",
      ]);
    }
  );

  test("both cert_common_name and skip_cert_common_name_check: null", () => {
    const board = new TestBoard();
    install(board);
    const both = { uri: "wss://server/", cert_common_name: "name", skip_cert_common_name_check: true };
    expect(ws.esp_websocket_client_init(both)).toBeNull();
    expect(board.logged.join()).toMatch(/cert_common_name/);
  });

  test.each([
    ["an unknown field", { uris: "ws://server/" }, "uris"],
    ["a number as uri", { uri: 5 }, "uri"],
    ["a string as port", { uri: "ws://server/", port: "80" }, "port"],
    ["port 65536", { uri: "ws://server/", port: 65536 }, "port"],
    ["a negative time", { uri: "ws://server/", network_timeout_ms: -1 }, "network_timeout_ms"],
    ["not a number", { uri: "ws://server/", buffer_size: NaN }, "buffer_size"],
    ["jitter above 1", { uri: "ws://server/", reconnect_jitter: 1.5 }, "reconnect_jitter"],
    ["a provider that is no function", { uri: "ws://server/", uri_provider: "ws://server/" }, "uri_provider"],
    ["a transport that is no object", { uri: "ws://server/", ext_transport: 5 }, "ext_transport"],
    ["a line break in the path", { uri: "ws://server/", path: "/a\r\nX: 1" }, "path"],
    ["a line break in the user agent", { uri: "ws://server/", user_agent: "a\r\nX: 1" }, "user_agent"],
    ["a line break in the subprotocol", { uri: "ws://server/", subprotocol: "a\nX: 1" }, "subprotocol"],
  ])("%s: null, and the field is named", (_name, config, field) => {
    const board = new TestBoard();
    install(board);
    expect(ws.esp_websocket_client_init(config as unknown as ws.Config)).toBeNull();
    expect(board.logged).toEqual([expect.stringContaining(field)]);
  });

  test("changes of the configuration object after init change nothing", () => {
    const config: ws.Config = { uri: "ws://first:1/", path: "/first" };
    const rig = new Rig(config);
    config.uri = "ws://second:2/";
    config.path = "/second";
    rig.start();
    rig.connection.listener.opened();
    expect(rig.connection.address).toMatchObject({ host: "first", port: 1 });
    expect(rig.request()).toContain("GET /first ");
  });
});

describe("before start", () => {
  test.each(SENDS)("%s: -1", (_name, send) => {
    expect(send(new Rig().client)).toBe(-1);
  });

  test("close, close_with_code, stop: ESP_FAIL", () => {
    const { client } = new Rig();
    expect(ws.esp_websocket_client_close(client)).toBe(ws.ESP_FAIL);
    expect(ws.esp_websocket_client_close_with_code(client, 1000)).toBe(ws.ESP_FAIL);
    expect(ws.esp_websocket_client_stop(client)).toBe(ws.ESP_FAIL);
  });

  test("set_headers: ESP_ERR_INVALID_ARG, as always while not connected", () => {
    const rig = new Rig();
    expect(ws.esp_websocket_client_set_headers(rig.client, "X: 1\r\n")).toBe(ws.ESP_ERR_INVALID_ARG);
    rig.start();
    expect(ws.esp_websocket_client_set_headers(rig.client, "X: 1\r\n")).toBe(ws.ESP_ERR_INVALID_ARG);
    rig.accept();
    expect(ws.esp_websocket_client_set_headers(rig.client, "X: 1\r\n")).toBe(ws.ESP_OK);
  });

  test("a bad set_uri: ESP_FAIL; a null uri: ESP_ERR_INVALID_ARG; a good one: ESP_OK", () => {
    const { client } = new Rig();
    expect(ws.esp_websocket_client_set_uri(client, "no scheme")).toBe(ws.ESP_FAIL);
    expect(ws.esp_websocket_client_set_uri(client, "ws://server:70000/")).toBe(ws.ESP_FAIL);
    expect(ws.esp_websocket_client_set_uri(client, null as unknown as string)).toBe(ws.ESP_ERR_INVALID_ARG);
    expect(ws.esp_websocket_client_set_uri(client, undefined as unknown as string)).toBe(ws.ESP_ERR_INVALID_ARG);
    expect(ws.esp_websocket_client_set_uri(client, "ws://server/")).toBe(ws.ESP_OK);
  });

  test("is_connected: false", () => {
    expect(ws.esp_websocket_client_is_connected(new Rig().client)).toBe(false);
  });
});

describe("start and stop", () => {
  test("a second start, in every state: ESP_FAIL, and nothing happens", () => {
    const rig = new Rig().start();
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_FAIL);
    rig.accept();
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_FAIL);
    rig.drop();
    rig.take();
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_FAIL);
    idle();
    expect(rig.take()).toEqual([]);
    pass(10000);
    rig.accept();
    ws.esp_websocket_client_close(rig.client);
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_FAIL);
  });

  test("a second stop: ESP_FAIL", () => {
    const rig = new Rig().start();
    expect(ws.esp_websocket_client_stop(rig.client)).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_stop(rig.client)).toBe(ws.ESP_FAIL);
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "FINISH"]);
  });

  test("start after FINISH is fine", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_stop(rig.client);
    rig.take();
    rig.start().accept();
    expect(rig.take()).toEqual([
      "BEGIN",
      "BEFORE_CONNECT",
      ...Array(3).fill(expect.stringMatching(/^HEADER/)),
      "CONNECTED hs=101",
    ]);
    rig.frame(0x81, "again");
    expect(rig.take()).toEqual(['DATA(1,1,5/5@0) "again"']);
  });

  test("start without a host: ESP_FAIL", () => {
    install(new TestBoard());
    const client = ws.esp_websocket_client_init({ path: "/" });
    expect(client).not.toBeNull();
    expect(ws.esp_websocket_client_start(client)).toBe(ws.ESP_FAIL);
    expect(ws.esp_websocket_client_set_uri(client, "ws://server/")).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_start(client)).toBe(ws.ESP_OK);
  });

  test("close of a client that is not connected stops it", () => {
    const rig = new Rig().start();
    expect(ws.esp_websocket_client_close(rig.client)).toBe(ws.ESP_OK);
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "FINISH"]);
    expect(rig.connection.closes).toBe(1);
  });
});

describe.each([
  ["null", () => null],
  ["undefined", () => undefined],
  [
    "destroyed",
    () => {
      const rig = Rig.connected();
      ws.esp_websocket_client_destroy(rig.client);
      return rig.client;
    },
  ],
])("a handle that is %s", (_name, handle) => {
  test.each(CALLS)("%s: ESP_ERR_INVALID_ARG", (_call, call) => {
    expect(call(handle())).toBe(ws.ESP_ERR_INVALID_ARG);
  });

  test.each(SENDS)("%s: -1", (_call, send) => {
    expect(send(handle())).toBe(-1);
  });

  test("is_connected false, get_ping_interval_sec 0, get_reconnect_timeout -1", () => {
    expect(ws.esp_websocket_client_is_connected(handle())).toBe(false);
    expect(ws.esp_websocket_client_get_ping_interval_sec(handle())).toBe(0);
    expect(ws.esp_websocket_client_get_reconnect_timeout(handle())).toBe(-1);
  });
});

describe("len", () => {
  test.each([
    ["data null with len > 0", null, 1],
    ["len < 0", "abc", -1],
    ["len < 0 and no data", null, -1],
    ["len longer than the data", [1, 2, 3], 4],
    ["len that is not a number", "abc", NaN],
  ] as [string, ws.Data, number][])("%s: -1, and nothing is sent", (_name, data, len) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_bin(rig.client, data, len)).toBe(-1);
    expect(ws.esp_websocket_client_send_text(rig.client, data, len)).toBe(-1);
    expect(ws.esp_websocket_client_send_text_partial(rig.client, data, len)).toBe(-1);
    expect(ws.esp_websocket_client_send_with_opcode(rig.client, 9, data, len)).toBe(-1);
    expect(rig.connection.take()).toHaveLength(0);
    // The order of messages is as before.
    expect(ws.esp_websocket_client_send_text(rig.client, "a")).toBe(1);
  });

  test.each([
    ["data null with len 0", null, 0, "82(0)"],
    ["a shorter len", [1, 2, 3], 2, "82(2) 0102"],
    ["len 0", [1, 2, 3], 0, "82(0)"],
    ["the very len", [1, 2, 3], 3, "82(3) 010203"],
    ["a string's own length in characters: all of it", "é!", 2, "82(3) c3a921"],
    ["a string's length in bytes", "é!", 3, "82(3) c3a921"],
  ] as [string, ws.Data, number, string][])("%s", (_name, data, len, wire) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_bin(rig.client, data, len)).toBe(+/\((\d+)\)/.exec(wire)![1]);
    expect(rig.connection.takeWire()).toEqual([wire]);
  });

  test.each([
    ["an object", {}],
    ["a number", 5],
    ["a number that means nothing", 0],
    ["a boolean", true],
    ["a boolean that means nothing", false],
    ["a function", (a: unknown, b: unknown): unknown[] => [a, b]],
  ])("data that is %s: -1", (_name, data) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_bin(rig.client, data as unknown as ws.Data)).toBe(-1);
    expect(ws.esp_websocket_client_close_with_code(rig.client, 1000, data as unknown as ws.Data)).toBe(
      ws.ESP_ERR_INVALID_ARG
    );
    expect(rig.connection.take()).toHaveLength(0);
  });
});

describe("wrong arguments of send and close", () => {
  test.each([3, 7, 11, 15, 0x13, 0x7f, 0x208, 0x209, 0x20a, -1, 0.5, NaN])("send_with_opcode(%d): -1", (opcode) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_with_opcode(rig.client, opcode, "a")).toBe(-1);
    expect(rig.connection.take()).toHaveLength(0);
  });

  test.each([9, 10, 8])("a control frame (%d) of 126 bytes: -1, of 125: taken", (opcode) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_with_opcode(rig.client, opcode, new Uint8Array(126))).toBe(-1);
    expect(rig.connection.take()).toHaveLength(0);
    const payload = new Uint8Array(125).fill(3);
    expect(ws.esp_websocket_client_send_with_opcode(rig.client, opcode, payload)).toBe(125);
    expect(rig.connection.takeFrames()[0]).toMatchObject({ opcode, payload: Buffer.from(payload) });
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65536, NaN])(
    "close_with_code(%d): ESP_ERR_INVALID_ARG",
    (code) => {
      const rig = Rig.connected();
      expect(ws.esp_websocket_client_close_with_code(rig.client, code)).toBe(ws.ESP_ERR_INVALID_ARG);
      expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
    }
  );

  test("a close reason of 124 bytes: ESP_ERR_INVALID_ARG, of 123: taken", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_close_with_code(rig.client, 1000, "x".repeat(124))).toBe(ws.ESP_ERR_INVALID_ARG);
    expect(rig.connection.take()).toHaveLength(0);
    expect(ws.esp_websocket_client_close_with_code(rig.client, 1000, "x".repeat(123))).toBe(ws.ESP_OK);
    expect(rig.connection.takeWire()).toEqual(["88(125)"]);
  });

  test.each([
    [null, 1],
    ["abc", -1],
    ["abc", 4],
  ])("a close reason %j with len %d: ESP_ERR_INVALID_ARG", (reason, len) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_close_with_code(rig.client, 1000, reason, len)).toBe(ws.ESP_ERR_INVALID_ARG);
  });
});

describe("the order of messages", () => {
  const sendBegin = [
    ["send_text", (client: ws.Handle) => ws.esp_websocket_client_send_text(client, "a")],
    ["send_bin", (client: ws.Handle) => ws.esp_websocket_client_send_bin(client, "a")],
    ["send_text_partial", (client: ws.Handle) => ws.esp_websocket_client_send_text_partial(client, "a")],
    ["send_bin_partial", (client: ws.Handle) => ws.esp_websocket_client_send_bin_partial(client, "a")],
    ["send_with_opcode(1)", (client: ws.Handle) => ws.esp_websocket_client_send_with_opcode(client, 1, "a")],
    ["send_with_opcode(2)", (client: ws.Handle) => ws.esp_websocket_client_send_with_opcode(client, 2, "a")],
  ] as const;

  test.each(sendBegin)("%s inside an unfinished message: -1", (_name, send) => {
    const rig = Rig.connected();
    ws.esp_websocket_client_send_text_partial(rig.client, "begin");
    expect(send(rig.client)).toBe(-1);
    expect(ws.esp_websocket_client_send_fin(rig.client)).toBe(0);
    expect(send(rig.client)).toBe(1);
    expect(rig.connection.takeWire()).toHaveLength(3);
  });

  test("a continuation outside a message: -1", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_cont_msg(rig.client, "a")).toBe(-1);
    expect(ws.esp_websocket_client_send_fin(rig.client)).toBe(-1);
    ws.esp_websocket_client_send_text(rig.client, "whole");
    expect(ws.esp_websocket_client_send_fin(rig.client)).toBe(-1);
    expect(rig.connection.takeWire()).toEqual(["81(5) whole"]);
  });

  test("an unfinished message is forgotten with its connection", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_send_text_partial(rig.client, "begin");
    rig.drop();
    pass(10000);
    rig.accept();
    expect(ws.esp_websocket_client_send_cont_msg(rig.client, "a")).toBe(-1);
    expect(ws.esp_websocket_client_send_text(rig.client, "a")).toBe(1);
  });
});

describe("times", () => {
  test("set_ping_interval_sec(0): back to the default 10", () => {
    const { client } = new Rig({ ping_interval_sec: 3 });
    expect(ws.esp_websocket_client_get_ping_interval_sec(client)).toBe(3);
    expect(ws.esp_websocket_client_set_ping_interval_sec(client, 7)).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_get_ping_interval_sec(client)).toBe(7);
    expect(ws.esp_websocket_client_set_ping_interval_sec(client, 0)).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_get_ping_interval_sec(client)).toBe(10);
    expect(ws.esp_websocket_client_set_ping_interval_sec(client, -1)).toBe(ws.ESP_ERR_INVALID_ARG);
    expect(ws.esp_websocket_client_get_ping_interval_sec(client)).toBe(10);
  });

  test.each([0, -1, NaN])("set_reconnect_timeout(%d): ESP_ERR_INVALID_ARG", (milliseconds) => {
    const { client } = new Rig();
    expect(ws.esp_websocket_client_set_reconnect_timeout(client, milliseconds)).toBe(ws.ESP_ERR_INVALID_ARG);
    expect(ws.esp_websocket_client_get_reconnect_timeout(client)).toBe(10000);
  });

  test("set_reconnect_timeout with auto-reconnect off: ESP_ERR_INVALID_STATE, and get gives -1", () => {
    const { client } = new Rig({ disable_auto_reconnect: true, reconnect_timeout_ms: 4000 });
    expect(ws.esp_websocket_client_set_reconnect_timeout(client, 500)).toBe(ws.ESP_ERR_INVALID_STATE);
    expect(ws.esp_websocket_client_get_reconnect_timeout(client)).toBe(-1);
  });

  test("set_reconnect_timeout is what get gives", () => {
    const { client } = new Rig({ reconnect_timeout_ms: 4000 });
    expect(ws.esp_websocket_client_get_reconnect_timeout(client)).toBe(4000);
    expect(ws.esp_websocket_client_set_reconnect_timeout(client, 500)).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_get_reconnect_timeout(client)).toBe(500);
  });

  test("set_reconnect_timeout while waiting: the running wait is shortened at once", () => {
    const rig = new Rig().start();
    rig.drop();
    rig.take();
    pass(5000);
    ws.esp_websocket_client_set_reconnect_timeout(rig.client, 200);
    pass(199);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
  });
});

describe("registration", () => {
  test.each([
    ["no handler", 0, undefined],
    ["a handler that is no function", 0, "print"],
    ["an event that does not exist", 9, nothing],
    ["an event below ANY", -2, nothing],
  ])("%s: ESP_ERR_INVALID_ARG", (_name, event, handler) => {
    const { client } = new Rig();
    expect(ws.esp_websocket_register_events(client, event, handler as ws.EventHandler)).toBe(ws.ESP_ERR_INVALID_ARG);
  });
});

test("esp_err_to_name", () => {
  for (const name of [
    "ESP_OK",
    "ESP_FAIL",
    "ESP_ERR_NO_MEM",
    "ESP_ERR_INVALID_ARG",
    "ESP_ERR_INVALID_STATE",
    "ESP_ERR_NOT_SUPPORTED",
    "ESP_ERR_TIMEOUT",
  ] as const) {
    expect(ws.esp_err_to_name(ws[name])).toBe(name);
  }
  expect(ws.esp_err_to_name(12345)).toMatch(/UNKNOWN/);
});
