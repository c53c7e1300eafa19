/** What the board prints, and what the user types. */
import { enabled, type Store } from "../page_state";
import type { Session } from "../session";
import { find, keepEndInSight } from "./dom";

/** What is kept of the board's output, characters. */
const KEPT = 100000;

/** @returns what adds text to the console */
export function showConsole(store: Store, session: Session): (text: string) => void {
  const output = find("console");
  const form = find<HTMLFormElement>("console-form");
  const command = find<HTMLInputElement>("command");
  const send = find<HTMLButtonElement>("send");
  const interrupt = find<HTMLButtonElement>("interrupt");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void session.type(command.value);
    command.value = "";
  });
  interrupt.addEventListener("click", () => void session.interrupt());
  find("clear-console").addEventListener("click", () => (output.textContent = ""));
  store.subscribe((state) => {
    const can = enabled(state);
    send.disabled = !can.console;
    interrupt.disabled = !can.console;
    command.disabled = !can.console;
  });

  return (text) =>
    keepEndInSight(output, () => {
      output.append(text);
      if (output.textContent!.length > 2 * KEPT) output.textContent = output.textContent!.slice(-KEPT);
    });
}
