/**
 * How many bytes at the start of `bytes` are whole characters of valid UTF-8 (RFC 3629); -1 as soon as one byte
 * cannot be part of any. What is left is the valid beginning of one character, at most three bytes.
 * @hot
 */
export function wholeCharacters(bytes: Uint8Array): number {
  var length = bytes.length;
  var index = 0;
  var whole = 0;
  var missing = 0; // continuation bytes that the current character still needs
  var lowest = 0x80; // bounds of the next continuation byte: overlong forms, surrogates and
  var highest = 0xbf; // what lies above U+10FFFF show in the second byte already (RFC 3629 §4)
  while (index < length) {
    var byte = bytes[index++];
    if (missing) {
      if (byte < lowest || byte > highest) return -1;
      lowest = 0x80;
      highest = 0xbf;
      missing--;
    } else if (byte > 0x7f) {
      if (byte < 0xc2 || byte > 0xf4) return -1;
      missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      if (byte === 0xe0) lowest = 0xa0;
      else if (byte === 0xed) highest = 0x9f;
      else if (byte === 0xf0) lowest = 0x90;
      else if (byte === 0xf4) highest = 0x8f;
    }
    if (!missing) whole = index;
  }
  return whole;
}
