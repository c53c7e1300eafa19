import type { Config } from "./config";

/**
 * The fields of a configuration, by the kind of their values. A client keeps the values in an array, in this order:
 * on the board, and in the code, a number is smaller than a name, and found sooner.
 */
export function names() {
  return [
    // Texts without control characters.
    "uri",
    "host",
    "username",
    "password",
    "path",
    "subprotocol",
    "user_agent",
    "cert_common_name",
    "if_name",
    "task_name",
    // Header lines.
    "headers",
    // Numbers with limits of their own.
    "port",
    "reconnect_jitter",
    // Other numbers.
    "buffer_size",
    "network_timeout_ms",
    "ping_interval_sec",
    "pingpong_timeout_sec",
    "reconnect_timeout_ms",
    "reconnect_max_ms",
    "max_redirects",
    "tx_queue_size",
    "transport",
    "keep_alive_idle",
    "keep_alive_interval",
    "keep_alive_count",
    "cert_len",
    "client_cert_len",
    "client_key_len",
    "task_core_id",
    "task_prio",
    "task_stack",
    // Certificates and keys, texts or bytes.
    "cert_pem",
    "client_cert",
    "client_key",
    // Functions.
    "uri_provider",
    "headers_provider",
    "crt_bundle_attach",
    // An object.
    "ext_transport",
    // Anything; most are true or false.
    "user_context",
    "client_ds_data",
    "disable_auto_reconnect",
    "enable_close_reconnect",
    "disable_pingpong_discon",
    "use_global_ca_store",
    "skip_cert_common_name_check",
    "keep_alive_enable",
    "allow_unverified_tls",
    "task_core_id_set",
  ] as const;
}

// Texts without control characters.
export const URI = 0;
export const HOST = 1;
export const USERNAME = 2;
export const PASSWORD = 3;
export const PATH = 4;
export const SUBPROTOCOL = 5;
export const USER_AGENT = 6;
export const CERT_COMMON_NAME = 7;
export const IF_NAME = 8;
export const TASK_NAME = 9;

// Header lines.
export const HEADERS = 10;

// Numbers with limits of their own.
export const PORT = 11;
export const RECONNECT_JITTER = 12;

// Other numbers.
export const BUFFER_SIZE = 13;
export const NETWORK_TIMEOUT_MS = 14;
export const PING_INTERVAL_SEC = 15;
export const PINGPONG_TIMEOUT_SEC = 16;
export const RECONNECT_TIMEOUT_MS = 17;
export const RECONNECT_MAX_MS = 18;
export const MAX_REDIRECTS = 19;
export const TX_QUEUE_SIZE = 20;
export const TRANSPORT = 21;
export const KEEP_ALIVE_IDLE = 22;
export const KEEP_ALIVE_INTERVAL = 23;
export const KEEP_ALIVE_COUNT = 24;
export const CERT_LEN = 25;
export const CLIENT_CERT_LEN = 26;
export const CLIENT_KEY_LEN = 27;
export const TASK_CORE_ID = 28;
export const TASK_PRIO = 29;
export const TASK_STACK = 30;

// Certificates and keys, texts or bytes.
export const CERT_PEM = 31;
export const CLIENT_CERT = 32;
export const CLIENT_KEY = 33;

// Functions.
export const URI_PROVIDER = 34;
export const HEADERS_PROVIDER = 35;
export const CRT_BUNDLE_ATTACH = 36;

// An object.
export const EXT_TRANSPORT = 37;

// Anything; most are true or false.
export const USER_CONTEXT = 38;
export const CLIENT_DS_DATA = 39;
export const DISABLE_AUTO_RECONNECT = 40;
export const ENABLE_CLOSE_RECONNECT = 41;
export const DISABLE_PINGPONG_DISCON = 42;
export const USE_GLOBAL_CA_STORE = 43;
export const SKIP_CERT_COMMON_NAME_CHECK = 44;
export const KEEP_ALIVE_ENABLE = 45;
export const ALLOW_UNVERIFIED_TLS = 46;
export const TASK_CORE_ID_SET = 47;

type Names = ReturnType<typeof names>;
/** A checked configuration: the values by the numbers above. */
export type Settings = { [Field in Exclude<keyof Names, keyof unknown[]>]?: Config[Names[Field]] };
