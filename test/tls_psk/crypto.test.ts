/** The simulator's crypto gives what the interpreter's does, and complains as it does. */
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { describeTargets, targets } from "../support/targets";

const script = fs.readFileSync(path.join(__dirname, "crypto.js"), "utf8");

const message = Buffer.alloc(32);
message[0] = 5;
const ones = Buffer.alloc(16, 1);
const zeros = Buffer.alloc(16);
const aes = (plain: Buffer, iv: Buffer | null, mode = "cbc", key = zeros): string => {
  const cipher = createCipheriv(`aes-${key.length * 8}-${mode}`, key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString("hex");
};
const back = (mode: string, iv: Buffer | null): string =>
  createDecipheriv(`aes-128-${mode}`, zeros, iv).setAutoPadding(false).update(message).toString("hex");
const hash = (name: string): string => createHash(name).update("abc").digest("hex");

/** By Node; where the interpreter has its own way, what it was seen to give. */
const EXPECTED = [
  `CBC: ${aes(message, zeros)}`,
  `CBC back: ${back("cbc", zeros)}`,
  `strings: ${aes(message, zeros)}`,
  `buffers: ${aes(message, zeros)}`,
  `a window: ${aes(zeros, zeros)}`,
  `a short iv: ${aes(message, Buffer.concat([Buffer.from([1, 2]), Buffer.alloc(14)]))}`,
  `a long iv: ${aes(message, ones)}`,
  "17 bytes: undefined",
  "a key of 15 bytes: undefined",
  "no key: undefined",
  "no message: undefined",
  "a number for options: undefined",
  "null for options: undefined",
  'an unknown mode: throws Error: Unknown Crypto mode "X"',
  `192 bits: ${aes(message, zeros, "cbc", Buffer.alloc(24))}`,
  `256 bits: ${aes(message, zeros, "cbc", Buffer.alloc(32))}`,
  `CFB: ${aes(message, ones, "cfb8")}`,
  // The iv is not looked at.
  `CTR: ${aes(message, zeros, "ctr")}`,
  "OFB: undefined",
  "OFB back: undefined",
  `ECB: ${aes(message, null, "ecb")}`,
  `ECB back: ${back("ecb", null)}`,
  `SHA1: ${hash("sha1")}`,
  `SHA224: ${hash("sha224")}`,
  `SHA256: ${hash("sha256")}`,
  `SHA384: ${hash("sha384")}`,
  `SHA512: ${hash("sha512")}`,
  "SHA256 of nothing: undefined",
  `SHA256 of an empty text: ${createHash("sha256").digest("hex")}`,
  `SHA256 of an array: ${hash("sha256")}`,
  "SHA256 of null: throws TypeError: Expecting Number or iterable, got null",
];
const COMPLAINTS = [
  "ERROR: Invalid input length",
  "ERROR: Unknown error: -0x20",
  "ERROR: 'options' must be undefined, or an Object",
  "ERROR: 'options' must be undefined, or an Object",
  "ERROR: Feature unavailable",
  "ERROR: Feature unavailable",
];

describeTargets(
  "crypto",
  (target) => {
    test("AES and hashes", async () => {
      const { lines, uncaught, done } = await target.run(script);
      // On the simulator they are among the lines.
      const isComplaint = (line: string): boolean => line.startsWith("ERROR: ");
      expect(lines.filter((line) => !isComplaint(line))).toEqual(EXPECTED);
      expect([...uncaught, ...lines.filter(isComplaint)]).toEqual(COMPLAINTS);
      expect(done).toBe(true);
    });
  },
  targets().filter(({ jerryscript }) => !jerryscript)
);
