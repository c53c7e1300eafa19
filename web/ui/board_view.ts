/** Connecting, and what the board is. */
import { enabled, type Store } from "../page_state";
import type { Session } from "../session";
import type { BoardFacts } from "../../tools/flash/board.mjs";
import { count, find, make } from "./dom";

/** Modules of the firmware that matter here. */
const SHOWN_MODULES = ["net", "tls", "crypto", "Wifi"];

export function showBoard(store: Store, session: Session): void {
  const baud = find<HTMLSelectElement>("baud");
  const connect = find<HTMLButtonElement>("connect");
  const disconnect = find<HTMLButtonElement>("disconnect");
  const facts = find("facts");
  const storage = find("storage");
  const files = find("storage-files");

  connect.addEventListener("click", () => void session.connect(Number(baud.value)));
  disconnect.addEventListener("click", () => void session.disconnect());
  files.addEventListener("click", ({ target }) => {
    const name = target instanceof HTMLButtonElement ? target.value : "";
    if (name) void session.erase(name);
  });

  let shown: unknown;
  store.subscribe((state) => {
    const can = enabled(state);
    connect.disabled = !can.connect;
    baud.disabled = !can.connect;
    disconnect.disabled = !can.disconnect;
    facts.hidden = !state.facts;
    storage.hidden = !state.connected || state.files.length === 0;
    if (shown !== state.files) {
      shown = state.files;
      facts.replaceChildren(...(state.facts ? describe(state.facts) : []));
      files.replaceChildren(...state.files.map(fileLine));
    }
    for (const button of files.querySelectorAll("button")) button.disabled = !can.erase;
  });
}

function describe(facts: BoardFacts): HTMLElement[] {
  const modules = SHOWN_MODULES.map((name) => `${name} ${facts.builtIn.includes(name) ? "yes" : "no"}`);
  const bytes = (n: number | null): string => (n === null ? "not known" : `${count(n)} bytes free`);
  return Object.entries({
    Board: facts.board,
    Firmware: `Espruino ${facts.version}`,
    Variables: `${count(facts.freeVariables)} free of ${count(facts.totalVariables)}`,
    "C heap": bytes(facts.freeHeap),
    Storage: bytes(facts.freeStorage),
    Modules: modules.join(", "),
  }).flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]);
}

function fileLine({ name, size }: { name: string; size: number }): HTMLElement {
  const button = make("button", { type: "button", value: name, ariaLabel: `Erase ${name}` }, "Erase");
  return make("li", {}, make("span", {}, `${name}, ${count(size)} bytes`), button);
}
