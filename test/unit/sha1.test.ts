/** Our own SHA-1, against Node's. */
import { createHash } from "node:crypto";
import { sha1 } from "../../board/shared/sha1";

const expected = (bytes: Buffer): string => createHash("sha1").update(bytes).digest("hex");
const actual = (bytes: Buffer): string => Buffer.from(sha1(bytes.toString("latin1")), "latin1").toString("hex");

test.each([
  // RFC 3174 §7.3
  ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
])("%s", (text, digest) => {
  expect(actual(Buffer.from(text))).toBe(digest);
});

test("every length around the ends of blocks", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 151 + length * 7) & 255));
    expect(actual(bytes)).toBe(expected(bytes));
  }
});

test("bytes that are all 0, all 255", () => {
  for (const byte of [0, 255]) expect(actual(Buffer.alloc(60, byte))).toBe(expected(Buffer.alloc(60, byte)));
});
