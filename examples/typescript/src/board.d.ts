/** What Espruino has, as far as it is used here. */
declare function print(...values: unknown[]): void;
declare const process: { memory(): { free: number; total: number } };
/** The server, where the host sets it (`npx esp-websocket-client run` does). */
declare const WS_URL: string;
