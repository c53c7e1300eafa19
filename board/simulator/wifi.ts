import { typeName } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";

/** The Wi-Fi around the board. */
export interface WifiOptions {
  /** Is the board in the network when it starts, as after `Wifi.save()`? Default true. */
  joined?: boolean;
  /** The networks within reach: names and passwords ("" for an open one). Default: any network, any password. */
  networks?: Record<string, string>;
  /** Milliseconds that joining a network takes. Default 20. */
  joiningTime?: number;
}

const NO_ADDRESS = "0.0.0.0";
const ADDRESS = { ip: "192.168.4.2", netmask: "255.255.255.0", gw: "192.168.4.1" };
const STATION_MAC = "24:0a:c4:00:00:01";
const ACCESS_POINT_MAC = "24:0a:c4:00:00:02";
const CHANNEL = 6;
const FILE = ".wificfg";

/** Reasons of the `disconnected` event: numbers of the IEEE 802.11 and of Espressif's own, and the firmware's words. */
const REASONS = { left: [8, "ASSOC_LEAVE"], lost: [200, "BEACON_TIMEOUT"], unknown: [201, "NO_AP_FOUND"] } as const;
const WRONG_PASSWORD = [15, "4WAY_HANDSHAKE_TIMEOUT"] as const;
type Reason = readonly [number, string];

/** The module `Wifi` of the ESP32's firmware: station and access point, events and callbacks. */
export class Wifi {
  private object: Plain | undefined;
  private joined: boolean;
  private name = "simulated";
  private password = "";
  /** Why the board is in no network. */
  private reason: Reason = REASONS.left;
  private accessPoint: { name: string; password: string } | undefined;
  private hostname = "espressif";
  /** Networks can be reached; false while the test has taken them away. */
  private inReach = true;
  /** Joins that are under way. */
  private waiting = 0;
  private address = { ...ADDRESS };
  private attempt = 0;

  constructor(
    private readonly board: Interpreter,
    private readonly options: WifiOptions,
    private readonly hooks: {
      /** The board's connection to the network is there, or is lost. */
      online(online: boolean): void;
      store(name: string, content: string | undefined): void;
    }
  ) {
    this.joined = options.joined ?? true;
  }

  /** Is anything under way? */
  get busy(): boolean {
    return this.waiting > 0;
  }

  get isJoined(): boolean {
    return this.joined;
  }

  /** The network comes within reach: a board that was in it joins it again by itself. */
  found(): void {
    this.inReach = true;
    if (!this.joined) this.arrive();
  }

  /** The network is gone; `told`: the firmware notices. */
  lost(told: boolean): void {
    this.inReach = false;
    if (told && this.joined) this.leave(REASONS.lost);
  }

  /** A new interpreter has none of the old one's listeners. */
  restart(): void {
    this.object = undefined;
  }

  /** What `require("Wifi")` gives. */
  module(): Plain {
    this.object ??= this.make();
    return this.object;
  }

  private emit(event: string, details: Plain): void {
    if (this.object) this.board.events.emit(this.object, event, this.board.realm.object(details));
  }

  private call(callback: unknown, ...args: unknown[]): void {
    if (typeof callback === "function") this.board.events.enqueue(undefined, callback, args);
  }

  private arrive(callback?: unknown): void {
    this.joined = true;
    this.hooks.online(true);
    this.emit("associated", { ssid: this.name, mac: ACCESS_POINT_MAC, channel: String(CHANNEL) });
    this.call(callback, null);
    this.emit("connected", { ...this.address });
    this.board.wake();
  }

  private leave(reason: Reason): void {
    this.joined = false;
    this.reason = reason;
    this.hooks.online(false);
    const [number, msg] = reason;
    this.emit("disconnected", { ssid: this.name, mac: ACCESS_POINT_MAC, reason: String(number), msg });
    this.board.wake();
  }

  private join(callback: unknown): void {
    const attempt = ++this.attempt;
    this.waiting++;
    this.board.clock.setTimeout(() => {
      this.waiting--;
      this.board.wake();
      if (attempt !== this.attempt) return;
      const refusal = this.refusal();
      if (!refusal) return this.arrive(callback);
      this.leave(refusal);
      this.call(callback, refusal[1]);
    }, this.options.joiningTime ?? 20);
  }

  private refusal(): Reason | undefined {
    const { networks } = this.options;
    if (!this.inReach || (networks && !Object.hasOwn(networks, this.name))) return REASONS.unknown;
    if (networks && networks[this.name] !== this.password) return WRONG_PASSWORD;
    return undefined;
  }

  private checkCallback(callback: unknown): void {
    if (callback === undefined || callback === null || typeof callback === "function") return;
    const got = this.board.format(callback);
    throw this.board.realm.error("Error", `Expecting callback function but got ${got}`);
  }

  private checkOptions(options: unknown): asserts options is Plain | undefined | null {
    if (options === undefined || options === null || (typeof options === "object" && !Array.isArray(options))) return;
    throw this.board.realm.error("Error", `Expecting Object, got ${typeName(options)}`);
  }

  private make(): Plain {
    const { realm } = this.board;
    const fail = (message: string): Error => realm.error("Error", message);
    const told = (details: () => Plain, withError: boolean) => (callback?: unknown) => {
      this.checkCallback(callback);
      const given = realm.object(details());
      this.call(callback, ...(withError ? [null, given] : [given]));
      return given;
    };
    const module = realm.object();
    realm.putAll(module, {
      connect: (name: unknown, options?: unknown, callback?: unknown) => {
        if (typeof name !== "string") throw fail("No SSID provided");
        this.checkOptions(options);
        this.checkCallback(callback);
        const password = options?.password;
        if (password !== undefined && typeof password !== "string")
          throw fail(`Expecting options.password to be a string but got ${typeName(password)}`);
        if (this.joined) this.hooks.online(false);
        this.joined = false;
        this.name = name;
        this.password = password ?? "";
        this.join(callback);
      },
      disconnect: (callback?: unknown) => {
        this.checkCallback(callback);
        this.attempt++;
        if (this.joined) this.leave(REASONS.left);
        this.call(callback);
      },
      scan: (callback: unknown) => {
        if (typeof callback !== "function")
          throw fail(`Expecting callback function but got ${this.board.format(callback)}`);
        const names = this.inReach ? Object.entries(this.options.networks ?? { [this.name]: this.password }) : [];
        const found = names.map(([ssid, password], index) =>
          realm.object({
            rssi: -50 - index,
            authMode: password ? "wpa2" : "open",
            ssid,
            mac: ACCESS_POINT_MAC,
            channel: String(CHANNEL),
          })
        );
        this.call(callback, realm.array(found));
      },
      startAP: (name: unknown, options?: unknown, callback?: unknown) => {
        this.checkCallback(callback);
        if (typeof name !== "string") throw fail("No SSID");
        this.checkOptions(options);
        const password = options?.password;
        if (password !== undefined && (typeof password !== "string" || password.length < 8))
          throw fail("Password must be string of at least 8 characters");
        this.accessPoint = { name, password: password ?? "" };
        this.call(callback, null);
      },
      stopAP: (callback?: unknown) => {
        this.checkCallback(callback);
        this.accessPoint = undefined;
        this.call(callback);
      },
      getStatus: () => realm.object(this.status()),
      getDetails: told(
        () =>
          this.joined
            ? { ssid: this.name, password: this.password, status: "connected", authMode: this.authMode }
            : { status: this.reason[1] },
        false
      ),
      getAPDetails: told(() => {
        const { name = "", password = "" } = this.accessPoint ?? {};
        return { authMode: password ? "wpa2" : "open", hidden: false, maxConn: 4, ssid: name, password };
      }, false),
      getIP: told(() => ({ ...this.currentAddress, mac: STATION_MAC }), true),
      getAPIP: told(() => ({ ...ADDRESS, ip: ADDRESS.gw, mac: ACCESS_POINT_MAC }), true),
      setIP: (settings: Plain, callback?: unknown) => {
        this.address = { ...ADDRESS, ...(settings as Partial<typeof ADDRESS>) };
        // The firmware has the two the wrong way round.
        this.call(callback, "Failure");
      },
      setAPIP: (_settings: Plain, callback?: unknown) => this.call(callback, "Failure"),
      getHostname: () => this.hostname,
      setHostname: (hostname: unknown, callback?: unknown) => {
        this.hostname = String(hostname);
        this.call(callback);
      },
      getHostByName: (hostname: unknown, callback: unknown) => {
        if (typeof hostname !== "string") throw fail("Hostname parameter is not a string");
        if (typeof callback !== "function") throw fail("Callback is not a function");
        this.call(callback, hostname === "localhost" ? "127.0.0.1" : null);
      },
      save: (what?: unknown) => {
        const content = JSON.stringify({ ssid: this.name, password: this.password, mode: this.joined ? 1 : 0 });
        this.hooks.store(FILE, what === "clear" ? undefined : content);
      },
      restore: () => undefined,
      setConfig: (settings: unknown) => this.checkOptions(settings),
      setSNTP: () => undefined,
    });
    return module;
  }

  private get authMode(): string {
    return this.password ? "wpa2" : "open";
  }

  private get currentAddress(): typeof ADDRESS {
    return this.joined ? this.address : { ip: NO_ADDRESS, netmask: NO_ADDRESS, gw: NO_ADDRESS };
  }

  private status(): Plain {
    const station = this.joined
      ? {
          station: "connected",
          ssid: this.name,
          bssid: ACCESS_POINT_MAC,
          channel: CHANNEL,
          rssi: -50,
          htMode: "HT20",
          authMode: this.authMode,
        }
      : { station: this.reason[1] };
    const modes = [this.accessPoint && "AP", this.joined && "STA"].filter(Boolean);
    return { ...station, mode: modes.join("") || "NULL", powersave: "modem" };
  }
}
