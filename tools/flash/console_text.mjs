/** What a board prints, as text for a reader: without the answers to our questions and without the prompt's escapes. */

/** The longest answer that is held back until its end is seen, characters. */
const LONGEST_ANSWER = 16384;

/** Stands for an answer until it is known what follows. */
const ANSWER = "\0";

export class ConsoleText {
  /** @param {(text: string) => void} print */
  constructor(print) {
    this._print = print;
    this._decoder = new TextDecoder();
    this._rest = "";
  }

  /** @param {Uint8Array} bytes */
  take(bytes) {
    let text = (this._rest + this._decoder.decode(bytes, { stream: true }))
      // The prompt comes anew behind an answer.
      .replace(/<#(\d+) [^]*? \1#>(?:\r?\n)?/g, ANSWER)
      .replace(/\0+>/g, "")
      // The interpreter wipes its prompt before it prints.
      .replace(/>?(?:\x08 \x08|\x1b\[J)+/g, "")
      .replace(/\r/g, "");
    // The beginning of an answer, a prompt or an escape sequence waits for its end.
    const open = /(?:\0+|<(?:#(?:\d[^]*)?)?|>?\x1b\[?|>?\x08 ?|>)$/.exec(text);
    this._rest = open && open[0].length < LONGEST_ANSWER ? open[0] : "";
    text = text.slice(0, text.length - this._rest.length).replace(/\0/g, "");
    if (text !== "") this._print(text);
  }
}
