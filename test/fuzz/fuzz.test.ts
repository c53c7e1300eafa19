/** A small part of `npm run fuzz`, and the seeds of what it found. */
import fc from "fast-check";
import { close } from "../support/peer";
import { failureOf, openingError, prepare, PROPERTIES } from "./properties";
import { canBecomeValid, readReference } from "./reference";

beforeAll(prepare);

test.each([1, 2, 3])("no counter-example from seed %i", (seed) => {
  for (const { name, property } of PROPERTIES) {
    const result = fc.check(property, { numRuns: 500, seed });
    if (result.failed) throw new Error(`${name}: ${fc.defaultReportMessage(result) ?? "failed"}`);
  }
});

test.each([
  ["a space inside a token", "HTTP/1.1 101 x", "w ebsocket"],
  ["a status of four digits", "HTTP/1.1 1010 x", "websocket"],
  ["a status with letters behind it", "HTTP/1.1 101HTTP", "websocket"],
  ["a status with a no-break space behind it", "HTTP/1.1 101\xa0x", "websocket"],
])("found by fuzzing: %s is refused", (_name, status, upgrade) => {
  expect(openingError(status, upgrade)).not.toBe("");
  expect(openingError("HTTP/1.1 101 x", "websocket")).toBe("");
});

test("each of the 65,536 close codes is taken or refused as the registry has it", () => {
  const wrong = Array.from({ length: 65536 }, (_, code) => code).filter((code) => {
    const valid = (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code < 5000);
    return failureOf(close(code)) !== (valid ? 0 : 1002);
  });
  expect(wrong).toEqual([]);
});

// The reference itself, or a mistake in both would go unseen.
test.each([
  ["8103 616263", 0, 1],
  ["c103 616263", 1002, 0],
  ["83", 1002, 0],
  ["8183", 1002, 0],
  ["8901", 0, 1],
  ["897e", 1002, 0],
  ["80", 1002, 0],
  ["0101 61 8101", 1002, 1],
  ["817e 007d", 1002, 0],
  ["827f 0020", 1009, 0],
  ["827f 8000", 1002, 0],
  ["8103 ed a0", 1007, 1],
  ["8102 e2 82", 1007, 1],
  ["0102 e2 82 8001 ac", 0, 2],
  ["8801 03", 1002, 1],
  ["8802 03ed", 1002, 1],
  ["8803 03e8 ff", 1007, 1],
  ["8802 03e8 83", 0, 1],
])("the reference on %s: code %i", (hex, code, frames) => {
  const meaning = readReference(Buffer.from(hex.replace(/ /g, ""), "hex"));
  expect(meaning.code).toBe(code);
  expect(meaning.frames).toHaveLength(frames);
});

test("bytes that more bytes can mend are told from those that none can", () => {
  expect([[0xf0, 0x9f], [0xe2], [0xf4, 0x8f]].every((bytes) => canBecomeValid(Buffer.from(bytes)))).toBe(true);
  expect([[0xf4, 0x90], [0xed, 0xa0], [0xc0], [0xe0, 0x9f]].some((bytes) => canBecomeValid(Buffer.from(bytes)))).toBe(
    false
  );
});
