/**
 * What the realm's own functions do with text where Espruino differs from V8. They run outside the
 * realm, so that they can use V8's whole language.
 */

/** Does a pattern use what Espruino's regular expressions lack? They then match nothing. */
export function lacksSupport(source: string): boolean {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  // Escaped characters and sets are no operators.
  const plain = source.replace(/\\[^bBuc]/g, "_").replace(/\[[^\]]*\]/g, "_");
  const lacking = /\\[bBuc]|\(\?|\)[?*+{]|[*+?]\?|\{\d/.test(plain);
  patterns.set(source, lacking);
  return lacking;
}

const patterns = new Map<string, boolean>();

/** Does a pattern refer back to a group? Espruino throws. */
export function refersBack(source: string): boolean {
  return /^(?:[^\\]|\\[^1-9])*\\[1-9]/.test(source);
}

/** JSON's text with everything beyond ASCII escaped. */
export function escapeJson(text: string): string {
  return text.replace(/[\x7f-\uffff]|\\u[0-9a-f]{4}/g, (found) => {
    const code = found.length > 1 ? found.slice(2) : found.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${code.toUpperCase()}`;
  });
}

/** Cuts each character to its low byte. */
export function lowBytes(text: string): string {
  return text.replace(/[\u0100-\uffff]/g, (c) => String.fromCharCode(c.charCodeAt(0) & 255));
}

/** Upper case as a board with byte strings knows it: of ASCII letters. */
export function upper(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** Lower case of ASCII letters. */
export function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Text without ASCII white space at its ends. */
export function trim(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
}

/** `encodeURIComponent` of a byte string. */
export function encodeBytes(text: string): string {
  return text.replace(
    /[^A-Za-z0-9_.!~*'()-]/g,
    (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`
  );
}

/** `decodeURIComponent` to a byte string; undefined if there is a `%` without two digits. */
export function decodeBytes(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined;
  return text.replace(/%(..)/g, (_all, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}

/**
 * A value that is about to become a number: text as Espruino reads it. A zero in front makes it octal, as in source
 * text, and blanks behind it make it no number.
 */
export function numeric(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (/\s$/.test(value)) return NaN;
  const octal = /^\s*([+-]?)0([0-7]+)$/.exec(value);
  if (!octal) return value;
  const number = parseInt(octal[2] as string, 8);
  return octal[1] === "-" ? -number : number;
}

/** The same for `parseFloat`, which reads other bases by their prefix, too. */
export function numericText(value: unknown): unknown {
  const other = /^\s*([+-]?)(0[xbo][0-9a-f]+)/i.exec(String(value));
  if (!other) return /\s$/.test(String(value)) ? value : numeric(value);
  const number = Number(other[2]);
  return other[1] === "-" ? -number : number;
}

/**
 * `split` at a separator of several characters. The firmware goes on behind the first character of what it found, and
 * where that overlaps, it takes all the rest for a piece.
 */
export function split(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + 1)) {
    pieces.push(at < start ? text.slice(start) : text.slice(start, at));
    start = at + separator.length;
  }
  return [...pieces, text.slice(start)];
}
