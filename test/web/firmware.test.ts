/** Flashing Espruino itself: esptool-js in the page, and the loader of an ESP32 at the other end. */
import { ScriptedBoard } from "../flash/scripted_board";
import { scriptedWire, type Wire } from "./boards";
import { EspLoader } from "./esp_loader";
import { describePage, Rig, startWeb, type Web } from "./rig";

/** An application: no bootloader and no partition table in front of it. */
const application = Buffer.alloc(70000, "espruino ");
application[0] = 0xe9;
/** A whole flash, with the partition table where it belongs. */
const wholeFlash = Buffer.alloc(0x9000, 0xff);
wholeFlash.writeUInt16LE(0x50aa, 0x8000);

/** What is used here of the browser's type. */
interface HTMLInput {
  validationMessage: string;
}

describePage("flashing the firmware", () => {
  let web: Web;
  let rig: Rig;
  let loader: EspLoader;
  beforeAll(async () => (web = await startWeb()));
  afterAll(() => web.close());
  beforeEach(() => (loader = new EspLoader()));
  afterEach(() => rig.close());

  async function start(wire: Wire): Promise<void> {
    rig = await Rig.start(web, { wire });
    await rig.page.click("text=Flash the firmware of an ESP32");
  }

  /** @param holds what the page finds in it */
  async function choose(name: string, buffer: Buffer, holds: RegExp): Promise<void> {
    await rig.page.setInputFiles("#firmware-file", { name, mimeType: "application/octet-stream", buffer });
    await rig.until("#offset-hint", holds);
  }
  const chooseApplication = (): Promise<void> =>
    choose("espruino_esp32.bin", application, /espruino_esp32\.bin: 70,000 bytes, the application alone\./);

  async function flash(): Promise<string> {
    await rig.page.click("#flash");
    await rig.settled();
    return rig.said();
  }

  test("the chosen file gets into the flash, and is verified", async () => {
    await start(loader);
    await chooseApplication();
    expect(await rig.page.inputValue("#offset")).toBe("0x10000");
    expect(await flash()).toBe("The firmware was flashed and verified. Connect to see the board.");
    expect([...loader.written.keys()]).toEqual([0x10000]);
    expect(loader.written.get(0x10000)!.equals(application)).toBe(true);
    expect(loader.erased).toBe(false);
    expect(await rig.text("#firmware-log")).toMatch(/Chip: ESP32[^]*Hash of data verified/);
    // The loader begins at its own rate, and the port is closed at the end.
    expect(rig.rates).toEqual([115200, 460800]);
    expect(rig.open).toBe(false);
    // The board was reset into its loader, and out of it.
    expect(rig.signals).toContainEqual(expect.objectContaining({ requestToSend: true }));
    expect(rig.problems).toEqual([]);
    expect(rig.requests.every((address) => address.startsWith(web.url))).toBe(true);
  });

  test("offset, rate and erasing can be chosen", async () => {
    await start(loader);
    await choose("whole.bin", wholeFlash, /36,864 bytes, a whole flash\./);
    expect(await rig.page.inputValue("#offset")).toBe("0x0");
    await rig.page.fill("#offset", "0x1000");
    await rig.page.selectOption("#flash-baud", "115200");
    await rig.page.check("#erase-all");
    expect(await flash()).toMatch(/^The firmware was flashed/);
    expect([...loader.written.keys()]).toEqual([0x1000]);
    expect(loader.erased).toBe(true);
    expect(rig.rates).toEqual([115200]);
  });

  test("a file that is no firmware is not flashed", async () => {
    await start(loader);
    await choose("notes.bin", Buffer.from("no firmware"), /Set by what the file holds/);
    await rig.page.click("#flash");
    const input = rig.page.locator("#firmware-file");
    const message = await input.evaluate((element) => (element as unknown as HTMLInput).validationMessage);
    expect(message).toBe("This is not a firmware of an ESP32.");
    expect(rig.rates).toEqual([]);
  });

  test("flash that reads back as something else is reported", async () => {
    loader.damages = true;
    await start(loader);
    await chooseApplication();
    expect(await flash()).toMatch(/^The firmware was not flashed: MD5 of file does not match data in flash!/);
    expect(rig.open).toBe(false);
  });

  test("flash that takes nothing is reported", async () => {
    loader.refuses = true;
    await start(loader);
    await chooseApplication();
    expect(await flash()).toMatch(/^The firmware was not flashed: .*status 1,8: hold the board's BOOT button/s);
  });

  test("a port that another program uses is reported", async () => {
    await start(loader);
    rig.refusal = "Failed to open serial port.";
    await chooseApplication();
    expect(await flash()).toMatch(/^The firmware was not flashed: Failed to open serial port\..*close other programs/s);
  });

  test("the console's connection is closed first, and both can follow each other", async () => {
    const board = new ScriptedBoard();
    const wires: { current: Wire } = { current: scriptedWire(board) };
    const wire: Wire = { listener: () => {}, write: (bytes) => wires.current.write(bytes) };
    wires.current.listener = loader.listener = (bytes) => wire.listener(bytes);
    await start(wire);
    await rig.connect();
    expect(await rig.said()).toMatch(/^Connected/);
    wires.current = loader;
    await chooseApplication();
    expect(await flash()).toMatch(/^The firmware was flashed/);
    expect(await rig.page.isVisible("#facts")).toBe(false);
    wires.current = scriptedWire(board);
    wires.current.listener = (bytes) => wire.listener(bytes);
    await rig.connect();
    expect(await rig.said()).toMatch(/^Connected/);
  });
});
