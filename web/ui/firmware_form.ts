/** The form that flashes Espruino's firmware. */
import { imageOffset } from "../../tools/flash/firmware_image.mjs";
import { enabled, type Store } from "../page_state";
import type { Session } from "../session";
import { count, find, keepEndInSight } from "./dom";

/** What an image holds that begins there. */
const CONTENTS: Record<string, string> = {
  "0x0": "a whole flash",
  "0x1000": "a whole flash from the bootloader on",
  "0x10000": "the application alone",
};

export function showFirmware(store: Store, session: Session): void {
  const form = find<HTMLFormElement>("firmware-form");
  const file = find<HTMLInputElement>("firmware-file");
  const offset = find<HTMLInputElement>("offset");
  const baud = find<HTMLSelectElement>("flash-baud");
  const eraseAll = find<HTMLInputElement>("erase-all");
  const flash = find<HTMLButtonElement>("flash");
  const log = find("firmware-log");
  const hint = find("offset-hint");
  let reading: Promise<Uint8Array | undefined> = Promise.resolve(undefined);

  const readImage = async (): Promise<Uint8Array | undefined> => {
    const chosen = file.files?.[0];
    if (!chosen) return undefined;
    const image = new Uint8Array(await chosen.arrayBuffer());
    const found = imageOffset(image);
    file.setCustomValidity(found === undefined ? "This is not a firmware of an ESP32." : "");
    if (found !== undefined) {
      // Whoever knows better may still write an offset of their own.
      offset.value = `0x${found.toString(16)}`;
      hint.textContent = `${chosen.name}: ${count(image.length)} bytes, ${CONTENTS[offset.value]}.`;
    }
    file.reportValidity();
    return image;
  };
  file.addEventListener("change", () => {
    reading = readImage();
  });

  const flashImage = async (): Promise<void> => {
    const image = await reading;
    if (!image || !form.checkValidity()) return;
    log.textContent = "";
    log.hidden = false;
    await session.flash({
      image,
      offset: Number(offset.value),
      baud: Number(baud.value),
      eraseAll: eraseAll.checked,
      onLine: (line) => keepEndInSight(log, () => log.append(`${line}\n`)),
    });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void flashImage();
  });
  store.subscribe((state) => {
    flash.disabled = !enabled(state).flash;
  });
}
