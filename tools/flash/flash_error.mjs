/**
 * A failure that the user can act on: its message says what happened and what to do.
 *
 * `code` is for programs: "silent", "garbled", "password", "not_espruino", "lost_connection", "busy",
 * "lost_characters", "storage_full", "storage_fault", "no_storage", "too_old", "boot_blocked", "refused", "app_failed",
 * "bad_file", "port" (it cannot be opened), "tools" (something is not installed), "cancelled".
 */
export class FlashError extends Error {
  /** @param {string} code @param {string} what @param {string} [advice] what the user can do, without the final stop */
  constructor(code, what, advice) {
    super(advice ? `${what}: ${advice}` : what);
    this.name = "FlashError";
    this.code = code;
    this.what = what;
    this.advice = advice;
  }
}
