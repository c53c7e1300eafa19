function hex8(n: number): string {
  return String.fromCharCode(n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255);
}

/** SHA-1 (RFC 3174) of a byte string shorter than 512 MB, as a byte string, for boards that have none of their own. */
export function sha1(bytes: string): string {
  var bits = bytes.length * 8;
  var words: number[] = [];
  var h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  var i: number;
  bytes += "\x80";
  while (bytes.length % 64 !== 60) bytes += "\0";
  bytes += hex8(bits);
  for (var block = 0; block < bytes.length; block += 64) {
    var a = h[0];
    var b = h[1];
    var c = h[2];
    var d = h[3];
    var e = h[4];
    for (i = 0; i < 80; i++) {
      var at = block + i * 4;
      var w =
        i < 16
          ? (bytes.charCodeAt(at) << 24) |
            (bytes.charCodeAt(at + 1) << 16) |
            (bytes.charCodeAt(at + 2) << 8) |
            bytes.charCodeAt(at + 3)
          : words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16];
      if (i > 15) w = (w << 1) | (w >>> 31);
      words[i] = w;
      w +=
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
      a = w | 0;
    }
    h = [h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e].map(function (sum) {
      return sum | 0;
    });
  }
  return h.map(hex8).join("");
}
