import type { RunResult, Target } from "../support/targets";

/**
 * TLS takes its memory in large pieces from a heap that Espruino for Linux makes larger only when a small one does not
 * fit: 4096 variables, the script among them, are soon too few.
 */
const ROOM = `(function () { for (var i = 0, list = []; i < 4000; i++) list.push({}); })();`;

/**
 * A script that starts a client with `CONFIG` and prints its events: name, error type, both TLS codes, message. Fields
 * in `DER` are base64 of what becomes a byte string; those in `BYTES`, of what becomes a Uint8Array. After `ROUNDS`
 * ends of a connection it destroys the client.
 */
const CLIENT = `
var ws = require("esp_websocket_client");
var rounds = 0;
Object.keys(DER).forEach(function (field) { CONFIG[field] = atob(DER[field]); });
Object.keys(BYTES).forEach(function (field) { CONFIG[field] = E.toUint8Array(atob(BYTES[field])); });
var client = ws.esp_websocket_client_init(CONFIG);
var names = "ERROR CONNECTED DISCONNECTED DATA CLOSED BEFORE_CONNECT BEGIN FINISH".split(" ");
if (client) {
  client.on("any", function (event, id) {
    var error = event.error_handle;
    if (id === 3 && event.op_code === 1) print("DATA " + event.data_ptr);
    else if (id !== 3 && id !== 8)
      print(names[id], error.error_type, error.esp_tls_last_esp_err, error.esp_tls_stack_err, id ? "" : event.data_ptr);
    if (id === 1) MESSAGES.forEach(function (text) { ws.esp_websocket_client_send_text(client, text); });
    if (id === 2 || id === 7) {
      rounds++;
      if (rounds >= ROUNDS) setTimeout(function () { ws.esp_websocket_client_destroy(client); }, 1);
    }
  });
  client.on("data", function (event) {
    if (event.op_code === 1 && event.data_ptr === CLOSE_ON) ws.esp_websocket_client_close(client);
  });
  var result = ws.esp_websocket_client_start(client);
  if (result) print("start " + result);
} else print("init null");
`;

export interface ClientOptions {
  der?: Record<string, Buffer>;
  bytes?: Record<string, Buffer>;
  /** Sent when connected. */
  messages?: string[];
  /** The client closes when this has come back. */
  closeOn?: string;
  rounds?: number;
  /** Runs before and behind the client's script. */
  before?: string;
  after?: string;
}

const base64 = (fields: Record<string, Buffer> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([field, bytes]) => [field, bytes.toString("base64")]));

export function runClient(target: Target, config: object, options: ClientOptions = {}): Promise<RunResult> {
  return target.run(
    `${target.real && !target.jerryscript ? ROOM : ""}${options.before ?? ""}${CLIENT}${options.after ?? ""}`,
    {
      preset: {
        CONFIG: { reconnect_timeout_ms: 20, network_timeout_ms: 5000, ...config },
        DER: base64(options.der),
        BYTES: base64(options.bytes),
        MESSAGES: options.messages ?? [],
        CLOSE_ON: options.closeOn ?? "",
        ROUNDS: options.rounds ?? 1,
      },
    }
  );
}

/** The targets whose TLS is Espruino's. A heap as small as an ESP32's has no room for TLS and crashes (firmware). */
export function hasEspruinoTls(target: Target): boolean {
  return !target.jerryscript && !(target.real && target.byteStrings);
}
