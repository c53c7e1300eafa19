/** How much memory is free, on the boards that report it. */

declare const process: { memory?: (collectGarbage?: boolean) => { free: number }; env: { BOARD?: string } };
declare const E: { asUTF8(text: string): string };

/** Variables of Espruino that stay free: for the next piece of data, the user's handler, and a close frame. */
export const RESERVE = 200;
/** Reports free variables, on Espruino. */
export var memory = process.memory;

/** Defined on builds of Espruino whose strings may be UTF-8; on all others their characters are bytes. */
export var unicode: string | undefined;
try {
  // Without Unicode, and on other hosts, this throws.
  unicode = E.asUTF8("x");
  // As usually built, Espruino for Linux has a heap that grows.
  if (process.env.BOARD === "LINUX") memory = undefined;
} catch (exception) {
  // As it is.
}
