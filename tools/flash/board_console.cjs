"use strict";

// Questions and answers over the interpreter's console.

const { FlashError } = require("./flash_error.cjs");

/** At the start of a line, it switches off the echo for this line. */
const ECHO_OFF = "\x10";
const CTRL_C = "\x03";

/** How long one question waits before it is asked again while we look for the prompt, ms. */
const ASK_AGAIN_MS = 1000;
/** The interpreter needs this long to drop a half line after Ctrl-C, ms. */
const CTRL_C_PAUSE_MS = 250;
/** Espruino for Linux ends on two Ctrl-C within 5 s, so they are sent this many questions apart. */
const QUESTIONS_PER_CTRL_C = 6;
/** How much of what the board printed is kept, characters. */
const KEPT_OUTPUT = 20000;
/** How much of another program's output is shown to the user, characters. */
const SHOWN_OUTPUT = 60;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class BoardConsole {
  /** @param port an open Port @param {number} timeoutMs how long the board may take to answer */
  constructor(port, timeoutMs) {
    this.port = port;
    this.timeoutMs = timeoutMs;
    /** What the board has sent since the last clearOutput(), one character per byte. */
    this.output = "";
    this._lastQuestion = 0;
    this._waiters = new Set();
    port.on("data", (data) => {
      this.output = (this.output + data.toString("latin1")).slice(-KEPT_OUTPUT);
      for (const check of this._waiters) check();
    });
    port.on("close", () => {
      for (const check of this._waiters) check();
    });
  }

  clearOutput() {
    this.output = "";
  }

  /** Waits until test(output) is not undefined and resolves with that; with undefined after `ms` or a close. */
  waitFor(test, ms) {
    return new Promise((resolve) => {
      const done = (value) => {
        clearTimeout(timer);
        this._waiters.delete(check);
        resolve(value);
      };
      const check = () => {
        const value = test(this.output);
        if (value !== undefined || this.port.closed) done(value);
      };
      const timer = setTimeout(() => done(undefined), ms);
      this._waiters.add(check);
      check();
    });
  }

  /** Sends a line without echo and does not wait for what it prints. */
  sendLine(code) {
    return this.port.write(`${ECHO_OFF}${code}\n`);
  }

  /**
   * Gets the interpreter's attention: it may be starting, be busy, or hold half a line of an upload that was cut.
   * Throws a FlashError that tells silence, a wrong baud rate and another program's output apart.
   */
  async synchronise() {
    const deadline = Date.now() + this.timeoutMs;
    this.clearOutput();
    for (let question = 0; ; question++) {
      if (question % QUESTIONS_PER_CTRL_C === 1) {
        await this.port.write(CTRL_C);
        await pause(CTRL_C_PAUSE_MS);
      }
      await this.port.write("\n");
      const left = deadline - Date.now();
      // echo(1): a program may have switched the prompt off, and the CLI waits for it.
      const answer = await this._ask("(echo(1),1)", Math.min(ASK_AGAIN_MS, Math.max(left, 1)));
      if (answer !== undefined) return;
      if (this.port.closed)
        throw new FlashError(`${this.port.name} closed the connection: is another program connected to the board?`);
      if (Date.now() >= deadline) throw new FlashError(this._whyNoAnswer());
    }
  }

  /**
   * The value of an expression on the board, through JSON. A thrown exception becomes a FlashError.
   * @param {string} expression ES5, on one line @param {number} [timeoutMs]
   */
  async evaluate(expression, timeoutMs = this.timeoutMs) {
    const answer = await this._ask(
      `(function(){try{return{value:${expression}}}catch(e){return{error:""+e}}})()`,
      timeoutMs
    );
    if (answer === undefined) {
      throw new FlashError(
        this.port.closed
          ? `the connection to ${this.port.name} was lost`
          : `the board stopped answering (${timeoutMs / 1000} s): reset it and run this again`
      );
    }
    if (answer.error !== undefined) throw new FlashError(`the board refused a command: ${answer.error}`);
    return answer.value;
  }

  async _ask(expression, timeoutMs) {
    const id = ++this._lastQuestion;
    // Written so that an echo of the question cannot be taken for its answer.
    await this.sendLine(`print("<#"+${id},JSON.stringify(${expression}),${id}+"#>")`);
    return this.waitFor((output) => {
      const match = new RegExp(`<#${id} ([^]*?) ${id}#>`).exec(output);
      if (!match) return undefined;
      try {
        return JSON.parse(match[1]);
      } catch {
        return undefined;
      }
    }, timeoutMs);
  }

  _whyNoAnswer() {
    const { name } = this.port;
    const seconds = this.timeoutMs / 1000;
    const text = this.output;
    if (text.length === 0) {
      return `the board at ${name} did not answer in ${seconds} s: check the port and the cable, press its reset button and run this again`;
    }
    if (/password/i.test(text)) {
      return `the console of the board at ${name} asks for a password: unlock it with a terminal first, then run this again`;
    }
    let strange = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 126 || (code < 32 && code !== 8 && code !== 9 && code !== 10 && code !== 13 && code !== 27)) strange++;
    }
    if (strange * 5 > text.length) {
      return `the board at ${name} answers, but not legibly: the baud rate is probably wrong, choose another with -b (Espruino on the ESP32 uses 115200)`;
    }
    // The last line, of which the end says most: a program that waits for input shows its prompt there.
    const line = text
      .replace(/\x1b\[[\d;?]*[A-Za-z]|[^\n\x20-\x7e]/g, "")
      .trim()
      .split("\n")
      .pop()
      .trim();
    const shown = line.length > SHOWN_OUTPUT ? `...${line.slice(-SHOWN_OUTPUT)}` : line;
    return `something answers at ${name}, but it is not Espruino's prompt (it says "${shown}"): check the port, or flash the firmware with --firmware`;
  }
}

module.exports = { BoardConsole, pause };
