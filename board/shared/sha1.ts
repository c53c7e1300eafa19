/** The four bytes of a 32-bit number, the most significant one first, as a byte string. */
function bytesOf(word: number): string {
  return String.fromCharCode(word >>> 24, (word >> 16) & 255, (word >> 8) & 255, word & 255);
}

/** SHA-1 (RFC 3174) of a byte string shorter than 256 MB, as a byte string, for boards that have none of their own. */
export function sha1(bytes: string): string {
  var hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  var words: number[] = [];
  var length = bytes.length;
  var i: number;
  bytes += "\x80";
  for (i = 0; i <= length; i++) words[i >> 2] |= bytes.charCodeAt(i) << (24 - 8 * (i & 3));
  // Zeros, and the length in bits, fill the last block of 16 words.
  words[((length + 8) >> 6) * 16 + 15] = length * 8;
  for (i = 0; i < words.length; i += 16) {
    var state = hash;
    var schedule: number[] = [];
    for (var round = 0; round < 80; round++) {
      var b = state[1];
      var c = state[2];
      var d = state[3];
      var quarter = (round / 20) | 0;
      var word = schedule[round - 3] ^ schedule[round - 8] ^ schedule[round - 14] ^ schedule[round - 16];
      schedule[round] = round < 16 ? words[i + round] | 0 : (word << 1) | (word >>> 31);
      state = [
        (((state[0] << 5) | (state[0] >>> 27)) +
          state[4] +
          schedule[round] +
          // The constants are the first 32 bits of these roots.
          ((Math.sqrt([2, 3, 5, 10][quarter]) * 0x40000000) | 0) +
          (quarter & 1 ? b ^ c ^ d : quarter ? (b & c) | (d & (b | c)) : (b & c) | (~b & d))) |
          0,
        state[0],
        (b << 30) | (b >>> 2),
        c,
        d,
      ];
    }
    hash = hash.map(function (sum, index) {
      return (sum + state[index]) | 0;
    });
  }
  return hash.map(bytesOf).join("");
}
