/** The client's events as a table. */
import type { BoardEvent } from "../event_lines";
import { seconds, Timeline, type Row } from "../timeline";
import { count, find, keepEndInSight, make } from "./dom";

/** The oldest rows go when there are more. */
const MOST_ROWS = 1000;
/** Words beside the arrows are for those who do not see them. */
const DIRECTIONS = { sent: "→ sent", received: "← received", state: "" };

export interface TimelineView {
  add(event: BoardEvent): void;
  clear(): void;
}

export function showTimeline(): TimelineView {
  const box = find("timeline-box");
  const body = find("timeline");
  const summary = find("timeline-summary");
  const timeline = new Timeline();
  const totals = { sent: 0, received: 0 };

  const summarise = (): void => {
    summary.textContent = `Payload: ${count(totals.sent)} bytes sent, ${count(totals.received)} received.`;
  };
  const clear = (): void => {
    timeline.clear();
    body.replaceChildren();
    totals.sent = totals.received = 0;
    summarise();
  };
  find("clear-timeline").addEventListener("click", clear);
  clear();
  return {
    clear,
    add(event) {
      const row = timeline.add(event, performance.now());
      if (row.direction !== "state" && row.event !== "header") totals[row.direction] += row.size ?? 0;
      keepEndInSight(box, () => {
        body.append(line(row));
        if (body.childElementCount > MOST_ROWS) body.firstElementChild!.remove();
      });
      summarise();
    },
  };
}

function line({ timeMs, client, direction, event, size, details, failed }: Row): HTMLElement {
  const what = direction === "state" ? event : `${DIRECTIONS[direction]} ${event}`;
  return make(
    "tr",
    { className: `${direction}${failed ? " failed" : ""}` },
    make("td", { className: "number" }, seconds(timeMs)),
    make("td", {}, client === 0 ? "–" : String(client)),
    make("td", { className: "event" }, what),
    make("td", { className: "number" }, size === undefined ? "" : count(size)),
    make("td", {}, details)
  );
}
