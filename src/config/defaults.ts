/** The values of fields that are not configured. */
import { Field, Settings } from "./fields";

export const DEFAULT_USER_AGENT = "ESP32 Websocket Client";
/** Here 0 is a value: no redirect is followed. */
export const DEFAULT_MAX_REDIRECTS = 5;
/** `tx_queue_size`, in units of `buffer_size`. */
export const DEFAULT_QUEUED_BUFFERS = 4;

/** Fields with a default that 0 also stands for. */
export type FieldWithDefault =
  | Field.BUFFER_SIZE
  | Field.KEEP_ALIVE_COUNT
  | Field.NETWORK_TIMEOUT_MS
  | Field.RECONNECT_TIMEOUT_MS
  | Field.PING_INTERVAL_SEC
  | Field.PINGPONG_TIMEOUT_SEC
  | Field.KEEP_ALIVE_IDLE
  | Field.KEEP_ALIVE_INTERVAL;

/**
 * A number of the configuration, or its default (`esp_websocket_client.c` has the same). Not filled in by `init`: on
 * the board, each value that a client keeps takes a variable.
 */
export function setting(config: Settings, field: FieldWithDefault): number {
  // In the order of the fields, from BUFFER_SIZE on.
  return config[field] || [1024, 3, 10000, 10000, 10, 120, 5, 5][field - Field.BUFFER_SIZE];
}
