// The web page in a real browser, with a stand-in for Web Serial that leads to a board of the test.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import { type Browser, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { findChromium } from "../../tools/find_chromium.cjs";
import type { Wire } from "./boards";

const root = path.resolve(__dirname, "..", "..");
/** For a machine that does other things too. */
const PATIENCE_MS = 60000;

/** Describes tests that need a browser; where there is none, they are skipped and say so. */
export function describePage(title: string, tests: () => void): void {
  if (findChromium()) describe(title, tests);
  else describe(title, () => test.skip("in a browser: set CHROMIUM to the file of one to run this", () => {}));
}

export interface Web {
  browser: Browser;
  url: string;
  close(): Promise<void>;
}

/** Starts `npm run web` and a browser. A host name of `insecure.test` leads to this computer, too. */
export async function startWeb(): Promise<Web> {
  const server = spawn(process.execPath, ["tools/web.mjs", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url, browser] = await Promise.all([
    addressOf(server),
    chromium.launch({
      executablePath: findChromium(),
      args: ["--host-resolver-rules=MAP insecure.test 127.0.0.1"],
    }),
  ]);
  return {
    browser,
    url,
    async close() {
      await browser.close();
      server.kill();
      if (server.exitCode === null && server.signalCode === null) await once(server, "close");
    },
  };
}

async function addressOf(server: ChildProcess): Promise<string> {
  let printed = "";
  for await (const text of server.stdout!.setEncoding("utf8")) {
    printed += text as string;
    const [url] = /http:\/\/\S+\//.exec(printed) ?? [];
    if (url) return url;
  }
  throw new Error(`tools/web.mjs ended: ${printed}`);
}

export interface RigOptions extends BrowserContextOptions {
  /** What the port leads to; without it, the browser's own Web Serial stays. */
  wire?: Wire;
  /** Taken in place of the server's address. */
  url?: string;
  /** Code that runs in the page before its own. */
  before?: string;
}

/** One tab. */
export class Rig {
  /** Whether the user chooses a port. */
  choosesPort = true;
  /** What the system says when the port is opened; undefined if it opens. */
  refusal?: string;
  /** The rates at which the port was opened. */
  readonly rates: number[] = [];
  readonly signals: Record<string, boolean>[] = [];
  open = false;
  /** Pieces that the page has sent. */
  pieces = 0;
  /** Called before each of them goes to the board. */
  onPiece: (text: string) => void = () => {};
  /** Addresses that the page has asked for. */
  readonly requests: string[] = [];
  /** Errors in the browser's console, exceptions, violations of the page's rules. */
  readonly problems: string[] = [];
  private sending = Promise.resolve();
  private waiting: Buffer[] = [];

  private constructor(readonly page: Page) {}

  static async start({ browser, url: address }: Web, options: RigOptions = {}): Promise<Rig> {
    const { wire, url = address, before, ...contextOptions } = options;
    const context = await browser.newContext(contextOptions);
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const rig = new Rig(page);
    page.on("request", (request) => rig.requests.push(request.url()));
    page.on("pageerror", (error) => rig.problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && rig.problems.push(message.text()));
    if (wire) await rig.connectTo(wire);
    if (before) await page.addInitScript({ content: before });
    await page.goto(url);
    return rig;
  }

  private async connectTo(wire: Wire): Promise<void> {
    const { page } = this;
    await page.exposeFunction("serialChoose", () => this.choosesPort);
    await page.exposeFunction("serialOpen", (baud: number) => {
      this.rates.push(baud);
      this.open = this.refusal === undefined;
      return this.refusal;
    });
    await page.exposeFunction("serialSignals", (signals: Record<string, boolean>) => void this.signals.push(signals));
    await page.exposeFunction("serialClose", () => void (this.open = false));
    await page.exposeFunction("serialWrite", (text: string) => {
      const bytes = Buffer.from(text, "base64");
      this.pieces++;
      this.onPiece(bytes.toString("latin1"));
      if (this.open) wire.write(bytes);
    });
    await page.addInitScript({ path: path.join(__dirname, "serial_stand_in.mjs") });
    wire.listener = (bytes) => this.receive(bytes);
  }

  /** Hands on what the board sends: what comes meanwhile goes together. */
  private receive(bytes: Buffer): void {
    if (!this.open) return;
    this.waiting.push(bytes);
    if (this.waiting.length > 1) return;
    this.sending = this.sending.then(async () => {
      const text = Buffer.concat(this.waiting).toString("base64");
      this.waiting = [];
      await this.page.evaluate(`serialStandIn.receive("${text}")`).catch(() => undefined);
    });
  }

  /** Pulls the cable out: from now on nothing arrives. */
  unplug(): void {
    this.open = false;
    void this.page.evaluate("serialStandIn.lose()");
  }

  /** Presses "Connect…" and waits for the board's facts, or for a failure. */
  async connect(): Promise<void> {
    await this.page.click("#connect");
    await this.settled();
  }

  async upload(): Promise<void> {
    await this.page.click("#upload");
    await this.settled();
  }

  /** Waits until nothing goes on any more. */
  async settled(): Promise<void> {
    await this.page.locator("#flash:enabled").waitFor({ state: "attached" });
  }

  text(selector: string): Promise<string> {
    return this.page.innerText(selector);
  }

  /** What is said of the last thing that was done: of a failure, or of success. */
  async said(): Promise<string> {
    return (await this.text("#failure")) || (await this.text("#status"));
  }

  /** Waits until an element has such a text. */
  async until(selector: string, text: RegExp): Promise<void> {
    await this.page.locator(selector).filter({ hasText: text }).waitFor({ state: "attached" });
  }

  /** The rows of the timeline, as texts of their cells; times are left out. */
  async rows(): Promise<string[][]> {
    const rows = await this.page.locator("#timeline tr").all();
    return Promise.all(rows.map(async (row) => (await row.locator("td").allInnerTexts()).slice(1)));
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
