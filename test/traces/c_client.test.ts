/** Every scenario in which the C client was recorded, over real sockets: events, fields, return values, wire bytes. */
import {
  acceptFor,
  binary,
  close,
  continuation,
  frame,
  type PeerConnection,
  ping,
  pong,
  startPeer,
  text,
} from "../support/peer";
import { describeTargets, targets } from "../support/targets";
import { signed } from "../tls/certificates";
import { hasEspruinoTls, runClient } from "../tls/script";
import { startRedirect } from "../tls/server";
import { accept, type Scenario, testScenarios, wire } from "./run_scenarios";

const START = ["BEGIN", "start 0", "BEFORE_CONNECT"];
const OPEN = [...START, "CONNECTED hs=101"];
const LOST = ["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"];
const once = { disable_auto_reconnect: true };
const soon = { reconnect_timeout_ms: 20 };

/** Script: whether BEFORE_CONNECT comes so many milliseconds after an event. Timers may round to one of theirs. */
const waited = (event: string, milliseconds: number): string => `var begin;
  at(client, ws.WEBSOCKET_EVENT_${event}, function () { begin = Date.now(); });
  at(client, ws.WEBSOCKET_EVENT_BEFORE_CONNECT, function () {
    print(Date.now() - begin > ${milliseconds} * 0.95 ? "waited" : "early");
  }, 2);`;

const events: Scenario[] = [
  {
    name: "order: BEGIN, BEFORE_CONNECT, HEADER_RECEIVED per line, CONNECTED … FINISH; stop: no close frame",
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    headers: true,
    peer: async (connection) => {
      accept(connection, ["X-Extra: 1"]);
      await connection.end();
      expect(connection.frames).toEqual([]);
      connection.fin();
    },
    trace: [
      ...START,
      "HEADER_RECEIVED: Upgrade: websocket hs=101",
      "HEADER_RECEIVED: Connection: Upgrade hs=101",
      "HEADER_RECEIVED: Sec-WebSocket-Accept: * hs=101",
      "HEADER_RECEIVED: X-Extra: 1 hs=101",
      "CONNECTED hs=101",
      "FINISH",
    ],
  },
  {
    name: "destroy on a live connection: only FINISH, no close frame",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
      setTimeout(function () { print("destroy " + ws.esp_websocket_client_destroy(client)); }, 1);
    });`,
    peer: async (connection) => {
      accept(connection);
      await connection.end();
      expect(connection.frames).toEqual([]);
      connection.fin();
    },
    trace: [...OPEN, "FINISH", "destroy 0"],
  },
  {
    name: "our close: DATA(8) → CLOSED → FINISH, no DISCONNECTED",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
      print("close_with_code " + ws.esp_websocket_client_close_with_code(client, 1000, "bye", 3));
    });`,
    peer: async (connection) => {
      accept(connection);
      expect(wire(await connection.nextFrame())).toBe("8885 03e8627965");
      connection.send(close(1000, "bye"));
      connection.fin();
    },
    trace: [
      ...OPEN,
      "close_with_code 0",
      "DATA(8,1,5/5@0) 03e8627965",
      'CLOSED "bye" hs=101 cc=1000',
      "FINISH hs=101 cc=1000",
    ],
  },
  {
    name: "close: 88 80 + key",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () { ws.esp_websocket_client_close(client, ws.portMAX_DELAY); });`,
    peer: async (connection) => {
      accept(connection);
      expect(wire(await connection.nextFrame())).toBe("8880");
      connection.send(close());
      connection.fin();
    },
    trace: [...OPEN, "DATA(8,1,0/0@0) empty", "CLOSED hs=101", "FINISH hs=101"],
  },
  {
    name: "a message longer than buffer_size: several DATA, the frame's payload_len, fin and op_code on every piece",
    script: `client.on("data", function (data) {
      if (data.payload_offset + data.data_len === data.payload_len)
        setTimeout(function () { ws.esp_websocket_client_stop(client); }, 1);
    });`,
    peer: (connection) => {
      accept(connection);
      connection.send(binary(Buffer.alloc(2500, 7)));
    },
    trace: (lines) => {
      expect(lines.slice(0, 4)).toEqual(OPEN);
      expect(lines[lines.length - 1]).toBe("FINISH");
      let at = 0;
      for (const line of lines.slice(4, -1)) {
        const piece = /^DATA\(2,1,(\d+)\/2500@(\d+)\)/.exec(line)!;
        expect(+piece[2]).toBe(at);
        expect(+piece[1]).toBeLessThanOrEqual(1024);
        at += +piece[1];
      }
      expect(at).toBe(2500);
    },
  },
  {
    name: "pieces follow what the socket delivered",
    script: `client.on("data", function (data) { ws.esp_websocket_client_send_text(client, "more", 4); });
      stopAt(client, ws.WEBSOCKET_EVENT_DATA, 3);`,
    peer: async (connection) => {
      accept(connection);
      const bytes = text("abcdefghi");
      for (const at of [0, 5, 8]) {
        connection.send(bytes.subarray(at, at ? at + 3 : 5));
        expect(wire(await connection.nextFrame())).toBe("8184 6d6f7265");
      }
    },
    trace: [...OPEN, 'DATA(1,1,3/9@0) "abc"', 'DATA(1,1,3/9@3) "def"', 'DATA(1,1,3/9@6) "ghi"', "FINISH"],
  },
  {
    name: "zero-length frames post DATA with length 0",
    script: "stopAt(client, ws.WEBSOCKET_EVENT_DATA, 2);",
    peer: (connection) => {
      accept(connection);
      connection.send(text(""), binary(""));
    },
    trace: [...OPEN, 'DATA(1,1,0/0@0) ""', "DATA(2,1,0/0@0) empty", "FINISH"],
  },
  {
    name: "fragmented: one DATA per frame, no reassembly",
    script: "stopAt(client, ws.WEBSOCKET_EVENT_DATA, 3);",
    peer: (connection) => {
      accept(connection);
      connection.send(text("abc", false), continuation("def", false), continuation("gh€"));
    },
    trace: [...OPEN, 'DATA(1,0,3/3@0) "abc"', 'DATA(0,0,3/3@0) "def"', 'DATA(0,1,5/5@0) "gh€"', "FINISH"],
  },
  {
    name: "control frames post DATA too; a PONG with the same payload answers a PING",
    script: "stopAt(client, ws.WEBSOCKET_EVENT_DATA, 3);",
    peer: async (connection) => {
      accept(connection);
      connection.send(ping("hi"));
      expect(wire(await connection.nextFrame())).toBe("8a82 6869");
      connection.send(pong("yo"), text("x"));
    },
    trace: [...OPEN, "DATA(9,1,2/2@0) 6869", "DATA(10,1,2/2@0) 796f", 'DATA(1,1,1/1@0) "x"', "FINISH"],
  },
  {
    name: "server close 1001: a close is sent back, CLOSED and FINISH cc 1001, no reconnect even with auto-reconnect",
    config: soon,
    after: 100,
    peer: async (connection) => {
      accept(connection);
      connection.send(close(1001, "going"));
      expect((await connection.nextFrame()).opcode).toBe(8);
      connection.fin();
    },
    trace: [
      ...OPEN,
      "DATA(8,1,7/7@0) 03e9676f696e67",
      'CLOSED "going" et=4 hs=101 cc=1001',
      "FINISH et=4 hs=101 cc=1001",
    ],
  },
  {
    name: "the same with enable_close_reconnect: CLOSED et 4, no FINISH, BEFORE_CONNECT after reconnect_timeout_ms",
    config: { reconnect_timeout_ms: 200, enable_close_reconnect: true },
    script: `${waited("CLOSED", 200)} stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED, 2);`,
    connections: 2,
    peer: async (connection, index) => {
      accept(connection);
      if (index) return;
      connection.send(close(1001));
      await connection.nextFrame();
      connection.fin();
    },
    trace: [
      ...OPEN,
      "DATA(8,1,2/2@0) 03e9",
      "CLOSED et=4 hs=101 cc=1001",
      "BEFORE_CONNECT",
      "waited",
      "CONNECTED hs=101",
      "FINISH",
    ],
  },
  {
    name: "no status: cc 0",
    peer: async (connection) => {
      accept(connection);
      connection.send(close());
      expect(wire(await connection.nextFrame())).toBe("8880");
      connection.fin();
    },
    trace: [...OPEN, "DATA(8,1,0/0@0) empty", "CLOSED et=4 hs=101", "FINISH et=4 hs=101"],
  },
  {
    name: "the server keeps TCP open after the close: CLOSED after 1 s",
    script: `var begin;
      at(client, ws.WEBSOCKET_EVENT_DATA, function () { begin = Date.now(); });
      at(client, ws.WEBSOCKET_EVENT_CLOSED, function () { print(Date.now() - begin > 980 ? "waited" : "early"); });`,
    peer: (connection) => {
      accept(connection);
      connection.send(close(1000));
    },
    trace: [...OPEN, "DATA(8,1,2/2@0) 03e8", "CLOSED et=4 hs=101 cc=1000", "waited", "FINISH et=4 hs=101 cc=1000"],
  },
  {
    name: "TCP drop: ERROR, DISCONNECTED et 1, reconnect_timeout_ms later BEFORE_CONNECT",
    config: { reconnect_timeout_ms: 200 },
    script: `${waited("DISCONNECTED", 200)} stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED, 2);`,
    connections: 2,
    peer: (connection, index) => {
      accept(connection);
      if (!index) connection.fin();
    },
    trace: [...OPEN, ...LOST, "BEFORE_CONNECT", "waited", "CONNECTED hs=101", "FINISH"],
  },
  {
    name: "is_connected is true from CONNECTED on and false by DISCONNECTED; a failure's ERROR tells why",
    config: once,
    script: `["BEFORE_CONNECT", "CONNECTED", "ERROR", "DISCONNECTED", "FINISH"].forEach(function (name) {
        at(client, ws["WEBSOCKET_EVENT_" + name], function () {
          print(String(ws.esp_websocket_client_is_connected(client)));
        });
      });`,
    peer: (connection) => {
      accept(connection);
      connection.fin();
    },
    trace: [
      ...[...START, "false", "CONNECTED hs=101", "true"],
      ...[LOST[0], "false", LOST[1], "false", "FINISH et=1 hs=101", "false"],
    ],
  },
  {
    name: "TCP reset, auto-reconnect off: ERROR, DISCONNECTED, FINISH",
    config: once,
    after: 50,
    peer: async (connection) => {
      accept(connection);
      connection.send(text("x"));
      await connection.nextFrame();
      connection.reset();
    },
    script: `at(client, ws.WEBSOCKET_EVENT_DATA, function () { ws.esp_websocket_client_send_text(client, "y"); });`,
    trace: [...OPEN, 'DATA(1,1,1/1@0) "x"', ...LOST, "FINISH et=1 hs=101"],
  },
  ...[404, 401, 200, 500].map((status): Scenario => ({
    name: `handshake refused (${status}): ERROR and DISCONNECTED with hs, then FINISH`,
    config: once,
    peer: (connection) => connection.send(`HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`),
    trace: [...START, `ERROR et=3 hs=${status}`, `DISCONNECTED et=3 hs=${status}`, `FINISH et=3 hs=${status}`],
  })),
  {
    name: "handshake refused, then accepted",
    config: soon,
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    connections: 2,
    peer: (connection, index) => {
      if (index) accept(connection);
      else connection.send("HTTP/1.1 503 X\r\n\r\n");
    },
    trace: [...START, "ERROR et=3 hs=503", "DISCONNECTED et=3 hs=503", "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
  },
  ...["Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n", ""].map((line): Scenario => ({
    name: `${line ? "wrong" : "missing"} Accept: the same with hs 101`,
    config: once,
    peer: (connection) => connection.send(`HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${line}\r\n`),
    trace: [...START, "ERROR et=3 hs=101", "DISCONNECTED et=3 hs=101", "FINISH et=3 hs=101"],
  })),
  {
    name: "no HTTP at all: hs -1",
    config: once,
    peer: (connection) => connection.send("SSH-2.0-OpenSSH_9.2\r\n"),
    trace: [...START, "ERROR et=3 hs=-1", "DISCONNECTED et=3 hs=-1", "FINISH et=3 hs=-1"],
  },
  {
    name: "connection refused: ERROR, DISCONNECTED et 1",
    config: { ...once, uri: "DEAD_URL" },
    connections: 0,
    trace: [...START, "ERROR et=1", "DISCONNECTED et=1", "FINISH et=1"],
  },
  {
    name: "an unknown host: ERROR, DISCONNECTED et 1",
    // No name server is asked for a name with a part of more than 63 characters (RFC 1035 §2.3.4).
    config: { ...once, uri: `ws://${"x".repeat(64)}.invalid/` },
    connections: 0,
    trace: [...START, "ERROR et=1", "DISCONNECTED et=1", "FINISH et=1"],
  },
  ...[301, 302].map((status): Scenario => ({
    name: `${status} with Location: followed at once, new BEFORE_CONNECT, no error events`,
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    connections: 2,
    peer: (connection, index) => {
      if (index) accept(connection);
      else connection.send(`HTTP/1.1 ${status} X\r\nLocation: ${connection.path}/elsewhere\r\n\r\n`);
      expect(/\/elsewhere$/.test(connection.path)).toBe(index === 1);
    },
    trace: [...START, "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
  })),
  {
    name: "no PONG: PINGs (89 80 + key), then ERROR and DISCONNECTED et 2",
    config: { ...once, ping_interval_sec: 0.1, pingpong_timeout_sec: 0.15 },
    peer: async (connection) => {
      accept(connection);
      expect(wire(await connection.nextFrame())).toBe("8980");
      expect(wire(await connection.nextFrame())).toBe("8980");
    },
    trace: [...OPEN, "ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101", "FINISH et=2 hs=101"],
  },
  {
    name: "no PONG, with auto-reconnect: a PING after each ping_interval_sec, then the reconnect",
    config: { ...soon, ping_interval_sec: 0.1, pingpong_timeout_sec: 0.1 },
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED, 2);",
    connections: 2,
    peer: async (connection, index) => {
      accept(connection);
      if (!index) expect(wire(await connection.nextFrame())).toBe("8980");
    },
    trace: [...OPEN, "ERROR et=2 hs=101", "DISCONNECTED et=2 hs=101", "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
  },
  {
    name: "disable_pingpong_discon: pings go on, no error",
    config: { ...once, ping_interval_sec: 0.05, pingpong_timeout_sec: 0.05, disable_pingpong_discon: true },
    script: "stopAt(client, ws.WEBSOCKET_EVENT_DATA);",
    peer: async (connection) => {
      accept(connection);
      for (let i = 0; i < 5; i++) expect(wire(await connection.nextFrame())).toBe("8980");
      connection.send(text("enough"));
    },
    trace: [...OPEN, 'DATA(1,1,6/6@0) "enough"', "FINISH"],
  },
  {
    name: "a stall in the middle of a frame header longer than network_timeout_ms: ERROR and DISCONNECTED",
    config: { ...once, network_timeout_ms: 1500 },
    peer: (connection) => {
      accept(connection);
      connection.send(text("abc").subarray(0, 1));
    },
    trace: [...OPEN, ...LOST, "FINISH et=1 hs=101"],
  },
];

const onTheWire: Scenario[] = [
  {
    name: "the request, in order",
    path: "/path?a=b#fragment",
    config: {
      subprotocol: "mqtt",
      username: "user",
      password: "secret",
      headers: "X-One: 1\r\nX-Two:2\r\n",
    },
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    peer: (connection) => {
      expect(connection.head.split("\r\n")).toEqual([
        expect.stringMatching(/^GET \/\d+\/path\?a=b HTTP\/1\.1$/),
        "Connection: Upgrade",
        `Host: 127.0.0.1:${connection.socket.localPort}`,
        "User-Agent: ESP32 Websocket Client",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        expect.stringMatching(/^Sec-WebSocket-Key: [A-Za-z0-9+/]{22}==$/),
        "Sec-WebSocket-Protocol: mqtt",
        "Authorization: Basic " + Buffer.from("user:secret").toString("base64"),
        "X-One: 1",
        "X-Two:2",
        "",
        "",
      ]);
      accept(connection, ["Sec-WebSocket-Protocol: mqtt"]);
    },
    trace: [...OPEN, "FINISH"],
  },
  {
    name: "append_header applies from the next handshake; set_headers replaces all for the next one",
    config: soon,
    script: `ws.esp_websocket_client_append_header(client, "A", "1");
      at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
        print("append " + ws.esp_websocket_client_append_header(client, "B", "2"));
      }, 1);
      at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
        print("set " + ws.esp_websocket_client_set_headers(client, "C: 3\\r\\n"));
      }, 2);
      stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED, 3);`,
    connections: 3,
    peer: (connection, index) => {
      expect([connection.header("A"), connection.header("B"), connection.header("C")]).toEqual(
        [
          ["1", undefined, undefined],
          ["1", "2", undefined],
          [undefined, undefined, "3"],
        ][index]
      );
      accept(connection);
      if (index < 2) connection.fin();
    },
    trace: [
      ...OPEN,
      "append 0",
      ...LOST,
      "BEFORE_CONNECT",
      "CONNECTED hs=101",
      "set 0",
      ...LOST,
      "BEFORE_CONNECT",
      "CONNECTED hs=101",
      "FINISH",
    ],
  },
  {
    name: "send_text_partial, send_cont_msg, send_cont_msg, send_fin: 01, 00, 00, 80; returns 3, 3, 5, 0",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
      print("returns " + [
        ws.esp_websocket_client_send_text_partial(client, "abc", 3),
        ws.esp_websocket_client_send_cont_msg(client, "def", 3),
        ws.esp_websocket_client_send_cont_msg(client, "ghijk", 5),
        ws.esp_websocket_client_send_fin(client)
      ].join());
    });
    stopAt(client, ws.WEBSOCKET_EVENT_DATA);`,
    peer: async (connection) => {
      accept(connection);
      for (const wanted of ["0183 616263", "0083 646566", "0085 6768696a6b", "8080"])
        expect(wire(await connection.nextFrame())).toBe(wanted);
      connection.send(text("done"));
    },
    trace: [...OPEN, "returns 3,3,5,0", 'DATA(1,1,4/4@0) "done"', "FINISH"],
  },
  {
    name: "2500 bytes with buffer_size 1024: 01(1024) 00(1024) 80(452)",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
      var bytes = new Uint8Array(2500), i;
      for (i = 0; i < 2500; i++) bytes[i] = i & 63;
      print("returns " + ws.esp_websocket_client_send_text(client, bytes, 2500));
      bytes.fill(0);
    });
    stopAt(client, ws.WEBSOCKET_EVENT_DATA);`,
    peer: async (connection) => {
      accept(connection);
      const frames = await connection.framesUntil(({ fin }) => fin);
      expect(frames.map(({ raw, payload }) => [raw[0], payload.length])).toEqual([
        [0x01, 1024],
        [0x00, 1024],
        [0x80, 452],
      ]);
      const wanted = Buffer.from(Uint8Array.from({ length: 2500 }, (_, index) => index & 63));
      expect(Buffer.concat(frames.map(({ payload }) => payload)).equals(wanted)).toBe(true);
      connection.send(text("done"));
    },
    trace: [...OPEN, "returns 2500", 'DATA(1,1,4/4@0) "done"', "FINISH"],
  },
  {
    name: "empty send_text: 81 80 + key, returns 0; send_bin; send_with_opcode",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
      print("returns " + [
        ws.esp_websocket_client_send_text(client, "", 0),
        ws.esp_websocket_client_send_bin(client, [0, 255, 128], 3),
        ws.esp_websocket_client_send_with_opcode(client, 9, "p", 1)
      ].join());
    });
    stopAt(client, ws.WEBSOCKET_EVENT_DATA);`,
    peer: async (connection) => {
      accept(connection);
      for (const wanted of ["8180", "8283 00ff80", "8981 70"]) expect(wire(await connection.nextFrame())).toBe(wanted);
      connection.send(text("done"));
    },
    trace: [...OPEN, "returns 0,3,1", 'DATA(1,1,4/4@0) "done"', "FINISH"],
  },
  {
    name: "with a code and no data: the 2-byte code",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () { ws.esp_websocket_client_close_with_code(client, 1001); });`,
    peer: async (connection) => {
      accept(connection);
      expect(wire(await connection.nextFrame())).toBe("8882 03e9");
      connection.send(close(1001));
      connection.fin();
    },
    trace: [...OPEN, "DATA(8,1,2/2@0) 03e9", "CLOSED hs=101 cc=1001", "FINISH hs=101 cc=1001"],
  },
];

/** What a request says of where it goes to, and as whom. */
function target(connection: PeerConnection): (string | undefined)[] {
  const user = connection.header("Authorization");
  return [
    connection.path,
    connection.header("Host")?.replace(String(connection.socket.localPort), "PORT"),
    user && Buffer.from(user.replace("Basic ", ""), "base64").toString(),
  ];
}

/** A client with this configuration sends a request to there. */
const configured = (
  name: string,
  config: Scenario["config"],
  wanted: (index: number) => (string | undefined)[],
  script = ""
): Scenario => ({
  name,
  config,
  script: `${script} stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);`,
  peer: (connection) => {
    expect(target(connection)).toEqual(wanted(+/\d+/.exec(connection.path)![0]));
    accept(connection);
  },
  trace: [...(script ? ["set_uri 0"] : []), ...OPEN, "FINISH"],
});

/**
 * The rows "no port: 80 or 443" and the defaults that are too long to wait for are in test/unit/configuration.test.ts:
 * no test may take port 80 of the machine it runs on.
 */
const configuration: Scenario[] = [
  configured(
    "explicit host, port, path, username, password beat the URI",
    (port, index) => ({
      ...{ uri: "ws://user:pass@server.invalid:123/other", host: "127.0.0.1", port, path: `/${index}/path?a=b` },
      ...{ username: "me", password: "secret" },
    }),
    (index) => [`/${index}/path?a=b`, "127.0.0.1:PORT", "me:secret"]
  ),
  configured(
    "host, port and path without a URI",
    (port, index) => ({ host: "127.0.0.1", port, path: `/${index}`, uri: undefined }),
    (index) => [`/${index}`, "127.0.0.1:PORT", undefined]
  ),
  configured("the URI's scheme beats transport", { transport: 2, allow_unverified_tls: true }, (index) => [
    `/${index}`,
    "127.0.0.1:PORT",
    undefined,
  ]),
  configured(
    "?a=b becomes /?a=b, a fragment is dropped, the scheme's case does not matter",
    (port, index) => ({ uri: `Ws://127.0.0.1:${port}?${index}=b#c?d` }),
    (index) => [`/?${index}=b`, "127.0.0.1:PORT", undefined]
  ),
  configured(
    "user:pass@ gives Basic authentication",
    (port, index) => ({ uri: `ws://us%40er:pass@127.0.0.1:${port}/${index}?a=b#c` }),
    (index) => [`/${index}?a=b`, "127.0.0.1:PORT", "us@er:pass"]
  ),
  configured(
    "a later set_uri keeps old port, path and user parts that the new URI lacks",
    (port, index) => ({ uri: `ws://user:pass@server.invalid:${port}/${index}/old` }),
    (index) => [`/${index}/old`, "127.0.0.1:PORT", "user:pass"],
    `print("set_uri " + ws.esp_websocket_client_set_uri(client, "ws://127.0.0.1"));`
  ),
  configured(
    "better, row `set_uri does not recompute auth`: it does",
    (port, index) => ({ uri: `ws://user:pass@server.invalid:${port}/${index}/old` }),
    (index) => [`/${index}/new`, "127.0.0.1:PORT", "other:word"],
    `print("set_uri " + ws.esp_websocket_client_set_uri(client, "ws://other:word@127.0.0.1/" + index + "/new"));`
  ),
  {
    name: "defaults: buffer_size 1024, ping_interval_sec 10, reconnect_timeout_ms 10000",
    script: `print([
        ws.esp_websocket_client_get_ping_interval_sec(client), ws.esp_websocket_client_get_reconnect_timeout(client)
      ].join());
      at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
        ws.esp_websocket_client_send_bin(client, new Uint8Array(1025), 1025);
      });
      stopAt(client, ws.WEBSOCKET_EVENT_DATA);`,
    peer: async (connection) => {
      accept(connection);
      const frames = await connection.framesUntil(({ fin }) => fin);
      expect(frames.map(({ payload }) => payload.length)).toEqual([1024, 1]);
      connection.send(text("done"));
    },
    trace: ["10,10000", ...OPEN, 'DATA(1,1,4/4@0) "done"', "FINISH"],
  },
];

const returnValues: Scenario[] = [
  {
    name: "init with a bad URI (no scheme, port 70000, bad port, space): null; http: and ftp: fail in start",
    idle: true,
    script: `var uris = ["server/path", "ws://server:70000/", "ws://server:8o/", "ws://server/a b"], i, other;
      for (i = 0; i < uris.length; i++) print(String(ws.esp_websocket_client_init({ uri: uris[i] })));
      uris = ["http://server/", "ftp://server/"];
      for (i = 0; i < uris.length; i++) {
        other = ws.esp_websocket_client_init({ uri: uris[i] });
        print(String(ws.esp_websocket_client_start(other)));
        ws.esp_websocket_client_destroy(other);
      }
      print(String(ws.esp_websocket_client_init({
        uri: "wss://server/", cert_common_name: "a", skip_cert_common_name_check: true
      })));
      next();`,
    trace: (lines) =>
      expect(lines.filter((line) => !line.startsWith("esp_websocket_client: "))).toEqual([
        ...Array(4).fill("null"),
        "-1",
        "-1",
        "null",
      ]),
  },
  {
    name: "before start: send_* / close / stop / set_headers / bad set_uri / null uri",
    idle: true,
    script: `print(["text", "text_partial", "bin", "bin_partial", "cont_msg"].map(function (name) {
        return ws["esp_websocket_client_send_" + name](client, "a", 1);
      }).join());
      print([
        ws.esp_websocket_client_send_with_opcode(client, 1, "a", 1), ws.esp_websocket_client_send_fin(client),
        ws.esp_websocket_client_close(client), ws.esp_websocket_client_close_with_code(client, 1000),
        ws.esp_websocket_client_stop(client),
        ws.esp_websocket_client_set_headers(client, "A: 1\\r\\n") === ws.ESP_ERR_INVALID_ARG,
        ws.esp_websocket_client_set_uri(client, "server"),
        ws.esp_websocket_client_set_uri(client, null) === ws.ESP_ERR_INVALID_ARG
      ].join());
      next();`,
    trace: ["-1,-1,-1,-1,-1", "-1,-1,-1,-1,-1,true,-1,true"],
  },
  {
    name: "second start / second stop; start after FINISH is fine",
    again: true,
    connections: 2,
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
        print("start " + ws.esp_websocket_client_start(client));
        setTimeout(function () {
          print("stop " + ws.esp_websocket_client_stop(client));
          print("stop " + ws.esp_websocket_client_stop(client));
          print("start " + ws.esp_websocket_client_start(client));
        }, 1);
      });
      at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () { setTimeout(next, 1); }, 2);`,
    peer: (connection) => accept(connection),
    trace: [
      ...OPEN,
      "start -1",
      "FINISH",
      "stop 0",
      "stop -1",
      "BEGIN",
      "start 0",
      "BEFORE_CONNECT",
      "CONNECTED hs=101",
      "FINISH",
    ],
  },
  {
    name: "null handle",
    idle: true,
    script: `print(["start", "stop", "destroy", "destroy_on_exit", "close", "set_uri", "set_headers", "append_header",
        "close_with_code", "set_ping_interval_sec", "set_reconnect_timeout"].map(function (name) {
        return ws["esp_websocket_client_" + name](null, "ws://server/", "1") === ws.ESP_ERR_INVALID_ARG;
      }).join());
      print(["text", "text_partial", "bin", "bin_partial", "cont_msg", "fin"].map(function (name) {
        return ws["esp_websocket_client_send_" + name](null, "a", 1);
      }).join());
      print([
        ws.esp_websocket_client_send_with_opcode(null, 1, "a", 1),
        ws.esp_websocket_register_events(null, -1, print) === ws.ESP_ERR_INVALID_ARG,
        ws.esp_websocket_unregister_events(null, -1, print) === ws.ESP_ERR_INVALID_ARG,
        ws.esp_websocket_client_is_connected(null),
        ws.esp_websocket_client_get_ping_interval_sec(null), ws.esp_websocket_client_get_reconnect_timeout(null)
      ].join());
      next();`,
    trace: [Array(11).fill("true").join(), "-1,-1,-1,-1,-1,-1", "-1,true,true,false,0,-1"],
  },
  {
    name: "data null with len > 0, or len < 0; set_ping_interval_sec(0)",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () {
        ws.esp_websocket_client_set_ping_interval_sec(client, 7);
        ws.esp_websocket_client_set_ping_interval_sec(client, 0);
        print([
          ws.esp_websocket_client_send_text(client, null, 1), ws.esp_websocket_client_send_bin(client, "abc", -1),
          ws.esp_websocket_client_get_ping_interval_sec(client)
        ].join());
      });
      stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);`,
    peer: async (connection) => {
      accept(connection);
      await connection.end();
      expect(connection.frames).toEqual([]);
    },
    trace: [...OPEN, "-1,-1,10", "FINISH"],
  },
  {
    name: "set_reconnect_timeout ≤ 0 / with auto-reconnect off",
    config: once,
    idle: true,
    script: `var other = ws.esp_websocket_client_init({ uri: "ws://server/" });
      print([
        ws.esp_websocket_client_set_reconnect_timeout(other, 0) === ws.ESP_ERR_INVALID_ARG,
        ws.esp_websocket_client_set_reconnect_timeout(other, -1) === ws.ESP_ERR_INVALID_ARG,
        ws.esp_websocket_client_set_reconnect_timeout(client, 5) === ws.ESP_ERR_INVALID_STATE,
        ws.esp_websocket_client_get_reconnect_timeout(client), ws.esp_websocket_client_get_reconnect_timeout(other)
      ].join());
      ws.esp_websocket_client_destroy(other);
      next();`,
    trace: ["true,true,true,-1,10000"],
  },
  {
    name: "set_reconnect_timeout while waiting: the running wait is shortened at once",
    config: { reconnect_timeout_ms: 3600000 },
    script: `at(client, ws.WEBSOCKET_EVENT_DISCONNECTED, function () {
        setTimeout(function () { print("set " + ws.esp_websocket_client_set_reconnect_timeout(client, 20)); }, 1);
      });
      stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED, 2);`,
    connections: 2,
    peer: (connection, index) => {
      accept(connection);
      if (!index) connection.fin();
    },
    trace: [...OPEN, ...LOST, "set 0", "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
  },
];

/** A connection that fails for what the server sends, with this close code first. */
function protocolError(name: string, code: number, ...parts: Uint8Array[]): Scenario {
  return {
    name,
    config: once,
    peer: async (connection) => {
      accept(connection);
      connection.send(...parts);
      expect(wire(await connection.nextFrame())).toBe("8882 " + code.toString(16).padStart(4, "0"));
      await connection.end();
    },
    trace: (lines) => {
      expect(lines.slice(0, 4)).toEqual(OPEN);
      expect(lines.slice(-3)).toEqual([...LOST, "FINISH et=1 hs=101"]);
    },
  };
}

/** A handshake that is refused for these lines of the response. */
function refused(name: string, status: number, lines: (accept: string) => string[], config = {}): Scenario {
  return {
    name,
    config: { ...once, ...config },
    peer: (connection) => {
      const good = acceptFor(connection.header("Sec-WebSocket-Key")!);
      connection.send([`HTTP/1.1 ${status} X`, ...lines(good), "", ""].join("\r\n"));
    },
    trace: [...START, `ERROR et=3 hs=${status}`, `DISCONNECTED et=3 hs=${status}`, `FINISH et=3 hs=${status}`],
  };
}

const UPGRADE = ["Upgrade: websocket", "Connection: Upgrade"];

const better: Scenario[] = [
  refused("better, row `any status with a valid Accept connects`: status 200 is refused", 200, (good) => [
    ...UPGRADE,
    `Sec-WebSocket-Accept: ${good}`,
  ]),
  refused("better, row `a 4-character prefix of Accept passes`: it does not", 101, (good) => [
    ...UPGRADE,
    `Sec-WebSocket-Accept: ${good.slice(0, 4)}`,
  ]),
  refused("better, same row: the Connection token list is checked", 101, (good) => [
    "Upgrade: websocket",
    "Connection: keep-alive",
    `Sec-WebSocket-Accept: ${good}`,
  ]),
  refused("better, same row: the Upgrade header is checked", 101, (good) => [
    "Upgrade: h2c",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${good}`,
  ]),
  {
    name: "better, row `response > 1 kB fails`: a head up to 4096 bytes is taken, a longer one refused",
    config: once,
    peer: (connection) => connection.send(`HTTP/1.1 101 X\r\nX-Long: ${"x".repeat(5000)}`),
    trace: [...START, "ERROR et=3 hs=101", "DISCONNECTED et=3 hs=101", "FINISH et=3 hs=101"],
  },
  {
    name: "better, rows `exactly one space`, `lower-case names`, `response > 1 kB`: connected",
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    peer: (connection) => {
      const good = acceptFor(connection.header("Sec-WebSocket-Key")!);
      connection.send(
        ["HTTP/1.1 101", "upgrade:websocket", "CONNECTION:   keep-alive,Upgrade", `sec-websocket-accept:${good} `]
          .concat([`x-long: ${"x".repeat(1100)}`, "", ""])
          .join("\r\n")
      );
    },
    trace: [...OPEN, "FINISH"],
  },
  refused(
    "better, row `subprotocol in the answer unchecked`: one that was not offered fails the handshake",
    101,
    (good) => [...UPGRADE, `Sec-WebSocket-Accept: ${good}`, "Sec-WebSocket-Protocol: wamp"],
    { subprotocol: "mqtt" }
  ),
  protocolError(
    "better, row `masked server frames accepted`: 1002",
    1002,
    frame({ opcode: 1, payload: "abc", mask: Uint8Array.of(1, 2, 3, 4) })
  ),
  protocolError("better, row `orphan continuations accepted`: 1002", 1002, continuation("abc")),
  protocolError("better, row `interleaved continuations accepted`: 1002", 1002, text("abc", false), text("def")),
  protocolError("better, row `invalid UTF-8 accepted`: 1007", 1007, text(Buffer.from("c0af", "hex"))),
  protocolError(
    "better, row `TCP dropped without a close frame`, and instead of cc 0 for a 1-byte body: it is answered with 1002",
    1002,
    frame({ opcode: 8, payload: "x" })
  ),
  {
    name: "better, row `close echo carries no code`: the received code is echoed",
    peer: async (connection) => {
      accept(connection);
      connection.send(close(4000, "why"));
      expect(wire(await connection.nextFrame())).toBe("8882 0fa0");
      connection.fin();
    },
    trace: [...OPEN, "DATA(8,1,5/5@0) 0fa0776879", 'CLOSED "why" et=4 hs=101 cc=4000', "FINISH et=4 hs=101 cc=4000"],
  },
  {
    name: "better, row `any PONG counts, even unsolicited`: it does not",
    config: { ...once, ping_interval_sec: 0.1, pingpong_timeout_sec: 1 },
    peer: async (connection) => {
      accept(connection);
      await connection.nextFrame();
      connection.send(pong("mine"));
    },
    trace: [
      ...OPEN,
      "DATA(10,1,4/4@0) 6d696e65",
      "ERROR et=2 hs=101",
      "DISCONNECTED et=2 hs=101",
      "FINISH et=2 hs=101",
    ],
  },
  {
    name: "better, row `redirects: no limit`: max_redirects, then the handshake fails",
    config: { ...once, max_redirects: 2 },
    connections: 3,
    peer: (connection) => connection.send(`HTTP/1.1 302 Found\r\nLocation: ${connection.path}/x\r\n\r\n`),
    trace: [
      ...START,
      "BEFORE_CONNECT",
      "BEFORE_CONNECT",
      "ERROR et=3 hs=302",
      "DISCONNECTED et=3 hs=302",
      "FINISH et=3 hs=302",
    ],
  },
  {
    name: "better, row `relative Location resets the port`: RFC 3986 resolution, the old path is not kept",
    path: "/old/path?a=b",
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    connections: 3,
    peer: (connection, index) => {
      const number = +/\d+/.exec(connection.path)![0];
      expect(connection.path).toBe(`/${number}/${["old/path?a=b", "old/other?c=d", "new"][index]}`);
      const absolute = `http://127.0.0.1:${connection.socket.localPort}/${number}/new`;
      if (index === 2) accept(connection);
      else connection.send(`HTTP/1.1 302 X\r\nLocation: ${index ? absolute : "./x/../other?c=d"}\r\n\r\n`);
    },
    trace: [...START, "BEFORE_CONNECT", "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
  },
  {
    name: "better, row `ping timer runs from init`: from CONNECTED",
    config: { ...once, ping_interval_sec: 0.4 },
    script: "stopAt(client, ws.WEBSOCKET_EVENT_DATA);",
    peer: async (connection) => {
      // Longer than half of the interval, so that a timer that runs from `init` would be early.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const begin = Date.now();
      accept(connection);
      expect(wire(await connection.nextFrame())).toBe("8980");
      expect(Date.now() - begin).toBeGreaterThan(380);
      connection.send(text("on time"));
    },
    trace: [...OPEN, 'DATA(1,1,7/7@0) "on time"', "FINISH"],
  },
  {
    name: "better, row `stop in a handler`: FINISH, and nothing more",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () { print("stop " + ws.esp_websocket_client_stop(client)); });`,
    after: 50,
    peer: (connection) => {
      accept(connection);
      connection.send(text("not to be told"));
    },
    trace: [...OPEN, "stop 0", "FINISH"],
  },
  {
    name: "better, row `close in a handler`: the close handshake",
    script: `at(client, ws.WEBSOCKET_EVENT_DATA, function () { print("close " + ws.esp_websocket_client_close(client)); });`,
    peer: async (connection) => {
      accept(connection);
      connection.send(text("x"));
      expect(wire(await connection.nextFrame())).toBe("8880");
      connection.send(close());
      connection.fin();
    },
    trace: [...OPEN, 'DATA(1,1,1/1@0) "x"', "close 0", "DATA(8,1,0/0@0) empty", "CLOSED hs=101", "FINISH hs=101"],
  },
  {
    name: "better, row `destroy in a handler`: the handle is dead, and FINISH is told",
    script: `at(client, ws.WEBSOCKET_EVENT_DATA, function () {
      print("destroy " + ws.esp_websocket_client_destroy(client));
      print("again " + (ws.esp_websocket_client_destroy(client) === ws.ESP_ERR_INVALID_ARG));
      setTimeout(next, 50);
    });`,
    peer: (connection) => {
      accept(connection);
      connection.send(text("x"), text("y"));
    },
    trace: [...OPEN, 'DATA(1,1,1/1@0) "x"', "destroy 0", "again true", "FINISH"],
  },
  {
    name: "better, row `start in a handler`: start in FINISH begins a new run",
    config: once,
    again: true,
    connections: 2,
    script: `at(client, ws.WEBSOCKET_EVENT_FINISH, function () { print("start " + ws.esp_websocket_client_start(client)); });
      at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () { setTimeout(next, 1); }, 2);`,
    peer: (connection, index) => {
      accept(connection);
      if (!index) connection.fin();
    },
    trace: [...OPEN, ...LOST, "FINISH et=1 hs=101", "start 0", "BEGIN", "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
  },
  {
    name: "better, row `a missing CRLF in headers sends a request that never ends`: normalised",
    config: { headers: "A: 1\nB: 2" },
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    peer: (connection) => {
      expect(connection.head.slice(-14)).toBe("A: 1\r\nB: 2\r\n\r\n");
      accept(connection);
    },
    trace: [...OPEN, "FINISH"],
  },
  {
    name: "better, row `CR/LF in a value is header injection`: refused",
    script: `print([
        ws.esp_websocket_client_append_header(client, "A", "1\\r\\nB: 2") === ws.ESP_ERR_INVALID_ARG,
        ws.esp_websocket_client_init({ uri: "ws://server/", user_agent: "a\\r\\nB: 2" }),
        ws.esp_websocket_client_init({ uri: "ws://server/", headers: "A: 1\\r\\n\\r\\nGET" })
      ].join());
      stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);`,
    peer: (connection) => {
      expect(connection.header("A")).toBeUndefined();
      expect(connection.header("B")).toBeUndefined();
      accept(connection);
    },
    trace: (lines) =>
      expect(lines.filter((line) => !line.startsWith("esp_websocket_client: "))).toEqual(["true,,", ...OPEN, "FINISH"]),
  },
  {
    name: "better, row `event fields of non-DATA events hold left-overs`: et and hs are those of this event",
    config: soon,
    script: `at(client, ws.WEBSOCKET_EVENT_BEFORE_CONNECT, function () { ws.esp_websocket_client_stop(client); }, 3);`,
    connections: 2,
    peer: (connection, index) => {
      if (index) {
        accept(connection);
        connection.send(binary("left over"));
        connection.fin();
      } else connection.send("HTTP/1.1 404 X\r\nA: 1\r\n\r\n");
    },
    trace: [
      ...START,
      "ERROR et=3 hs=404",
      "DISCONNECTED et=3 hs=404",
      "BEFORE_CONNECT",
      "CONNECTED hs=101",
      "DATA(2,1,9/9@0) 6c656674206f766572",
      ...LOST,
      "BEFORE_CONNECT",
      "FINISH",
    ],
  },
  {
    name: "better, row `server drops TCP instead of answering our close: it reconnects`: CLOSED 1006, FINISH",
    config: soon,
    after: 100,
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () { ws.esp_websocket_client_close(client); });`,
    peer: async (connection) => {
      accept(connection);
      await connection.nextFrame();
      connection.fin();
    },
    trace: [...OPEN, "CLOSED hs=101 cc=1006", "FINISH hs=101 cc=1006"],
  },
  {
    name: "better, row `close never answered with a timeout: FINISH without CLOSED`: CLOSED (1006) then FINISH",
    script: `at(client, ws.WEBSOCKET_EVENT_CONNECTED, function () { ws.esp_websocket_client_close(client, 10); });`,
    peer: async (connection) => {
      accept(connection);
      await connection.nextFrame();
    },
    trace: [...OPEN, "CLOSED hs=101 cc=1006", "FINISH hs=101 cc=1006"],
  },
  {
    name: "better, row `PING longer than buffer_size: connection lost`: answered",
    config: { buffer_size: 16 },
    script: "stopAt(client, ws.WEBSOCKET_EVENT_DATA, 2);",
    peer: async (connection) => {
      accept(connection);
      connection.send(ping("x".repeat(125)));
      expect((await connection.nextFrame()).payload.toString()).toBe("x".repeat(125));
      connection.send(text("on"));
    },
    trace: [...OPEN, "DATA(9,1,125/125@0)", 'DATA(1,1,2/2@0) "on"', "FINISH"],
  },
];

describeTargets("events", (target) => testScenarios(target, events));
describeTargets("on the wire", (target) => testScenarios(target, onTheWire));
describeTargets("configuration", (target) => testScenarios(target, configuration));
describeTargets("return values", (target) => testScenarios(target, returnValues));
describeTargets("where the C client falls short", (target) => testScenarios(target, better));
describeTargets(
  "where the C client falls short, over TLS",
  (target) => {
    test("better, row `redirects`: from wss to ws is refused", async () => {
      const { key, cert } = await signed("server");
      const plain = await startPeer();
      const secure = await startRedirect(plain.url, { key, cert });
      const result = await runClient(target, { ...once, uri: secure.url });
      await secure.close();
      await plain.close();
      expect(result.uncaught).toEqual([]);
      expect(result.lines.filter((line) => /^[A-Z_]+ \d/.test(line))).toEqual([
        "BEGIN 0 0 0 ",
        "BEFORE_CONNECT 0 0 0 ",
        expect.stringMatching(/^ERROR 3 0 0 /),
        "DISCONNECTED 3 0 0 ",
        "FINISH 3 0 0 ",
      ]);
      expect(plain.connections).toHaveLength(0);
    });
  },
  targets().filter(hasEspruinoTls)
);
