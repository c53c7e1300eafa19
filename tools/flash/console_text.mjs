/** What a board prints, as text for a reader: without the answers to our questions, the prompt and its escapes. */

/** The most that is held back until its end is seen, characters. */
const LONGEST_HELD = 16384;
/** What may be the beginning of an answer, of an escape sequence or of a line's end. */
const UNFINISHED = /<(?:#(?:\d+[^]*)?)?$|\r?\x1b\[?$|\x08 ?$|\r$/;

export class ConsoleText {
  /** @param {(text: string) => void} print */
  constructor(print) {
    this._print = print;
    this._decoder = new TextDecoder();
    this._held = "";
    this._atLineStart = true;
  }

  /** @param {Uint8Array} bytes */
  take(bytes) {
    const text = (this._held + this._decoder.decode(bytes, { stream: true }))
      // With the prompt in front of them.
      .replace(/>*<#(\d+) [^]*? \1#>(?:\r?\n|(?=[^\r]|\r[^\n]))/g, "")
      // The interpreter wipes the line with its prompt before it prints.
      .replace(/[^\n]*\r\x1b\[J|>?(?:\x08 \x08)+/g, "")
      .replace(/\r\n/g, "\n")
      // What the prompt leaves where nothing was typed.
      .replace(/(^|\n)>+(?=\n)/g, "$1");
    const end = text.lastIndexOf("\n") + 1;
    const line = text.slice(end);
    const isPrompt = (end > 0 || this._atLineStart) && line.startsWith(">");
    const unfinished = isPrompt ? 0 : line.search(UNFINISHED);
    const held = unfinished < 0 || line.length - unfinished > LONGEST_HELD ? "" : line.slice(unfinished);
    // More than one prompt: answers stood between them.
    this._held = held.replace(/^>+/, ">");
    const ready = text.slice(0, text.length - held.length);
    if (ready === "") return;
    this._atLineStart = ready.endsWith("\n");
    this._print(ready);
  }
}
