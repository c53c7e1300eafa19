/** What the build puts into the page (build/web.mjs), so that the page asks no server for anything. */
declare module "board-files" {
  /** The client's modules for the board, minified: names in Storage and sources. */
  export const modules: Record<"esp_websocket_client" | "websocket" | "tls_psk", string>;
  /** The examples: file names and sources. */
  export const examples: Record<string, string>;
  /** What goes in front of a script: the sources of web/board/, by module. */
  export const helpers: Record<"ws_timeline" | "ws_wifi", string>;
}
