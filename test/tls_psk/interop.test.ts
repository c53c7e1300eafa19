/** The bundle against servers that nobody here wrote, on the simulator and on the real interpreters. */
import fs from "node:fs";
import path from "node:path";
import { describeTargets, jerryscripts, type RunResult, type Target, targets } from "../support/targets";
import { IDENTITY, KEY } from "./psk_server";
import {
  installed,
  type Running,
  startGnutls,
  startMbedtls,
  startNode,
  startOpenssl,
  startRecipe,
  startStunnel,
} from "./servers";

const storage = { tls_psk: fs.readFileSync(path.join(__dirname, "../../dist/tls_psk.min.js"), "utf8") };
const espruinos = targets().filter(({ jerryscript }) => !jerryscript);

/** A WebSocket client that sends MESSAGES one after the other, when the last has come back, ROUNDS times. */
const CLIENT = `
var ws = require("esp_websocket_client");
var names = "ERROR CONNECTED DISCONNECTED DATA CLOSED BEFORE_CONNECT BEGIN FINISH".split(" ");
var next = 0;
var got = 0;
CONFIG.ext_transport = require("tls_psk")(OPTIONS);
var client = ws.esp_websocket_client_init(CONFIG);
function send() {
  got = 0;
  if (next < MESSAGES.length) ws.esp_websocket_client_send_text(client, MESSAGES[next++]);
  else ws.esp_websocket_client_close(client);
}
client.on("any", function (event, id) {
  if (id > 4 || id === 3) return;
  print(names[id], event.error_handle.esp_tls_last_esp_err, id ? "" : event.data_ptr);
  if (id === 1) send();
  if (id === 2) ws.esp_websocket_client_destroy(client);
});
client.on("data", function (event) {
  if (event.op_code > 2) return;
  got += event.data_len;
  if (event.fin && got === event.payload_len) {
    print("echo of", got);
    send();
  }
});
client.on("finish", function () {
  if (--ROUNDS) {
    next = 0;
    setTimeout(function () { ws.esp_websocket_client_start(client); }, 1);
  } else setTimeout(function () { print("DONE"); }, 1);
});
ws.esp_websocket_client_start(client);
`;

interface Options {
  options?: object;
  config?: object;
  messages?: string[];
  rounds?: number;
}

/** Where strings have Unicode, the simulator is a board without a good source of random numbers. */
const optionsFor = (target: Target): object => ({
  identity: IDENTITY,
  key: KEY.toString("hex"),
  allow_weak_random: !target.real && !target.byteStrings,
});

function runClient(target: Target, port: number, more: Options = {}): Promise<RunResult> {
  return target.run(CLIENT, {
    storage,
    preset: {
      CONFIG: {
        uri: `wss://localhost:${port}/`,
        disable_auto_reconnect: true,
        // On a small heap, the long message is there more than once.
        buffer_size: 512,
        ...more.config,
      },
      OPTIONS: { ...optionsFor(target), ...more.options },
      MESSAGES: more.messages ?? ["hello", "0123456789abcdef".repeat(128)],
      ROUNDS: more.rounds ?? 1,
    },
  });
}

const ECHOED = ["CONNECTED 0 ", "echo of 5", "echo of 2048", "CLOSED 0 "];
const well = { lines: ECHOED, uncaught: [], done: true };

/** The transport alone: opens, writes a line, prints what comes back until it has the line's end, and closes. */
const TRANSPORT = `
var text = "";
var connection = require("tls_psk")(OPTIONS).open(ADDRESS, {
  opened: function () {
    print("opened");
    connection.write(E.toUint8Array(REQUEST));
  },
  received: function (bytes) {
    text += E.toString(bytes, "");
    if (text.indexOf("\\n") < 0) return;
    print("received " + text.substr(0, 60).split(/[\\r\\n]/)[0]);
    connection.close();
    print("DONE");
  },
  drained: function () {},
  closed: function (error) {
    print("closed " + (error && error.message));
    print("DONE");
  },
});
`;

function runTransport(target: Target, port: number, more: object = {}): Promise<RunResult> {
  return target.run(TRANSPORT, {
    storage,
    preset: {
      OPTIONS: { ...optionsFor(target), ...more },
      ADDRESS: { host: "localhost", port, tls: {} },
      REQUEST: "GET / HTTP/1.0\r\n\r\n",
    },
  });
}

/** A block of tests that is skipped, and says so, where a program is missing. */
const withProgram = (there: boolean, title: string, tests: () => void): void =>
  there ? describe(title, tests) : describe(title, () => test.skip("it is not installed", () => {}));

const openssl = installed("openssl", "version");
const gnutls = installed("gnutls-serv", "--version");
const stunnel = installed("stunnel", "-version");
const mbedtls = process.env.MBEDTLS_SSL_SERVER2;

describeTargets(
  "TLS with a pre-shared key",
  (target) => {
    let server: Running;
    afterEach(() => server.close());

    describe("Node", () => {
      test("echo, and the server's name is sent", async () => {
        server = await startNode();
        expect(await runClient(target, server.port)).toEqual(well);
        expect(server.sessions).toEqual(["PSK-AES128-CBC-SHA256 localhost"]);
      });

      test("the recipe of docs/security.md", async () => {
        server = await startRecipe();
        expect(await runClient(target, server.port)).toEqual(well);
      });

      test.each(["PSK-AES128-CBC-SHA256", "PSK-AES128-CBC-SHA"])("%s", async (ciphers) => {
        server = await startNode({ ciphers });
        expect(await runClient(target, server.port)).toEqual(well);
        expect(server.sessions).toEqual([`${ciphers} localhost`]);
      });

      test("a hint, an identity and a key as long as they may be", async () => {
        const key = Buffer.from([...Array(64).keys()]);
        const identity = "ü€".repeat(25) + "xxx";
        let heard = "";
        server = await startNode({
          pskIdentityHint: "H".repeat(128),
          pskCallback: (_socket, name) => ((heard = name), key),
        });
        const options = { identity, key: [...key] };
        expect(await runClient(target, server.port, { options })).toEqual(well);
        expect(heard).toBe(identity);
      });

      test("one after the other", async () => {
        server = await startNode();
        const result = await runClient(target, server.port, { rounds: 20, messages: ["hello"] });
        const once = ["CONNECTED 0 ", "echo of 5", "CLOSED 0 "];
        expect(result).toEqual({ lines: Array(20).fill(once).flat(), uncaught: [], done: true });
        expect(server.sessions).toHaveLength(20);
      });

      test.each<[string, Options, RegExp]>([
        [
          "a wrong key",
          { options: { key: "ffeeddccbbaa99887766554433221100" } },
          /alert (bad_record_mac|decrypt_error)/,
        ],
        ["a wrong identity", { options: { identity: "board-8" } }, /alert (unknown_psk_identity|internal_error)/],
      ])("%s", async (_what, more, message) => {
        server = await startNode();
        const result = await runClient(target, server.port, more);
        expect(result).toEqual({
          lines: [expect.stringMatching(message), "DISCONNECTED 32794 "],
          uncaught: [],
          done: true,
        });
        expect(result.lines[0]).toMatch(/^ERROR 32794 /);
        expect(server.sessions).toEqual([]);
      });

      test("a server without a suite in common, and one that speaks TLS 1.3 alone", async () => {
        for (const more of [{ ciphers: "PSK-AES256-GCM-SHA384" }, { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" }]) {
          server = await startNode(more as object);
          const result = await runClient(target, server.port);
          expect(result.lines).toEqual([
            expect.stringMatching(/^ERROR 32794 TLS: the server's alert (handshake_failure|protocol_version)$/),
            "DISCONNECTED 32794 ",
          ]);
          if ("minVersion" in more) break;
          await server.close();
        }
      });

      test("cert_pem and its kin are refused", async () => {
        server = await startNode();
        const kin = [
          "use_global_ca_store: true",
          'cert_common_name: "x"',
          "crt_bundle_attach: print",
          "client_ds_data: {}",
        ];
        const result = await target.run(
          `var ws = require("esp_websocket_client"), transport = require("tls_psk")(OPTIONS);
          [${kin.map((field) => `{${field}}`)}].forEach(function (config) {
            config.uri = "wss://localhost/";
            config.ext_transport = transport;
            print(ws.esp_websocket_client_init(config));
          });
          print("DONE");`,
          { storage, preset: { OPTIONS: optionsFor(target) } }
        );
        const refused = "esp_websocket_client: ext_transport takes no certificates: leave cert_pem and its kin out";
        expect(result).toEqual({ lines: kin.flatMap(() => [refused, "null"]), uncaught: [], done: true });
      });
    });

    withProgram(openssl, "OpenSSL", () => {
      test("s_server as it is", async () => {
        server = await startOpenssl();
        expect(await runClient(target, server.port)).toEqual(well);
      });

      test("AES with CCM alone is nothing to agree upon", async () => {
        server = await startOpenssl("-cipher", "PSK-AES128-CCM");
        const { lines } = await runClient(target, server.port);
        expect(lines[0]).toBe("ERROR 32794 TLS: the server's alert handshake_failure");
      });
    });

    withProgram(stunnel, "stunnel, in front of a plain server", () => {
      test("echo", async () => {
        server = await startStunnel();
        expect(await runClient(target, server.port)).toEqual(well);
      });
    });

    withProgram(gnutls, "GnuTLS", () => {
      test.each(["NORMAL:+PSK", "NORMAL:+PSK:+SHA256:-SHA1"])("%s", async (priority) => {
        server = await startGnutls(priority);
        expect(await runTransport(target, server.port)).toEqual({
          lines: ["opened", "received GET / HTTP/1.0"],
          uncaught: [],
          done: true,
        });
      });

      test.each([
        ["%NO_ETM", "no encrypt_then_mac"],
        ["%NO_EXTENSIONS", "no extended_master_secret"],
      ])("%s is refused", async (option, reason) => {
        server = await startGnutls(`NORMAL:+PSK:-VERS-TLS1.3:${option}`);
        const { lines } = await runTransport(target, server.port);
        expect(lines).toEqual([`closed TLS: handshake_failure (${reason})`]);
      });
    });

    withProgram(!!mbedtls, "mbedTLS: set MBEDTLS_SSL_SERVER2 to its example's file to run this", () => {
      test("ssl_server2", async () => {
        server = await startMbedtls(mbedtls!);
        expect(await runTransport(target, server.port)).toEqual({
          lines: ["opened", "received HTTP/1.0 200 OK"],
          uncaught: [],
          done: true,
        });
      });
    });
  },
  espruinos
);

test("a board whose random numbers are known is refused", async () => {
  const [, unicode] = targets();
  const { uncaught } = await unicode.run(`require("tls_psk")(OPTIONS);`, {
    storage,
    preset: { OPTIONS: { identity: IDENTITY, key: KEY.toString("hex") } },
  });
  expect(uncaught).toEqual([expect.stringContaining("allow_weak_random")]);
});

describeTargets(
  "a host without AES",
  (target) => {
    test("says so", async () => {
      const result = await target.run(
        'try { require("tls_psk"); print("loaded"); } catch (exception) { print(exception); }\nprint("DONE");',
        { storage }
      );
      expect(result).toEqual({
        lines: ["tls_psk: this board's crypto has no AES and SHA256"],
        uncaught: [],
        done: true,
      });
    });
  },
  jerryscripts()
);
