/** What goes wrong between page and board: what is said, and what stays on the board. */
import fs from "node:fs";
import path from "node:path";
import { findEspruino } from "../../tools/find_espruino.cjs";
import { ScriptedBoard, type BoardOptions } from "../flash/scripted_board";
import { EspruinoBoard, scriptedWire, uartWire } from "./boards";
import { describePage, Rig, startWeb, type Web } from "./rig";

const MODULE = "esp_websocket_client";
const OLD = "exports.version=0";

const read = (name: string): string => fs.readFileSync(path.join(__dirname, "../..", name), "latin1");
const client = read("dist/esp_websocket_client.min.js");

describePage("the page, where something goes wrong:", () => {
  let web: Web;
  let rig: Rig;
  beforeAll(async () => (web = await startWeb()));
  afterAll(() => web.close());
  afterEach(() => rig.close());

  /** A tab that is connected to a scripted board. */
  async function connect(options: BoardOptions = {}, old = OLD): Promise<ScriptedBoard> {
    const board = new ScriptedBoard({ ...options, storageBytes: options.storageBytes ?? 200000 });
    board.put(MODULE, old);
    rig = await Rig.start(web, { wire: scriptedWire(board) });
    await rig.page.selectOption("#baud", "921600");
    await rig.connect();
    return board;
  }

  /** Pulls the cable out when so many pieces of files were sent. */
  function unplugAfter(lines: number): void {
    let seen = 0;
    rig.onPiece = (text) => {
      if (text.includes("_w(") && ++seen === lines) rig.unplug();
    };
  }

  const unplugged =
    /^The upload failed at \d+%: the connection to the USB device 10c4:ea60 was cut: .*what was on the board before is untouched\.$/;

  test("unplugged in the middle of an upload, the old files stay", async () => {
    const board = await connect();
    unplugAfter(20);
    await rig.upload();
    expect(await rig.said()).toMatch(unplugged);
    expect(await rig.page.isVisible("#facts")).toBe(false);
    expect(board.get(MODULE)).toBe(OLD);
    // Plugged in again, it goes through, and nothing is left of the first attempt.
    rig.onPiece = () => {};
    await rig.connect();
    await rig.upload();
    expect(await rig.said()).toMatch(/echo\.js runs\.$/);
    expect(board.get(MODULE) === client).toBe(true);
    expect([...board.storage.files.keys()].sort()).toEqual(["echo.js", MODULE, "ws_timeline"]);
  });

  const espruino = findEspruino();
  (espruino ? test : test.skip)("Espruino for Linux, unplugged in the middle of an upload", async () => {
    const board = new EspruinoBoard(espruino!);
    try {
      await board.ask(`require("Storage").write("${MODULE}","${OLD}")`);
      rig = await Rig.start(web, { wire: board });
      await rig.page.selectOption("#baud", "921600");
      await rig.connect();
      unplugAfter(9);
      await rig.upload();
      expect(await rig.said()).toMatch(unplugged);
      expect(await board.ask(`require("Storage").read("${MODULE}")`)).toBe(OLD);
      rig.onPiece = () => {};
      await rig.connect();
      await rig.page.fill("#source", "print('here')");
      await rig.upload();
      expect(await rig.said()).toMatch(/echo\.js runs\.$/);
      expect(await board.ask('require("Storage").list().sort()')).toEqual(["echo.js", MODULE, "ws_timeline"]);
    } finally {
      await board.stop();
    }
  });

  test("unplugged while nothing goes on", async () => {
    await connect();
    rig.unplug();
    await rig.until("#failure", /The connection to the board was cut\. Check the cable, and connect again\./);
    expect(await rig.page.isEnabled("#connect")).toBe(true);
    expect(await rig.page.isEnabled("#upload")).toBe(false);
  });

  test("cancelled, the old files stay", async () => {
    const board = await connect();
    let seen = 0;
    rig.onPiece = (text) => {
      if (text.includes("_w(") && ++seen === 20) void rig.page.click("#cancel");
    };
    await rig.upload();
    expect(await rig.said()).toMatch(/the upload was cancelled.*untouched\.$/);
    expect(board.get(MODULE)).toBe(OLD);
    expect(await rig.page.isEnabled("#upload")).toBe(true);
  });

  test("Storage is full", async () => {
    const board = await connect({ storageBytes: 20000 });
    await rig.upload();
    expect(await rig.said()).toMatch(
      /^Storage is too full: [\d,]+ bytes are free and [\d,]+ are needed.*erase files that you do not need in the list of Storage\.$/
    );
    expect(board.get(MODULE)).toBe(OLD);
  });

  test("something else than Espruino answers", async () => {
    await connect({ faults: { otherProgram: "login: " } });
    expect(await rig.said()).toMatch(
      /but it is not Espruino's prompt \(it says ".*login:"\): check the port, or flash/i
    );
    expect(rig.open).toBe(false);
    expect(await rig.page.isEnabled("#connect")).toBe(true);
  });

  test("another program has the port", async () => {
    const wire = scriptedWire(new ScriptedBoard());
    rig = await Rig.start(web, { wire });
    rig.refusal = "Failed to open serial port.";
    await rig.connect();
    expect(await rig.said()).toMatch(/^The USB device 10c4:ea60 is busy or cannot be opened: close the program/);
    rig.refusal = undefined;
    await rig.connect();
    expect(await rig.said()).toMatch(/^Connected/);
  });

  test("the user chooses no port", async () => {
    rig = await Rig.start(web, { wire: scriptedWire(new ScriptedBoard()) });
    rig.choosesPort = false;
    await rig.connect();
    expect(await rig.said()).toBe("No port was chosen.");
    expect(await rig.text("#failure")).toBe("");
  });

  test("the firmware lacks what the script needs", async () => {
    await connect({ modules: "Flash,Storage", freeVariables: 900 }, client);
    await rig.page.fill("#source", 'require("websocket")');
    await rig.page.fill("#wifi-name", "net");
    await rig.upload();
    const warnings = await rig.page.locator("#warnings li").allInnerTexts();
    expect(warnings).toEqual([
      expect.stringMatching(/has no `net` module/),
      expect.stringMatching(/has no `tls` module/),
      expect.stringMatching(/has no `crypto` module/),
      expect.stringMatching(/^Only 900 variables are free/),
      expect.stringMatching(/requires "websocket", which is not on the board: tick the module websocket\.$/),
      expect.stringMatching(/has no module Wifi/),
    ]);
  });

  test("what cannot be right is not sent", async () => {
    const board = await connect();
    const wrong: [string, string, RegExp][] = [
      ["#url", "192.168.1.10", /must begin with ws:\/\/ or wss:\/\/\.$/],
      ["#wifi-password", "short", /8 to 64 characters\.$/],
      ["#script-name", "echo.ts", /echo\.ts is not a \.js file/i],
      ["#source", "\n", /Echo\.js is empty/],
    ];
    await rig.page.fill("#wifi-name", "net");
    for (const [field, value, message] of wrong) {
      const right = await rig.page.inputValue(field);
      await rig.page.fill(field, value);
      await rig.upload();
      expect(await rig.said()).toMatch(message);
      await rig.page.fill(field, right);
    }
    expect(board.writes).toBe(0);
  });

  test("a serial line that is slow, and a console that overruns: nothing is lost", async () => {
    const board = new ScriptedBoard({ storageBytes: 200000 });
    // That they are there already saves time.
    board.put(MODULE, client);
    board.put("ws_timeline", read("web/board/ws_timeline.js"));
    const { wire, uart } = uartWire(board, { baud: 115200, buffer: 1024, writeMs: 5, characterMs: 0 });
    rig = await Rig.start(web, { wire });
    await rig.connect();
    await rig.upload();
    expect(await rig.said()).toBe("Uploaded and verified: echo.js. echo.js runs.");
    expect(board.get("echo.js")).toBe(`require("ws_timeline");${read("examples/echo.js")}`);
    expect(uart.dropped).toBe(0);
    expect(rig.rates).toEqual([115200]);
  });

  test("a browser without Web Serial", async () => {
    rig = await Rig.start(web, { before: "delete Navigator.prototype.serial" });
    expect(await rig.text("#unsupported")).toMatch(/has no Web Serial.*Chrome, Edge or Opera.*Firefox and Safari/);
    expect(await rig.page.isEnabled("#connect")).toBe(false);
    expect(await rig.page.isEnabled("#flash")).toBe(false);
    expect(rig.problems).toEqual([]);
  });

  test("a page that came over http:// from elsewhere", async () => {
    rig = await Rig.start(web, { url: web.url.replace("localhost", "insecure.test") });
    expect(await rig.text("#unsupported")).toMatch(/only on a page that comes over https:\/\/ or from localhost/);
    expect(await rig.page.isEnabled("#connect")).toBe(false);
  });
});
