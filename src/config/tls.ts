import * as board from "../board";
import type { TlsOptions } from "../board";
import { Field } from "./fields";
import type { Settings } from "./fields";

/** What `esp_tls_set_global_ca_store` was given, as `cert_pem`. */
var globalCaStore = [] as Settings;
/** True: the user has been warned that a server is not verified. */
var hasWarned: boolean | undefined;

/**
 * The certificates, or the private key, in a field, in the form that the board takes; undefined if it is not given.
 * If it has no such thing, throws a sentence that names the field and reveals nothing of its value.
 */
function readCredential(
  config: Settings,
  field: Field.CERT_PEM | Field.CLIENT_CERT | Field.CLIENT_KEY,
  name: string
): string | undefined {
  var text = config[field];
  // The length fields come before these, in the same order.
  var length = config[(field - (Field.CERT_PEM - Field.CERT_LEN)) as Field.CERT_LEN];
  var key = field === Field.CLIENT_KEY;
  var result = "";
  if (text === undefined) return text;
  if (typeof text !== "string") text = board._byteString(text);
  if (length) text = text.substr(0, length);
  // PEM: text, base64, text, base64, text … between the ends of lines that say what (RFC 7468 §2). Without such
  // lines it is DER.
  var parts = text.split((key ? "PRIVATE KEY" : "CERTIFICATE") + "-----");
  var i = parts[1] ? 1 : 0;
  // At least once: Espruino splits a text that is shorter than the separator into nothing.
  do {
    var der = i ? board._unbase64(parts[i].split("-")[0]) : text;
    // A SEQUENCE of this size (X.690 §8.1), which begins with a SEQUENCE or, if it is a key, with its version
    // (RFC 5280 §4.1, RFC 5958 §2, RFC 8017 §A.1.2, RFC 5915 §3). A wrong size shows broken base64.
    var start = 2;
    var size = der.charCodeAt(1);
    var octets = size - 128;
    if (octets >= 0) for (size = 0; octets--;) size = size * 256 + der.charCodeAt(start++);
    if (der.length !== start + size || der.charCodeAt(start) !== (key ? 2 : 48) || (result && !board._pem))
      throw name + " is not one plain PEM or DER";
    result += board._pem ? board._pem(der, key) : der;
    i += 2;
  } while (i < parts.length);
  return result;
}

/** True if the configuration asks for the server to be verified. */
export function asksToVerify(config: Settings): boolean {
  return !!(
    config[Field.CERT_PEM] ||
    config[Field.USE_GLOBAL_CA_STORE] ||
    config[Field.CRT_BUNDLE_ATTACH] ||
    config[Field.CERT_COMMON_NAME]
  );
}

/** True if the board can do that. No board here checks the chain without the name. */
export function boardVerifies(config: Settings): boolean {
  return (
    board._verifies &&
    !config[Field.SKIP_CERT_COMMON_NAME_CHECK] &&
    !!(!config[Field.USE_GLOBAL_CA_STORE] || globalCaStore[Field.CERT_PEM])
  );
}

/**
 * The TLS options for a connection to `host`, which `unsupported` has let through; without a host, only the fields are
 * checked. `leftOrigin`: without the client's certificate, which is meant for another.
 * Throws a sentence that says what is wrong, and whatever `crt_bundle_attach` throws.
 */
export function tlsOptions(config: Settings, host?: string, leftOrigin?: boolean): TlsOptions {
  var attach = config[Field.CRT_BUNDLE_ATTACH];
  var transport = config[Field.EXT_TRANSPORT];
  var authenticates = transport && transport.authenticates;
  var options: TlsOptions = {
    ca: readCredential(config[Field.USE_GLOBAL_CA_STORE] ? globalCaStore : config, Field.CERT_PEM, "cert_pem"),
    cert: readCredential(config, Field.CLIENT_CERT, "client_cert"),
    key: readCredential(config, Field.CLIENT_KEY, "client_key"),
    servername: config[Field.CERT_COMMON_NAME] || host,
    verify: asksToVerify(config) && !!(transport || boardVerifies(config)),
  };
  if (config[Field.CERT_COMMON_NAME] && config[Field.SKIP_CERT_COMMON_NAME_CHECK])
    throw "cert_common_name would be skipped";
  if (!options.key !== !options.cert && !config[Field.CLIENT_DS_DATA]) throw "client_cert and client_key go together";
  if (leftOrigin) options.cert = options.key = undefined;
  if (authenticates && (asksToVerify(config) || options.cert || config[Field.CLIENT_DS_DATA]))
    throw "ext_transport takes no certificates: leave cert_pem and its kin out";
  if (host) {
    if (attach && +(attach(options) as number)) throw "crt_bundle_attach failed";
    if (!options.verify && !authenticates && !config[Field.ALLOW_UNVERIFIED_TLS] && !hasWarned) {
      hasWarned = true;
      board._log("wss: the server is not verified");
    }
  }
  return options;
}

/**
 * Sets the certificates that `use_global_ca_store` verifies servers with, replacing the last ones.
 * Throws a sentence that says why, if these are not certificates.
 */
export function setGlobalCaStore(pem: string | Uint8Array): void {
  var store = [] as Settings;
  store[Field.CERT_PEM] = pem || "";
  readCredential(store, Field.CERT_PEM, "pem");
  globalCaStore = store;
}
