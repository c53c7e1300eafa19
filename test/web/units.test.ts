/** The page's pure parts: what the board prints as events, events as rows, secrets, scripts, states. */
import { EventFilter, parseEvent, type BoardEvent } from "../../web/event_lines";
import { enabled, Store, type Activity } from "../../web/page_state";
import { Redactor } from "../../web/redact";
import { addressNotes, planProblem, preamble, wifiModule } from "../../web/script_text";
import { seconds, Timeline } from "../../web/timeline";

describe("a line of the timeline", () => {
  test("is an event", () => {
    expect(parseEvent('@ws 1234 1 data {"op":1,"size":20}')).toEqual({
      boardMs: 1234,
      client: 1,
      what: "data",
      details: { op: 1, size: 20 },
    });
  });

  test.each(["", "connected", "@ws", "@ws 1 1 data", "@ws 1 1 data {", '@ws 1 1 data {"op":}', " @ws 1 1 data {}"])(
    "%j is none",
    (line) => expect(parseEvent(line)).toBeUndefined()
  );

  test("has its text decoded, where the board's strings are bytes", () => {
    expect(parseEvent('@ws 1 1 error {"text":"K\\u00c3\\u00bcche"}')!.details).toEqual({ text: "Küche" });
    expect(parseEvent('@ws 1 1 error {"text":"Küche"}')!.details).toEqual({ text: "Küche" });
    expect(parseEvent('@ws 1 1 error {"text":"€ \\u00c3"}')!.details).toEqual({ text: "€ Ã" });
  });
});

describe("what the board prints", () => {
  const printed = "one\n@ws 5 1 begin {}\n@wsx\r\n>two@ws 6 1 begin {}\n@ws 7 1 finish {}\r\n@ws 8 {\n=3\n@w";

  function filter(pieces: string[]): { text: string; events: string[] } {
    const result = { text: "", events: [] as string[] };
    const events = new EventFilter(
      (text) => (result.text += text),
      ({ what }) => result.events.push(what)
    );
    for (const piece of pieces) events.take(piece);
    return result;
  }
  const expected = { text: "one\n@wsx\r\n>two@ws 6 1 begin {}\n@ws 8 {\n=3\n", events: ["begin", "finish"] };

  test("is parted into text and events", () => expect(filter([printed])).toEqual(expected));
  test("wherever it is cut", () => {
    for (let cut = 1; cut < printed.length; cut++) {
      expect(filter([printed.slice(0, cut), printed.slice(cut)])).toEqual(expected);
    }
    expect(filter([...printed])).toEqual(expected);
  });
  test("is shown before its line ends", () => expect(filter(["password? "]).text).toBe("password? "));
  test("is not held back for ever", () => expect(filter([`@ws ${"9".repeat(5000)}`]).text).toHaveLength(5004));
});

describe("secrets", () => {
  function redact(pieces: string[], secrets = ["pass word", 'qu"ote']): string {
    let shown = "";
    const redactor = new Redactor((text) => (shown += text));
    redactor.hide(secrets);
    for (const piece of pieces) redactor.take(piece);
    return shown;
  }
  const text = 'a pass word, qu"ote and "qu\\"ote"; pass wor.\n';
  const masked = 'a •••, ••• and "•••"; pass wor.\n';

  test("are masked, also as they stand in a script", () => expect(redact([text])).toBe(masked));
  test("wherever the text is cut", () => {
    for (let cut = 1; cut < text.length; cut++) expect(redact([text.slice(0, cut), text.slice(cut)])).toBe(masked);
    expect(redact([...text])).toBe(masked);
  });
  test("one in another", () => expect(redact(["secrets, secret."], ["secret", "secrets"])).toBe("•••, •••."));
  test("without secrets, all is shown at once", () => expect(redact([text], [""])).toBe(text));
});

describe("the timeline", () => {
  const event = (what: string, details = {}, boardMs = 0): BoardEvent => ({ boardMs, client: 1, what, details });
  const row = (what: string, details = {}) => new Timeline().add(event(what, details), 0);

  test("counts the board's time from the first event", () => {
    const timeline = new Timeline();
    expect(timeline.add(event("begin", {}, 5000), 90).timeMs).toBe(0);
    expect(timeline.add(event("connected", {}, 5120), 230).timeMs).toBe(120);
    timeline.clear();
    expect(timeline.add(event("begin", {}, 9000), 4000).timeMs).toBe(0);
  });

  test("goes on where the board sets its clock", () => {
    const timeline = new Timeline();
    timeline.add(event("begin", {}, 5000), 100);
    expect(timeline.add(event("connected", {}, 1.7e12), 250).timeMs).toBe(150);
    expect(timeline.add(event("data", {}, 1.7e12 + 40), 290).timeMs).toBe(190);
    expect(timeline.add(event("data", {}, 1000), 300).timeMs).toBe(200);
  });

  test.each([
    [
      "data",
      { op: 1, size: 20, at: 0, of: 20, fin: 1 },
      { direction: "received", event: "text", size: 20, details: "" },
    ],
    [
      "data",
      { op: 2, size: 536, at: 536, of: 2000, fin: 0 },
      { direction: "received", event: "binary", size: 536, details: "from byte 536 of 2,000, more frames follow" },
    ],
    ["data", { op: 9, size: 0, at: 0, of: 0, fin: 1 }, { direction: "received", event: "PING", size: 0 }],
    ["send", { by: "send_text", size: 5 }, { direction: "sent", event: "text", size: 5, failed: false }],
    ["send", { by: "send_with_opcode", op: 2, size: 5 }, { direction: "sent", event: "binary", size: 5 }],
    [
      "send",
      { by: "send_bin", size: -1 },
      { direction: "sent", details: "refused: not connected, or the send queue is full", failed: true },
    ],
    ["send", { by: "send_fin", size: 0 }, { event: "end of the message", size: 0 }],
    ["close", { result: 0, code: 1000 }, { direction: "sent", event: "close", details: "1000, normal closure" }],
    ["close", { result: -1 }, { details: "refused: not connected", failed: true }],
    ["closed", { code: 0 }, { direction: "state", details: "without a code" }],
    ["closed", { code: 4000, text: "bye" }, { details: "4000: bye" }],
    ["error", { text: "no way" }, { details: "no way", failed: true }],
    ["header_received", { name: "Upgrade", size: 18 }, { direction: "received", event: "header", size: 18 }],
    ["wifi", { state: "joined", ip: "192.168.1.5" }, { event: "Wi-Fi joined", details: "address 192.168.1.5" }],
    ["wifi", { state: "failed", text: "no AP" }, { details: "no AP; another attempt follows", failed: true }],
    ["before_connect", {}, { direction: "state", event: "before connect", details: "" }],
  ])("%s %j", (what, details, expected) => expect(row(what, details)).toMatchObject(expected));

  test("writes seconds", () => expect(seconds(12345)).toBe("12.345"));
});

describe("a script", () => {
  const url = "ws://192.168.1.10:8080/";

  test("has on its first line what the user asked for", () => {
    expect(preamble({ url: "", timeline: false })).toBe("");
    expect(preamble({ url, timeline: true, wifi: { name: "net", password: "12345678" } })).toBe(
      `var WS_URL="${url}";require("ws_wifi");require("ws_timeline");`
    );
  });

  test("gets name and password of the Wi-Fi as they are", () => {
    const module = wifiModule('var NAME = "";\nvar PASSWORD = "";\n', { name: 'a"b$&', password: "c\\d$'12345" });
    expect(module).toBe('var NAME = "a\\"b$&";\nvar PASSWORD = "c\\\\d$\'12345";\n');
  });

  test.each([
    ["192.168.1.10:8080", /must begin with ws:\/\/ or wss:\/\//],
    ["http://a/", /must begin with/],
    ["ws://", /write it as/],
    ["ws://a b/", /write it as/],
    ["ws://bücher.example/", /write it as/],
  ])("the address %s is wrong", (wrong, message) => expect(planProblem({ url: wrong })).toMatch(message));

  test.each([
    ["x".repeat(33), "", /32 bytes/],
    ["ü".repeat(17), "", /32 bytes/],
    ["net", "short", /8 to 64 characters/],
    ["net", "x".repeat(65), /8 to 64 characters/],
  ])("the network %s with %s is wrong", (name, password, message) =>
    expect(planProblem({ url, wifi: { name, password } })).toMatch(message)
  );

  test("an open network, and no network, are right", () => {
    expect(planProblem({ url, wifi: { name: "net", password: "" } })).toBeUndefined();
    expect(planProblem({ url: "" })).toBeUndefined();
  });

  test("has its notes", () => {
    expect(addressNotes({ url, source: "connect(WS_URL)" }, "ESP32")).toEqual([]);
    expect(addressNotes({ url, source: "var a" }, "ESP32")).toEqual([expect.stringMatching(/does not use/)]);
    const local = { url: "ws://localhost:8080/", source: "WS_URL" };
    expect(addressNotes(local, "ESP32")).toEqual([expect.stringMatching(/the board itself/)]);
    expect(addressNotes(local, "LINUX")).toEqual([]);
  });
});

describe("the page's state", () => {
  test("tells its listeners now and after each change", () => {
    const store = new Store("yes");
    const seen: boolean[] = [];
    store.subscribe(({ connected }) => seen.push(connected));
    store.change({ connected: true });
    expect(seen).toEqual([false, true]);
  });

  test("allows one thing at a time", () => {
    const store = new Store("yes");
    const can = (patch: object): string[] => {
      store.change({ activity: "none", connected: false, ...patch });
      return Object.entries(enabled(store.state))
        .filter(([, allowed]) => allowed)
        .map(([name]) => name);
    };
    expect(can({})).toEqual(["connect", "flash"]);
    expect(can({ connected: true })).toEqual(["disconnect", "upload", "erase", "console", "flash"]);
    expect(can({ connected: true, activity: "uploading" })).toEqual(["cancel"]);
    const others: Activity[] = ["connecting", "starting", "erasing", "flashing"];
    for (const activity of others) expect(can({ connected: true, activity })).toEqual([]);
  });

  test.each(["no_web_serial", "insecure"] as const)("%s allows nothing", (support) => {
    expect(Object.values(enabled(new Store(support).state))).not.toContain(true);
  });
});
