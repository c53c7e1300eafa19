/** A board's port over Web Serial. What a port offers is described in tools/flash/board_port.mjs. */
import { FlashError, type BoardPort } from "../tools/flash/board.mjs";
import type { Support } from "./page_state";

/** What the browser keeps for us, bytes: more than a board sends while the page is busy. */
const BUFFER_BYTES = 65536;

/** Whether this browser can reach serial ports, and if not, why. */
export function webSerialSupport(): Support {
  if (!window.isSecureContext) return "insecure";
  return "serial" in navigator ? "yes" : "no_web_serial";
}

/** Has the user choose a port; undefined where they choose none. Must be called from a click or a key. */
export async function choosePort(): Promise<SerialPort | undefined> {
  try {
    return await navigator.serial.requestPort();
  } catch (error) {
    if ((error as DOMException).name === "NotFoundError") return undefined;
    throw new FlashError("port", `the browser shows no serial ports (${(error as Error).message})`);
  }
}

/** What a user knows of a port. */
export function portName(port: SerialPort): string {
  const { usbVendorId, usbProductId } = port.getInfo();
  const hex = (id = 0): string => id.toString(16).padStart(4, "0");
  return usbVendorId === undefined ? "the serial port" : `the USB device ${hex(usbVendorId)}:${hex(usbProductId)}`;
}

/** Opens a port that the user has chosen. @throws FlashError "port" */
export async function openWebSerial(serial: SerialPort, baud: number): Promise<BoardPort> {
  const name = portName(serial);
  try {
    await serial.open({ baudRate: baud, bufferSize: BUFFER_BYTES });
  } catch (error) {
    throw openError(name, error as DOMException);
  }
  // Boards with USB of their own say nothing until they see this; with both lines up, no adapter resets its board.
  await serial.setSignals({ dataTerminalReady: true, requestToSend: true }).catch(() => undefined);
  return new WebSerialPort(serial, name, baud);
}

function openError(name: string, { name: kind, message }: DOMException): FlashError {
  if (kind === "NetworkError" || kind === "InvalidStateError") {
    return new FlashError(
      "port",
      `${name} is busy or cannot be opened`,
      "close the program or the tab that uses it, check the cable, and connect again"
    );
  }
  return new FlashError("port", `${name} cannot be opened (${message})`, "check the cable, and connect again");
}

class WebSerialPort implements BoardPort {
  closed = false;
  private listener: (bytes: Uint8Array) => void = () => {};
  private endListener: () => void = () => {};
  private readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  private reader?: ReadableStreamDefaultReader<Uint8Array>;
  private readonly reading: Promise<void>;
  private closing = false;

  constructor(
    private readonly serial: SerialPort,
    readonly name: string,
    readonly baud: number
  ) {
    this.writer = serial.writable!.getWriter();
    // A device that is pulled out says so, or its stream breaks, or both.
    this.writer.closed.catch(() => undefined);
    this.reading = this.read();
    void this.reading.then(() => this.close());
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.closed ? Promise.reject(new Error("closed")) : this.writer.write(bytes);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.listener = listener;
  }

  onClose(listener: () => void): void {
    this.endListener = listener;
  }

  /** Until the port is closed or gone. After noise on the line the browser gives another stream. */
  private async read(): Promise<void> {
    while (this.serial.readable && !this.closing) {
      this.reader = this.serial.readable.getReader();
      try {
        for (;;) {
          const { value, done } = await this.reader.read();
          if (done) return;
          this.listener(value);
        }
      } catch {
        // Overrun, framing, parity: `readable` is a new stream. A device that was lost: it is null.
      } finally {
        this.reader.releaseLock();
      }
    }
  }

  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    this.closed = true;
    await this.reader?.cancel().catch(() => undefined);
    await this.reading;
    await this.writer.close().catch(() => undefined);
    this.writer.releaseLock();
    await this.serial.close().catch(() => undefined);
    this.endListener();
  }
}
