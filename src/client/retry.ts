/** When to try again. */
import { setting } from "../config/defaults";
import { Field, Settings } from "../config/fields";

/**
 * Milliseconds until the next attempt to connect: `reconnect_timeout_ms`; with `reconnect_max_ms`, twice as long after
 * each failure, up to that. `reconnect_jitter` lets `random` shorten it, but not below what the server asked for
 * (RFC 9110 §10.2.3).
 *
 * @param failures failed attempts in a row, 1 or more
 * @param retryAfter seconds that the server asked to wait, or 0
 * @param random 0…2³²-1
 */
export function retryDelay(config: Settings, failures: number, retryAfter: number, random: number): number {
  var delay = setting(config, Field.RECONNECT_TIMEOUT_MS);
  var most = config[Field.RECONNECT_MAX_MS];
  if (most) delay = Math.min(delay * Math.pow(2, failures - 1), most);
  delay *= 1 - ((config[Field.RECONNECT_JITTER] || 0) * random) / 4294967296;
  return Math.max(delay, retryAfter * 1000);
}
