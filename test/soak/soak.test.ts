import { describeTargets, interpreters } from "../support/targets";
import { judge, type Evidence } from "./judge";
import { drawPlan } from "./plan";
import { Tracker } from "./proxy";
import { soak } from "./soak";

test("60 rounds of drawn faults in the simulator", async () => {
  const summary = await soak({ rounds: 60, seed: 1, lanes: 4, slowness: 2 });
  expect(summary.rounds).toBe(60);
  // It was no fair weather: connections broke, messages were lost and reported.
  expect(Object.keys(summary.faults).length).toBeGreaterThan(10);
  expect(summary.counts.lost).toBeGreaterThan(0);
  expect(summary.counts.delivered).toBeGreaterThan(0);
  expect(summary.counts.received).toBeGreaterThan(0);
});

describeTargets(
  "the soak",
  (target) => {
    test("6 rounds", async () => {
      const summary = await soak({ rounds: 6, seed: 3, lanes: 1, target, small: target.byteStrings });
      expect(summary.rounds).toBe(6);
      expect(summary.variables.least).toBeGreaterThan(0);
    });
  },
  interpreters()
);

test("a seed draws the same round again, and another seed another", () => {
  expect(drawPlan(5, 17)).toEqual(drawPlan(5, 17));
  expect(drawPlan(5, 17)).not.toEqual(drawPlan(5, 18));
  expect(drawPlan(5, 17).connections).not.toEqual(drawPlan(6, 17).connections);
});

test("the proxy names each byte of a stream", () => {
  const tracker = new Tracker();
  const regions = (bytes: number[]): string[] => bytes.map((byte) => tracker.take(byte).join("+"));
  const all = (region: string, count: number): string[] => Array<string>(count).fill(region);
  expect(regions([...Buffer.from("HTTP/1.1 101 X\r\n\r\n")])).toEqual(all("handshake", 18));
  // "hi"; an empty, masked PING; a long frame's header; a close frame.
  expect(regions([0x81, 2, 104, 105])).toEqual(["frame+header", "header", "payload", "payload"]);
  expect(regions([0x89, 0x80, 1, 2, 3, 4])).toEqual(["frame+header", ...all("header", 5)]);
  expect(regions([0x82, 126, 0, 200])).toEqual(["frame+header", ...all("header", 3)]);
  expect(regions(Array<number>(200).fill(0x88))).toEqual(all("payload", 200));
  expect(regions([0x88, 2, 3, 232])).toEqual(["frame+close", ...all("close", 3)]);
  expect(tracker.seen).toEqual({ handshake: 18, frame: 4, header: 12, payload: 202, close: 4 });
});

describe("the judge", () => {
  const GOOD = ["B", "A", "H", "C", "M t 1 aa", "M t 2 bb", "S 0 t 3 cc", "S 1 b 4 dd", "c 8", "K 1000 0", "F 1000"];
  const evidence = (change: Partial<Evidence> = {}): Evidence => ({
    plan: { client: [], server: [], gap: 0, end: "client" },
    fired: false,
    garbled: { down: false, up: false },
    sound: true,
    complete: true,
    sent: ["t 1 aa", "t 2 bb"],
    received: ["t 3 cc", "b 4 dd"],
    ...change,
  });
  const verdict = (lines: string[], ...connections: Evidence[]): string[] => judge(lines, connections).violations;
  const without = (line: string): string[] => GOOD.filter((one) => one !== line);
  const insert = (line: string, before: string): string[] =>
    GOOD.flatMap((one) => (one === before ? [line, one] : [one]));

  test("has nothing against a good round", () => {
    expect(verdict(GOOD, evidence())).toEqual([]);
  });

  test.each([
    ["delivered twice", insert("M t 1 aa", "M t 2 bb"), {}],
    ["altered", GOOD.map((line) => line.replace("M t 2 bb", "M t 2 bx")), {}],
    ["out of order", without("M t 1 aa").flatMap((line) => (line === "S 0 t 3 cc" ? ["M t 1 aa", line] : [line])), {}],
    ["never delivered, though the close was clean", without("M t 2 bb"), {}],
    ["lost on the way to the server", GOOD, { received: ["t 3 cc"] }],
    ["refused, and delivered all the same", without("S 1 b 4 dd"), {}],
    ["delivered twice to the server", GOOD, { received: ["t 3 cc", "t 3 cc", "b 4 dd"] }],
  ])("finds a message that was %s", (_what, lines, change) => {
    expect(verdict(lines, evidence(change as Partial<Evidence>))).not.toEqual([]);
  });

  test.each([
    ["DATA before CONNECTED", ["B", "A", "M t 1 aa", "C", "K 1000 0", "F 1000"]],
    ["ERROR without DISCONNECTED", ["B", "A", "C", "E 1 101 x", "A", "C", "K 1000 0", "F 1000"]],
    ["no FINISH", GOOD.slice(0, -1)],
    ["an event after FINISH", [...GOOD, "A"]],
    ["an attempt that nobody saw", ["B", "A", "E 1 0 x", "L 1", ...GOOD.slice(1)]],
    ["a word of the client itself", insert("V the connection is dead and the client has not noticed", "K 1000 0")],
  ])("finds %s", (_what, lines) => {
    expect(verdict(lines, evidence())).not.toEqual([]);
  });

  test("finds a sound connection that the client gave up, and lets time-outs pass", () => {
    const broken = (text: string): string[] => ["B", "A", "C", `E 1 101 ${text}`, "L 1", ...GOOD.slice(1)];
    const first = evidence({ complete: false, sent: [], received: [] });
    expect(verdict(broken("1002 reserved bit"), first, evidence())).not.toEqual([]);
    expect(verdict(broken("No room for a frame in time"), first, evidence())).toEqual([]);
  });

  test("finds a refusal that was taken for a connection, and one with another status", () => {
    const plan = { ...evidence().plan, answer: { kind: "status" as const, status: 404, headers: [], body: "" } };
    const refused = evidence({ plan, sound: false, complete: false, sent: [], received: [] });
    const round = (...lines: string[]): string[] => ["B", "A", "H", ...lines, ...GOOD.slice(1)];
    expect(verdict(round("E 3 404 no", "L 3"), refused, evidence())).toEqual([]);
    expect(verdict(round("E 3 101 no", "L 3"), refused, evidence())).not.toEqual([]);
    expect(verdict(round("C", "E 3 404 no", "L 3"), refused, evidence())).not.toEqual([]);
  });
});
