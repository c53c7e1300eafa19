/**
 * Questions and answers over the interpreter's console.
 *
 * One line is under way at a time, and it is short: the console's buffer takes it while the interpreter is busy. What a
 * line carries is checked by what comes back, and a line that was damaged is sent again.
 */
import { FlashError } from "./flash_error.mjs";
import { PacedWriter, lostConnection, pause, systemClock } from "./board_port.mjs";

/** At the start of a line, it switches off the echo for this line. */
const ECHO_OFF = "\x10";
const CTRL_C = "\x03";
/** Erases what has been typed so far: half a line, or lines that wait for a bracket. */
const ERASE_INPUT = "\x1b[2H";

/** What the input buffers of consoles hold, by the names of the boards, bytes. Half of it is the longest line. */
const BUFFERS = [
  [/^ESP32/, 1024],
  [/^LINUX/, 2048],
];
/** The smallest buffer there is, and the longest line for an unknown board. */
const SMALLEST_BUFFER = 256;
const SHORT_LINE = 160;
/** A line that is lost again and again is shortened, down to this. */
const SHORTEST_LINE = 80;
/** The rest of a question, around a piece of code with its escapes. */
const QUESTION = 60;

/** How long one line may take to be answered before the board is asked whether it is still there, ms. */
const ANSWER_MS = 1000;
/** Plus this many times the slowest answer so far. */
const PATIENCE = 3;
/** When the question is asked again while no answer comes: these pauses, the last one over and over, ms. */
const ASK_AGAIN_MS = [1000, 1000, 2000, 3000];
/** The interpreter needs this long to drop a half line after Ctrl-C, ms. */
const CTRL_C_PAUSE_MS = 250;
/** Espruino for Linux ends on two Ctrl-C within 5 s, so they are sent this many questions apart. */
const QUESTIONS_PER_CTRL_C = 6;
/** At most this many questions to a silent interpreter that is not to be interrupted. */
const MOST_QUESTIONS = 5;
/** How long after an exception an answer may come, which need not be ours, ms. */
const UNCAUGHT_MS = 200;
/** How often a line is sent before we give up. */
const ATTEMPTS = 8;
/** How much of what the board printed is kept, characters. */
const KEPT_OUTPUT = 20000;
/** How much of another program's output is shown to the user, characters. */
const SHOWN_OUTPUT = 60;

export class BoardConsole {
  /**
   * @param port an open port, see board_port.mjs
   * @param {object} [options]
   * @param {number} [options.timeoutMs] how long the board may take to answer
   * @param [options.clock] see systemClock
   */
  constructor(port, { timeoutMs = 10000, clock = systemClock } = {}) {
    this.port = port;
    this.timeoutMs = timeoutMs;
    this.clock = clock;
    /** What the board has sent since the last clearOutput(), one character per byte. */
    this.output = "";
    /** The longest line that is sent, bytes. */
    this.lineBytes = SHORT_LINE;
    this._bufferBytes = SMALLEST_BUFFER;
    /** Bytes that may still wait in the console's buffer. */
    this._underWay = 0;
    /** Lines that had to be sent again. */
    this.resent = 0;
    this._received = 0;
    /** The longest that a line took to be answered, ms. */
    this._slowestMs = 0;
    this._lastQuestion = 0;
    this._waiters = new Set();
    this._listener = () => {};
    this._writer = new PacedWriter(port, clock);
    port.onData((bytes) => {
      const received = this._writer.receive(bytes);
      this._received += received.length;
      this.output = (this.output + latin1(received)).slice(-KEPT_OUTPUT);
      for (const check of [...this._waiters]) check();
      this._listener(received);
    });
    port.onClose(() => {
      this._writer.release();
      for (const check of [...this._waiters]) check();
    });
  }

  /** Sets who gets the bytes that the board prints, questions' answers included. */
  onBytes(listener) {
    this._listener = listener;
  }

  clearOutput() {
    this.output = "";
  }

  /** Sends text as it is; rejects where the board holds the line for too long. */
  write(text) {
    return this._writer.write(text, this.timeoutMs);
  }

  pause(ms) {
    return pause(this.clock, ms);
  }

  /** Waits until test(output) is not undefined and resolves with that; with undefined after `ms` or a close. */
  waitFor(test, ms) {
    return new Promise((resolve) => {
      const done = (value) => {
        cancel();
        this._waiters.delete(check);
        resolve(value);
      };
      const check = () => {
        const value = test(this.output);
        if (value !== undefined || this.port.closed) done(value);
      };
      const cancel = ms === Infinity ? () => {} : this.clock.after(ms, () => done(undefined));
      this._waiters.add(check);
      check();
    });
  }

  /**
   * Gets the interpreter's attention: it may be starting, be busy, or hold half a line of an interrupted upload.
   * @throws {FlashError} that tells silence, a wrong baud rate and another program's output apart
   */
  async synchronise() {
    const answered = await this._attend({ timeoutMs: this.timeoutMs, interrupt: true });
    if (answered) return;
    if (this.port.closed) {
      throw new FlashError(
        "lost_connection",
        `${this.port.name} closed the connection`,
        "is another program connected to the board?"
      );
    }
    throw this._whyNoAnswer();
  }

  /**
   * Whether the interpreter is back at its prompt within `timeoutMs`. It is not interrupted, so that a program which
   * does not return goes on.
   */
  isIdle(timeoutMs) {
    return this._attend({ timeoutMs, interrupt: false });
  }

  /**
   * @param {object} options
   * @param {number} options.timeoutMs
   * @param {boolean} options.interrupt whether Ctrl-C is sent, and as many questions as there is time for
   * @param {boolean} [options.echo] whether an interpreter that waits for the rest of a line shows its prompt
   */
  async _attend({ timeoutMs, interrupt, echo = false }) {
    const deadline = this.clock.now() + timeoutMs;
    const first = this._lastQuestion + 1;
    // An answer to any of the questions will do.
    const isAnswered = (output) =>
      [...output.matchAll(/<#(\d+) 1 (\d+)#>/g)].some(([, id, end]) => id === end && Number(id) >= first) || undefined;
    this.clearOutput();
    let heard = this._received;
    for (let asked = 0; ; asked++) {
      if (interrupt && asked > 0) {
        // A stray XOFF, perhaps noise, must not hold what asks whether anybody is there.
        this._writer.release();
        if (asked % QUESTIONS_PER_CTRL_C === 1) {
          await this._writer.write(CTRL_C, ANSWER_MS).catch(ignoreBusy);
          await this.pause(CTRL_C_PAUSE_MS);
        }
      }
      // A board that sends something has taken something out of the buffer.
      if (heard !== this._received) {
        this._underWay = 0;
        asked = Math.min(asked, 1);
      }
      heard = this._received;
      const id = ++this._lastQuestion;
      const clear = `${interrupt && asked === 0 ? "" : ERASE_INPUT}${echo ? "" : ECHO_OFF}\n`;
      const question = `${clear}${ECHO_OFF}print("<#"+${id},1,${id}+"#>")\n`;
      const fits = asked < MOST_QUESTIONS && this._underWay + question.length <= this._bufferBytes;
      if ((interrupt || fits) && !this.port.closed) {
        this._underWay += question.length;
        await this._writer.write(question, Math.min(ANSWER_MS, timeoutMs)).catch(ignoreBusy);
      }
      const left = Math.max(deadline - this.clock.now(), 1);
      const again = ASK_AGAIN_MS[Math.min(asked, ASK_AGAIN_MS.length - 1)];
      if (await this.waitFor(isAnswered, Math.min(again, left))) {
        this._underWay = 0;
        return true;
      }
      if (this.port.closed || this.clock.now() >= deadline) return false;
    }
  }

  /**
   * The value of an expression on the board, through JSON. It may be evaluated twice, if the answer is lost.
   * @param {string} expression ES5, in ASCII, on one line
   * @param {number} [timeoutMs] how long it may take
   * @throws {FlashError} for an exception on the board, too
   */
  async evaluate(expression, timeoutMs = this.timeoutMs) {
    const code = `(function(){try{return{value:${expression}}}catch(e){return{error:""+e}}})()`;
    for (let attempt = 1; ; attempt++) {
      await this._store(code);
      const answer = await this._send((id) => this._wrap('eval(_f.join(""))', id), timeoutMs);
      if (answer && typeof answer === "object") {
        if (answer.error !== undefined) throw new FlashError("refused", `the board refused a command: ${answer.error}`);
        return answer.value;
      }
      if (this.port.closed) throw lostConnection(this.port);
      await this._stillThere(timeoutMs);
      this.lineWasLost(attempt);
    }
  }

  /** Puts code into the board's variable `_f`, an array of pieces. Each piece comes back and is compared. */
  async _store(code) {
    let attempt = 0;
    let index = 0;
    for (let at = 0; at < code.length;) {
      const piece = code.slice(at, at + this._codeInOneLine(code, at));
      const target = index === 0 ? "(_f=[])[0]" : `_f[${index}]`;
      const stored = await this.sendOnce((id) => this._wrap(`${target}=${JSON.stringify(piece)}`, id));
      if (stored === piece) {
        at += piece.length;
        index++;
        attempt = 0;
      } else this.lineWasLost(++attempt);
    }
  }

  /** How many characters of code fit into one line, as a string with its escapes. */
  _codeInOneLine(code, at) {
    const room = Math.max(this.lineBytes - QUESTION, 1);
    let length = Math.min(room, code.length - at);
    while (length > 1 && JSON.stringify(code.slice(at, at + length)).length > room) length--;
    return length;
  }

  /**
   * Sends a line that does no harm when it comes twice, and returns its answer.
   * @param {(id: number) => string} line the line, which prints `<#id JSON id#>`
   * @returns the answer; undefined where the line was lost or damaged on its way, and is to be sent again
   */
  async sendOnce(line) {
    const asked = this.clock.now();
    const answer = await this._send(line, this._answerMs());
    if (answer !== undefined) {
      this._slowestMs = Math.max(this._slowestMs, this.clock.now() - asked);
      return answer;
    }
    if (this.port.closed) throw lostConnection(this.port);
    const id = this._lastQuestion;
    await this._stillThere(this.timeoutMs);
    // It may have been late only.
    const late = findAnswer(this.output, id);
    if (late) this._slowestMs = Math.max(this._slowestMs, this.clock.now() - asked);
    return late?.value;
  }

  /** Counts a line that has to be sent again; shorter ones come next. Throws when it was one too many. */
  lineWasLost(attempt) {
    if (attempt >= ATTEMPTS) throw this._lostCharacters();
    this.resent++;
    this.lineBytes = Math.max(SHORTEST_LINE, Math.floor(this.lineBytes / 2));
  }

  /** Longer lines, for a board whose console is known to have room for them. */
  knowBoard(name) {
    const known = BUFFERS.find(([names]) => names.test(name));
    if (!known || this.resent > 0) return;
    this._bufferBytes = known[1];
    this.lineBytes = known[1] / 2;
  }

  /** A line at 300 baud takes its time, and boards differ. */
  _answerMs() {
    const lineMs = this.port.baud ? (this.lineBytes * 10000) / this.port.baud : 0;
    return ANSWER_MS + 2 * lineMs + PATIENCE * this._slowestMs;
  }

  /** After a line without an answer: the board is busy, or has lost part of the line. */
  async _stillThere(timeoutMs) {
    if (await this._attend({ timeoutMs, interrupt: false, echo: true })) return;
    if (this.port.closed) throw lostConnection(this.port);
    // It answers, but not what it was asked.
    if (!this._writer.held && this.output !== "") throw this._lostCharacters();
    const seconds = timeoutMs / 1000;
    throw new FlashError(
      "busy",
      this._writer.held
        ? `the board is busy: it holds the line with XOFF and did not answer in ${seconds} s`
        : `the board stopped answering (${seconds} s)`,
      "press its reset button and run this again"
    );
  }

  _lostCharacters() {
    return new FlashError(
      "lost_characters",
      `the console of the board at ${this.port.name} loses characters: a line arrives damaged, again and again`,
      "use another cable or USB port, or a lower baud rate"
    );
  }

  _wrap(expression, id) {
    // Written so that an echo of the question cannot be taken for its answer.
    return `print("<#"+${id},JSON.stringify(${expression}),${id}+"#>")`;
  }

  /** Sends one line and returns its answer, or undefined if none comes in time or the line was not understood. */
  async _send(line, timeoutMs) {
    const id = ++this._lastQuestion;
    const before = this._received;
    const text = `${ECHO_OFF}${line(id)}\n`;
    this._underWay += text.length;
    await this.write(text);
    const find = (output) => findAnswer(output, id);
    const findUncaught = (output) =>
      /Uncaught [^\n]*\n/.test(output.slice(before - this._received)) ? "uncaught" : undefined;
    let found = await this.waitFor((output) => find(output) ?? findUncaught(output), timeoutMs);
    // The line arrived damaged, or something else on the board threw.
    if (found === "uncaught") found = await this.waitFor(find, UNCAUGHT_MS);
    if (found) this._underWay = 0;
    return found && found.value;
  }

  _whyNoAnswer() {
    const { name } = this.port;
    const seconds = this.timeoutMs / 1000;
    const text = this.output;
    if (text.length === 0) {
      return new FlashError(
        "silent",
        `the board at ${name} did not answer in ${seconds} s`,
        "check the port and the cable, press its reset button and run this again"
      );
    }
    if (/password/i.test(text)) {
      return new FlashError(
        "password",
        `the console of the board at ${name} asks for a password`,
        "unlock it with a terminal first, then run this again"
      );
    }
    if (isGarbled(text)) {
      return new FlashError(
        "garbled",
        `the board at ${name} answers, but the answer is garbled`,
        "the baud rate is probably wrong (Espruino on the ESP32 uses 115200)"
      );
    }
    return new FlashError(
      "not_espruino",
      `something answers at ${name}, but it is not Espruino's prompt (it says "${lastLine(text)}")`,
      "check the port, or flash Espruino's firmware first"
    );
  }
}

function latin1(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function ignoreBusy(error) {
  if (error.code !== "busy") throw error;
}

/** The answer to a question as {value}: undefined for what is no JSON. Without an answer, undefined. */
function findAnswer(output, id) {
  const match = new RegExp(`<#${id} ([^]*?) ${id}#>`).exec(output);
  return match ? { value: parse(match[1]) } : undefined;
}

function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Whether more than a fifth of a text is not what a console prints. */
function isGarbled(text) {
  let strange = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 126 || (code < 32 && code !== 8 && code !== 9 && code !== 10 && code !== 13 && code !== 27)) strange++;
  }
  return strange * 5 > text.length;
}

/** The last line. Its end says most: a program that waits for input shows its prompt there. */
function lastLine(text) {
  const line = text
    .replace(/\x1b\[[\d;?]*[A-Za-z]|[^\n\x20-\x7e]/g, "")
    .trim()
    .split("\n")
    .pop()
    .trim();
  return line.length > SHOWN_OUTPUT ? `...${line.slice(-SHOWN_OUTPUT)}` : line;
}
