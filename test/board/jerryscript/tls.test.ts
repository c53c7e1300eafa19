/** wss on a host that can verify: who is let in, who never is, and what is heard of it. */
import { describeTargets, jerryscripts } from "../../support/targets";
import { authority, signed, type Identity } from "../../tls/certificates";
import { runClient } from "../../tls/script";
import { closedAfterEach, startCutting, startTcp, startTls, type Watched } from "../../tls/server";

const UNVERIFIED = "wss: the server is not verified";
const OPENING = ["BEGIN 0 0 0 ", "BEFORE_CONNECT 0 0 0 "];
const CONNECTED = "CONNECTED 0 0 0 ";
const ECHO = { messages: ["hello"], closeOn: "hello" };
const ECHOED = [CONNECTED, "DATA hello", "CLOSED 0 0 0 ", "FINISH 0 0 0 "];
/** What a handshake that failed leaves behind: nothing of what the server said came through. */
const FAILED = [expect.stringMatching(/^ERROR 1 (-?\d+) \1 ./), expect.stringMatching(/^DISCONNECTED 1 /)];
const again = (failure: unknown[]): unknown[] => [...failure, OPENING[1], ...failure, "FINISH 0 0 0 "];

let ca: Identity;
let foreign: Identity;
let server: Identity;
let client: Identity;
let stranger: Identity;
beforeAll(async () => {
  [ca, foreign, server, client, stranger] = await Promise.all([
    authority(),
    authority("foreign"),
    signed("localhost"),
    signed("client"),
    signed("client", "foreign"),
  ]);
});

const keep = closedAfterEach();

const startServer = async (options = {}) => {
  const peer = keep(await startTls({ key: server.key, cert: server.cert, ...options }));
  return { peer, uri: `wss://localhost:${peer.port}/`, address: peer.url };
};

describeTargets(
  "wss on JerryScript",
  (target) => {
    const letIn: [string, (address: string) => object, (() => object)?][] = [
      ["the CA in PEM", () => ({ cert_pem: ca.cert })],
      ["one of several CAs", () => ({ cert_pem: foreign.cert + ca.cert })],
      ["the CA in DER", () => ({ cert_len: ca.certDer.length }), () => ({ bytes: { cert_pem: ca.certDer } })],
      [
        "an IP address, and the name in cert_common_name",
        (uri) => ({ uri, cert_pem: ca.cert, cert_common_name: "localhost" }),
      ],
      [
        "the global CA store",
        () => ({ use_global_ca_store: true }),
        () => ({ before: `require("esp_websocket_client").esp_tls_set_global_ca_store(${JSON.stringify(ca.cert)});` }),
      ],
      [
        "a CA that crt_bundle_attach fills in",
        () => ({}),
        () => ({
          before: `CONFIG.crt_bundle_attach = function (options) { options.ca = ${JSON.stringify(ca.cert)}; return 0; };`,
        }),
      ],
    ];
    test.each(letIn)("verified: %s", async (_what, config, options = () => ({})) => {
      const { peer, uri, address } = await startServer();
      const result = await runClient(target, { uri, ...config(address) }, { ...ECHO, ...options() });
      expect(result).toEqual({ lines: [...OPENING, ...ECHOED], uncaught: [], done: false });
      expect(peer.sessions).toEqual([expect.objectContaining({ protocol: "TLSv1.2", servername: "localhost" })]);
      await peer.idle();
    });

    const keptOut: [string, (address: string) => object, (() => object)?][] = [
      ["another CA", () => ({ cert_pem: foreign.cert })],
      ["another name in cert_common_name", () => ({ cert_pem: ca.cert, cert_common_name: "other.test" })],
      ["cert_common_name, and no CA", () => ({ cert_common_name: "localhost" })],
      ["an IP address, and no cert_common_name", (uri) => ({ uri, cert_pem: ca.cert })],
      [
        "a bundle without the CA",
        () => ({}),
        () => ({ before: "CONFIG.crt_bundle_attach = function () { return 0; };" }),
      ],
      [
        "allow_unverified_tls, which does not switch it off",
        () => ({ cert_pem: foreign.cert, allow_unverified_tls: true }),
      ],
    ];
    test.each(keptOut)("never connected: %s", async (_what, config, options = () => ({})) => {
      const { peer, uri, address } = await startServer();
      const result = await runClient(target, { uri, ...config(address) }, { ...ECHO, rounds: 2, ...options() });
      expect(result).toEqual({ lines: [...OPENING, ...again(FAILED)], uncaught: [], done: false });
      // Not a byte of the opening handshake.
      expect(peer.requests).toEqual([]);
      await peer.idle();
    });

    test("never connected: a server whose certificate names another host", async () => {
      const { peer, uri } = await startServer(await signed("elsewhere.test"));
      const result = await runClient(target, { uri, cert_pem: ca.cert }, { ...ECHO, rounds: 2 });
      expect(result.lines).toEqual([...OPENING, ...again(FAILED)]);
      expect(peer.requests).toEqual([]);
    });

    test.each<[string, () => object]>([
      ["skip_cert_common_name_check", () => ({ cert_pem: ca.cert, skip_cert_common_name_check: true })],
      ["a global CA store that is empty", () => ({ use_global_ca_store: true })],
    ])("refused at start: %s", async (_what, config) => {
      const { peer, uri } = await startServer();
      const result = await runClient(target, { uri, ...config() }, ECHO);
      expect(result.lines).toEqual([expect.stringMatching(/^ERROR .*cannot do server verification/), "start 262"]);
      expect(peer.accepted).toBe(0);
    });

    test("not verified where nothing asks for it: a line says so", async () => {
      const { uri } = await startServer();
      const result = await runClient(target, { uri }, ECHO);
      expect(result).toEqual({ lines: [...OPENING, UNVERIFIED, ...ECHOED], uncaught: [], done: false });
    });

    test("long messages in both directions", async () => {
      const { peer, uri } = await startServer();
      const long = "0123456789".repeat(3000);
      const options = { messages: [long, "é€😀", "last"], closeOn: "last" };
      const result = await runClient(
        target,
        { uri, cert_pem: ca.cert, buffer_size: 4000, tx_queue_size: 65536 },
        options
      );
      const data = result.lines.filter((line) => line.startsWith("DATA ")).map((line) => line.slice(5));
      expect(data.join("")).toBe(`${long}é€😀last`);
      expect(result.lines.at(-1)).toBe("FINISH 0 0 0 ");
      expect(result.uncaught).toEqual([]);
      await peer.idle();
    });

    describe("a server that demands a certificate", () => {
      const demand = () => startServer({ ca: ca.cert, requestCert: true, rejectUnauthorized: true });

      test.each<[string, () => object, (() => object)?]>([
        ["PEM", () => ({ client_cert: client.cert, client_key: client.key })],
        ["PEM, the key as PKCS #1", () => ({ client_cert: client.cert, client_key: client.oldKey })],
        [
          "DER",
          () => ({ client_cert_len: client.certDer.length, client_key_len: client.keyDer.length }),
          () => ({ bytes: { client_cert: client.certDer, client_key: client.keyDer } }),
        ],
      ])("gets one: %s", async (_form, config, options = () => ({})) => {
        const { peer, uri } = await demand();
        const result = await runClient(target, { uri, cert_pem: ca.cert, ...config() }, { ...ECHO, ...options() });
        expect(result).toEqual({ lines: [...OPENING, ...ECHOED], uncaught: [], done: false });
        expect(peer.sessions.map((session) => session.client)).toEqual(["client"]);
      });

      test.each<[string, () => object]>([
        ["gets none", () => ({})],
        ["gets a stranger's", () => ({ client_cert: stranger.cert, client_key: stranger.key })],
      ])("%s: ERROR, DISCONNECTED, and again", async (_what, config) => {
        const { peer, uri } = await demand();
        const result = await runClient(target, { uri, cert_pem: ca.cert, ...config() }, { ...ECHO, rounds: 2 });
        expect(result.lines).not.toContain(CONNECTED);
        expect(result.lines.filter((line) => line.startsWith("DISCONNECTED"))).toHaveLength(2);
        expect(result.uncaught).toEqual([]);
        expect(peer.requests).toEqual([]);
      });
    });

    describe("a connection that fails", () => {
      const expectAgain = async (watched: Watched, config = {}): Promise<void> => {
        const uri = `wss://localhost:${watched.port}/`;
        const result = await runClient(target, { uri, cert_pem: ca.cert, ...config }, { ...ECHO, rounds: 2 });
        expect(result).toEqual({ lines: [...OPENING, ...again(FAILED)], uncaught: [], done: false });
        await watched.idle();
      };

      test("a server that speaks only TLS 1.3", async () => {
        await expectAgain((await startServer({ minVersion: "TLSv1.3" })).peer);
      });

      test("a server that speaks no TLS", async () => {
        await expectAgain(
          keep(await startTcp((socket, data) => void (data || socket.write("220 mail.example ESMTP\r\n"))))
        );
      });

      test("silence, until network_timeout_ms", async () => {
        const peer = keep(await startTcp());
        await expectAgain(peer, { network_timeout_ms: 150 });
        expect(Buffer.concat(peer.received).includes("GET ")).toBe(false);
      });

      test.each([
        ["fin", 0],
        ["rst", 0],
        ["fin", 700],
        ["rst", 700],
      ] as const)("%s behind %d bytes of the server's", async (how, after) => {
        const { peer } = await startServer({ maxVersion: "TLSv1.2" });
        await expectAgain(keep(await startCutting(peer.port, after, how)));
        expect(peer.sessions).toEqual([]);
      });

      test("an end of TLS in good order, without a close frame", async () => {
        const { peer, uri } = await startServer();
        const config = { uri, cert_pem: ca.cert, disable_auto_reconnect: true };
        const result = await runClient(target, config, { messages: ["bye"], rounds: 3 });
        expect(result.uncaught).toEqual([]);
        expect(result.lines.slice(2)).toEqual([CONNECTED, ...FAILED, expect.stringMatching(/^FINISH 1 /)]);
        await peer.idle();
      });
    });
  },
  jerryscripts()
);
