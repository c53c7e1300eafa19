/** The opening handshake's request and response: whose header lines are sent, what is encoded, what is skipped. */
import * as ws from "../../src/api/esp_websocket_client";
import { retryDelay } from "../../src/client/retry";
import { checkConfig } from "../../src/config/config";
import { acceptFor } from "../support/peer";
import { Rig } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A client that has sent its request. */
function asking(config: ws.Config = {}): Rig {
  const rig = new Rig(config).start();
  rig.connection.listener.opened();
  return rig;
}

/** The request's lines, the blank one at its end left out. */
function lines(config: ws.Config): string[] {
  const all = asking(config).request().split("\r\n");
  expect(all.splice(-2)).toEqual(["", ""]);
  return all;
}

describe("a header line of the user's replaces the client's own of that name", () => {
  test.each([
    ["Host", "virtual.example"],
    ["User-Agent", "mine/1.0"],
    ["Authorization", "Bearer token"],
    ["Sec-WebSocket-Protocol", "a, b"],
    ["Sec-WebSocket-Key", "bXkga2V5"],
    ["Sec-WebSocket-Version", "8"],
    ["Connection", "keep-alive, Upgrade"],
    ["Upgrade", "WebSocket"],
  ])("%s", (name, value) => {
    const config = { uri: "ws://user:pass@server/", subprotocol: "chat" };
    const own = lines(config);
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      const request = lines({ ...config, headers: `A: 1\r\n${spelt}: ${value}\r\nB: 2\r\n` });
      expect(request.filter((line) => line.toLowerCase().startsWith(name.toLowerCase() + ":"))).toEqual([
        `${spelt}: ${value}`,
      ]);
      // In its place, and all others stay where they are.
      const at = own.findIndex((line) => line.startsWith(name + ":"));
      expect(request.findIndex((line) => line.startsWith(spelt + ":"))).toBe(at);
      expect(request.slice(-2)).toEqual(["A: 1", "B: 2"]);
      expect(request).toHaveLength(own.length + 2);
    }
  });

  test("of several, the last counts", () => {
    const rig = new Rig({ headers: "Authorization: old\r\nauthorization: older\r\n" });
    ws.esp_websocket_client_append_header(rig.client, "AUTHORIZATION", "new");
    rig.start();
    rig.connection.listener.opened();
    expect(rig.request().match(/authorization.*/gi)).toEqual(["AUTHORIZATION: new"]);
  });

  test("those of other names are sent as they are, also twice", () => {
    const headers = "Cookie: a\r\nCookie: b\r\nHosts: x\r\nX-Host: y\r\n";
    expect(lines({ headers }).slice(-4)).toEqual(["Cookie: a", "Cookie: b", "Hosts: x", "X-Host: y"]);
  });

  test("Accept is checked against the user's key", () => {
    const headers = "Sec-WebSocket-Key:  my_key \r\n";
    const right = asking({ headers });
    right.respond("101 X", [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: " + acceptFor("my_key"),
    ]);
    expect(ws.esp_websocket_client_is_connected(right.client)).toBe(true);
    const wrong = asking({ headers });
    wrong.respond("101 X", [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Accept: " + acceptFor("other"),
    ]);
    expect(wrong.take().pop()).toBe("DISCONNECTED et=3 hs=101");
  });

  test.each([
    ["a", "CONNECTED hs=101"],
    ["c", "CONNECTED hs=101"],
    ["chat", "DISCONNECTED et=3 hs=101"],
  ])("subprotocols are those of the user's line: %s", (chosen, last) => {
    const rig = asking({ subprotocol: "chat", headers: "Sec-WebSocket-Protocol: a, b,c\r\n" });
    rig.respond("101 X", [...rig.upgrade(), "Sec-WebSocket-Protocol: " + chosen]);
    expect(rig.take().pop()).toBe(last);
  });
});

describe("what RFC 3986 does not allow in path and query", () => {
  const path = (config: ws.Config): string => /^GET (.*) HTTP/.exec(asking(config).request())![1];

  test.each([
    ['/{id}|<x>?q={"a":1}', "/%7bid%7d%7c%3cx%3e?q=%7b%22a%22:1%7d"],
    ["/\\^`[]", "/%5c%5e%60%5b%5d"],
    ["/100%", "/100%25"],
    ["/%4", "/%254"],
    ["/%zz%41%aF", "/%25zz%41%aF"],
    ["/é", "/%c3%a9"],
    ["/-._~!$&'()*+,;=:@/?-._~!$&'()*+,;=:@/?", "/-._~!$&'()*+,;=:@/?-._~!$&'()*+,;=:@/?"],
  ])("%s", (given, sent) => {
    expect(path({ uri: "ws://server" + given })).toBe(sent);
    expect(path({ host: "server", path: given })).toBe(sent);
    expect(path({ host: "x", uri_provider: () => "ws://server" + given })).toBe(sent);
    const rig = new Rig();
    ws.esp_websocket_client_set_uri(rig.client, "ws://server" + given);
    rig.start().connection.listener.opened();
    expect(rig.request()).toContain(`GET ${sent} HTTP`);
  });

  test("a # in `path` is no fragment", () => {
    expect(path({ host: "server", path: "/a#b c" })).toBe("/a%23b%20c");
  });
});

describe("the rest of a URI", () => {
  test.each([
    ["ws://server:01234/", 1234],
    ["ws://server:0080/", 80],
    ["ws://server:08/", 8],
    ["ws://server:/", 80],
  ])("the port of %s is %d", (uri, port) => {
    expect(new Rig({ uri }).start().connection.address.port).toBe(port);
  });

  test.each([
    ["ws://@server/", undefined],
    ["ws://:@server/", undefined],
    ["ws://:pass@server/", ":pass"],
    ["ws://user:@server/", "user:"],
    ["ws://us%40er:p%3Aa%25@server/", "us@er:p:a%"],
    ["ws://a@b@server/", "a@b:"],
    ["ws://é:ü@server/", "é:ü"],
  ])("credentials of %s", (uri, wanted) => {
    const match = /\r\nAuthorization: Basic (.*)\r\n/.exec(asking({ uri }).request());
    expect(match ? Buffer.from(match[1], "base64").toString() : undefined).toBe(wanted);
  });

  test.each([
    ["ws://:new@server/", ":new"],
    ["ws://@server/", "old:secret"],
    ["ws://server/", "old:secret"],
  ])("set_uri(%s) keeps credentials only where it has none", (uri, wanted) => {
    const rig = new Rig({ uri: "ws://old:secret@server/" });
    ws.esp_websocket_client_set_uri(rig.client, uri);
    rig.start().connection.listener.opened();
    const match = /\r\nAuthorization: Basic (.*)\r\n/.exec(rig.request())!;
    expect(Buffer.from(match[1], "base64").toString()).toBe(wanted);
  });
});

describe("interim responses (RFC 9110 §15.2)", () => {
  const interim = ["100 Continue", "102 Processing", "103 Early Hints", "199 Whatever"].map(
    (status) => `HTTP/1.1 ${status}\r\nLink: <a>\r\nSec-WebSocket-Accept: no\r\nUpgrade: h2c\r\n\r\n`
  );
  const final = (rig: Rig): string => `HTTP/1.1 101 X\r\n${rig.upgrade().join("\r\n")}\r\nX: 1\r\n\r\n`;
  const heard = (rig: Rig): string[] => rig.take().map((line) => line.replace(/(Accept: ).*/, "$1…"));
  const WANTED = [
    "HEADER_RECEIVED: Upgrade: websocket hs=101",
    "HEADER_RECEIVED: Connection: Upgrade hs=101",
    "HEADER_RECEIVED: Sec-WebSocket-Accept: …",
    "HEADER_RECEIVED: X: 1 hs=101",
    "CONNECTED hs=101",
  ];

  test.each([
    ["one", interim.slice(0, 1).join("")],
    ["one without any header", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["one with bare line feeds", "HTTP/1.1 103 Hints\nA: 1\n folded\n\n"],
    ["four", interim.join("")],
  ])("%s before the 101, cut anywhere, is skipped", (_name, text) => {
    const length = text.length + final(asking()).length;
    for (let cut = 1; cut < length; cut++) {
      const rig = asking();
      rig.take();
      const all = text + final(rig);
      rig.receive(all.slice(0, cut));
      rig.receive(all.slice(cut));
      expect(heard(rig)).toEqual(WANTED);
    }
  });

  test("byte by byte, and the first frame right behind", () => {
    const rig = asking();
    rig.take();
    const frame = Buffer.from([0x81, 2, 0x68, 0x69]);
    for (const byte of Buffer.concat([Buffer.from(interim.join("") + final(rig)), frame]))
      rig.receive(Buffer.from([byte]));
    expect(heard(rig)).toEqual([...WANTED, 'DATA(1,1,1/2@0) "h"', 'DATA(1,1,1/2@1) "i"']);
  });

  test("a refusal after one is a refusal, with its status", () => {
    const rig = asking();
    rig.receive(interim[0] + "HTTP/1.1 404 No\r\n\r\n");
    expect(rig.take().pop()).toBe("DISCONNECTED et=3 hs=404");
  });

  test("a redirect after one is followed", () => {
    const rig = asking();
    rig.receive(interim[2] + "HTTP/1.1 302 Found\r\nLocation: /there\r\n\r\n");
    jest.advanceTimersByTime(0);
    rig.connection.listener.opened();
    expect(rig.request()).toMatch(/^GET \/there /);
  });

  test("what is no HTTP behind one is found", () => {
    const rig = asking();
    rig.receive(interim[0] + "SSH-2.0\r\n");
    expect(rig.take().pop()).toBe("DISCONNECTED et=3 hs=-1");
  });

  test("without end they are too long for a head", () => {
    const rig = asking();
    for (let i = 0; i < 500; i++) rig.receive("HTTP/1.1 100 Continue\r\n\r\n");
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toBe("Response head above 4096 bytes");
    expect(rig.connection.closes).toBe(1);
  });
});

describe("retryDelay", () => {
  test.each([
    ["the default", {}, 1, 0, 0, 10000],
    ["as configured", { reconnect_timeout_ms: 300 }, 7, 0, 0, 300],
    ["doubled with each failure", { reconnect_timeout_ms: 300, reconnect_max_ms: 5000 }, 4, 0, 0, 2400],
    ["up to the most", { reconnect_timeout_ms: 300, reconnect_max_ms: 5000 }, 6, 0, 0, 5000],
    ["also after a thousand failures", { reconnect_max_ms: 60000 }, 5000, 0, 0, 60000],
    ["less by half of the jitter", { reconnect_timeout_ms: 1000, reconnect_jitter: 0.5 }, 1, 0, 2 ** 31, 750],
    ["never negative", { reconnect_timeout_ms: 1000, reconnect_jitter: 1 }, 1, 0, 2 ** 32 - 1, 1000 / 2 ** 32],
    ["not below what the server asked", { reconnect_timeout_ms: 1000, reconnect_jitter: 1 }, 1, 7, 2 ** 31, 7000],
    ["nor shortened by it", { reconnect_timeout_ms: 9000 }, 1, 7, 0, 9000],
  ])("%s", (_name, config, failures, retryAfter, random, wanted) => {
    new Rig();
    expect(retryDelay(checkConfig(config), failures, retryAfter, random)).toBeCloseTo(wanted, 6);
  });
});

describe("ext_transport", () => {
  test("its listener's functions may be handed on without it", () => {
    let listener: ws.TransportListener | undefined;
    const sent: string[] = [];
    const rig = new Rig({
      uri: "ws://server/",
      ext_transport: {
        open: (_address, given) => {
          listener = given;
          return { write: (bytes) => void sent.push(Buffer.from(bytes).toString("latin1")), close: () => {} };
        },
      },
    }).start();
    const { opened, received, drained, closed } = listener!;
    opened();
    const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(sent[0])![1];
    received(
      Buffer.from(
        `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`
      )
    );
    drained();
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
    closed({ message: "gone" });
    expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toBe("gone");
  });
});
