/** The part "On the wire" of what the C client does: the request and every frame, byte by byte. */
import * as ws from "../../src/api/esp_websocket_client";
import { Rig } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** The lines of a request, without the empty ones at its end. */
function lines(request: string): string[] {
  expect(request.slice(-4)).toBe("\r\n\r\n");
  return request.slice(0, -4).split("\r\n");
}

function requestOf(config: ws.Config): string[] {
  const rig = new Rig(config).start();
  rig.connection.listener.opened();
  return lines(rig.request());
}

describe("the request", () => {
  test("in the C client's order, with the user's headers verbatim at its end", () => {
    const request = requestOf({
      uri: "ws://user:secret@server:8080/path?query=1#fragment",
      subprotocol: "mqtt, wamp",
      headers: "X-One: 1\r\nx-TWO:2\r\n",
    });
    expect(request).toEqual([
      "GET /path?query=1 HTTP/1.1",
      "Connection: Upgrade",
      "Host: server:8080",
      "User-Agent: ESP32 Websocket Client",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      expect.stringMatching(/^Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==$/),
      "Sec-WebSocket-Protocol: mqtt, wamp",
      "Authorization: Basic " + Buffer.from("user:secret").toString("base64"),
      "X-One: 1",
      "x-TWO:2",
    ]);
  });

  test("with nothing but the URI", () => {
    expect(requestOf({ uri: "ws://server:8080" })).toEqual([
      "GET / HTTP/1.1",
      "Connection: Upgrade",
      "Host: server:8080",
      "User-Agent: ESP32 Websocket Client",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      expect.stringMatching(/^Sec-WebSocket-Key: /),
    ]);
  });

  test("user_agent takes the place of the default", () => {
    expect(requestOf({ uri: "ws://server/", user_agent: "Lamp/1.0" })).toContain("User-Agent: Lamp/1.0");
  });

  test("the key is 16 bytes, another one for each attempt", () => {
    const rig = new Rig().start();
    const keys = new Set<string>();
    for (let attempt = 0; attempt < 5; attempt++) {
      rig.connection.listener.opened();
      expect(Buffer.from(rig.key(), "base64")).toHaveLength(16);
      keys.add(rig.key());
      rig.drop();
      jest.advanceTimersByTime(10000);
    }
    expect(keys.size).toBe(5);
  });

  test("goes out once, when the transport is open", () => {
    const rig = new Rig().start();
    expect(rig.connection.written).toHaveLength(0);
    rig.connection.listener.opened();
    rig.connection.listener.opened();
    expect(rig.connection.written).toHaveLength(1);
  });
});

describe("frames", () => {
  test("text: 81, the length with the mask bit, the masking key, the masked payload", () => {
    const rig = Rig.connected();
    rig.board.randoms = [0x44332211];
    expect(ws.esp_websocket_client_send_text(rig.client, "Hello")).toBe(5);
    const bytes = rig.connection.take();
    const key = bytes.subarray(2, 6);
    expect(bytes.subarray(0, 2).toString("hex")).toBe("8185");
    expect(key.toString("hex")).toBe("11223344");
    expect(bytes.subarray(6).toString("hex")).toBe("59475f287e");
  });

  test("every length class has its header, and each frame its own masking key", () => {
    const rig = Rig.connected({ buffer_size: 70000 });
    const keys = new Set<string>();
    for (const [length, header] of [
      [0, "8280"],
      [1, "8281"],
      [2, "8282"],
      [3, "8283"],
      [4, "8284"],
      [125, "82fd"],
      [126, "82fe007e"],
      [127, "82fe007f"],
      [65535, "82feffff"],
      [65536, "82ff0000000000010000"],
      [65539, "82ff0000000000010003"],
    ] as const) {
      const data = Uint8Array.from({ length }, (_, index) => index * 7);
      expect(ws.esp_websocket_client_send_bin(rig.client, data)).toBe(length);
      const bytes = rig.connection.take();
      expect(bytes.toString("hex", 0, header.length / 2)).toBe(header);
      const key = bytes.subarray(header.length / 2, header.length / 2 + 4);
      keys.add(key.toString("hex"));
      const payload = bytes.subarray(header.length / 2 + 4).map((byte, index) => byte ^ key[index & 3]);
      expect(Buffer.compare(payload, data)).toBe(0);
      rig.drain();
    }
    expect(keys.size).toBe(11);
  });

  test("send_text_partial, send_cont_msg, send_cont_msg, send_fin: 01, 00, 00, 80 and the payload bytes", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_text_partial(rig.client, "abc")).toBe(3);
    expect(ws.esp_websocket_client_send_cont_msg(rig.client, "def")).toBe(3);
    expect(ws.esp_websocket_client_send_cont_msg(rig.client, "ghijk")).toBe(5);
    expect(ws.esp_websocket_client_send_fin(rig.client)).toBe(0);
    expect(rig.connection.takeWire()).toEqual(["01(3) abc", "00(3) 646566", "00(5) 6768696a6b", "80(0)"]);
  });

  test("send_bin_partial: 02, then 80", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_bin_partial(rig.client, [1, 2])).toBe(2);
    expect(ws.esp_websocket_client_send_fin(rig.client)).toBe(0);
    expect(rig.connection.takeWire()).toEqual(["02(2) 0102", "80(0)"]);
  });

  test.each([
    ["send_bin", 0x82, "02(1024) 00(1024) 80(452)"],
    ["send_text", 0x81, "01(1024) 00(1024) 80(452)"],
  ] as const)("%s of 2500 bytes is fragmented at buffer_size", (call, _first, frames) => {
    const rig = Rig.connected();
    const data = Uint8Array.from({ length: 2500 }, (_, index) => 32 + (index % 64));
    expect(ws[`esp_websocket_client_${call}`](rig.client, data)).toBe(2500);
    const sent = [];
    for (let i = 0; i < 3; i++) {
      sent.push(...rig.connection.takeFrames());
      rig.drain();
    }
    expect(sent.map(({ raw, payload }) => `${raw.toString("hex", 0, 1)}(${payload.length})`).join(" ")).toBe(frames);
    expect(Buffer.concat(sent.map(({ payload }) => payload)).equals(Buffer.from(data))).toBe(true);
  });

  test("a long part of a message is fragmented and stays unfinished", () => {
    const rig = Rig.connected({ buffer_size: 4 });
    expect(ws.esp_websocket_client_send_text_partial(rig.client, "abcdef")).toBe(6);
    rig.drain();
    expect(ws.esp_websocket_client_send_cont_msg(rig.client, "ghijkl")).toBe(6);
    rig.drain();
    rig.drain();
    rig.drain();
    expect(ws.esp_websocket_client_send_fin(rig.client)).toBe(0);
    rig.drain();
    expect(rig.connection.takeFrames().map(({ raw, payload }) => `${raw[0]} ${payload.toString()}`)).toEqual([
      "1 abcd",
      "0 ef",
      "0 ghij",
      "0 kl",
      "128 ",
    ]);
  });

  test("an empty send_text sends 81 80 and the key, and returns 0", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_text(rig.client, "")).toBe(0);
    expect(rig.connection.take().toString("hex")).toMatch(/^8180.{8}$/);
  });

  test.each([
    ["close", () => [], "88(0)"],
    ["close_with_code, no data", () => [1000], "88(2) 03e8"],
    ["close_with_code(1000, bye)", () => [1000, "bye"], "88(5) 03e8627965"],
    ["close_with_code(3001, bytes)", () => [3001, [97, 98]], "88(4) 0bb96162"],
    ["close_with_code with a shorter len", () => [1000, "bye", 1], "88(3) 03e862"],
  ] as [string, () => [number, ws.Data?, number?], string][])("%s", (name, args, wire) => {
    const rig = Rig.connected();
    const result =
      name === "close"
        ? ws.esp_websocket_client_close(rig.client)
        : ws.esp_websocket_client_close_with_code(rig.client, ...args());
    expect(result).toBe(ws.ESP_OK);
    expect(rig.connection.takeWire()).toEqual([wire]);
  });

  test("our own PING: 89 80 and the key, empty", () => {
    const rig = Rig.connected();
    jest.advanceTimersByTime(10000);
    expect(rig.connection.take().toString("hex")).toMatch(/^8980.{8}$/);
  });

  test.each([
    [0x1, "81(2) hi"],
    [0x2, "82(2) 6869"],
    [0x8, "88(2) 6869"],
    [0x9, "89(2) 6869"],
    [0xa, "8a(2) 6869"],
    [0x81, "81(2) hi"],
    [0x82, "82(2) 6869"],
    [0x89, "89(2) 6869"],
  ])("send_with_opcode(%d)", (opcode, wire) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_with_opcode(rig.client, opcode, [0x68, 0x69])).toBe(2);
    expect(rig.connection.takeWire()).toEqual([wire]);
  });

  test.each([
    ["a string, as UTF-8", "é", "c3a9"],
    ["a Uint8Array", Uint8Array.of(0, 255), "00ff"],
    ["a view into a longer buffer", new Uint8Array([9, 8, 7, 6]).subarray(1, 3), "0807"],
    ["an ArrayBuffer", Uint8Array.of(1, 2).buffer, "0102"],
    ["an array of bytes", [3, 4, 255], "0304ff"],
    ["null without a length", null, ""],
  ] as [string, ws.Data, string][])("data may be %s", (_name, data, hex) => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_send_bin(rig.client, data)).toBe(hex.length / 2);
    expect(rig.connection.takeFrames()[0].payload.toString("hex")).toBe(hex);
  });
});
