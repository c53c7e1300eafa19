/**
 * Espruino's strings are bytes on the ESP32. In the simulator such a string is a JavaScript string
 * whose characters are all below 256, one character a byte ("byte string").
 */

const NON_LATIN1 = /[^\x00-\xff]/;

/** The bytes of a byte string; each character gives its low eight bits. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The byte string of some bytes. */
export function byteString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/**
 * What leaves the board when a string is written to a socket or a file. A character above 255 can
 * only be in a Unicode string, and those are sent as UTF-8.
 *
 * A Unicode string with no character above 255 cannot be told from a byte string here, as it can on
 * a real board; it is taken for bytes.
 */
export function outgoingBytes(text: string): string {
  if (!NON_LATIN1.test(text)) return text;
  return text.replace(/[^\x00-\xff]+/g, utf8);
}

/** The UTF-8 bytes of a string of characters, as a byte string. */
export function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** The characters that a byte string means as UTF-8; a byte that fits nowhere stands for itself. */
export function fromUtf8(bytes: string): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    text += length > 1 ? bytesOf(bytes.slice(at, at + length)).toString("utf8") : bytes[at];
    at += length;
  }
  return text;
}

/** Length of the UTF-8 sequence at `at`; 1 if there is none. */
function sequenceLength(bytes: string, at: number): number {
  const lead = bytes.charCodeAt(at);
  const length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
  const sequence = bytes.slice(at, at + length);
  return utf8(bytesOf(sequence).toString("utf8")) === sequence ? length : 1;
}

/** Is this a string that the Unicode builds would hold as characters rather than as bytes? */
export function looksUnicode(text: string): boolean {
  if (NON_LATIN1.test(text)) return true;
  // Bytes of 0x80 and more that are good UTF-8 were most likely received; others were most likely typed.
  return /[\x80-\xff]/.test(text) && utf8(bytesOf(text).toString("utf8")) !== text;
}

/**
 * A script as a board with byte strings reads it: the file's bytes, one character each, and
 * `\uXXXX` cut to its low byte.
 */
export function byteSource(source: string): string {
  return utf8(source).replace(/(\\+)u[0-9a-fA-F]{2}([0-9a-fA-F]{2})/g, (all, slashes: string, low: string) =>
    slashes.length % 2 ? `${slashes}x${low}` : all
  );
}

/** A board's text for people to read: its bytes as UTF-8. */
export function readable(text: string): string {
  return NON_LATIN1.test(text) ? text : bytesOf(text).toString("utf8");
}
