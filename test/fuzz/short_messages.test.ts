/**
 * Whole short messages go a way of their own, both ways (src/client/short_messages.ts). The plain way is its oracle: the
 * same events, the same bytes.
 */
import fc from "fast-check";
import * as ws from "../../src/api/esp_websocket_client";
import { Rig, serverFrame } from "../unit/rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const texts = fc.oneof(
  fc.string({ maxLength: 125, unit: fc.constantFrom("a", "{", '"', "0", "\0", "\x7f") }),
  fc.string({ maxLength: 31, unit: fc.constantFrom("a", "é", "€", "😀") })
);
const bytes = fc.uint8Array({ maxLength: 125 });
const frames = fc.array(
  fc.oneof(
    fc.record({ first: fc.constant(0x81), payload: texts }),
    fc.record({ first: fc.constantFrom(0x82, 0x89, 0x8a), payload: bytes }),
    // Between them, what only the plain way can do: parts of messages.
    fc.constant({ first: 0x01, payload: "part" })
  ),
  { maxLength: 12 }
);

/** The frames as a server may send them: a message that was begun is ended before the next. */
function stream(list: { first: number; payload: string | Uint8Array }[]): Buffer[] {
  return list.flatMap(({ first, payload }) =>
    first === 0x01
      ? [serverFrame(0x01, payload), serverFrame(0x89, "inside"), serverFrame(0x80, "end")]
      : [serverFrame(first, payload)]
  );
}

/** What was sent: first bytes and payloads; the masking keys differ. */
function content(rig: Rig): string[] {
  return rig.connection.takeFrames().map(({ raw, payload }) => raw.toString("hex", 0, 2) + payload.toString("hex"));
}

/** What a client reports and sends when it receives these pieces, one after the other. */
function received(pieces: Uint8Array[]): { events: unknown[]; wire: string[] } {
  const rig = Rig.connected({ buffer_size: 100000 });
  rig.events.length = 0;
  for (const piece of pieces) rig.receive(piece);
  const events = rig.events.map(({ id, data }) => [id, { ...data, client: undefined }]);
  const wire = content(rig);
  ws.esp_websocket_client_destroy(rig.client);
  return { events, wire };
}

test("receiving: whole frames, many in one read, are reported as frames that come in two parts are", () => {
  let short = 0;
  fc.assert(
    fc.property(frames, (list) => {
      const whole = stream(list);
      short += whole.length;
      // Where only the first byte of a frame is there, it goes the plain way.
      const parted = whole.flatMap((one) => [one.subarray(0, 1), one.subarray(1)]);
      const plain = received(parted);
      expect(received([Buffer.concat(whole)])).toEqual(plain);
      expect(received(whole)).toEqual(plain);
    }),
    { numRuns: 300, seed: 1 }
  );
  expect(short).toBeGreaterThan(300);
});

/** What a client sends; with `plain`, nothing goes the short way. */
function sent(list: (string | Uint8Array)[], plain: boolean): { results: number[]; wire: string[] } {
  const rig = Rig.connected({ buffer_size: 100000 });
  const results = list.map((data) => {
    if (plain) rig.client._direct = 0;
    return typeof data === "string"
      ? ws.esp_websocket_client_send_text(rig.client, data)
      : ws.esp_websocket_client_send_bin(rig.client, data);
  });
  jest.advanceTimersByTime(1);
  const wire = content(rig);
  ws.esp_websocket_client_destroy(rig.client);
  return { results, wire };
}

test("sending: the same frames and results as through the queue", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(texts, bytes), { maxLength: 12 }), (list) => {
      expect(sent(list, false)).toEqual(sent(list, true));
    }),
    { numRuns: 300, seed: 1 }
  );
});
