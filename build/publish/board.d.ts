/**
 * The modules under the names that they have on the board, also for a plain `require`:
 * `"types": ["esp-websocket-client/board"]` in tsconfig.json, or `/// <reference types="esp-websocket-client/board" />`.
 *
 * A project that declares a function `require` of its own takes "esp-websocket-client/board_modules" instead.
 */
/// <reference path="./board_modules.d.ts" />

// Node's types have this interface too: both can be in one project.
declare namespace NodeJS {
  interface Require {
    (module: "esp_websocket_client"): typeof import("esp_websocket_client");
    (module: "websocket"): typeof import("websocket");
    (module: "tls_psk"): typeof import("tls_psk");
    /** Any other module of the board. */
    (module: string): any;
  }
}
declare var require: NodeJS.Require;
