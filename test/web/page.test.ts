/** The whole way in the browser: connect, upload, start, and the client's events in the timeline. */
import fs from "node:fs";
import path from "node:path";
import { findEspruino } from "../../tools/find_espruino.cjs";
import { startEcho, type Echo } from "../examples/server";
import { flashImage } from "../support/targets";
import { EspruinoBoard } from "./boards";
import { describePage, Rig, startWeb, type Web } from "./rig";

const PASSWORD = "correct horse";
/** A Wi-Fi that says what it was asked for. */
const WIFI = `exports.connect=function(n,o,c){print("asked for "+n+" with "+o.password);setTimeout(function(){c(null)},20)};
exports.getIP=function(){return{ip:"192.168.1.50"}}`;
/** All that a page can keep in a browser. */
const STORED = "indexedDB.databases().then((d) => [localStorage.length, sessionStorage.length, document.cookie, d])";

const read = (name: string): string => fs.readFileSync(path.join(__dirname, "../..", name), "utf8");

describePage("the page", () => {
  let web: Web;
  let rig: Rig;
  beforeAll(async () => (web = await startWeb()));
  afterAll(() => web.close());
  afterEach(() => rig.close());

  const espruino = findEspruino();
  (espruino ? describe : describe.skip)("with Espruino for Linux", () => {
    let board: EspruinoBoard;
    let echo: Echo;
    beforeEach(async () => {
      echo = await startEcho();
    });
    afterEach(async () => {
      await echo.close();
      await board.stop();
    });

    /** A tab, and a board with these modules in its Storage. */
    async function start(modules?: Record<string, string>): Promise<void> {
      board = new EspruinoBoard(espruino!, modules && (await flashImage(espruino!, modules)));
      rig = await Rig.start(web, { wire: board });
      // The tests of the serial line have one that is as slow as it says.
      await rig.page.selectOption("#baud", "921600");
    }
    // That it is there already saves time.
    const client = { esp_websocket_client: read("dist/esp_websocket_client.min.js") };

    test("from nothing to the first message", async () => {
      await start();
      await rig.connect();
      expect(await rig.said()).toMatch(/^Connected: Espruino 2v\S+ on LINUX\.$/);
      const facts = await rig.text("#facts");
      expect(facts).toMatch(/Board\s+LINUX/);
      expect(facts).toMatch(/Firmware\s+Espruino 2v/);
      expect(facts).toMatch(/Variables\s+[\d,]+ free of [\d,]+/);
      expect(facts).toMatch(/Storage\s+[\d,]+ bytes free/);
      expect(facts).toMatch(/Modules\s+net yes, tls yes, crypto yes, Wifi no/);

      expect(rig.rates).toEqual([921600]);
      await rig.page.fill("#url", echo.url);
      await rig.page.check("#websocket");
      await rig.page.check("#psk");
      await rig.upload();
      expect(await rig.said()).toBe(
        "Uploaded and verified: esp_websocket_client, websocket, tls_psk, ws_timeline, echo.js. echo.js runs."
      );
      await rig.until("#timeline", /finish/);
      expect(echo.messages).toEqual(["Hello from the board", Buffer.from([1, 2, 3, 254, 255])]);
      expect(await rig.rows()).toEqual([
        ["1", "begin", "", ""],
        ["1", "before connect", "", ""],
        ["1", "← received header", expect.any(String), "Upgrade"],
        ["1", "← received header", expect.any(String), "Connection"],
        ["1", "← received header", expect.any(String), "Sec-WebSocket-Accept"],
        ["1", "connected", "", ""],
        ["1", "→ sent text", "20", ""],
        ["1", "→ sent binary", "5", ""],
        ["1", "← received text", "20", ""],
        ["1", "← received binary", "5", ""],
        ["1", "→ sent close", "", ""],
        ["1", "← received close", "0", ""],
        ["1", "closed", "", "without a code"],
        ["1", "finish", "", ""],
      ]);
      expect(await rig.text("#timeline-summary")).toBe("Payload: 25 bytes sent, 25 received.");
      // The console has what the script prints, and nothing of what carries it.
      const console = await rig.text("#console");
      expect(console).toContain("connected\ndata, text: Hello from the board\ndata, binary: 1,2,3,254,255\n");
      expect(console).not.toMatch(/@ws|<#|_w\(/);
      const files = (await rig.page.locator("#storage-files span").allTextContents()).map((line) => line.split(",")[0]);
      expect(files.sort()).toEqual(["echo.js", "esp_websocket_client", "tls_psk", "websocket", "ws_timeline"]);

      // What is there is not sent again, and the script starts anew.
      await rig.upload();
      expect(await rig.said()).toBe("All files were there already. echo.js runs.");
      await rig.until("#timeline", /finish/);
      expect(echo.messages).toHaveLength(4);
      expect(rig.problems).toEqual([]);
      expect(rig.requests.every((address) => address.startsWith(web.url) || address.startsWith("data:"))).toBe(true);
    });

    test("a script of the user's, which joins the Wi-Fi and starts with the board", async () => {
      await start({ ...client, Wifi: WIFI });
      await rig.connect();
      const script = "// mine\n" + read("examples/fragments.js");
      await rig.page.setInputFiles("#script-file", { name: "mine.js", mimeType: "", buffer: Buffer.from(script) });
      await expectValue("#script-name", "mine.js");
      await rig.page.fill("#url", echo.url);
      await rig.page.fill("#wifi-name", "my network");
      await rig.page.fill("#wifi-password", PASSWORD);
      await rig.page.check("#boot");
      await rig.upload();
      expect(await rig.said()).toMatch(/mine\.js runs, and starts with the board\.$/);
      await rig.until("#timeline", /finish/);
      expect((await rig.rows()).slice(0, 3)).toEqual([
        ["–", "joining Wi-Fi", "", ""],
        ["–", "Wi-Fi joined", "", "address 192.168.1.50"],
        ["1", "begin", "", ""],
      ]);
      const answer = "answer: The first part, the second, and the last.";
      expect(await rig.text("#console")).toContain(answer);
      expect(await board.ask('require("Storage").read(".bootcde").indexOf("// mine\\n")')).toBeGreaterThan(0);

      // The board was asked with the password; the page shows it nowhere and keeps it nowhere.
      expect(await rig.text("#console")).toContain("asked for my network with •••");
      expect(await rig.page.content()).not.toContain(PASSWORD);
      expect(await rig.page.evaluate(STORED)).toEqual([0, 0, "", []]);

      // After a power failure it is there again.
      await rig.page.click("#disconnect");
      expect(await rig.said()).toBe("Disconnected. The board goes on.");
      await board.restart();
      await echo.served(2);
      expect(echo.messages).toHaveLength(2);
      await rig.page.reload();
      expect(await rig.page.inputValue("#wifi-password")).toBe("");
      await rig.connect();
      expect(await rig.page.textContent("#storage-files")).toContain(".bootcde");

      // What is not wanted any more is erased.
      await rig.page.click("#storage summary");
      await rig.page.click("button[value='.bootcde']");
      await rig.settled();
      expect(await rig.said()).toBe("Erased .bootcde.");
      expect(await board.ask('require("Storage").list().indexOf(".bootcde")')).toBe(-1);
    });

    test("scripts that fail, and commands for the console", async () => {
      await start(client);
      await rig.connect();
      await rig.page.fill("#script-name", "broken.js");
      await rig.page.uncheck("#timeline-wanted");
      await rig.page.fill("#source", "\n  nothing.here();");
      await rig.upload();
      expect(await rig.said()).toMatch(
        /^Broken\.js failed when it started: Uncaught ReferenceError: .*\(broken\.js:2:\d+\)\.$/
      );
      await rig.page.fill("#source", "var a = ;");
      await rig.upload();
      expect(await rig.said()).toMatch(/^Broken\.js failed when it started: Uncaught SyntaxError/);
      // What it requires is there all the same.
      await rig.page.fill("#source", 'print(typeof require("esp_websocket_client"));');
      await rig.upload();
      expect(await rig.said()).toBe("Uploaded and verified: broken.js. broken.js runs.");
      await rig.until("#console", /\nobject\n/);

      await rig.page.fill("#command", "6*7");
      await rig.page.press("#command", "Enter");
      await rig.until("#console", /=42/);
      await rig.page.fill("#command", "while(1);");
      await rig.page.press("#command", "Enter");
      await rig.page.click("#interrupt");
      // Espruino for Linux enters its debugger.
      await rig.until("#console", /Execution Interrupted|debug>/);
      await rig.page.click("#clear-console");
      expect(await rig.text("#console")).toBe("");
    });

    /** Waits until a field has a value. */
    async function expectValue(selector: string, value: string): Promise<void> {
      while ((await rig.page.inputValue(selector)) !== value);
    }
  });
});
