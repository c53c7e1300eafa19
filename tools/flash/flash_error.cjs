"use strict";

/** A failure that the user can act on: its message is the one line that flash.sh prints. */
class FlashError extends Error {}

module.exports = { FlashError };
