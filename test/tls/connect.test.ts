import { describeTargets, targets } from "../support/targets";
import { authority, signed, type Identity } from "./certificates";
import { hasEspruinoTls, runClient } from "./script";
import { startTls, type TlsServer } from "./server";

const espruinos = targets().filter(hasEspruinoTls);
/** Printed once, where nothing asks for verification. */
const UNVERIFIED = "wss: the server is not verified";
const OPENING = ["BEGIN 0 0 0 ", "BEFORE_CONNECT 0 0 0 "];
const CLOSING = ["CLOSED 0 0 0 ", "FINISH 0 0 0 "];
const CONNECTED = "CONNECTED 0 0 0 ";

let ca: Identity;
let server: Identity;
let client: Identity;
let foreign: Identity;
beforeAll(async () => {
  [ca, server, client, foreign] = await Promise.all([
    authority(),
    signed("server"),
    signed("client"),
    signed("client", "foreign"),
  ]);
});

describeTargets(
  "wss",
  (target) => {
    let peer: TlsServer;
    afterEach(() => peer.close());

    test("echo, and both close", async () => {
      peer = await startTls({ key: server.key, cert: server.cert });
      const long = "0123456789".repeat(2000);
      const result = await runClient(
        target,
        { uri: `${peer.url}chat`, buffer_size: 20000 },
        { messages: ["hello", "héllo €", long, "last"], closeOn: "last" }
      );
      expect(result.uncaught).toEqual([]);
      const lines = result.lines.filter((line) => !line.startsWith("DATA "));
      expect(lines).toEqual([OPENING[0], OPENING[1], UNVERIFIED, CONNECTED, ...CLOSING]);
      const data = result.lines.filter((line) => line.startsWith("DATA ")).map((line) => line.slice(5));
      expect(data.slice(0, 2)).toEqual(["hello", "héllo €"]);
      expect(data.slice(2).join("")).toBe(long + "last");
      expect(peer.requests.map(({ url }) => url)).toEqual(["/chat"]);
      expect(peer.sessions).toEqual([expect.objectContaining({ protocol: "TLSv1.2", client: undefined })]);
      await peer.idle();
      expect(peer.accepted).toBe(1);
    });

    test("an end of TLS in good order, without close frame, is no error of TLS", async () => {
      peer = await startTls({ key: server.key, cert: server.cert });
      const config = { uri: peer.url, disable_auto_reconnect: true };
      const result = await runClient(target, config, { messages: ["bye"], rounds: 3 });
      expect(result.uncaught).toEqual([]);
      expect(result.lines).toEqual([
        ...OPENING,
        UNVERIFIED,
        CONNECTED,
        expect.stringMatching(/^ERROR 1 0 0 ./),
        "DISCONNECTED 1 0 0 ",
        "FINISH 1 0 0 ",
      ]);
      await peer.idle();
    });

    test("says once that nothing is verified", async () => {
      peer = await startTls({ key: server.key, cert: server.cert });
      const result = await runClient(target, { uri: peer.url }, { messages: ["bye"], rounds: 3 });
      expect(result.lines.filter((line) => line === CONNECTED)).toHaveLength(3);
      expect(result.lines.filter((line) => line === UNVERIFIED)).toHaveLength(1);
      expect(result.uncaught).toEqual([]);
      await peer.idle();
    });

    describe("a server that demands a certificate", () => {
      beforeEach(async () => {
        peer = await startTls({
          key: server.key,
          cert: server.cert,
          ca: ca.cert,
          requestCert: true,
          rejectUnauthorized: true,
        });
      });

      const echo = { messages: ["hello"], closeOn: "hello" };
      const lines = [...OPENING, UNVERIFIED, CONNECTED, "DATA hello", ...CLOSING];
      const forms: [string, () => [object, object?]][] = [
        ["PEM", () => [{ client_cert: client.cert, client_key: client.key }]],
        ["PEM, the key as PKCS #1", () => [{ client_cert: client.cert, client_key: client.oldKey }]],
        ["one PEM for both", () => [{ client_cert: client.cert + client.key, client_key: client.cert + client.key }]],
        [
          "PEM with CRLF and NUL",
          () => [
            {
              client_cert: client.cert.replace(/\n/g, "\r\n") + "\0",
              client_key: client.key.replace(/\n/g, "\r\n") + "\0",
            },
          ],
        ],
        [
          "DER in strings",
          () => [
            { client_cert_len: client.certDer.length, client_key_len: client.keyDer.length },
            { der: { client_cert: client.certDer, client_key: client.keyDer } },
          ],
        ],
        [
          "DER in bytes, the key as PKCS #1",
          () => [
            { client_cert_len: client.certDer.length, client_key_len: client.oldKeyDer.length },
            { bytes: { client_cert: client.certDer, client_key: client.oldKeyDer } },
          ],
        ],
        [
          "client_ds_data, which client_key beats",
          () => [{ client_cert: client.cert, client_key: client.key, client_ds_data: {} }],
        ],
      ];
      test.each(forms)("gets one: %s", async (_form, make) => {
        const [config, options] = make();
        const result = await runClient(target, { uri: peer.url, ...config }, { ...echo, ...options });
        expect(result).toEqual({ lines, uncaught: [], done: false });
        expect(peer.sessions.map((session) => session.client)).toEqual(["client"]);
        await peer.idle();
      });

      test.each([
        ["gets none", () => ({})],
        ["gets one of another authority", () => ({ client_cert: foreign.cert, client_key: foreign.key })],
        ["gets one that is not the key's", () => ({ client_cert: client.cert, client_key: foreign.key })],
      ])("%s: ERROR, DISCONNECTED, and again", async (_what, make) => {
        const result = await runClient(target, { uri: peer.url, ...make() }, { rounds: 2 });
        expect(result.uncaught).toEqual([]);
        const failure = [
          expect.stringMatching(/^ERROR 1 (-[1-9]\d*) \1 TLS handshake failed: ./),
          expect.stringMatching(/^DISCONNECTED 1 (-[1-9]\d*) \1 $/),
        ];
        expect(result.lines).toEqual([...OPENING, UNVERIFIED, ...failure, OPENING[1], ...failure, "FINISH 0 0 0 "]);
        expect(peer.requests).toEqual([]);
        await peer.idle();
        expect(peer.accepted).toBe(2);
      });
    });
  },
  espruinos
);
