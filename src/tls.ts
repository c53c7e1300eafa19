import * as board from "./board";
import type { TlsOptions } from "./board";
import type { Config } from "./config";

/** What `esp_tls_set_global_ca_store` was given. */
var globalCaStore: string | Uint8Array | undefined;
/** The user has been told that a server is not verified. */
var told: boolean | undefined;

/**
 * The certificates, or the private key, in a field, in the form that the board takes; undefined if it is not given.
 * Where there is no such thing, throws a sentence that names the field and tells nothing of what is in it.
 */
function read(config: { [field: string]: any }, field: string): string | undefined {
  var text = config[field];
  var length = config[field.replace("_pem", "") + "_len"];
  var key = field === "client_key";
  var result = "";
  if (text === undefined) return text;
  if (typeof text !== "string") text = board._byteString(text);
  if (length) text = text.substr(0, length);
  // PEM: text, BEGIN and of what, base64, END and of what, text … (RFC 7468 §2). Otherwise it is DER.
  var parts = text.split("-----");
  for (var i = 0; i < parts.length; i++) {
    var der = parts[i];
    if (parts.length > 1) {
      if (!(key ? /^BEGIN.*PRIVATE KEY$/ : /^BEGIN CERTIFICATE$/).test(der)) continue;
      der = board._unbase64(parts[++i]);
    }
    // A SEQUENCE of this size (X.690 §8.1), which begins with a SEQUENCE or, if it is a key, with its version
    // (RFC 5280 §4.1, RFC 5958 §2, RFC 8017 §A.1.2, RFC 5915 §3). A size that is not its own shows broken base64.
    var start = 2;
    var size = der.charCodeAt(1);
    var octets = size & 127;
    if (size > 127) for (size = 0; octets--;) size = size * 256 + der.charCodeAt(start++);
    if (der.length !== start + size || der.charCodeAt(start) !== (key ? 2 : 48) || (result && !board._pem)) {
      result = "";
      break;
    }
    result += board._pem ? board._pem(der, key) : der;
  }
  if (!result) throw field + " must be one PEM or DER, not encrypted";
  return result;
}

/**
 * The TLS options for a connection to `host`. With an empty host, nothing but `crt_bundle_attach` is left out; with
 * none, only the fields themselves are checked, not what the board can do.
 * Throws a sentence that says what is wrong, and whatever `crt_bundle_attach` throws.
 */
export function tlsOptions(config: Config, host?: string): TlsOptions {
  var attach = config.crt_bundle_attach;
  var commonName = config.cert_common_name;
  var skipsName = config.skip_cert_common_name_check;
  var store = config.use_global_ca_store;
  var ownTransport = config.ext_transport;
  var allowed = config.allow_unverified_tls;
  var options: TlsOptions = {
    ca: read(store ? { cert_pem: globalCaStore } : config, "cert_pem"),
    cert: read(config, "client_cert"),
    key: read(config, "client_key"),
    servername: commonName || host,
  };
  // No board here checks the chain and not the name.
  var able = ownTransport || (board._verifies && !skipsName && (options.ca || !store));
  options.verify = !!(options.ca || store || attach || commonName) && !!(able || !allowed);
  var error =
    commonName && skipsName
      ? "cert_common_name cannot be skipped as well"
      : !options.key !== !options.cert && !config.client_ds_data
        ? "client_cert and client_key go together"
        : host === undefined || ownTransport
          ? ""
          : !board._hasTls()
            ? "The board has no TLS"
            : config.client_ds_data && !options.key
              ? "The board cannot do client_ds_data"
              : options.verify && !able
                ? "The board cannot verify the server: allow_unverified_tls: true connects anyway"
                : "";
  if (error) throw error;
  if (host) {
    if (attach && +(attach(options) as number)) throw "crt_bundle_attach failed";
    if (!options.verify && !allowed && !told) {
      told = true;
      board._log("wss: the server is not verified");
    }
  }
  return options;
}

/** What is wrong with the TLS fields of a configuration, as a sentence; "" if nothing is. */
export function checkTls(config: Config, host?: string): string {
  try {
    tlsOptions(config, host);
    return "";
  } catch (sentence) {
    return sentence as string;
  }
}

/** What the configuration asks of TLS and the board cannot do, as a sentence; "" if there is nothing. */
export function unsupportedTls(config: Config): string {
  return checkTls(config, "");
}

/**
 * Keeps the certificates that `use_global_ca_store` verifies servers with, in place of the last ones.
 * Returns `ESP_OK`, or `ESP_ERR_INVALID_ARG`, after a line that says why, if these are no certificates.
 */
export function esp_tls_set_global_ca_store(pem: string | Uint8Array): number {
  var error = checkTls({ cert_pem: pem || "" });
  if (error) {
    board._log(error);
    return 0x102;
  }
  globalCaStore = pem;
  return 0;
}
