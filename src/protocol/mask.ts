/**
 * Masks all words from `word` on. A separate function, with `part`, wherever it begins, as its first parameter:
 * Espruino finds the first of few names fastest.
 *
 * @hot
 */
export function mask(part: Uint32Array, key: number, words: Uint32Array, word: number): void {
  var end = words.length;
  // 16 words a pass: to Espruino, which reads the loop's text again each time, a number in brackets is cheaper than
  // a variable and its increment (bench/README.md). Its typed arrays cannot begin beyond 64 kB.
  var last = Math.min(end - 15, 16000);
  while (word < last) {
    part = words.subarray(word, (word += 16));
    part[0] ^= key;
    part[1] ^= key;
    part[2] ^= key;
    part[3] ^= key;
    part[4] ^= key;
    part[5] ^= key;
    part[6] ^= key;
    part[7] ^= key;
    part[8] ^= key;
    part[9] ^= key;
    part[10] ^= key;
    part[11] ^= key;
    part[12] ^= key;
    part[13] ^= key;
    part[14] ^= key;
    part[15] ^= key;
  }
  while (word < end) words[word++] ^= key;
}
