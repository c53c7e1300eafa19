/** Runs scripts that `require("websocket")`. */
import fs from "node:fs";
import path from "node:path";
import { startPeer, type PeerScript } from "../support/peer";
import { targets, type RunResult, type Target } from "../support/targets";

/** Every target has the browser's API; in place of Espruino's `ws` the module is used on Espruino only. */
export const everywhere = targets();
export const espruino = everywhere.filter((target) => !target.jerryscript);

/** What lies in Storage beside the library. */
export const storage = {
  websocket: fs.readFileSync(path.join(__dirname, "../../dist/websocket.min.js"), "utf8"),
};

/** The module, and `show`, which prints its arguments as JSON: what differs between kinds of strings shows. */
const HEAD = `var WebSocket = require("websocket");
function show() { print(JSON.stringify([].slice.call(arguments)).slice(1, -1)); }
`;

/** Runs a script against a server that follows `peerScript`; the script finds `URL` and `PORT`. */
export async function run(target: Target, peerScript: PeerScript, script: string): Promise<RunResult> {
  const peer = await startPeer(peerScript);
  try {
    const result = await target.run(HEAD + script, { preset: { URL: peer.url, PORT: peer.port }, storage });
    // Espruino for Linux prints this itself, beside the exception of `net.connect`, which is caught.
    const ours = (line: string): boolean => !/^ERROR: Connect failed/.test(line);
    return { ...result, lines: result.lines.filter(ours), uncaught: result.uncaught.filter(ours) };
  } finally {
    await peer.close();
  }
}
