/** Puts the page together. What the board prints goes through the redactor and the filter to console and timeline. */
import { examples, helpers, modules } from "board-files";
import { EventFilter } from "./event_lines";
import { Store } from "./page_state";
import { Redactor } from "./redact";
import { Session } from "./session";
import { showBoard } from "./ui/board_view";
import { showConsole } from "./ui/console_view";
import { showFirmware } from "./ui/firmware_form";
import { showStatus } from "./ui/status_view";
import { showTimeline } from "./ui/timeline_view";
import { showUpload } from "./ui/upload_form";
import { webSerialSupport } from "./web_serial_port";

const store = new Store(webSerialSupport());
const redactor = new Redactor((text) => filter.take(text));
const session = new Session(store, { modules, helpers }, (text) => redactor.take(text));
const timeline = showTimeline();
const print = showConsole(store, session);
const filter = new EventFilter(print, (event) => timeline.add(event));

showStatus(store);
showBoard(store, session);
showFirmware(store, session);
showUpload(store, session, {
  examples,
  onUpload({ wifi }) {
    if (wifi) redactor.hide([wifi.password]);
    timeline.clear();
  },
});
