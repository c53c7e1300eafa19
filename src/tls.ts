import { board, TlsOptions } from "./board";
import type { Config } from "./config";

/** What the configuration asks of TLS and the board cannot do, as a sentence; "" if there is nothing. */
export function unsupportedTls(config: Config): string {
  if (!board._hasTls()) return "The board has no TLS sockets: wss cannot be used.";
  return asksForVerification(config) && !board._verifies && !config.allow_unverified_tls
    ? "The board cannot verify the server: set allow_unverified_tls to connect all the same."
    : "";
}

function asksForVerification(config: Config): boolean {
  return !!(config.cert_pem || config.use_global_ca_store || config.crt_bundle_attach || config.cert_common_name);
}

/** The TLS options for a connection to `host`. */
export function tlsOptions(config: Config, host: string): TlsOptions {
  return {
    servername: config.cert_common_name || host,
    verify: asksForVerification(config) && board._verifies,
    ca: globalCaStore,
  };
}

/** What is wrong with the TLS fields of a configuration, as a sentence; "" if nothing is. */
export function checkTls(config: Config): string {
  return config.cert_common_name && config.skip_cert_common_name_check
    ? "The configuration fields cert_common_name and skip_cert_common_name_check exclude each other."
    : "";
}

var globalCaStore: string | undefined;

/** Keeps the certificates that `use_global_ca_store` verifies servers with. Returns `ESP_OK`. */
export function esp_tls_set_global_ca_store(pem: string): number {
  globalCaStore = pem;
  return 0;
}
