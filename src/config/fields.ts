import type { Config } from "./config";

/**
 * The fields of a configuration, by the kind of their values. A client keeps the values in an array, in this order:
 * on the board, and in the code, a number is smaller than a name, and found faster.
 */
export const enum Field {
  // Text without control characters.
  URI,
  USERNAME,
  PASSWORD,
  PATH,
  USER_AGENT,
  CERT_COMMON_NAME,
  IF_NAME,
  TASK_NAME,
  // Text in a form of its own.
  HOST,
  SUBPROTOCOL,
  HEADERS,

  // Integers with their own limits.
  PORT,
  TRANSPORT,
  // Others.
  MAX_REDIRECTS,
  TX_QUEUE_SIZE,
  CERT_LEN,
  CLIENT_CERT_LEN,
  CLIENT_KEY_LEN,
  TASK_CORE_ID,
  TASK_PRIO,
  TASK_STACK,
  // With defaults, which `setting` knows.
  BUFFER_SIZE,
  KEEP_ALIVE_COUNT,
  // Numbers that may be fractions, with defaults.
  NETWORK_TIMEOUT_MS,
  RECONNECT_TIMEOUT_MS,
  PING_INTERVAL_SEC,
  PINGPONG_TIMEOUT_SEC,
  KEEP_ALIVE_IDLE,
  KEEP_ALIVE_INTERVAL,
  // And without.
  RECONNECT_MAX_MS,
  // 0…1
  RECONNECT_JITTER,

  // True or false.
  DISABLE_AUTO_RECONNECT,
  ENABLE_CLOSE_RECONNECT,
  DISABLE_PINGPONG_DISCON,
  USE_GLOBAL_CA_STORE,
  SKIP_CERT_COMMON_NAME_CHECK,
  KEEP_ALIVE_ENABLE,
  ALLOW_UNVERIFIED_TLS,
  TASK_CORE_ID_SET,

  // Certificates and keys, text or bytes: in the order of their length fields.
  CERT_PEM,
  CLIENT_CERT,
  CLIENT_KEY,
  // Functions.
  URI_PROVIDER,
  HEADERS_PROVIDER,
  CRT_BUNDLE_ATTACH,
  // An object with a function `open`.
  EXT_TRANSPORT,
  // Anything.
  USER_CONTEXT,
  CLIENT_DS_DATA,
}

/** Their names, in the same order: the compiler drops those above from the board's code. */
export function names() {
  return [
    "uri",
    "username",
    "password",
    "path",
    "user_agent",
    "cert_common_name",
    "if_name",
    "task_name",
    "host",
    "subprotocol",
    "headers",
    "port",
    "transport",
    "max_redirects",
    "tx_queue_size",
    "cert_len",
    "client_cert_len",
    "client_key_len",
    "task_core_id",
    "task_prio",
    "task_stack",
    "buffer_size",
    "keep_alive_count",
    "network_timeout_ms",
    "reconnect_timeout_ms",
    "ping_interval_sec",
    "pingpong_timeout_sec",
    "keep_alive_idle",
    "keep_alive_interval",
    "reconnect_max_ms",
    "reconnect_jitter",
    "disable_auto_reconnect",
    "enable_close_reconnect",
    "disable_pingpong_discon",
    "use_global_ca_store",
    "skip_cert_common_name_check",
    "keep_alive_enable",
    "allow_unverified_tls",
    "task_core_id_set",
    "cert_pem",
    "client_cert",
    "client_key",
    "uri_provider",
    "headers_provider",
    "crt_bundle_attach",
    "ext_transport",
    "user_context",
    "client_ds_data",
  ] as const;
}

type Names = ReturnType<typeof names>;
/** A checked configuration: the values by the numbers above. */
export type Settings = { [Index in Exclude<keyof Names, keyof unknown[]>]?: Config[Names[Index]] };
