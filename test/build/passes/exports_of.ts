import vm from "node:vm";

/** What a bundle exports, as JSON, with a `setTimeout` that calls at once: a pass must not change it. */
export function exportsOf(code: string): string {
  const exports: Record<string, unknown> = {};
  const setTimeout = (call: (...rest: unknown[]) => void, _time: number, ...rest: unknown[]) => call(...rest);
  vm.runInNewContext(code, { exports, setTimeout });
  return JSON.stringify(exports, (_key, value: unknown) => (value === undefined ? "undefined" : value));
}
