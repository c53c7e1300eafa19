/**
 * Writing to a board's console without overrunning its input.
 *
 * A port carries bytes to a board and back. It is an object with:
 *
 *   name                   what the user calls it, for messages
 *   baud                   bits per second of a serial line; undefined where the line has no speed of its own (TCP)
 *   closed                 true once the connection is gone
 *   write(bytes)           sends a Uint8Array; resolves when the system has taken it, rejects when the port is gone
 *   onData(listener)       sets the one listener for Uint8Arrays that arrive
 *   onClose(listener)      sets the one listener for the end, from either side; called once
 *   close()                resolves when the port is closed; harmless when it is
 */
import { FlashError } from "./flash_error.mjs";

const XON = 0x11;
const XOFF = 0x13;

/** Passed to the system at once, bytes: what still leaves after an XOFF has arrived. */
const SLICE = 32;
/** A byte on a serial line: start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;

/** The time, as the console and the writer see it. Tests bring their own. */
export const systemClock = {
  now: () => performance.now(),
  /** Calls `done` after `ms`; returns what cancels that. */
  after(ms, done) {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  },
};

export const pause = (clock, ms) => new Promise((resolve) => clock.after(ms, resolve));

export class PacedWriter {
  constructor(port, clock) {
    this.port = port;
    this.clock = clock;
    /** Whether the board has sent XOFF and not yet XON. */
    this.held = false;
    this._released = () => {};
    this._lineFreeAt = 0;
    this._last = Promise.resolve();
  }

  /** Takes XON and XOFF out of what has arrived, and obeys them. */
  receive(bytes) {
    let kept = 0;
    const text = new Uint8Array(bytes.length);
    for (const byte of bytes) {
      if (byte === XOFF) this.held = true;
      else if (byte === XON) this.release();
      else text[kept++] = byte;
    }
    return text.subarray(0, kept);
  }

  /** Goes on, as after XON. */
  release() {
    this.held = false;
    this._released();
  }

  /**
   * Sends text, one byte per character, as fast as the line carries it and as the board allows.
   * @param {number} patienceMs how long the board may hold the line with XOFF
   */
  write(text, patienceMs) {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const writing = this._last.then(() => this._write(bytes, patienceMs));
    this._last = writing.catch(() => {});
    return writing;
  }

  async _write(bytes, patienceMs) {
    for (let at = 0; at < bytes.length; at += SLICE) {
      const slice = bytes.subarray(at, at + SLICE);
      await this._lineIsFree(slice.length);
      if (this.held && !this.port.closed) await this._xon(patienceMs);
      if (this.port.closed) throw lostConnection(this.port);
      try {
        await this.port.write(slice);
      } catch {
        throw lostConnection(this.port);
      }
    }
  }

  /** Waits until no more than one slice is ahead of this one, in buffers that XOFF does not reach. */
  async _lineIsFree(length) {
    if (!this.port.baud) return;
    const duration = (length * BITS_PER_BYTE * 1000) / this.port.baud;
    const wait = this._lineFreeAt - duration - this.clock.now();
    if (wait > 0) await pause(this.clock, wait);
    this._lineFreeAt = Math.max(this._lineFreeAt, this.clock.now()) + duration;
  }

  _xon(patienceMs) {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(patienceMs, () =>
        reject(
          new FlashError(
            "busy",
            `the board at ${this.port.name} is busy: it stopped the upload with XOFF and did not resume within ${patienceMs / 1000} s`,
            "press its reset button and run this again"
          )
        )
      );
      this._released = () => {
        cancel();
        resolve();
      };
    });
  }
}

export function lostConnection(port) {
  return new FlashError(
    "lost_connection",
    `the connection to ${port.name} was cut`,
    "check the cable or the network and run this again"
  );
}
