/** Every scenario in which the C client was recorded, over real sockets: events, fields, return values, wire bytes. */
import { acceptFor, binary, close, continuation, frame, ping, pong, text } from "../support/peer";
import { describeTargets } from "../support/targets";
import { accept, type Scenario, testScenarios, wire } from "./run_scenarios";

const START = ["BEGIN", "start 0", "BEFORE_CONNECT"];
const OPEN = [...START, "CONNECTED hs=101"];
const LOST = ["ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"];
const once = { disable_auto_reconnect: true };
const soon = { reconnect_timeout_ms: 20 };

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
    name: "the same with enable_close_reconnect: CLOSED et 4, no FINISH, BEFORE_CONNECT",
    config: { ...soon, enable_close_reconnect: true },
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED, 2);",
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
    name: "TCP drop: ERROR, DISCONNECTED et 1, BEFORE_CONNECT",
    config: soon,
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED, 2);",
    connections: 2,
    peer: (connection, index) => {
      accept(connection);
      if (!index) connection.fin();
    },
    trace: [...OPEN, ...LOST, "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
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
    name: "302 with Location: followed at once, new BEFORE_CONNECT, no error events",
    script: "stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);",
    connections: 2,
    peer: (connection, index) => {
      if (index) accept(connection);
      else connection.send(`HTTP/1.1 302 Found\r\nLocation: ${connection.path}/elsewhere\r\n\r\n`);
      expect(/\/elsewhere$/.test(connection.path)).toBe(index === 1);
    },
    trace: [...START, "BEFORE_CONNECT", "CONNECTED hs=101", "FINISH"],
  },
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
    config: { ...once, network_timeout_ms: 200 },
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
  {
    name: "Configuration: set_uri; user:pass@ gives Basic authentication; a fragment is dropped",
    script: `ws.esp_websocket_client_set_uri(client, URL.replace("//", "//us%40er:pass@") + index + "?a=b#c");
      stopAt(client, ws.WEBSOCKET_EVENT_CONNECTED);`,
    peer: (connection) => {
      expect(connection.path).toMatch(/\?a=b$/);
      expect(connection.header("Authorization")).toBe("Basic " + Buffer.from("us@er:pass").toString("base64"));
      accept(connection);
    },
    trace: [...OPEN, "FINISH"],
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
      expect(lines.filter((line) => !line.startsWith("esp_websocket_client_init: "))).toEqual([
        ...Array(4).fill("null"),
        "-1",
        "-1",
        "null",
      ]),
  },
  {
    name: "before start: send_* / close / stop / set_headers / bad set_uri / null uri",
    idle: true,
    script: `print([
        ws.esp_websocket_client_send_text(client, "a", 1), ws.esp_websocket_client_send_fin(client),
        ws.esp_websocket_client_close(client), ws.esp_websocket_client_stop(client),
        ws.esp_websocket_client_set_headers(client, "A: 1\\r\\n") === ws.ESP_ERR_INVALID_ARG,
        ws.esp_websocket_client_set_uri(client, "server"),
        ws.esp_websocket_client_set_uri(client, null) === ws.ESP_ERR_INVALID_ARG
      ].join());
      next();`,
    trace: ["-1,-1,-1,-1,true,-1,true"],
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
    script: `var bad = ws.ESP_ERR_INVALID_ARG;
      print([
        ws.esp_websocket_client_start(null) === bad, ws.esp_websocket_client_stop(null) === bad,
        ws.esp_websocket_client_close(null) === bad, ws.esp_websocket_client_destroy(null) === bad,
        ws.esp_websocket_client_set_uri(null, "ws://server/") === bad,
        ws.esp_websocket_client_append_header(null, "A", "1") === bad,
        ws.esp_websocket_register_events(null, -1, print) === bad,
        ws.esp_websocket_client_send_text(null, "a", 1), ws.esp_websocket_client_is_connected(null),
        ws.esp_websocket_client_get_ping_interval_sec(null), ws.esp_websocket_client_get_reconnect_timeout(null)
      ].join());
      next();`,
    trace: ["true,true,true,true,true,true,true,-1,false,0,-1"],
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
    "better, row `TCP dropped without a close frame`: a close payload of one byte is answered with 1002",
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
    config: { ...once, ping_interval_sec: 0.1, pingpong_timeout_sec: 0.2 },
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
    name: "better, row `destroy in a handler`: the handle is dead, nothing more is told",
    script: `at(client, ws.WEBSOCKET_EVENT_DATA, function () {
      print("destroy " + ws.esp_websocket_client_destroy(client));
      print("again " + (ws.esp_websocket_client_destroy(client) === ws.ESP_ERR_INVALID_ARG));
      setTimeout(next, 50);
    });`,
    peer: (connection) => {
      accept(connection);
      connection.send(text("x"), text("y"));
    },
    trace: [...OPEN, 'DATA(1,1,1/1@0) "x"', "destroy 0", "again true"],
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
      expect(lines.filter((line) => !line.startsWith("esp_websocket_client_init: "))).toEqual([
        "true,,",
        ...OPEN,
        "FINISH",
      ]),
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
describeTargets("return values", (target) => testScenarios(target, returnValues));
describeTargets("where the C client falls short", (target) => testScenarios(target, better));
