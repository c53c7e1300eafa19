import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import type { Board } from "../../src/board";
import type { Config } from "../../src/config/config";
import type { TestBoard } from "../unit/test_board";
import { authority, signed, type Identity } from "./certificates";

/** The module fresh from the file, on a board of the given kind. */
function load(kind: { pem: boolean; verifies: boolean; tls?: boolean }) {
  jest.resetModules();
  const { TestBoard } = require("../unit/test_board") as typeof import("../unit/test_board");
  const board = new TestBoard();
  Object.assign(board, { _verifies: kind.verifies, _hasTls: () => kind.tls !== false });
  if (!kind.pem) Object.assign(board, { _pem: false });
  (require("../../src/board") as typeof import("../../src/board")).install(board as Board);
  const config = require("../../src/config/config") as typeof import("../../src/config/config");
  const tls = require("../../src/config/tls") as typeof import("../../src/config/tls");
  const tlsOptions = (fields: Config, host?: string, leftOrigin?: boolean) =>
    tls.tlsOptions(config.checkConfig(fields), host, leftOrigin);
  const target = { _defaultPort: 443, _host: "host", _port: 0, _path: "", _username: undefined, _password: "" };
  return {
    board: board as TestBoard,
    esp_tls_set_global_ca_store: (
      require("../../src/api/esp_websocket_client") as typeof import("../../src/api/esp_websocket_client")
    ).esp_tls_set_global_ca_store,
    tlsOptions,
    /** What `init` says. */
    checkTls: (fields: Config) => thrown(() => tlsOptions(fields)),
    /** What `start` says. */
    unsupported: (fields: Config) => config.unsupported(config.checkConfig(fields), target),
  };
}

const espruino = { pem: false, verifies: false };
const iotjs = { pem: true, verifies: true };
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
/** What a function throws, as text. */
function thrown(run: () => unknown): string {
  try {
    run();
  } catch (exception) {
    return String(exception);
  }
  return "";
}
const latin1 = (der: Buffer): string => der.toString("latin1");

let ca: Identity;
let other: Identity;
let client: Identity;
let ecdsa: Identity;

beforeAll(async () => {
  [ca, other, client, ecdsa] = await Promise.all([
    authority(),
    authority("foreign"),
    signed("client"),
    signed("client", "authority", "ecdsa"),
  ]);
});

describe("a certificate in each form", () => {
  const forms: [string, (der: Identity) => Config["cert_pem"], ((der: Identity) => number)?][] = [
    ["PEM", (id) => id.cert],
    ["PEM with CRLF", (id) => id.cert.replace(/\n/g, "\r\n")],
    ["PEM with a trailing NUL", (id) => id.cert + "\0"],
    ["PEM with a trailing NUL and its length", (id) => id.cert + "\0", (id) => id.cert.length + 1],
    ["PEM with text around it", (id) => "subject=CN = authority\nissuer - me\n" + id.cert + "and -- what follows"],
    ["PEM on one line", (id) => id.cert.replace(/([^-])\n([^-])/g, "$1$2")],
    ["PEM without a line break at the end", (id) => id.cert.trim()],
    ["PEM behind a private key", (id) => id.key + id.cert],
    ["PEM as bytes", (id) => bytes(id.cert)],
    ["DER as a byte string, with its length", (id) => latin1(id.certDer), (id) => id.certDer.length],
    ["DER as a byte string", (id) => latin1(id.certDer)],
    ["DER as bytes, with its length", (id) => Uint8Array.from(id.certDer), (id) => id.certDer.length],
    ["DER as bytes of a larger array", (id) => new Uint8Array([...id.certDer, 0, 0, 0]), (id) => id.certDer.length],
  ];
  describe.each(forms)("%s", (_form, value, length) => {
    test("goes to Espruino as DER in a byte string", () => {
      const { checkTls, tlsOptions } = load(espruino);
      const config: Config = { cert_pem: value(ca), allow_unverified_tls: true };
      if (length) config.cert_len = length(ca);
      expect(checkTls(config)).toBe("");
      expect(tlsOptions(config, "host").ca).toBe(latin1(ca.certDer));
    });
    test("goes to a board that wants PEM as PEM", () => {
      const { checkTls, tlsOptions } = load(iotjs);
      const config: Config = { cert_pem: value(ca) };
      if (length) config.cert_len = length(ca);
      expect(checkTls(config)).toBe("");
      const pem = tlsOptions(config, "host").ca!;
      expect(pem.split("\n").every((line) => line.length <= 64)).toBe(true);
      expect(new X509Certificate(pem).raw.equals(ca.certDer)).toBe(true);
    });
  });

  test("EC certificates are short, and pass all the same", () => {
    const { tlsOptions } = load(espruino);
    const config = { client_cert: ecdsa.cert, client_key: ecdsa.key };
    expect(tlsOptions(config, "host")).toMatchObject({ cert: latin1(ecdsa.certDer), key: latin1(ecdsa.keyDer) });
  });
});

describe("a private key in each form", () => {
  const forms: [string, (id: Identity) => Config["client_key"], (id: Identity) => Buffer][] = [
    ["PKCS #8 in PEM", (id) => id.key, (id) => id.keyDer],
    ["the older form in PEM", (id) => id.oldKey, (id) => id.oldKeyDer],
    ["PKCS #8 in DER", (id) => latin1(id.keyDer), (id) => id.keyDer],
    ["the older form in DER", (id) => Uint8Array.from(id.oldKeyDer), (id) => id.oldKeyDer],
    ["behind its certificate", (id) => id.cert + id.key, (id) => id.keyDer],
    [
      "behind its parameters, as OpenSSL writes them",
      (id) => "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + id.oldKey,
      (id) => id.oldKeyDer,
    ],
  ];
  describe.each(["rsa", "ecdsa"] as const)("%s", (algorithm) => {
    test.each(forms)("%s", (_form, value, der) => {
      const identity = algorithm === "rsa" ? client : ecdsa;
      const config = { client_cert: identity.cert, client_key: value(identity) };
      const device = load(espruino);
      expect(device.checkTls(config)).toBe("");
      expect(device.tlsOptions(config, "host").key).toBe(latin1(der(identity)));
      const host = load(iotjs);
      expect(host.checkTls(config)).toBe("");
      // Node refuses a PEM whose label does not fit what is in it.
      const key = createPrivateKey(host.tlsOptions(config, "host").key!);
      expect(key.export({ type: "pkcs8", format: "der" }).equals(identity.keyDer)).toBe(true);
    });
  });
});

test("no line of a PEM is empty, nor longer than 64 characters, whatever its length", () => {
  load(iotjs);
  const { pem } = require("../../board/shared/pem") as typeof import("../../board/shared/pem");
  for (let size = 0; size < 100; size++) {
    const lines = pem(`0\x81${String.fromCharCode(size)}${"x".repeat(size)}`, false).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.shift()).toBe("-----BEGIN CERTIFICATE-----");
    expect(lines.pop()).toBe("-----END CERTIFICATE-----");
    expect(
      lines.every((line, i) => (i < lines.length - 1 ? line.length === 64 : line.length > 0 && line.length <= 64))
    ).toBe(true);
    expect(Buffer.from(lines.join(""), "base64")).toHaveLength(size + 3);
  }
});

describe("what is wrong is refused by name, and nothing of it is told", () => {
  const wrong: [string, string, () => Config][] = [
    ["no text", "cert_pem", () => ({ cert_pem: "" })],
    ["no bytes", "cert_pem", () => ({ cert_pem: new Uint8Array(0) })],
    ["any text", "cert_pem", () => ({ cert_pem: "certificate.pem" })],
    ["broken base64", "cert_pem", () => ({ cert_pem: ca.cert.replace(/\n(.)/, "\n!") })],
    ["a character too many", "cert_pem", () => ({ cert_pem: ca.cert.replace(/\n/, "\nQUJD") })],
    ["a line too few", "cert_pem", () => ({ cert_pem: ca.cert.replace(/\n[^-\n]{64}\n/, "\n") })],
    ["PEM that is cut off", "cert_pem", () => ({ cert_pem: ca.cert.slice(0, 500) })],
    ["PEM with a length too short", "cert_pem", () => ({ cert_pem: ca.cert, cert_len: 400 })],
    ["an empty PEM", "cert_pem", () => ({ cert_pem: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" })],
    ["a BEGIN alone", "cert_pem", () => ({ cert_pem: "-----BEGIN CERTIFICATE-----" })],
    ["DER that is cut off", "cert_pem", () => ({ cert_pem: latin1(ca.certDer).slice(0, -1) })],
    ["DER with a length too short", "cert_pem", () => ({ cert_pem: latin1(ca.certDer), cert_len: 100 })],
    ["DER with more behind it", "cert_pem", () => ({ cert_pem: latin1(ca.certDer) + "\0" })],
    ["an endless length in DER", "cert_pem", () => ({ cert_pem: "0\xff" + latin1(ca.certDer) })],
    ["a length that DER forbids", "cert_pem", () => ({ cert_pem: "0\x800\0\0\0" })],
    ["a key for a CA", "cert_pem", () => ({ cert_pem: ca.key })],
    ["a key in DER for a CA", "cert_pem", () => ({ cert_pem: latin1(ca.keyDer) })],
    ["a key for a certificate", "client_cert", () => ({ client_cert: client.key, client_key: client.key })],
    ["an EC key for a certificate", "client_cert", () => ({ client_cert: ecdsa.oldKey, client_key: ecdsa.key })],
    [
      "a request for a certificate",
      "client_cert",
      () => ({
        client_cert: client.cert.replace(/CERTIFICATE/g, "CERTIFICATE REQUEST"),
        client_key: client.key,
      }),
    ],
    ["a certificate for a key", "client_key", () => ({ client_cert: client.cert, client_key: client.cert })],
    [
      "a certificate in DER for a key",
      "client_key",
      () => ({ client_cert: client.cert, client_key: latin1(client.certDer) }),
    ],
    ["an encrypted key", "client_key", () => ({ client_cert: client.cert, client_key: client.encryptedKey })],
    [
      "an encrypted key in DER",
      "client_key",
      () => ({ client_cert: client.cert, client_key: latin1(client.encryptedKeyDer) }),
    ],
    [
      "a key encrypted the old way",
      "client_key",
      () => ({ client_cert: client.cert, client_key: client.oldEncryptedKey }),
    ],
    [
      "an EC key encrypted the old way",
      "client_key",
      () => ({ client_cert: ecdsa.cert, client_key: ecdsa.oldEncryptedKey }),
    ],
    [
      "a public key",
      "client_key",
      () => ({
        client_cert: client.cert,
        client_key: createPublicKey(client.key).export({ type: "spki", format: "pem" }),
      }),
    ],
    ["a key that is cut off", "client_key", () => ({ client_cert: client.cert, client_key: client.key.slice(0, 900) })],
    [
      "a key with a wrong length",
      "client_key",
      () => ({ client_cert: client.cert, client_key: latin1(client.keyDer), client_key_len: 7 }),
    ],
    [
      "a certificate with a wrong length",
      "client_cert",
      () => ({ client_cert: latin1(client.certDer), client_cert_len: 7, client_key: client.key }),
    ],
    ["a certificate without key", "client_key", () => ({ client_cert: client.cert })],
    ["a key without certificate", "client_cert", () => ({ client_key: client.key })],
  ];
  describe.each([
    ["Espruino", espruino],
    ["a board that takes PEM", iotjs],
  ])("%s", (_name, kind) => {
    test.each(wrong)("%s: %s", (_what, field, config) => {
      const message = load(kind).checkTls(config());
      expect(message).toContain(field);
      expect(message).not.toMatch(/[A-Za-z0-9+/]{20}|BEGIN|[^ -~]/);
      expect(message.length).toBeLessThan(100);
    });
  });

  test("both cert_common_name and skip_cert_common_name_check", () => {
    expect(load(iotjs).checkTls({ cert_common_name: "a", skip_cert_common_name_check: true })).toContain(
      "cert_common_name"
    );
  });

  test("what becomes wrong after the check throws, and is not handed on", () => {
    const { checkTls, tlsOptions } = load(espruino);
    const cert_pem = Uint8Array.from(ca.certDer);
    const config = { cert_pem, allow_unverified_tls: true };
    expect(checkTls(config)).toBe("");
    cert_pem[1] = 0;
    expect(thrown(() => tlsOptions(config, "host"))).toMatch(/cert_pem/);
  });
});

describe("several certificates", () => {
  test.each(["cert_pem", "client_cert"])("in %s are refused where the board takes one", (field) => {
    const config = { allow_unverified_tls: true, client_cert: client.cert, client_key: client.key };
    const { checkTls } = load(espruino);
    expect(checkTls(config)).toBe("");
    expect(checkTls({ ...config, [field]: client.cert + ca.cert })).toContain(field);
    expect(checkTls({ ...config, [field]: client.cert + ca.cert + other.cert })).toContain(field);
  });

  test("all reach a board that takes PEM, in their order", () => {
    const { tlsOptions } = load(iotjs);
    const chain = client.cert + "text\r\n" + ca.cert + other.cert;
    const { ca: anchors, cert } = tlsOptions({ cert_pem: chain, client_cert: chain, client_key: client.key }, "host");
    expect(anchors).toBe(cert);
    const found = anchors!.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)!;
    expect(found.map((pem) => new X509Certificate(pem).fingerprint)).toEqual(
      [client, ca, other].map(({ cert: pem }) => new X509Certificate(pem).fingerprint)
    );
  });

  test("a broken one among them is refused", () => {
    const broken = other.cert.replace(/\n(.)/, "\n!");
    expect(load(iotjs).checkTls({ cert_pem: ca.cert + broken + ca.cert })).toContain("cert_pem");
  });
});

describe("fail closed", () => {
  const requests: [string, () => Config][] = [
    ["cert_pem", () => ({ cert_pem: ca.cert })],
    ["use_global_ca_store", () => ({ use_global_ca_store: true })],
    ["crt_bundle_attach", () => ({ crt_bundle_attach: () => 0 })],
    ["cert_common_name", () => ({ cert_common_name: "server" })],
  ];
  test.each(requests)("a board that does not verify refuses %s", (_field, config) => {
    const { checkTls, unsupported } = load(espruino);
    expect(checkTls(config())).toBe("");
    const message = unsupported(config());
    expect(message).toMatch(/cannot do server verification.*allow_unverified_tls/);
  });

  test.each(requests)("allow_unverified_tls allows it to connect with %s", (_field, config) => {
    const { board, unsupported, tlsOptions } = load(espruino);
    const allowed = { ...config(), allow_unverified_tls: true };
    expect(unsupported(allowed)).toBe("");
    expect(tlsOptions(allowed, "host").verify).toBe(false);
    expect(board.logged).toEqual([]);
  });

  test.each(requests)("a board that verifies does so with %s", (_field, config) => {
    const { board, unsupported, tlsOptions, esp_tls_set_global_ca_store } = load(iotjs);
    expect(esp_tls_set_global_ca_store(ca.cert)).toBe(0);
    for (const allow_unverified_tls of [false, true]) {
      expect(unsupported({ ...config(), allow_unverified_tls })).toBe("");
      expect(tlsOptions({ ...config(), allow_unverified_tls }, "host").verify).toBe(true);
    }
    expect(board.logged).toEqual([]);
  });

  test("a board that verifies cannot leave the name out: only unverified", () => {
    const { unsupported, tlsOptions } = load(iotjs);
    const config = { cert_pem: ca.cert, skip_cert_common_name_check: true };
    expect(unsupported(config)).toContain("allow_unverified_tls");
    expect(tlsOptions({ ...config, allow_unverified_tls: true }, "host").verify).toBe(false);
  });

  test("the user's own transport is told to verify, whatever the board can do", () => {
    const { unsupported, tlsOptions } = load({ ...espruino, tls: false });
    const ext_transport = { open: () => ({ write: () => {}, close: () => {} }) };
    expect(unsupported({ ext_transport, cert_pem: ca.cert })).toBe("");
    expect(tlsOptions({ ext_transport, cert_pem: ca.cert }, "host")).toMatchObject({
      verify: true,
      servername: "host",
    });
    expect(tlsOptions({ ext_transport }, "host").verify).toBe(false);
  });

  test("without any such field it connects unverified, and says so once", () => {
    const { board, checkTls, unsupported, tlsOptions } = load(iotjs);
    expect(checkTls({})).toBe("");
    expect(unsupported({})).toBe("");
    expect(board.logged).toEqual([]);
    expect(tlsOptions({}, "host").verify).toBe(false);
    expect(tlsOptions({}, "other").verify).toBe(false);
    expect(board.logged).toEqual(["wss: the server is not verified"]);
  });

  test("it says so after a verified connection, too", () => {
    const { board, tlsOptions } = load(iotjs);
    tlsOptions({ cert_pem: ca.cert }, "host");
    expect(board.logged).toEqual([]);
    tlsOptions({}, "host");
    expect(board.logged).toHaveLength(1);
  });

  test("a board without TLS", () => {
    const { checkTls, unsupported } = load({ ...espruino, tls: false });
    expect(checkTls({})).toBe("");
    expect(unsupported({ allow_unverified_tls: true })).toContain("cannot do TLS");
  });
});

describe("the name", () => {
  test("is the host's", () => {
    expect(load(iotjs).tlsOptions({ cert_pem: ca.cert }, "host").servername).toBe("host");
  });
  test("is cert_common_name where that is given", () => {
    expect(load(iotjs).tlsOptions({ cert_common_name: "server" }, "host").servername).toBe("server");
  });
});

describe("an origin that a redirect led to", () => {
  test("is not shown the client's certificate, and is verified all the same", () => {
    const { tlsOptions } = load(iotjs);
    const config = { client_cert: client.cert, client_key: client.key, cert_pem: ca.cert };
    expect(tlsOptions(config, "host").cert).toBeDefined();
    expect(tlsOptions(config, "host", true)).toMatchObject({ cert: undefined, key: undefined, verify: true });
    expect(tlsOptions(config, "host", true).ca).toBe(tlsOptions(config, "host").ca);
  });
});

describe("client_ds_data", () => {
  test("is refused without client_key", () => {
    const { checkTls, unsupported } = load(espruino);
    for (const config of [{ client_ds_data: {} }, { client_ds_data: {}, client_cert: client.cert }]) {
      expect(checkTls(config)).toBe("");
      expect(unsupported(config)).toContain("client_ds_data");
    }
  });
  test("is beaten by client_key", () => {
    const { checkTls, unsupported, tlsOptions } = load(espruino);
    const config = { client_ds_data: {}, client_cert: client.cert, client_key: client.key };
    expect(checkTls(config)).toBe("");
    expect(unsupported(config)).toBe("");
    expect(tlsOptions(config, "host").key).toBe(latin1(client.keyDer));
  });
});

describe("crt_bundle_attach", () => {
  test("gets the options once for each connection, and fills them in", () => {
    const { checkTls, unsupported, tlsOptions } = load(iotjs);
    const seen: unknown[] = [];
    const config: Config = {
      crt_bundle_attach: (options) => {
        seen.push({ ...options });
        options.ca = "bundle";
      },
    };
    expect(checkTls(config)).toBe("");
    expect(unsupported(config)).toBe("");
    expect(seen).toEqual([]);
    expect(tlsOptions(config, "host")).toMatchObject({ ca: "bundle", verify: true });
    expect(seen).toEqual([{ ca: undefined, cert: undefined, key: undefined, servername: "host", verify: true }]);
  });
  test("that throws, throws", () => {
    const crt_bundle_attach = (): never => {
      throw new Error("no bundle");
    };
    expect(() => load(iotjs).tlsOptions({ crt_bundle_attach }, "host")).toThrow("no bundle");
  });
  test.each([-1, 0x102])("that returns the error %d, fails", (code) => {
    expect(thrown(() => load(iotjs).tlsOptions({ crt_bundle_attach: () => code }, "host"))).toMatch(
      /crt_bundle_attach/
    );
  });
  test.each([0, undefined, {}, "PEM"])("that returns %p, does not", (result) => {
    expect(load(iotjs).tlsOptions({ crt_bundle_attach: () => result }, "host").verify).toBe(true);
  });
});

describe("the global CA store", () => {
  test("beats cert_pem, as in C", () => {
    const { esp_tls_set_global_ca_store, tlsOptions } = load(espruino);
    expect(esp_tls_set_global_ca_store(ca.cert)).toBe(0);
    const config = { cert_pem: other.cert, allow_unverified_tls: true };
    expect(tlsOptions({ ...config, use_global_ca_store: true }, "host").ca).toBe(latin1(ca.certDer));
    expect(tlsOptions(config, "host").ca).toBe(latin1(other.certDer));
  });
  test("is used by nobody who does not ask for it", () => {
    const { esp_tls_set_global_ca_store, tlsOptions } = load(iotjs);
    esp_tls_set_global_ca_store(ca.cert);
    expect(tlsOptions({}, "host")).toMatchObject({ ca: undefined, verify: false });
  });
  test("that was never set is refused, not taken for any other", () => {
    const { unsupported, tlsOptions } = load(iotjs);
    const config = { use_global_ca_store: true };
    expect(unsupported(config)).toContain("cannot do server verification");
    expect(tlsOptions({ ...config, allow_unverified_tls: true }, "host").verify).toBe(false);
  });
  test("takes DER", () => {
    const { esp_tls_set_global_ca_store, tlsOptions } = load(iotjs);
    expect(esp_tls_set_global_ca_store(Uint8Array.from(ca.certDer))).toBe(0);
    const options = tlsOptions({ use_global_ca_store: true }, "host");
    expect(options.verify).toBe(true);
    expect(new X509Certificate(options.ca!).raw.equals(ca.certDer)).toBe(true);
  });
  test.each(["", "text", undefined, null, 7])("refuses %p, says why, and stays as it was", (value) => {
    const { board, esp_tls_set_global_ca_store, tlsOptions } = load(espruino);
    expect(esp_tls_set_global_ca_store(ca.cert)).toBe(0);
    expect(esp_tls_set_global_ca_store(value as string)).toBe(0x102);
    expect(board.logged).toHaveLength(1);
    const config = { use_global_ca_store: true, allow_unverified_tls: true };
    expect(tlsOptions(config, "host").ca).toBe(latin1(ca.certDer));
  });
});
