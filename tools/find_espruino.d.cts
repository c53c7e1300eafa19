/** See find_espruino.cjs. */
export function findEspruino(): string | undefined;
