import { describeTargets, targets } from "../support/targets";
import { authority, signed, type Identity } from "./certificates";
import { hasEspruinoTls, runClient } from "./script";
import { closedAfterEach, startRedirect, startTcp, startTls } from "./server";

const espruinos = targets().filter(hasEspruinoTls);
const OPENING = ["BEGIN 0 0 0 ", "BEFORE_CONNECT 0 0 0 "];

let ca: Identity;
let server: Identity;
let foreign: Identity;
beforeAll(async () => {
  [ca, server, foreign] = await Promise.all([authority(), signed("server"), authority("foreign")]);
});

const keep = closedAfterEach();

describeTargets(
  "verification that Espruino cannot do",
  (target) => {
    const REFUSED = [
      expect.stringMatching(/^ERROR 0 0 0 The board cannot do server verification.*allow_unverified_tls/),
      "start 262",
    ];

    test.each<[string, () => object, string]>([
      ["cert_pem of another authority", () => ({ cert_pem: foreign.cert }), ""],
      ["cert_pem of the server's own", () => ({ cert_pem: ca.cert }), ""],
      ["cert_common_name", () => ({ cert_common_name: "server" }), ""],
      ["use_global_ca_store", () => ({ use_global_ca_store: true }), ""],
      ["crt_bundle_attach", () => ({}), "CONFIG.crt_bundle_attach = function () { print('called'); };"],
    ])("%s: nothing connects", async (_field, config, before) => {
      const peer = keep(await startTls({ key: server.key, cert: server.cert }));
      const result = await runClient(target, { uri: peer.url, ...config() }, { before });
      expect(result).toEqual({ lines: REFUSED, uncaught: [], done: false });
      expect(peer.accepted).toBe(0);
    });

    test("nor where a uri_provider leads to wss only later", async () => {
      const peer = keep(await startTls({ key: server.key, cert: server.cert }));
      const before = `CONFIG.uri_provider = function () { return ${JSON.stringify(peer.url)}; };`;
      const config = { uri: "ws://127.0.0.1:1/", cert_pem: foreign.cert };
      const result = await runClient(target, config, { before, rounds: 2 });
      const failure = [expect.stringMatching(/^ERROR 1 0 0 .*cannot do server verification/), "DISCONNECTED 1 0 0 "];
      expect(result.lines).toEqual([...OPENING, ...failure, OPENING[1], ...failure, "FINISH 0 0 0 "]);
      expect(peer.accepted).toBe(0);
    });

    test("nor where a redirect does", async () => {
      const peer = keep(await startTls({ key: server.key, cert: server.cert }));
      const plain = keep(await startRedirect(peer.url));
      const result = await runClient(target, { uri: plain.url, cert_pem: foreign.cert });
      expect(result.lines).toContainEqual(expect.stringMatching(/^ERROR 1 0 0 .*cannot do server verification/));
      expect(result.lines).not.toContainEqual(expect.stringContaining("CONNECTED 0"));
      expect(plain.accepted).toBeGreaterThan(0);
      expect(peer.accepted).toBe(0);
    });

    test("nor where set_uri does", async () => {
      const peer = keep(await startTls({ key: server.key, cert: server.cert }));
      const after = `print("set " + ws.esp_websocket_client_set_uri(client, ${JSON.stringify(peer.url)}));
        print("start " + ws.esp_websocket_client_stop(client), ws.esp_websocket_client_start(client));`;
      const result = await runClient(
        target,
        { uri: "ws://127.0.0.1:1/", cert_pem: foreign.cert },
        { after, rounds: 9 }
      );
      expect(result.lines).toEqual(["BEGIN 0 0 0 ", "set 0", "FINISH 0 0 0 ", REFUSED[0], "start 0 262"]);
      expect(peer.accepted).toBe(0);
    });

    test("allow_unverified_tls connects all the same, without a word", async () => {
      const peer = keep(await startTls({ key: server.key, cert: server.cert }));
      const config = { uri: peer.url, cert_pem: foreign.cert, cert_common_name: "nobody", allow_unverified_tls: true };
      const result = await runClient(target, config, { messages: ["hello"], closeOn: "hello" });
      expect(result.lines).toEqual([...OPENING, "CONNECTED 0 0 0 ", "DATA hello", "CLOSED 0 0 0 ", "FINISH 0 0 0 "]);
      expect(result.uncaught).toEqual([]);
      await peer.idle();
    });

    test("crt_bundle_attach that throws is an ERROR", async () => {
      const peer = keep(await startTls({ key: server.key, cert: server.cert }));
      const before = `CONFIG.allow_unverified_tls = true;
        CONFIG.crt_bundle_attach = function (conf) { print("called", typeof conf); throw new Error("no bundle"); };`;
      const result = await runClient(target, { uri: peer.url }, { before, rounds: 2 });
      const failure = ["called object", expect.stringMatching(/^ERROR 1 0 0 .*no bundle/), "DISCONNECTED 1 0 0 "];
      expect(result.lines).toEqual([...OPENING, ...failure, OPENING[1], ...failure, "FINISH 0 0 0 "]);
      expect(result.uncaught).toEqual([]);
      expect(peer.accepted).toBe(0);
    });

    test.each<[string, () => object]>([
      ["cert_pem", () => ({ cert_pem: "nonsense", allow_unverified_tls: true })],
      ["client_cert", () => ({ client_cert: server.key, client_key: server.key })],
      ["client_key", () => ({ client_cert: server.cert, client_key: server.encryptedKey })],
      ["client_key", () => ({ client_cert: server.cert })],
      ["client_cert", () => ({ client_cert: server.cert + ca.cert, client_key: server.key })],
    ])("init refuses a wrong %s by name", async (field, config) => {
      const result = await runClient(target, { uri: "wss://127.0.0.1:1/", ...config() });
      expect(result).toEqual({
        lines: [expect.stringMatching(`^esp_websocket_client: .*${field}`), "init null"],
        uncaught: [],
        done: false,
      });
    });

    test("client_ds_data is refused by name", async () => {
      const result = await runClient(target, {
        uri: "wss://127.0.0.1:1/",
        client_cert: server.cert,
        client_ds_data: {},
      });
      expect(result.lines).toEqual([expect.stringMatching(/^ERROR 0 0 0 .*client_ds_data/), "start 262"]);
    });
  },
  espruinos
);

describeTargets(
  "random numbers",
  (target) => {
    test("each handshake begins with another one, whenever the script is started", async () => {
      const peer = keep(await startTcp((socket, data) => void (data && socket.end())));
      for (let i = 0; i < 2; i++) await runClient(target, { uri: peer.url }, { rounds: 2 });
      await peer.idle();
      const hellos = peer.received.filter((data) => data[0] === 22);
      // RFC 5246 §7.4.1.2: type, version, length; type, length, version; four bytes of time, 28 of chance.
      const randoms = hellos.map((hello) => hello.subarray(15, 43).toString("hex"));
      expect(new Set(randoms).size).toBe(4);
    });
  },
  espruinos.filter(({ real }) => real)
);
