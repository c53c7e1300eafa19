import { asByteString, flatten } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Callable, Plain } from "./realm";
import { bytesOf } from "./strings";

/** Pins of an ESP32: D0 to D39. */
const PINS = 40;
const MODES =
  "auto analog input input_pullup input_pulldown output opendrain opendrain_pullup af_output af_opendrain".split(" ");

/** Which changes a watch sees; all without one of these. */
const EDGES: Record<string, number> = { rising: 1, 1: 1, falling: -1, "-1": -1 };

/** Something that a script did to a pin or a bus. */
export interface HardwareAction {
  /** "D2", "I2C1", "SPI1", "Serial1" … */
  device: string;
  /** "write", "analogWrite", "pulse", "mode", "setup", "writeTo", "readFrom", "send" … */
  action: string;
  /** The value, mode or options that were given. */
  value?: unknown;
  /** Of I2C: the address on the bus. */
  address?: number;
  /** What was sent. */
  bytes?: number[];
}

/** The board's pins and buses, as a test sees them: nothing is connected to them but the test. */
export interface Hardware {
  /** All that scripts did, oldest first. Take out what has been looked at. */
  readonly actions: HardwareAction[];
  /** Puts a level on a pin, as a button or a sensor does; watches of the script run. */
  setPin(pin: string, level: boolean): void;
  /** What `analogRead` of a pin gives, 0 to 1. */
  setAnalog(pin: string, value: number): void;
  /**
   * Answers what scripts read from a bus: of "I2C1" `count` bytes from an address, of "SPI1" as many bytes as are
   * sent. Without it the bytes are zeros.
   */
  onRead(device: string, answer: (request: { address?: number; bytes: number[]; count: number }) => number[]): void;
  /** Sends to the script over a serial port: text, or bytes from 0 to 255. */
  receive(device: string, data: string | number[]): void;
}

interface PinState {
  object: object;
  mode: string;
  level: boolean;
  analog: number;
  /** When the level changed last, in seconds. */
  changed: number;
}

interface Watch {
  pin: string;
  callback: unknown;
  repeat: boolean;
  edge: number;
}

type Answer = Parameters<Hardware["onRead"]>[1];

/** Stand-ins for pins, watches and buses: they remember what scripts did, and give what the test wants. */
export class SimulatedHardware implements Hardware {
  readonly actions: HardwareAction[] = [];
  private pins = new Map<string, PinState>();
  private names = new WeakMap<object, string>();
  private watches = new Map<number, Watch>();
  private serials = new Map<string, Plain>();
  private readonly answers = new Map<string, Answer>();

  constructor(
    private readonly board: Interpreter,
    private readonly seconds: () => number
  ) {}

  setPin(pin: string, level: boolean): void {
    const state = this.pins.get(pin);
    if (!state) throw new Error(`The board has no pin ${pin}`);
    if (state.level === level) return;
    const event = { state: level, time: this.seconds(), lastTime: state.changed };
    state.level = level;
    state.changed = event.time;
    for (const [id, watch] of [...this.watches]) {
      if (watch.pin !== pin || (watch.edge !== 0 && watch.edge > 0 !== level)) continue;
      if (!watch.repeat) this.watches.delete(id);
      const given = this.board.realm.object({ ...event, pin: state.object });
      this.board.events.enqueue(undefined, watch.callback, [given]);
    }
  }

  setAnalog(pin: string, value: number): void {
    const state = this.pins.get(pin);
    if (!state) throw new Error(`The board has no pin ${pin}`);
    state.analog = value;
  }

  onRead(device: string, answer: Answer): void {
    this.answers.set(device, answer);
  }

  receive(device: string, data: string | number[]): void {
    const serial = this.serials.get(device);
    if (!serial) throw new Error(`The board has no serial port ${device}`);
    const text = typeof data === "string" ? Buffer.from(data, "utf8").toString("latin1") : bytesText(data);
    if (this.board.events.listeners(serial, "data") !== undefined) this.board.events.emit(serial, "data", text);
    else this.board.realm.put(serial, "received", String(serial.received ?? "") + text);
  }

  /** Gives a new realm its pins and buses. */
  install(): void {
    this.pins = new Map();
    this.watches = new Map();
    this.serials = new Map();
    this.installPins();
    this.installWatches();
    const { realm } = this.board;
    for (const name of ["I2C1", "I2C2"]) realm.put(realm.globals, name, this.i2c(name));
    for (const name of ["SPI1", "SPI2"]) realm.put(realm.globals, name, this.spi(name));
    for (const name of ["Serial1", "Serial2", "Serial3"]) realm.put(realm.globals, name, this.serial(name));
    // Buses that the script makes itself, on any pins.
    for (const [name, make] of Object.entries({ I2C: this.i2c, SPI: this.spi, Serial: this.serial })) {
      realm.constructorOf(name, () => make.call(this, name));
    }
  }

  private record(action: HardwareAction): void {
    this.actions.push(action);
  }

  private installPins(): void {
    const { realm } = this.board;
    const Pin = realm.constructorOf("Pin", (value: unknown) => this.pins.get(this.pinName(value) ?? "")?.object);
    for (let number = 0; number < PINS; number++) {
      const name = `D${number}`;
      const object = Object.create(Pin.prototype) as object;
      this.pins.set(name, { object, mode: "input", level: false, analog: 0, changed: 0 });
      this.names.set(object, name);
      realm.put(realm.globals, name, object);
    }
    // What the ESP32's board file calls its light and its button.
    realm.put(realm.globals, "LED1", this.pins.get("D2")!.object);
    realm.put(realm.globals, "BTN1", this.pins.get("D0")!.object);
    const write = (pin: unknown, level: unknown): void => this.writePins(pin, level);
    const read = (pin: unknown): boolean => this.state(pin).level;
    const toggle = (pin: unknown): boolean => {
      write(pin, !read(pin));
      return read(pin);
    };
    const setMode = (pin: unknown, mode: unknown): void => {
      const text = mode === undefined ? "auto" : String(mode as string);
      if (!MODES.includes(text)) throw realm.error("Error", "Unknown pin mode");
      this.state(pin).mode = text;
      this.record({ device: this.pinName(pin)!, action: "mode", value: text });
    };
    realm.putAll(Pin.prototype, {
      toString: this.method((pin) => this.pinName(pin)),
      toJSON: this.method((pin) => this.pinName(pin)),
      read: this.method(read),
      set: this.method((pin) => write(pin, 1)),
      reset: this.method((pin) => write(pin, 0)),
      write: this.method(write),
      toggle: this.method(toggle),
      mode: this.method(setMode),
      getMode: this.method((pin) => this.state(pin).mode),
      analog: this.method((pin) => this.state(pin).analog),
      pwm: this.method((pin, value) => this.writeAnalog(pin, value)),
    });
    realm.putAll(realm.globals, {
      digitalWrite: write,
      digitalRead: (pin: unknown) =>
        Array.isArray(pin) ? pin.reduce((sum: number, one) => sum * 2 + Number(read(one)), 0) : Number(read(pin)),
      digitalPulse: (pin: unknown, level: unknown, time: unknown) => {
        this.state(pin);
        this.record({ device: this.pinName(pin)!, action: "pulse", value: [Boolean(level), time] });
      },
      analogRead: (pin: unknown) => this.state(pin).analog,
      analogWrite: (pin: unknown, value: unknown) => this.writeAnalog(pin, value),
      pinMode: setMode,
      getPinMode: (pin: unknown) => this.state(pin).mode,
    });
  }

  private installWatches(): void {
    const { realm } = this.board;
    realm.putAll(realm.globals, {
      setWatch: (callback: unknown, pin: unknown, options?: Plain | boolean) => {
        if (typeof callback !== "function" && typeof callback !== "string")
          throw realm.error("Error", "Function or String not supplied!");
        const name = this.pinName(pin);
        if (name === undefined) return this.board.print("ERROR: Invalid pin");
        const given: Plain = typeof options === "object" ? options : { repeat: options === true };
        const edge = EDGES[String(given.edge)] ?? 0;
        const id = Math.max(0, ...this.watches.keys()) + 1;
        this.watches.set(id, { pin: name, callback, repeat: Boolean(given.repeat), edge });
        return id;
      },
      clearWatch: (...ids: unknown[]) => {
        if (!ids.length) return this.watches.clear();
        if (ids[0] === undefined)
          throw realm.error("Error", "clearWatch(undefined) not allowed. Use clearWatch() instead");
        if (!this.watches.delete(Number(ids[0]))) throw realm.error("Error", `Unknown Watch ${String(ids[0])}`);
      },
    });
  }

  private method(run: (pin: unknown, value?: unknown) => unknown): Callable {
    return function (this: unknown, value?: unknown) {
      return run(this, value);
    };
  }

  private pinName(pin: unknown): string | undefined {
    if (typeof pin === "object" && pin !== null) return this.names.get(pin);
    const name = typeof pin === "number" ? `D${pin}` : pin;
    return typeof name === "string" && this.pins.has(name) ? name : undefined;
  }

  private state(pin: unknown): PinState {
    const state = this.pins.get(this.pinName(pin) ?? "");
    if (!state) throw this.board.realm.error("Error", "Invalid pin");
    return state;
  }

  /** One pin, or several as the bits of a number, the first of them the highest. */
  private writePins(pin: unknown, level: unknown): void {
    if (Array.isArray(pin)) {
      const pins = pin as unknown[];
      pins.forEach((one, index) => this.writePins(one, (Number(level) >> (pins.length - 1 - index)) & 1));
      return;
    }
    this.state(pin);
    const name = this.pinName(pin)!;
    this.record({ device: name, action: "write", value: Boolean(level) });
    this.setPin(name, Boolean(level));
  }

  private writeAnalog(pin: unknown, value: unknown): void {
    this.state(pin);
    this.record({ device: this.pinName(pin)!, action: "analogWrite", value: Number(value) });
  }

  private read(device: string, bytes: number[], count: number, address?: number): Uint8Array {
    const given = this.answers.get(device)?.({ bytes, count, ...(address !== undefined && { address }) }) ?? [];
    return Uint8Array.from({ length: count }, (_, index) => given[index] ?? 0);
  }

  private setup(device: string): Callable {
    return (value: unknown) => this.record({ device, action: "setup", value });
  }

  private i2c(device: string): Plain {
    const { realm } = this.board;
    const address = (given: unknown): number => Number(typeof given === "object" ? (given as Plain).address : given);
    const bus = realm.object();
    realm.putAll(bus, {
      setup: this.setup(device),
      writeTo: (to: unknown, ...data: unknown[]) => {
        this.record({ device, action: "writeTo", address: address(to), bytes: flatten(this.board, data) });
      },
      readFrom: (from: unknown, count: unknown) => {
        this.record({ device, action: "readFrom", address: address(from), value: Number(count) });
        return realm.uint8Array(this.read(device, [], Number(count), address(from)));
      },
      readReg: (from: unknown, register: unknown, count: unknown) => {
        this.record({ device, action: "readReg", address: address(from), bytes: [Number(register)] });
        return realm.uint8Array(this.read(device, [Number(register)], Number(count), address(from)));
      },
    });
    return bus;
  }

  private spi(device: string): Plain {
    const { realm } = this.board;
    const bus = realm.object();
    realm.putAll(bus, {
      setup: this.setup(device),
      // A number is answered with a number, text with text, anything else with bytes.
      send: (data: unknown) => {
        const bytes = flatten(this.board, data);
        this.record({ device, action: "send", bytes });
        const answer = this.read(device, bytes, bytes.length);
        if (typeof data === "number") return answer[0];
        return typeof data === "string" ? bytesText([...answer]) : realm.uint8Array(answer);
      },
      write: (...data: unknown[]) => this.record({ device, action: "write", bytes: flatten(this.board, data) }),
    });
    return bus;
  }

  private serial(device: string): Plain {
    const { realm } = this.board;
    const port = realm.object();
    const write = (text: string): void => this.record({ device, action: "write", bytes: [...bytesOf(text)] });
    realm.putAll(port, {
      setup: (baud: unknown, options: unknown) => this.record({ device, action: "setup", value: [baud, options] }),
      write: (...data: unknown[]) => data.forEach((one) => write(asByteString(this.board, one))),
      print: (text: unknown) => write(String(text as string)),
      println: (text: unknown) => write(`${String(text as string)}\r\n`),
      setConsole: () => undefined,
      available: () => String(port.received ?? "").length,
      read: (count: unknown) => {
        const received = String(port.received ?? "");
        const length = Number(count) > 0 ? Number(count) : received.length;
        realm.put(port, "received", received.slice(length));
        return received.slice(0, length);
      },
    });
    this.serials.set(device, port);
    return port;
  }
}

function bytesText(bytes: number[]): string {
  return Buffer.from(bytes).toString("latin1");
}
