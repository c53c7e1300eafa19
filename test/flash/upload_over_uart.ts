// A program (Jest cannot import the modules of tools/flash): uploads files over a simulated serial line and prints what
// happened as JSON. Its argument is a Plan as JSON.

import { ScriptedBoard, type BoardOptions } from "./scripted_board";
import { SimulatedClock, SimulatedUart, type UartOptions } from "./simulated_uart";

export interface Plan {
  uart: UartOptions;
  board?: BoardOptions;
  /** Sizes of the files, bytes. */
  sizes: number[];
  /** Sends everything at once and waits for nothing, as a terminal would: what the console makes of that. */
  careless?: boolean;
}

export interface Report {
  /** Which files lie on the board as they should. */
  right: boolean[];
  /** The code and the message of what was thrown. */
  error?: { code: string; message: string };
  dropped: number;
  fullest: number;
  sent: number;
  xoffs: number;
  resent: number;
  warnings: string[];
  /** How many times as long as the bytes take on the line. */
  slowness: number;
}

async function main(plan: Plan): Promise<Report> {
  const { connect, storageFile } = await import("../../tools/flash/board.mjs");
  const clock = new SimulatedClock();
  const board = new ScriptedBoard({ name: "OTHER", ...plan.board });
  const uart = new SimulatedUart(board, clock, plan.uart);
  const files = plan.sizes.map((size, n) =>
    storageFile(
      `file${n}`,
      Uint8Array.from({ length: size }, (_, i) => (i * 7 + n + (i >> 8)) & 255)
    )
  );
  const report: Partial<Report> = { warnings: [], resent: 0 };
  let before = { at: 0, sent: 0 };
  if (plan.careless) {
    for (const { name, data } of files) {
      for (let at = 0; at < data.length; at += 90) {
        const text = Buffer.from(data.subarray(at, at + 90)).toString("base64");
        await uart.write(Buffer.from(`\x10require("Storage").write("${name}",atob("${text}"),${at},${data.length})\n`));
      }
    }
    await clock.run(new Promise<void>((resolve) => clock.after(1e6, resolve)));
  } else {
    try {
      await clock.run(
        (async () => {
          const connected = await connect({ openPort: () => Promise.resolve(uart), clock });
          await connected.identify();
          uart.spoil();
          before = { at: clock.now(), sent: uart.sent };
          try {
            await connected.upload(files, { onWarning: (text) => report.warnings!.push(text) });
          } finally {
            report.resent = connected.resentLines;
          }
        })()
      );
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      report.error = { code, message };
    }
  }
  const lineMs = ((uart.sent - before.sent) * 10000) / uart.baud;
  return {
    ...(report as Report),
    right: files.map(({ name, data }) => board.get(name) === Buffer.from(data).toString("latin1")),
    dropped: uart.dropped,
    fullest: uart.fullest,
    sent: uart.sent,
    xoffs: uart.xoffs,
    slowness: (clock.now() - before.at) / lineMs,
  };
}

void main(JSON.parse(process.argv[2]!) as Plan).then((report) => console.log(JSON.stringify(report)));
