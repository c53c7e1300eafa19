/**
 * The modules under the names that they have on the board, for `import` and `import … = require(…)`:
 * `"types": ["esp-websocket-client/board_modules"]` in tsconfig.json.
 */
declare module "esp_websocket_client" {
  export * from "esp-websocket-client";
}

declare module "websocket" {
  import WebSocket = require("esp-websocket-client/websocket");
  export = WebSocket;
}

declare module "tls_psk" {
  import tlsPsk = require("esp-websocket-client/tls_psk");
  export = tlsPsk;
}
