/** Whether everybody can use the page: names of controls, keyboard, narrow screens, both colour schemes. */
import fs from "node:fs";
import path from "node:path";
import axe from "axe-core";
import { ScriptedBoard } from "../flash/scripted_board";
import { scriptedWire } from "./boards";
import { describePage, Rig, startWeb, type Web } from "./rig";

const read = (name: string): string => fs.readFileSync(path.join(__dirname, "../..", name), "latin1");

const SCHEMES = ["light", "dark"] as const;

/** What is used here of axe-core's findings. */
interface Finding {
  id: string;
  nodes: { html: string; failureSummary?: string }[];
}

describePage("the page, for everybody", () => {
  let web: Web;
  let rig: Rig;
  beforeAll(async () => (web = await startWeb()));
  afterAll(() => web.close());
  afterEach(() => rig.close());

  /** All that can be on the page at once: facts, files, warnings, a message, events. */
  async function fill(): Promise<void> {
    await rig.connect();
    await rig.page.fill("#source", 'require("missing_module");');
    await rig.upload();
    // The prompt stands on a line that a program wipes first.
    say("");
    say("@ws 1 1 connected {}");
    say('@ws 2 1 send {"by":"send_text","size":20}');
    say(`@ws 3 1 error {"text":"${"x".repeat(90)}"}`);
    say('@ws 5 1 data {"op":1,"size":65535,"at":0,"of":65535,"fin":1}');
    say(`A long line: ${"word".repeat(80)}`);
    await rig.until("#timeline", /65,535/);
    for (const details of await rig.page.locator("details > summary").all()) await details.click();
  }

  let board: ScriptedBoard;
  let say: (line: string) => void;

  async function start(options: { width: number; scheme?: (typeof SCHEMES)[number] }): Promise<void> {
    board = new ScriptedBoard({ storageBytes: 200000 });
    // That it is there already saves time.
    board.put("esp_websocket_client", read("dist/esp_websocket_client.min.js"));
    board.put("ws_timeline", read("web/board/ws_timeline.js"));
    const wire = scriptedWire(board);
    say = (line) => wire.listener(Buffer.from(`${line}\r\n`));
    rig = await Rig.start(web, {
      wire,
      viewport: { width: options.width, height: 800 },
      colorScheme: options.scheme ?? "light",
    });
    await rig.page.selectOption("#baud", "921600");
  }

  describe.each(SCHEMES)("in %s colours", (scheme) => {
    test("nothing is wrong that a program can find, and a narrow screen does not scroll sideways", async () => {
      const width = 360;
      await start({ width, scheme });
      await fill();
      await rig.page.evaluate(axe.source);
      const { violations } = (await rig.page.evaluate("axe.run()")) as { violations: Finding[] };
      expect(
        violations.map(({ id, nodes }) => [id, nodes.map(({ html, failureSummary }) => [html, failureSummary])])
      ).toEqual([]);
      const widths = await rig.page.evaluate("[document.documentElement.scrollWidth, innerWidth]");
      expect(widths).toEqual([width, width]);
      const background = await rig.page.evaluate("getComputedStyle(document.body).backgroundColor");
      expect(background).toBe(scheme === "dark" ? "rgb(16, 20, 26)" : "rgb(246, 247, 249)");
    });
  });

  test("the keyboard gets to every control, in the order of the page", async () => {
    await start({ width: 1280 });
    await fill();
    const expected = (await rig.page.evaluate(
      `[...document.querySelectorAll("a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex]")]
        .filter((element) => element.checkVisibility())
        .map((element) => element.id || element.ariaLabel || element.textContent.trim())`
    )) as string[];
    const reached: string[] = [];
    await rig.page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)");
    // Once around the page, and past the browser's own controls.
    for (let i = 0; i <= expected.length; i++) {
      await rig.page.keyboard.press("Tab");
      const name = await rig.page.evaluate(
        `(({ localName, id, ariaLabel, textContent }) =>
          localName === "body" ? "" : id || ariaLabel || textContent.trim())(document.activeElement)`
      );
      if (name) reached.push(name as string);
    }
    const first = reached.indexOf(expected[0]!);
    expect([...reached.slice(first), ...reached.slice(0, first)]).toEqual(expected);
    expect(expected.length).toBeGreaterThan(30);
  });

  test("the whole way by keyboard alone", async () => {
    await start({ width: 1280 });
    const { keyboard } = rig.page;
    await rig.page.focus("#connect");
    await keyboard.press("Enter");
    await rig.settled();
    expect(await rig.said()).toMatch(/^Connected/);
    await rig.page.focus("#url");
    await keyboard.type("ws://192.168.1.10:8080/");
    await rig.page.focus("#boot");
    await keyboard.press("Space");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    await rig.settled();
    expect(await rig.said()).toMatch(/echo\.js runs, and starts with the board\.$/);
    expect(board.get(".bootcde")).toMatch(
      /^var WS_URL="ws:\/\/192\.168\.1\.10:8080\/";require\("ws_timeline"\);\/\* Connects/
    );
  });
});
