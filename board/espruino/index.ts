/** Espruino: the bundle for `require("esp_websocket_client")` on the device. See `Board` in src/board.ts for each. */
import { sha1 } from "../shared/sha1";
import { toString } from "./bytes";
import { find, onlyOurs } from "./sockets";

export * from "./bytes";
export * from "./memory";
export * from "./native_frames";
export * from "./random";
export * from "./short_frames";
export * from "./sockets";

declare const process: any;
declare const print: (line: string) => void;

export const _verifies = false;
export const _pem = false;
export const _ipv6 = false;

export function _emitter(): object {
  // Where Espruino keeps the functions given to `on`: a field at the beginning is found soonest, and a missing one
  // takes a search of all others.
  return { "#ondata": undefined, "#onany": undefined };
}

export function _handlers(emitter: any, event: string, registered: unknown[]): unknown[] {
  // Espruino keeps the functions given to `on` in a field of that name: one function, or an array.
  return registered.concat(emitter["#on" + event] || [], emitter["#onany"] || []);
}

/** @hot */
export function _onlyHandler(emitter: any, registered: unknown[]): Function | undefined {
  var some = registered[0] || emitter["#onany"] ? undefined : emitter["#ondata"];
  // A function, or, in newer firmware, an array even for one.
  return some && !some[1] ? some[0] || some : undefined;
}

export function _clonable(object: any): any {
  return object;
}

export const _log = print;

export function _report(exception: any): void {
  if (onlyOurs()) {
    print("Uncaught " + exception);
    if (exception && exception.stack) print(exception.stack);
  } else process.emit("uncaughtException", exception);
}

export function _sha1(bytes: string): string {
  var crypto = find("crypto");
  return crypto && crypto.SHA1 ? toString(crypto.SHA1(bytes)) : sha1(bytes);
}
