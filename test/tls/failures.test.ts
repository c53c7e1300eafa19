import { describeTargets, targets } from "../support/targets";
import { signed, type Identity } from "./certificates";
import { hasEspruinoTls, runClient } from "./script";
import { closedAfterEach, startCutting, startTcp, startTls, type Watched } from "./server";

const espruinos = targets().filter(hasEspruinoTls);
const UNVERIFIED = "wss: the server is not verified";
const OPENING = ["BEGIN 0 0 0 ", "BEFORE_CONNECT 0 0 0 "];
/** ERROR and DISCONNECTED of a TLS handshake that failed, with the same code in both. */
const FAILED = [
  expect.stringMatching(/^ERROR 1 (-[1-9]\d*) \1 TLS handshake failed: ./),
  expect.stringMatching(/^DISCONNECTED 1 (-[1-9]\d*) \1 $/),
];
const SILENCE = [expect.stringMatching(/^ERROR 1 0 0 No answer in time/), "DISCONNECTED 1 0 0 "];
const twice = (failure: unknown[]): unknown[] => [
  ...OPENING,
  UNVERIFIED,
  ...failure,
  OPENING[1],
  ...failure,
  "FINISH 0 0 0 ",
];

let server: Identity;
beforeAll(async () => {
  server = await signed("server");
});

const keep = closedAfterEach();

describeTargets(
  "a TLS handshake that fails: ERROR, DISCONNECTED, and again",
  (target) => {
    const expectTwice = async (watched: Watched & { url: string }, failure: unknown[], config = {}): Promise<void> => {
      const result = await runClient(target, { uri: watched.url, ...config }, { rounds: 2 });
      expect(result).toEqual({ lines: twice(failure), uncaught: [], done: false });
      await watched.idle();
      expect(watched.accepted).toBe(2);
      expect(watched.most).toBe(1);
    };

    test("a server that speaks only TLS 1.3", async () => {
      const peer = keep(await startTls({ key: server.key, cert: server.cert, minVersion: "TLSv1.3" }));
      await expectTwice(peer, FAILED);
      expect(peer.sessions).toEqual([]);
    });

    test("a plain server on the TLS port that speaks first", async () => {
      await expectTwice(
        keep(await startTcp((socket, data) => void (data || socket.write("220 mail.example ESMTP\r\n")))),
        FAILED
      );
    });

    test("a plain server on the TLS port that answers", async () => {
      const answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
      await expectTwice(keep(await startTcp((socket, data) => void (data && socket.end(answer)))), FAILED);
    });

    test("silence, until network_timeout_ms", async () => {
      const peer = keep(await startTcp());
      await expectTwice(peer, SILENCE, { network_timeout_ms: 150 });
      // A client that was given up says nothing more, its waiting request least of all.
      expect(Buffer.concat(peer.received).includes("GET ")).toBe(false);
    });

    test("silence in the middle of the handshake", async () => {
      const tls = keep(await startTls({ key: server.key, cert: server.cert }));
      let paused = false;
      const peer = keep(
        await startTcp((socket, data) => {
          // An alert's header, and no more.
          if (data && !paused) socket.write(Buffer.from([22, 3, 3, 0, 64]));
          paused = false;
        })
      );
      await expectTwice(peer, SILENCE, { network_timeout_ms: 150 });
      expect(tls.accepted).toBe(0);
    });

    test.each([
      ["fin", 0],
      ["rst", 0],
      ["fin", 3],
      ["rst", 3],
      ["fin", 700],
      ["rst", 700],
    ] as const)("the connection ends with %s behind %d bytes of the server's", async (how, after) => {
      const tls = keep(await startTls({ key: server.key, cert: server.cert, maxVersion: "TLSv1.2" }));
      await expectTwice(keep(await startCutting(tls.port, after, how)), FAILED);
      expect(tls.sessions).toEqual([]);
    });

    test("more attempts than the board has sockets", async () => {
      const peer = keep(await startTcp());
      const result = await runClient(
        target,
        { uri: peer.url, network_timeout_ms: 30, reconnect_timeout_ms: 1 },
        { rounds: 15 }
      );
      expect(result.uncaught).toEqual([]);
      expect(result.lines.filter((line) => line.startsWith("ERROR"))).toEqual(
        Array.from({ length: 15 }, () => expect.stringContaining("No answer in time"))
      );
      await peer.idle();
      // Before the script ends the client, it may begin once more.
      expect(peer.accepted).toBe(result.lines.filter((line) => line.startsWith("BEFORE_CONNECT")).length);
      expect(peer.most).toBeLessThan(3);
    });

    test("stop in the middle of it closes the socket", async () => {
      const peer = keep(await startTcp());
      const after = `client.on("before_connect", function () {
        setTimeout(function () { ws.esp_websocket_client_stop(client); }, 100);
      });`;
      const result = await runClient(target, { uri: peer.url }, { after });
      expect(result).toEqual({ lines: [...OPENING, UNVERIFIED, "FINISH 0 0 0 "], uncaught: [], done: false });
      await peer.idle();
    });

    // The firmware itself crashes when several sockets are open, TLS among them (docs/security.md).
    (target.real ? test.skip : test)("several at once do not take each other for their own", async () => {
      const tls13 = keep(await startTls({ key: server.key, cert: server.cert, minVersion: "TLSv1.3" }));
      const good = keep(await startTls({ key: server.key, cert: server.cert }));
      const silent = keep(await startTcp());
      const script = `
        var others = [[${JSON.stringify(good.url)}, 1], [${JSON.stringify(silent.url)}, 0]].map(function (other) {
          var client = ws.esp_websocket_client_init({ uri: other[0], network_timeout_ms: 600, disable_auto_reconnect: true });
          client.on("connected", function () { print("OTHER " + other[1]); ws.esp_websocket_client_close(client); });
          client.on("error", function (event) { print("OTHER " + other[1], event.error_handle.esp_tls_last_esp_err); });
          client.on("finish", function () { ws.esp_websocket_client_destroy(client); });
          ws.esp_websocket_client_start(client);
        });`;
      const result = await runClient(target, { uri: tls13.url }, { rounds: 2, after: script });
      // An exception of the idle loop is lost where a callback of the same pass uses `try`: it is shown, at most.
      expect(result.uncaught.filter((line) => !/handshake returned|Uncaught undefined/.test(line))).toEqual([]);
      expect(result.lines.filter((line) => !line.startsWith("OTHER"))).toEqual(twice(FAILED));
      expect(result.lines.filter((line) => line.startsWith("OTHER")).sort()).toEqual(["OTHER 0 0", "OTHER 1"]);
      for (const peer of [tls13, good, silent]) await peer.idle();
    });

    // Espruino forgets an exception when another callback runs in the same pass of its idle loop: these are far apart.
    const throwing = `
      client.on("before_connect", function () { setTimeout(function () { throw new Error("during"); }, 100); });
      client.on("disconnected", function () { setTimeout(function () { throw new Error("after"); }, 100); });`;

    test("the script's own exceptions are shown as ever, during a handshake and after it", async () => {
      const peer = keep(await startTcp());
      const result = await runClient(target, { uri: peer.url, network_timeout_ms: 1000 }, { after: throwing });
      expect(result.uncaught).toEqual(["Uncaught Error: during", "Uncaught Error: after"]);
      await peer.idle();
    });

    test("a script that hears of its exceptions itself goes on doing so", async () => {
      const peer = keep(await startTcp());
      const before = `process.on("uncaughtException", function (error) { print("HEARD " + error.message); });`;
      const config = { uri: peer.url, network_timeout_ms: 1000 };
      const result = await runClient(target, config, { before, after: throwing });
      expect(result.uncaught).toEqual([]);
      expect(result.lines.filter((line) => line.startsWith("HEARD"))).toEqual(["HEARD during", "HEARD after"]);
      await peer.idle();
    });
  },
  espruinos
);
