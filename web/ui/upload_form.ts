/** The script, the network, and what else goes to the board. */
import { enabled, type Store } from "../page_state";
import type { Plan } from "../script_text";
import type { Session } from "../session";
import { find, make } from "./dom";

const FIRST_EXAMPLE = "echo.js";

export interface UploadHooks {
  examples: Record<string, string>;
  /** Called before the script is started anew. */
  onUpload: (plan: Plan) => void;
}

export function showUpload(store: Store, session: Session, { examples, onUpload }: UploadHooks): void {
  const form = find<HTMLFormElement>("upload-form");
  const example = find<HTMLSelectElement>("example");
  const file = find<HTMLInputElement>("script-file");
  const name = find<HTMLInputElement>("script-name");
  const source = find<HTMLTextAreaElement>("source");
  const upload = find<HTMLButtonElement>("upload");
  const cancel = find<HTMLButtonElement>("cancel");
  const warnings = find("warnings");

  const show = (fileName: string, text: string): void => {
    name.value = fileName;
    source.value = text;
  };
  const showExample = (): void => show(example.value, examples[example.value]!);
  example.append(...Object.keys(examples).map((title) => make("option", { value: title }, title)));
  example.value = FIRST_EXAMPLE;
  showExample();
  example.addEventListener("change", showExample);
  file.addEventListener("change", () => {
    const chosen = file.files?.[0];
    if (chosen) void chosen.text().then((text) => show(chosen.name, text));
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const plan = readPlan();
    onUpload(plan);
    void session.upload(plan);
  });
  cancel.addEventListener("click", () => session.cancel());

  store.subscribe((state) => {
    const can = enabled(state);
    upload.disabled = !can.upload;
    cancel.disabled = !can.cancel;
    warnings.hidden = state.warnings.length === 0;
    warnings.replaceChildren(...state.warnings.map((text) => make("li", {}, text)));
  });
}

function readPlan(): Plan {
  const text = (id: string): string => find<HTMLInputElement>(id).value;
  const checked = (id: string): boolean => find<HTMLInputElement>(id).checked;
  const wifiName = text("wifi-name");
  return {
    name: text("script-name"),
    source: text("source"),
    url: text("url").trim(),
    boot: checked("boot"),
    websocket: checked("websocket"),
    psk: checked("psk"),
    timeline: checked("timeline-wanted"),
    ...(wifiName && { wifi: { name: wifiName, password: text("wifi-password") } }),
  };
}
