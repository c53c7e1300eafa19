/** Messages up to 16 MB, streamed: every byte is compared on its way, none is kept. */
import { binary, close, continuation, text } from "../support/peer";
import { targets } from "../support/targets";
import { Case, closedByServer, good, longData, patternBytes, suite } from "./suite";

const KB = 1024;
const MB = 1024 * KB;
const name = (bytes: number): string => (bytes < MB ? `${bytes / KB} kB` : `${bytes / MB} MB`);

/** A binary message in frames of `size` bytes. */
function fragments(total: number, size: number): Uint8Array[] {
  return Array.from({ length: total / size }, (_, index) => {
    const payload = patternBytes("binary", size, index * size);
    const fin = (index + 1) * size === total;
    return index ? continuation(payload, fin) : binary(payload, fin);
  });
}

const inFragments = (total: number, size: number): Case =>
  good(
    `binary of ${name(total)} in fragments of ${size} bytes`,
    fragments(total, size),
    Array.from({ length: total / size }, (_, index) =>
      longData(index ? 0 : 2, (index + 1) * size === total, size, (index + 1) * size)
    ),
    { pattern: "binary" }
  );

const received: Case[] = [
  ...[64 * KB, 256 * KB, MB].flatMap((length) => [
    good(`text of ${name(length)}`, [text(patternBytes("text", length))], [longData(1, true, length)], {
      pattern: "text",
    }),
    good(`binary of ${name(length)}`, [binary(patternBytes("binary", length))], [longData(2, true, length)], {
      pattern: "binary",
    }),
  ]),
  inFragments(MB, 64 * KB),
  inFragments(64 * KB, KB),
  { ...inFragments(256 * KB, KB), roomy: true },
  { ...inFragments(64 * KB, 64), roomy: true },
];

const longest: Case[] = [
  good(`binary of ${name(16 * MB)}`, [binary(patternBytes("binary", 16 * MB))], [longData(2, true, 16 * MB)], {
    pattern: "binary",
  }),
];

const sent = (lengths: number[]): Case[] =>
  lengths.map((length) => ({
    name: `binary of ${name(length)} is sent`,
    actions: [["send_bin", length, "binary"]],
    roomy: length > 5000,
    async serve(connection) {
      await connection.framesUntil(({ fin }) => fin);
      connection.send(close(1000));
    },
    events: [["send_bin", length], ...closedByServer(1000)],
    frames: [],
    checkFrames(frames) {
      const message = frames.slice(0, -1);
      const whole = Buffer.concat(message.map(({ payload }) => payload));
      expect(whole.equals(patternBytes("binary", length))).toBe(true);
      expect(message.every(({ payload }) => payload.length <= 1024)).toBe(true);
    },
  }));

const espruinos = targets().filter(({ jerryscript }) => !jerryscript);
const iotjs = targets().filter(({ jerryscript }) => jerryscript);

suite("long messages from the server", received);
suite("the longest message from the server", longest, espruinos);
suite("long messages from the client", sent([2 * KB, 64 * KB, 256 * KB, MB]), espruinos);
suite("long messages from IoT.js", sent([32 * KB]), iotjs);
