/** HMAC, PRF and key schedule against published vectors and against Node's own crypto; the record layer's properties. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import "./platform";
import { hmac, macKey, premaster, prf } from "../../src/tls_psk/keys";
import * as platform from "../../src/tls_psk/platform";
import { protect, type Protection, unprotect } from "../../src/tls_psk/record";

const latin1 = (hex: string): string => Buffer.from(hex.replace(/\s/g, ""), "hex").toString("latin1");
const hex = (bytes: string | ArrayBuffer | Uint8Array): string =>
  Buffer.from(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : new Uint8Array(bytes)).toString("hex");
const bytesArbitrary = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes).toString("latin1"));

describe("HMAC", () => {
  // RFC 4231 §4.2 to §4.8 (without the truncated one), RFC 2202 §3.
  test.each([
    [
      "0b".repeat(20),
      "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
      "b617318655057264e28bc0b6fb378c8ef146be00",
    ],
    [
      "4a656665",
      "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    ],
    [
      "aa".repeat(20),
      "dd".repeat(50),
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
      "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
    ],
    [
      "0102030405060708090a0b0c0d0e0f10111213141516171819",
      "cd".repeat(50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
      "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
    ],
    [
      "aa".repeat(131),
      Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First").toString("hex"),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      undefined,
    ],
  ])("%s", (key, message, sha256, sha1) => {
    expect(hex(hmac(platform._sha256, macKey(latin1(key)), latin1(message), ""))).toBe(sha256);
    if (sha1) expect(hex(hmac(platform._sha1, macKey(latin1(key)), latin1(message), ""))).toBe(sha1);
  });

  test("as Node's, for any key and message", () => {
    fc.assert(
      fc.property(bytesArbitrary(1, 150), bytesArbitrary(0, 40), bytesArbitrary(0, 200), (key, head, message) => {
        const theirs = createHmac("sha256", Buffer.from(key, "latin1")).update(Buffer.from(head + message, "latin1"));
        expect(hex(hmac(platform._sha256, macKey(key), head, message))).toBe(theirs.digest("hex"));
      })
    );
  });
});

describe("the pseudorandom function", () => {
  // The vector for P_SHA256 that went round the TLS working group's list.
  test("TLS 1.2 with SHA-256", () => {
    const secret = latin1("9bbe436ba940f017b17652849a71db35");
    const seed = latin1("a0ba9f936cda311827a6f796ffd5198c");
    const output = `e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0
      22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66`;
    expect(hex(prf(macKey(secret), "test label", seed, 100))).toBe(output.replace(/\s/g, ""));
  });

  test("a pre-shared key's premaster secret (RFC 4279 §2)", () => {
    const key = latin1("000102030405060708090a0b0c0d0e0f");
    const expected = `0010${"00".repeat(16)}0010000102030405060708090a0b0c0d0e0f`;
    expect(premaster(key)).toEqual(macKey(latin1(expected)));
    const long = "k".repeat(64);
    expect(premaster(long)).toEqual(macKey(`\0\x40${"\0".repeat(64)}\0\x40${long}`));
  });
});

describe("the record layer", () => {
  const keys = (sha1: boolean): Protection => ({
    ...macKey("m".repeat(sha1 ? 20 : 32)),
    _hash: sha1 ? platform._sha1 : platform._sha256,
    _key: "0123456789abcdef",
    _low: 0,
    _high: 0,
  });
  /** What `unprotect` makes of a record as `protect` gives it. */
  const read = (protection: Protection, record: string, type = record.charCodeAt(0)): Uint8Array | undefined => {
    const bytes = new Uint8Array(Buffer.from(record, "latin1"));
    return unprotect(protection, type, new Uint8Array([...bytes]), 5, bytes.length - 5);
  };

  test.each([true, false])("what is protected comes out again, of any length (SHA-1: %s)", (sha1) => {
    fc.assert(
      fc.property(bytesArbitrary(0, 1100), fc.integer({ min: 20, max: 23 }), (text, type) => {
        const record = protect(keys(sha1), type, text, text.length);
        expect([...record.substr(0, 3)].map((it) => it.charCodeAt(0))).toEqual([type, 3, 3]);
        expect((record.charCodeAt(3) << 8) | record.charCodeAt(4)).toBe(record.length - 5);
        const plain = read(keys(sha1), record);
        expect(plain).toBeDefined();
        expect(hex(plain!)).toBe(hex(text));
      })
    );
  });

  test("no two records are alike, nor are their IVs", () => {
    const writing = keys(false);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) seen.add(protect(writing, 23, "", 0).substr(5, 16));
    expect(seen.size).toBe(200);
  });

  test("not one bit may be changed", () => {
    const record = protect(keys(false), 23, "hello", 5);
    expect(read(keys(false), record)).toBeDefined();
    for (let bit = 40; bit < record.length * 8; bit++) {
      const bytes = Buffer.from(record, "latin1");
      bytes[bit >> 3] ^= 1 << (bit & 7);
      expect(read(keys(false), bytes.toString("latin1"))).toBeUndefined();
    }
  });

  test("a record counts with its type, its length and its place only", () => {
    const writing = keys(false);
    const [first, second] = [protect(writing, 23, "one", 3), protect(writing, 23, "two", 3)];
    expect(read(keys(false), first, 22)).toBeUndefined();
    expect(read(keys(false), second)).toBeUndefined();
    const reading = keys(false);
    expect(read(reading, first)).toBeDefined();
    expect(read(reading, first)).toBeUndefined();
    for (let cut = 1; cut < first.length - 5; cut++) expect(read(keys(false), first.slice(0, -cut))).toBeUndefined();
  });

  test.each([
    ["longer than what there is", [...Array<number>(15).fill(0), 255]],
    ["that is not all the same", [...Array<number>(12).fill(0), 2, 3, 3, 3]],
  ])("padding %s is refused, though its MAC is right", (_what, block) => {
    const writing = keys(false);
    const encrypted = platform._crypt(new Uint8Array([...Array<number>(16).fill(0), ...block]), writing._key, false)!;
    const mac = hmac(writing._hash, writing, [0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, 0, 32], encrypted);
    expect(read(keys(false), platform._join([23, 3, 3, 0, 64], encrypted, mac))).toBeUndefined();
  });

  test("the sequence number carries over 32 bits, and ends at 48", () => {
    const at = (low: number, high: number): Protection => Object.assign(keys(false), { _low: low, _high: high });
    const writing = at(4294967295, 0);
    const reading = at(4294967295, 0);
    for (const text of ["last", "first"]) {
      const record = protect(writing, 23, text, text.length);
      expect(Buffer.from(read(reading, record)!).toString()).toBe(text);
    }
    expect([writing._low, writing._high]).toEqual([1, 1]);
    const ending = at(4294967295, 65535);
    const record = protect(ending, 23, "the last one", 12);
    expect(() => protect(ending, 23, "", 0)).toThrow();
    const reader = at(4294967295, 65535);
    expect(read(reader, record)).toBeDefined();
    expect(() => read(reader, record)).toThrow();
  });
});
