/** The part "Configuration" of what the C client does, sentence by sentence. */
import * as ws from "../../src/api/esp_websocket_client";
import { pass, Rig } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

interface Target {
  host: string;
  port: number;
  secure: boolean;
  path: string;
  hostHeader: string;
  authorization?: string;
}

/** Where the next attempt goes, and what it asks there. */
function attempt(rig: Rig): Target {
  rig.connection.listener.opened();
  const request = rig.request();
  const authorization = /\r\nAuthorization: Basic (.*)\r\n/.exec(request);
  return {
    host: rig.connection.address.host,
    port: rig.connection.address.port,
    secure: !!rig.connection.address.tls,
    path: /^GET (.*) HTTP\/1\.1\r\n/.exec(request)![1],
    hostHeader: /\r\nHost: (.*)\r\n/.exec(request)![1],
    ...(authorization && { authorization: Buffer.from(authorization[1], "base64").toString() }),
  };
}

const target = (config: ws.Config): Target => attempt(new Rig(config).start());

const plain = { host: "server", port: 80, secure: false, path: "/", hostHeader: "server" };

describe("what beats what", () => {
  test.each([
    ["port beats the URI's", { uri: "ws://server:123/", port: 4567 }, { port: 4567, hostHeader: "server:4567" }],
    ["host beats the URI's", { uri: "ws://other/", host: "server" }, {}],
    ["path beats the URI's", { uri: "ws://server/a?b", path: "/c" }, { path: "/c" }],
    ["a path gets its slash", { uri: "ws://server", path: "c?d" }, { path: "/c?d" }],
    [
      "username and password beat the URI's",
      { uri: "ws://a:b@server/", username: "c", password: "d" },
      { authorization: "c:d" },
    ],
    ["one of them alone", { uri: "ws://a:b@server/", password: "d" }, { authorization: "a:d" }],
    ["the URI's scheme beats transport", { uri: "ws://server/", transport: 2 }, {}],
    ["and the other way round", { uri: "wss://server/", transport: 1 }, { port: 443, secure: true }],
    ["transport where there is no URI", { host: "server", transport: 2 }, { port: 443, secure: true }],
    ["no transport, no URI: TCP", { host: "server", path: "/a" }, { path: "/a" }],
    ["transport with a port", { host: "server", transport: 1, port: 81 }, { port: 81, hostHeader: "server:81" }],
  ] as [string, ws.Config, Partial<Target>][])("%s", (_name, config, wanted) => {
    expect(target(config)).toEqual({ ...plain, ...wanted });
  });
});

describe("the URI", () => {
  test.each([
    ["ws://server", {}],
    ["wss://server", { port: 443, secure: true }],
    ["WS://server/", {}],
    ["WsS://SERVER/", { port: 443, secure: true }],
    ["ws://server?a=b", { path: "/?a=b" }],
    ["ws://server/path?a=b#fragment", { path: "/path?a=b" }],
    ["ws://server#fragment", {}],
    ["ws://server?a=b#fragment?c", { path: "/?a=b" }],
    ["ws://user:pass@server", { authorization: "user:pass" }],
    ["ws://user@server", { authorization: "user:" }],
    ["ws://u:p:q@server", { authorization: "u:p:q" }],
    ["ws://server:8080/", { port: 8080, hostHeader: "server:8080" }],
    ["ws://server/%41/é", { path: expect.stringMatching(/^\/%41\/%c3%a9$/i) }],
    ["ws://[::1]:8080/", { host: "::1", port: 8080, hostHeader: "[::1]:8080" }],
    ["ws://[2001:db8::1]/", { host: "2001:db8::1", hostHeader: "[2001:db8::1]" }],
    ["ws://127.0.0.1/", { host: "127.0.0.1", hostHeader: "127.0.0.1" }],
  ] as [string, Partial<Target>][])("%s", (uri, wanted) => {
    expect(target({ uri })).toEqual({ ...plain, ...wanted });
  });

  test.each([
    ["ws://server:80/", "server"],
    ["wss://server:443/", "server"],
    ["ws://server:443/", "server:443"],
    ["wss://server:80/", "server:80"],
  ])("`Host` of %s: without the port where it is the scheme's default (better than C, row `Host`)", (uri, host) => {
    expect(target({ uri }).hostHeader).toBe(host);
  });
});

describe("set_uri", () => {
  /** Where the attempt after set_uri goes. */
  function later(config: ws.Config, uri: string): Target {
    const rig = new Rig(config);
    expect(ws.esp_websocket_client_set_uri(rig.client, uri)).toBe(ws.ESP_OK);
    return attempt(rig.start());
  }

  test.each([
    [
      "keeps old port, path and user that the new URI lacks",
      { uri: "ws://a:b@old:8080/path?q" },
      "ws://server",
      { port: 8080, path: "/path?q", hostHeader: "server:8080", authorization: "a:b" },
    ],
    [
      "takes the parts that the new URI has",
      { uri: "ws://a:b@old:8080/path?q" },
      "ws://c:d@server:81/new",
      { port: 81, path: "/new", hostHeader: "server:81", authorization: "c:d" },
    ],
    [
      "keeps configured parts",
      { uri: "ws://old", port: 81, path: "/p" },
      "ws://server",
      { port: 81, path: "/p", hostHeader: "server:81" },
    ],
    ["changes the scheme", { uri: "ws://old" }, "wss://server", { secure: true, port: 443 }],
    ["replaces a configured host", { host: "old" }, "ws://server", {}],
  ] as [string, ws.Config, string, Partial<Target>][])("%s", (_name, config, uri, wanted) => {
    expect(later(config, uri)).toEqual({ ...plain, ...wanted });
  });

  test("applies from the next attempt on", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_set_uri(rig.client, "ws://next:9000/n")).toBe(ws.ESP_OK);
    expect(rig.connection.closes).toBe(0);
    rig.drop();
    pass(10000);
    expect(attempt(rig)).toMatchObject({ host: "next", port: 9000, path: "/n" });
  });

  test("a bad one changes nothing", () => {
    const rig = new Rig();
    expect(ws.esp_websocket_client_set_uri(rig.client, "ws://other:99999/")).toBe(ws.ESP_FAIL);
    expect(attempt(rig.start())).toMatchObject({ host: "server", port: 8080, path: "/path" });
  });

  test("with another scheme: start fails", () => {
    const rig = new Rig();
    expect(ws.esp_websocket_client_set_uri(rig.client, "http://other/")).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_FAIL);
  });
});

describe("defaults", () => {
  test("buffer_size 1024", () => {
    const rig = Rig.connected();
    rig.frame(0x82, new Uint8Array(2500));
    expect(rig.take()).toEqual(["DATA(2,1,1024/2500@0)", "DATA(2,1,1024/2500@1024)", "DATA(2,1,452/2500@2048)"]);
    ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(1025));
    expect(rig.connection.takeFrames()[0].payload).toHaveLength(1024);
  });

  test("reconnect_timeout_ms 10000", () => {
    const rig = new Rig().start();
    rig.drop();
    rig.take();
    pass(9999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
    expect(ws.esp_websocket_client_get_reconnect_timeout(rig.client)).toBe(10000);
  });

  test("network_timeout_ms 10000", () => {
    const rig = new Rig().start();
    rig.take();
    pass(9999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["ERROR et=1", "DISCONNECTED et=1"]);
  });

  test("ping_interval_sec 10, pingpong_timeout_sec 120", () => {
    const rig = Rig.connected();
    pass(9999);
    expect(rig.connection.take()).toHaveLength(0);
    pass(1);
    expect(rig.connection.takeWire()).toEqual(["89(0)"]);
    pass(119999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101"]);
    expect(ws.esp_websocket_client_get_ping_interval_sec(rig.client)).toBe(10);
  });

  test("keep-alive idle, interval, count 5, 5, 3", () => {
    const rig = Rig.connected({ keep_alive_enable: true, ping_interval_sec: 1000 });
    const sent = [5, 10, 15].map((seconds, index) => {
      pass(5000 - (index ? 0 : 1));
      if (!index) {
        expect(rig.connection.take()).toHaveLength(0);
        pass(1);
      }
      return `${seconds} s: ${rig.connection.takeWire().join()}`;
    });
    expect(sent).toEqual(["5 s: 89(0)", "10 s: 89(0)", "15 s: 89(0)"]);
    expect(rig.take()).toEqual([]);
    pass(4999);
    expect(rig.take()).toEqual([]);
    pass(1);
    expect(rig.take()).toEqual(["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
  });

  test("tx_queue_size 4 × buffer_size", () => {
    const rig = Rig.connected({ buffer_size: 100 });
    const send = (length: number): number => ws.esp_websocket_client_send_bin(rig.client, new Uint8Array(length));
    // The first fills the transport's buffer; the next ones wait.
    expect(send(100)).toBe(100);
    expect([send(100), send(100), send(100), send(100)]).toEqual([100, 100, 100, 100]);
    expect(rig.client.tx_queued).toBe(400);
    expect(send(1)).toBe(-1);
  });

  test("an explicit 0 is the default", () => {
    const rig = new Rig({
      reconnect_timeout_ms: 0,
      network_timeout_ms: 0,
      ping_interval_sec: 0,
      buffer_size: 0,
    }).start();
    pass(9999);
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT"]);
    pass(1);
    expect(rig.take()).toEqual(["ERROR et=1", "DISCONNECTED et=1"]);
    expect(ws.esp_websocket_client_get_ping_interval_sec(rig.client)).toBe(10);
    expect(ws.esp_websocket_client_get_reconnect_timeout(rig.client)).toBe(10000);
  });
});

describe("headers", () => {
  /** The header lines behind the ones that the client makes itself. */
  function extra(rig: Rig): string[] {
    const request = rig.request();
    return request.slice(request.indexOf("Sec-WebSocket-Key")).split("\r\n").slice(1, -2);
  }

  function next(rig: Rig): string[] {
    rig.drop();
    pass(10000);
    rig.connection.listener.opened();
    return extra(rig);
  }

  test("append_header applies from the next handshake", () => {
    const rig = new Rig({ headers: "A: 1\r\n" });
    expect(ws.esp_websocket_client_append_header(rig.client, "B", "2")).toBe(ws.ESP_OK);
    rig.start().accept();
    expect(extra(rig)).toEqual(["A: 1", "B: 2"]);
    expect(ws.esp_websocket_client_append_header(rig.client, "C", "3")).toBe(ws.ESP_OK);
    expect(extra(rig)).toEqual(["A: 1", "B: 2"]);
    expect(next(rig)).toEqual(["A: 1", "B: 2", "C: 3"]);
  });

  test("set_headers (connected only) replaces all for the next one", () => {
    const rig = Rig.connected({ headers: "A: 1\r\n" });
    ws.esp_websocket_client_append_header(rig.client, "B", "2");
    expect(ws.esp_websocket_client_set_headers(rig.client, "C: 3\r\n")).toBe(ws.ESP_OK);
    expect(next(rig)).toEqual(["C: 3"]);
    expect(next(rig)).toEqual(["C: 3"]);
  });

  test("set_headers with an empty string takes all away", () => {
    const rig = Rig.connected({ headers: "A: 1\r\n" });
    expect(ws.esp_websocket_client_set_headers(rig.client, "")).toBe(ws.ESP_OK);
    expect(next(rig)).toEqual([]);
  });
});
