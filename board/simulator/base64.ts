import { flatten, typeName } from "./bytes";
import type { Interpreter } from "./interpreter";
import { byteString } from "./strings";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** `atob` and `btoa`, which take and give bytes and are not strict about what they are given. */
export function installBase64(board: Interpreter): void {
  const { realm } = board;
  realm.putAll(realm.globals, {
    btoa: (data: unknown): string => {
      if (data === null || (typeof data !== "object" && typeof data !== "string"))
        throw realm.error("Error", `Expecting String or Array, got ${typeName(data)}`);
      return Buffer.from(Uint8Array.from(flatten(board, data))).toString("base64");
    },
    atob: (text: unknown): string => {
      if (typeof text !== "string") throw realm.error("Error", `Expecting String, got ${typeName(text)}`);
      return decode(text.replace(/\s/g, ""));
    },
  });
}

/** Four characters at a time; one that is no digit counts as zero bits. */
function decode(text: string): string {
  const padding = (text.endsWith("=") ? 1 : 0) + (text.endsWith("==") ? 1 : 0);
  const bytes = new Uint8Array(Math.max(0, Math.floor((text.length * 3) / 4) - padding));
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let bits = 0;
    let last = 0;
    for (let k = 0; k < 4; k++) {
      const digit = DIGITS.indexOf(text.charAt(i + k) || "=");
      if (digit < 0) continue;
      bits |= digit << ((3 - k) * 6);
      last = k;
    }
    for (let k = 0; k < last; k++) bytes[at++] = bits >> (16 - 8 * k);
  }
  return byteString(bytes);
}
