import type { Interpreter } from "./interpreter";
import { randomRegister, type HardwareRandom } from "./random";
import type { Plain } from "./realm";
import { BLOCK_SIZE } from "./variables";

/** The firmware that the simulator was compared with. */
const VERSION = "2v29";
/** Variables that the bare interpreter uses. V8's heap tells nothing about Espruino's. */
const VARIABLES_IN_USE = 100;

/** What `process` tells of a board. */
export interface BoardFacts {
  boardName: string;
  variables: number;
  modules: string[];
}

/** The object `process`. */
export function makeProcess(board: Interpreter, facts: BoardFacts): Plain {
  const { realm } = board;
  const process = realm.object();
  const env = (): Plain =>
    realm.object({
      VERSION,
      BOARD: facts.boardName,
      RAM: 524288,
      FLASH: 4194304,
      STORAGE: 262144,
      SERIAL: "00000000-00000000-00000000",
      CONSOLE: "Serial1",
      MODULES: facts.modules.join(","),
    });
  realm.putAll(process, {
    version: VERSION,
    env: env(),
    memory: (collect?: unknown) =>
      realm.object({
        free: facts.variables - VARIABLES_IN_USE,
        usage: VARIABLES_IN_USE,
        total: facts.variables,
        history: 0,
        ...(collect === undefined || collect ? { gc: 0, gctime: 0 } : {}),
        blocksize: BLOCK_SIZE,
      }),
  });
  return process;
}

/** `peek8`, `peek16` and `peek32`: the random number register gives noise, everything else zero. */
export function installPeek(board: Interpreter, boardName: string, random: HardwareRandom): void {
  const { realm } = board;
  const register = randomRegister(boardName);
  const word = (address: number): number => (address === register ? random.next() : 0);
  const peek = (bytes: number, type: string) => (address: unknown, count?: unknown) => {
    const read = (at: number): number => {
      const value = word(at - (at % 4)) >>> (8 * (at % 4));
      return bytes === 4 ? value : value & (2 ** (8 * bytes) - 1);
    };
    const length = Math.trunc(Number(count) || 0);
    if (length <= 1) return read(Number(address));
    const values = realm.typedArray(type, length);
    for (let i = 0; i < length; i++) values[i] = read(Number(address) + i * bytes);
    return values;
  };
  realm.putAll(realm.globals, {
    peek8: peek(1, "Uint8Array"),
    peek16: peek(2, "Uint16Array"),
    peek32: peek(4, "Uint32Array"),
  });
}

/** The object `ESP32`. */
export function makeEsp32(
  board: Interpreter,
  chip: { heap(): { free: number; least: number }; reboot(): void }
): Plain {
  const { realm } = board;
  const esp32 = realm.object();
  const nothing = (): void => undefined;
  realm.putAll(esp32, {
    getState: () => {
      const { free, least } = chip.heap();
      return realm.object({ sdkVersion: "v3.1", freeHeap: free, BLE: false, Wifi: true, minHeap: least });
    },
    reboot: () => chip.reboot(),
    setAtten: nothing,
    enableBLE: nothing,
    enableWifi: nothing,
    setBLE_Debug: nothing,
  });
  return esp32;
}
