/** Reconnecting under real conditions, over real sockets: what a client meets in the field. */
import fs from "node:fs";
import path from "node:path";
import { describeTargets } from "../support/targets";
import { startPeer, text, type Peer, type PeerConnection } from "../support/peer";

const SCRIPT = `
var ws = require("esp_websocket_client");
var config = CONFIG;
config.uri = URL;
var tokens = 0;
if (config.tokens) {
  delete config.tokens;
  config.headers_provider = function () { return "Authorization: Bearer token" + tokens++ + "\\r\\n"; };
}
if (config.uris) {
  var uris = config.uris;
  delete config.uris;
  config.uri_provider = function () { return uris.length > 1 ? uris.shift() : uris[0]; };
}
var client = ws.esp_websocket_client_init(config);
var lost;
client.on("before_connect", function () {
  // Some hosts' timers count from the beginning of the turn in which they are set: half the time must be there.
  if (lost) print("waited " + (Date.now() - lost > LEAST / 2 ? "long enough" : "too short"));
  lost = undefined;
});
client.on("connected", function () { print("connected"); });
client.on("data", function (event) {
  if (event.op_code === 1) print("data " + event.data_ptr);
  if (event.data_ptr === "end") ws.esp_websocket_client_destroy(client);
  if (event.data_ptr === "end") print("DONE");
});
client.on("error", function (event) {
  var error = event.error_handle;
  print("error " + error.error_type + " " + error.esp_ws_handshake_status_code);
});
client.on("disconnected", function () {
  print("disconnected");
  lost = Date.now();
});
ws.esp_websocket_client_start(client);
`;

const CONFIG = { reconnect_timeout_ms: 100 };
const RECOVERED = ["waited long enough", "connected", "data end"];

/** Opens the WebSocket and tells the script to end. */
async function welcome(connection: PeerConnection): Promise<void> {
  await connection.handshake();
  connection.send(text("end"));
}

/** Answers the request with bytes, and ends. */
async function refuse(connection: PeerConnection, ...lines: string[]): Promise<void> {
  await connection.readHead();
  connection.send(lines.join("\r\n"));
  connection.fin();
}

describeTargets("reconnecting", (target) => {
  const run = async (
    script: (connection: PeerConnection, index: number) => Promise<void>,
    config: object = {},
    least = CONFIG.reconnect_timeout_ms
  ): Promise<{ lines: string[]; peer: Peer }> => {
    const peer = await startPeer(script);
    const preset = { URL: peer.url, CONFIG: { ...CONFIG, ...config }, LEAST: least };
    const result = await target.run(SCRIPT, { preset });
    await peer.close();
    expect(result.uncaught).toEqual([]);
    return { lines: result.lines, peer };
  };

  test("after a server that went down with its connections and came up again", async () => {
    const { lines } = await run(async (connection, index) => {
      if (index === 2) return welcome(connection);
      // Going down: the open connection is reset. Coming up: TCP is there, but nothing behind it yet.
      if (index === 0) await connection.handshake();
      connection.reset();
    });
    expect(lines.filter((line) => line !== "connected" && line !== "data end")).toEqual([
      ...["error 1 101", "disconnected", "waited long enough"],
      ...["error 1 0", "disconnected", "waited long enough"],
    ]);
    expect(lines.slice(-2)).toEqual(["connected", "data end"]);
  });

  test("while nothing listens on the server's port, and when something does again", async () => {
    let server: Peer | undefined = await startPeer(async (connection) => {
      await connection.handshake();
    });
    const { url, port } = server;
    let refusals = 0;
    let again: Promise<Peer> | undefined;
    const onLine = (line: string): void => {
      if (line === "connected" && server) {
        void server.close();
        server = undefined;
      }
      if (line === "error 1 0" && ++refusals === 3) again = startPeer(welcome, port);
    };
    const result = await target.run(SCRIPT, {
      preset: { URL: url, CONFIG, LEAST: CONFIG.reconnect_timeout_ms },
      onLine,
    });
    await (await again!).close();
    expect(refusals).toBeGreaterThan(2);
    // Espruino prints this itself, for whoever reads its console.
    expect(result.uncaught.filter((line) => !line.startsWith("ERROR: Connect failed"))).toEqual([]);
    expect(result.lines.slice(-3)).toEqual(RECOVERED);
  });

  test("after a captive portal that answers 200 with a page", async () => {
    const page = "<html><body>Please log in</body></html>";
    const { lines } = await run(async (connection, index) => {
      if (index > 1) return welcome(connection);
      await refuse(
        connection,
        "HTTP/1.1 200 OK",
        "Content-Type: text/html",
        `Content-Length: ${page.length}`,
        "",
        page
      );
    });
    expect(lines).toEqual([
      ...["error 3 200", "disconnected", "waited long enough"],
      ...["error 3 200", "disconnected", ...RECOVERED],
    ]);
  });

  test("after 401 for an expired token: headers_provider gives the new one", async () => {
    const { lines, peer } = await run(
      async (connection, index) => {
        if (index > 0) return welcome(connection);
        await refuse(connection, "HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Bearer", "Content-Length: 0", "", "");
      },
      { tokens: true }
    );
    expect(lines).toEqual(["error 3 401", "disconnected", ...RECOVERED]);
    expect(peer.connections.map((connection) => connection.header("Authorization"))).toEqual([
      "Bearer token0",
      "Bearer token1",
    ]);
  });

  test("after 503 not before Retry-After has passed, and after that as configured", async () => {
    const { lines } = await run(
      async (connection, index) => {
        if (index > 0) return welcome(connection);
        await refuse(connection, "HTTP/1.1 503 Busy", "Retry-After: 1", "Content-Length: 0", "", "");
      },
      {},
      1000
    );
    expect(lines).toEqual(["error 3 503", "disconnected", ...RECOVERED]);
  });

  test("while the server's name cannot be resolved, and when it can again", async () => {
    const peer = await startPeer(welcome);
    // A label has at most 63 characters: the resolver refuses this name by itself, and no network is asked.
    const nowhere = `ws://${"x".repeat(64)}.invalid/`;
    const result = await target.run(SCRIPT, {
      preset: { URL: peer.url, CONFIG: { ...CONFIG, uris: [nowhere, nowhere, peer.url] }, LEAST: 100 },
    });
    await peer.close();
    expect(result.uncaught).toEqual([]);
    expect(result.lines).toEqual([
      ...["error 1 0", "disconnected", "waited long enough"],
      ...["error 1 0", "disconnected", ...RECOVERED],
    ]);
  });

  test("when the server has moved to another address while the connection was open", async () => {
    const moved = await startPeer(welcome);
    const old = await startPeer(async (connection) => {
      await connection.handshake();
      connection.reset();
    });
    const result = await target.run(SCRIPT, {
      preset: { URL: old.url, CONFIG: { ...CONFIG, uris: [old.url, moved.url] }, LEAST: 100 },
    });
    await old.close();
    await moved.close();
    expect(result.uncaught).toEqual([]);
    expect(result.lines.filter((line) => line !== "connected" && line !== "data end")).toEqual([
      ...["error 1 101", "disconnected", "waited long enough"],
    ]);
    expect(result.lines.slice(-2)).toEqual(["connected", "data end"]);
    expect(moved.connections).toHaveLength(1);
  });

  test("after the network fell silent: only the missing PONG tells", async () => {
    const { lines } = await run(
      async (connection, index) => {
        if (index > 0) return welcome(connection);
        await connection.handshake();
        connection.pause();
      },
      { ping_interval_sec: 0.05, pingpong_timeout_sec: 0.5 }
    );
    expect(lines).toEqual(["connected", "error 2 101", "disconnected", ...RECOVERED]);
  });
});

describe("reconnecting, what only the simulator can do", () => {
  const { createBoard } = require("../../dist/simulator/index.js") as typeof import("../../board/simulator");
  const library = fs.readFileSync(path.join(__dirname, "../../dist/esp_websocket_client.min.js"), "utf8");

  test.each(["Unable to locate host", "Not connected to the internet"] as const)(
    "Wi-Fi lost without an event, then “%s” for a while",
    async (message) => {
      const peer = await startPeer(async (connection, index) => {
        if (index === 0) await connection.handshake();
        else await welcome(connection);
      });
      const lines: string[] = [];
      let failures = 0;
      const board = createBoard({
        storage: { esp_websocket_client: library },
        print: (line) => {
          lines.push(line);
          if (line === "connected" && failures === 0) board.setWifi(false, message);
          // Three attempts find no network.
          if (line === "error 1 0" && ++failures === 3) board.setWifi(true);
        },
      });
      const config = { ...CONFIG, ping_interval_sec: 0.05, pingpong_timeout_sec: 0.5 };
      Object.assign(board.globals, { URL: peer.url, CONFIG: config, LEAST: CONFIG.reconnect_timeout_ms });
      board.run(SCRIPT);
      await board.idle();
      expect(lines).toEqual([
        ...["connected", "error 2 101", "disconnected", "waited long enough"],
        ...["error 1 0", "disconnected", "waited long enough"],
        ...["error 1 0", "disconnected", "waited long enough"],
        ...["error 1 0", "disconnected", ...RECOVERED, "DONE"],
      ]);
      expect(board.uncaught).toEqual([]);
      await board.close();
      await peer.close();
    }
  );
});
