/** What the page does with a board. Everything here ends in the page's state; failures too. */
import { Board, FlashError, checkBoard, connect, type BoardFacts, type BoardFile } from "../tools/flash/board.mjs";
import { workerClock } from "./clock";
import type { FirmwareOptions } from "./firmware_flasher";
import type { Activity, PageState, Store } from "./page_state";
import { boardFiles, type Sources } from "./script";
import { addressNotes, type Plan } from "./script_text";
import { choosePort, openWebSerial, portName } from "./web_serial_port";

const count = (n: number): string => n.toLocaleString("en-US");

/** A sentence: with a capital letter and a full stop. */
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1).replace(/[.\s]*$/, ".");

/** What this page can do about a warning or a failure, by its code. */
const ADVICE: Record<string, string> = {
  garbled: "choose another baud rate (Espruino on the ESP32 uses 115200)",
  lost_characters: "use another cable or USB port, or a lower baud rate",
  not_espruino: "check the port, or flash Espruino's firmware below",
  storage_full: "erase files that you do not need in the list of Storage",
  old_boot: "erase it in the list of Storage",
  "missing:websocket": "tick the module websocket",
  "missing:tls_psk": "tick the module tls_psk",
};

function describe(error: unknown): string {
  if (!(error instanceof FlashError)) return `Internal error: ${String(error)}`;
  const advice = ADVICE[error.code];
  if (!advice) return sentence(error.message);
  const untouched = /what was on the board before is untouched/.exec(error.message);
  return sentence(`${error.what}: ${advice}${untouched ? `; ${untouched[0]}` : ""}`);
}

export class Session {
  private port?: SerialPort;
  private board?: Board;
  private cancelling?: AbortController;
  private readonly clock = workerClock();

  constructor(
    private readonly store: Store,
    private readonly sources: Sources,
    /** Takes what the board prints. */
    private readonly onText: (text: string) => void
  ) {}

  /** Has the user choose a port, and asks the board what it is. */
  async connect(baud: number): Promise<void> {
    await this.during("connecting", "Choose the board's port in the browser's list.", async () => {
      const { clock } = this;
      const port = await choosePort();
      if (!port) return "No port was chosen.";
      this.port = port;
      this.say(`Connecting to ${portName(port)}…`);
      const board = await connect({ openPort: () => openWebSerial(port, baud), onText: this.onText, clock });
      this.board = board;
      this.store.change({ connected: true });
      void this.watch(board);
      const facts = await this.ask(board);
      return `Connected: Espruino ${facts.version} on ${facts.board}.`;
    });
  }

  /** Ends the connection; the board goes on. */
  async disconnect(): Promise<void> {
    const { board } = this;
    this.forget();
    await board?.close();
    this.say("Disconnected. The board goes on.");
  }

  /** Puts modules and script on the board, and starts the script. */
  async upload(plan: Plan): Promise<void> {
    await this.during("uploading", "Preparing the upload…", async () => {
      const board = this.board!;
      const { files, app } = boardFiles(plan, this.sources);
      await board.reset();
      // The reset may have ended the connection, and another one began.
      void this.watch(board);
      const facts = await this.ask(board);
      this.warn(plan, facts, files, app);
      const { uploaded } = await this.send(board, files);
      await this.ask(board);
      this.store.change({ activity: "starting" });
      const sent =
        uploaded.length > 0 ? `Uploaded and verified: ${uploaded.join(", ")}.` : "All files were there already.";
      this.say(`${sent} Starting ${plan.name}…`);
      return await this.start(board, app, plan, sent);
    });
  }

  /** Ends an upload between two pieces; what was on the board before stays. */
  cancel(): void {
    this.cancelling?.abort();
  }

  async erase(name: string): Promise<void> {
    await this.during("erasing", `Erasing ${name}…`, async () => {
      await this.board!.erase(name);
      await this.ask(this.board!);
      return `Erased ${name}.`;
    });
  }

  /** What a user types. */
  async type(line: string): Promise<void> {
    await this.attempt(() => this.board!.write(`${line}\n`));
  }

  async interrupt(): Promise<void> {
    await this.attempt(() => this.board!.interrupt());
  }

  /** Flashes Espruino itself; the board's console is closed for that. */
  async flash(options: Omit<FirmwareOptions, "onProgress">): Promise<void> {
    await this.during("flashing", "Choose the board's port in the browser's list.", async () => {
      const port = this.port ?? (await choosePort());
      if (!port) return "No port was chosen.";
      this.port = port;
      const { board } = this;
      this.forget();
      await board?.close();
      this.say(`Flashing ${count(options.image.length)} bytes…`);
      const { flashFirmware } = await import("./firmware_flasher");
      await flashFirmware(port, {
        ...options,
        onProgress: (fraction) => this.store.change({ progress: { fraction, name: "the firmware" } }),
      });
      return "The firmware was flashed and verified. Connect to see the board.";
    });
  }

  private async ask(board: Board): Promise<BoardFacts> {
    const facts = await board.identify();
    this.store.change({ facts, files: await board.listStorage() });
    return facts;
  }

  private warn(plan: Plan, facts: BoardFacts, files: BoardFile[], app: BoardFile): void {
    const warnings = checkBoard(facts, { files, app }).map(({ code, text }) =>
      sentence(ADVICE[code] ? `${text}: ${ADVICE[code]}` : text)
    );
    const wifi = plan.wifi && !facts.builtIn.includes("Wifi") && !facts.files.includes("Wifi");
    if (wifi) warnings.push("This firmware has no module Wifi: the board cannot join a network in this way.");
    this.store.change({ warnings: [...warnings, ...addressNotes(plan, facts.board)] });
  }

  private async send(board: Board, files: BoardFile[]): Promise<{ uploaded: string[] }> {
    const names = files.map(({ name }) => name).join(", ");
    this.say(`Uploading ${names}…`);
    this.cancelling = new AbortController();
    return board.upload(files, {
      signal: this.cancelling.signal,
      onProgress: (progress) => this.store.change({ progress }),
      onWarning: (text) => this.store.change({ warnings: [...this.store.state.warnings, sentence(text)] }),
    });
  }

  private async start(board: Board, app: BoardFile, { name, boot }: Plan, sent: string): Promise<string> {
    const { uncaught, idle } = await board.run(app);
    if (uncaught) throw new FlashError("app_failed", `${name} failed when it started: ${uncaught}`);
    if (!idle && !board.closed) {
      this.store.change({
        warnings: [...this.store.state.warnings, `${name} has not come to its end: nothing else can run meanwhile.`],
      });
    }
    return `${sent} ${name} runs${boot ? ", and starts with the board" : ""}.`;
  }

  /** Follows the connection to its end. */
  private async watch(board: Board): Promise<void> {
    await board.untilClosed();
    // What is going on finds out by itself, and may open another connection.
    if (this.board !== board || !board.closed || this.store.state.activity !== "none") return;
    this.forget();
    this.fail("The connection to the board was cut. Check the cable, and connect again.");
  }

  private forget(): void {
    this.board = undefined;
    this.store.change({ connected: false, facts: undefined, files: [], warnings: [] });
  }

  /** One thing at a time: its words before, and what it returns after. */
  private async during(activity: Activity, words: string, work: () => Promise<string>): Promise<void> {
    if (this.store.state.activity !== "none") return;
    this.store.change({ activity, progress: undefined, message: { kind: "info", text: words } });
    try {
      const text = await work();
      this.finish({ kind: "success", text });
    } catch (error) {
      this.finish({ kind: "error", text: describe(error) });
    } finally {
      this.cancelling = undefined;
    }
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.fail(describe(error));
    }
  }

  private finish(message: PageState["message"]): void {
    if (this.board?.closed) this.forget();
    this.store.change({ activity: "none", progress: undefined, message });
  }

  private say(text: string): void {
    this.store.change({ message: { kind: "info", text } });
  }

  private fail(text: string): void {
    this.store.change({ message: { kind: "error", text } });
  }
}
