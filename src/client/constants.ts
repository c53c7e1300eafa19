/** The numbers that a client works with. This file imports nothing, so that the build inlines them. */

// Where in its life a client is: see ARCHITECTURE.md for the picture.
/** Not started, or finished. */
export const IDLE = 0;
/** The attempt has failed; the next one waits for its time. */
export const WAITING = 1;
/** TCP, TLS and the opening handshake. */
export const CONNECTING = 2;
/** Messages can be sent. */
export const OPEN = 3;
/** A close frame was sent, or waits behind queued messages; or one was received. */
export const CLOSING = 4;

// The timers, by what they wait for.
/** The next attempt, the end of the handshake, or the end of the close: whatever the state waits for. */
export const STATE_TIMER = 0;
/** Time for the next PING. */
export const PING_TIMER = 1;
/** Anything at all from the server (keep-alive). */
export const KEEP_ALIVE_TIMER = 2;
/** The answer to a PING. */
export const PONG_TIMER = 3;
/** The rest of a frame header. */
export const HEADER_TIMER = 4;
/** The idle loop, to send what was put into the queue. */
export const FLUSH_TIMER = 5;
/** A moment after handlers were called: goes on where one was cut off. See `watch`. */
export const WATCH_TIMER = 6;
/** Queued messages with a timeout have their own numbers, above this. */
export const LAST_TIMER = 6;

/** The least payload, in bytes, of a frame that is worth the board's native masking. */
export const LEAST_NATIVE = 320;
/** This many free variables are plenty: a single frame may take the memory for it, and keep it until the next PING. */
export const PLENTY = 2000;
/** Variables that must be free where one more message is to wait: its own, and those of a piece of data that comes. */
export const ROOM_TO_WAIT = 350;
/** Variables that handlers, and what they send, need beside a long message. */
export const ROOM_TO_WORK = 300;
/** A window over a long payload: its frames, its share, and the most that Espruino's typed arrays span. */
export const WINDOW_FRAMES = 16;
export const WINDOW_SHARE = 32;
export const WINDOW_LIMIT = 65536;

/** Added to an opcode: no FIN bit, more of the message follows. */
export const PARTIAL = 0x200;
/** A timeout without limit, in ticks. */
export const portMAX_DELAY = 0xffffffff;
/** Milliseconds in a tick. */
export const portTICK_PERIOD_MS = 10;
