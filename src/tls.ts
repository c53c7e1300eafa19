import { board, TlsOptions } from "./board";
import type { Config } from "./config";

/** The certificates of `use_global_ca_store`, in the board's form. */
var globalCaStore: string | undefined;
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
  // PEM: text, BEGIN and of what, base64, END and of what, text … (RFC 7468 §2). The rest is DER.
  var parts = text.indexOf("-----BEGIN ") < 0 ? [text] : text.split("-----");
  for (var i = 0; i < parts.length; i++) {
    var der = parts[i];
    if (parts.length > 1) {
      if (!(key ? /^BEGIN.* KEY$/ : /^BEGIN CERTIFICATE$/).test(der)) continue;
      der = board._unbase64(parts[++i]);
    }
    // A SEQUENCE of this size (X.690 §8.1), which begins with a SEQUENCE or, if it is a key, with its version
    // (RFC 5280 §4.1, RFC 5958 §2, RFC 8017 §A.1.2, RFC 5915 §3). A size that is not its own shows broken base64.
    var start = 2;
    var size = der.charCodeAt(1);
    var octets = size & 127;
    if (size > 127) for (size = 0; octets--; ) size = size * 256 + der.charCodeAt(start++);
    if (der.length !== start + size || der.charCodeAt(start) !== (key ? 2 : 48) || (result && !board._pem)) {
      result = "";
      break;
    }
    result += board._pem ? board._pem(der, key) : der;
  }
  if (!result) throw field + " must be one " + (key ? "unencrypted key" : "certificate") + " in PEM or DER";
  return result;
}

/** 0: the server need not be verified; 1: it must be; 2: it must be, and cannot be as the configuration asks. */
function verification(config: Config): number {
  return !(config.cert_pem || config.use_global_ca_store || config.crt_bundle_attach || config.cert_common_name)
    ? 0
    : // No board here checks the chain and not the name.
      board._verifies && !config.skip_cert_common_name_check && (globalCaStore || !config.use_global_ca_store)
      ? 1
      : config.allow_unverified_tls
        ? 0
        : 2;
}

/** What the configuration asks of TLS and the board cannot do, as a sentence; "" if there is nothing. */
export function unsupportedTls(config: Config): string {
  return !board._hasTls()
    ? "The board has no TLS"
    : config.client_ds_data && !config.client_key
      ? "The board cannot do client_ds_data"
      : verification(config) > 1
        ? "The board cannot verify the server: allow_unverified_tls: true connects anyway"
        : "";
}

/**
 * The TLS options for a connection to `host`; without a host they are only checked.
 * Throws a sentence if something is wrong with them, and whatever `crt_bundle_attach` throws.
 */
export function tlsOptions(config: Config, host?: string): TlsOptions {
  var verify = verification(config);
  var attach = config.crt_bundle_attach;
  var options: TlsOptions = {
    ca: config.use_global_ca_store ? globalCaStore : read(config, "cert_pem"),
    cert: read(config, "client_cert"),
    key: read(config, "client_key"),
    servername: config.cert_common_name || host,
  };
  if (host) {
    if (attach && +(attach(options) as number)) throw "crt_bundle_attach failed";
    if (!verify && !config.allow_unverified_tls && !told) {
      told = true;
      board._log("wss: the server is not verified");
    }
  }
  options.verify = !!verify;
  return options;
}

/** What is wrong with the TLS fields of a configuration, as a sentence; "" if nothing is. */
export function checkTls(config: Config): string {
  try {
    tlsOptions(config);
  } catch (sentence) {
    return sentence as string;
  }
  return config.cert_common_name && config.skip_cert_common_name_check
    ? "cert_common_name excludes skip_cert_common_name_check"
    : !config.client_key !== !config.client_cert && !config.client_ds_data
      ? "client_cert and client_key need each other"
      : "";
}

/**
 * Keeps the certificates that `use_global_ca_store` verifies servers with, in place of the last ones.
 * Returns `ESP_OK`, or `ESP_ERR_INVALID_ARG`, after a line that says why, if these are no certificates.
 */
export function esp_tls_set_global_ca_store(pem: string | Uint8Array): number {
  try {
    globalCaStore = read({ global_ca_store: pem || "" }, "global_ca_store");
    return 0;
  } catch (sentence) {
    board._log(sentence as string);
    return 0x102;
  }
}
