/** Fails to compile unless both types are the same. */
declare function same<One, Other>(
  ..._: (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2
    ? []
    : ["The types differ", One, Other]
): void;
/** What Espruino has, as far as the scripts here use it. */
declare function print(...values: unknown[]): void;
declare function require(name: string): unknown;
