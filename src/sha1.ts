/** SHA-1 (RFC 3174) of a byte string shorter than 512 MB, as a byte string, for boards that have none of their own. */
export function sha1(bytes: string): string {
  var hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  var words: number[] = [];
  var bits = bytes.length * 8;
  var i: number;
  bytes += "\x80";
  while (bytes.length % 64 !== 60) bytes += "\0";
  // The length, as 64 bits of which the upper 32 are among the zeros.
  bytes += String.fromCharCode(bits >>> 24, (bits >> 16) & 255, (bits >> 8) & 255, bits & 255);
  for (var block = 0; block < bytes.length; block += 64) {
    var a = hash[0];
    var b = hash[1];
    var c = hash[2];
    var d = hash[3];
    var e = hash[4];
    for (i = 0; i < 80; i++) {
      var word = 0;
      if (i < 16) for (var j = 0; j < 4; j++) word = (word << 8) | bytes.charCodeAt(block + i * 4 + j);
      else {
        word = words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16];
        word = (word << 1) | (word >>> 31);
      }
      words[i] = word;
      word +=
        ((a << 5) | (a >>> 27)) +
        e +
        (i < 20
          ? 0x5a827999 + ((b & c) | (~b & d))
          : i < 40
            ? 0x6ed9eba1 + (b ^ c ^ d)
            : i < 60
              ? 0x8f1bbcdc + ((b & c) | (b & d) | (c & d))
              : 0xca62c1d6 + (b ^ c ^ d));
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = word | 0;
    }
    [a, b, c, d, e].forEach(function (sum, index) {
      hash[index] = (hash[index] + sum) | 0;
    });
  }
  return hash
    .map(function (sum) {
      return String.fromCharCode(sum >>> 24, (sum >> 16) & 255, (sum >> 8) & 255, sum & 255);
    })
    .join("");
}
