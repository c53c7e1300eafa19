/** Messages, progress, and what the browser lacks. */
import { type PageState, type Store, type Support } from "../page_state";
import { find } from "./dom";

const UNSUPPORTED: Record<Exclude<Support, "yes">, string> = {
  no_web_serial:
    "This browser has no Web Serial, so it cannot reach your board. Use Chrome, Edge or Opera on a computer: " +
    "Firefox and Safari do not have it, nor do browsers on phones. The command line does the same: ./flash.sh, or " +
    "npx esp-websocket-client flash.",
  insecure:
    "The browser allows Web Serial only on a page that comes over https:// or from localhost, and this page does not. " +
    "Open it under https://, or run it on your own computer with npm run web.",
};

export function showStatus(store: Store): void {
  const unsupported = find("unsupported");
  const status = find("status");
  const failure = find("failure");
  const box = find("progress-box");
  const label = find("progress-label");
  const bar = find<HTMLProgressElement>("progress");

  store.subscribe(({ support, message, progress, activity }: PageState) => {
    unsupported.hidden = support === "yes";
    if (support !== "yes") unsupported.textContent = UNSUPPORTED[support];
    // Set only where it changes: screen readers read it each time.
    setText(status, message.kind === "error" ? "" : message.text);
    setText(failure, message.kind === "error" ? message.text : "");
    box.hidden = !progress || activity === "none";
    if (!progress) return;
    const percent = Math.floor(100 * progress.fraction);
    label.textContent = `${progress.name}: ${percent}%`;
    bar.value = percent;
  });
}

function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
