/** All files that go to the board: the modules, what stands in front of the script, and the script. */
import { FlashError, appFile, storageFile, type BoardFile } from "../tools/flash/board.mjs";
import { planProblem, preamble, wifiModule, type Plan } from "./script_text";

export interface Sources {
  modules: Record<"esp_websocket_client" | "websocket" | "tls_psk", string>;
  helpers: Record<"ws_timeline" | "ws_wifi", string>;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** @throws FlashError "bad_file" for a script, an address or a network that cannot be right */
export function boardFiles(plan: Plan, { modules, helpers }: Sources): { files: BoardFile[]; app: BoardFile } {
  const problem = planProblem(plan);
  if (problem) throw new FlashError("bad_file", problem);
  const sources: Record<string, string> = { esp_websocket_client: modules.esp_websocket_client };
  if (plan.websocket) sources["websocket"] = modules.websocket;
  if (plan.psk) sources["tls_psk"] = modules.tls_psk;
  if (plan.timeline) sources["ws_timeline"] = helpers.ws_timeline;
  if (plan.wifi) sources["ws_wifi"] = wifiModule(helpers.ws_wifi, plan.wifi);
  const files = Object.entries(sources).map(([name, source]) => storageFile(name, encode(source)));
  const source = plan.source.replace(/^\ufeff/, "");
  if (source.trim() === "") throw new FlashError("bad_file", `${plan.name} is empty`, "there is nothing to upload");
  const otherNames = Object.keys(sources);
  const app = appFile(plan.name, encode(preamble(plan) + source), { boot: plan.boot, otherNames });
  return { files: [...files, app], app };
}
