/** What the page knows, in one place: views read it, and only the session changes it. */
import type { BoardFacts } from "../tools/flash/board.mjs" with { "resolution-mode": "import" };

/** Why there is no Web Serial; "yes" if there is. */
export type Support = "yes" | "no_web_serial" | "insecure";
/** What goes on at the moment: one thing at a time. */
export type Activity = "none" | "connecting" | "asking" | "uploading" | "starting" | "erasing" | "flashing";

export interface PageState {
  support: Support;
  activity: Activity;
  connected: boolean;
  facts?: BoardFacts;
  files: { name: string; size: number }[];
  warnings: string[];
  /** 0 to 1 of what is uploaded or flashed. */
  progress?: { fraction: number; name: string };
  message: { kind: "info" | "success" | "error"; text: string };
}

/** Which controls can be used. */
export interface Enabled {
  connect: boolean;
  disconnect: boolean;
  upload: boolean;
  cancel: boolean;
  erase: boolean;
  console: boolean;
  flash: boolean;
}

export function enabled({ support, activity, connected }: PageState): Enabled {
  const idle = support === "yes" && activity === "none";
  return {
    connect: idle && !connected,
    disconnect: idle && connected,
    upload: idle && connected,
    cancel: activity === "uploading",
    erase: idle && connected,
    console: idle && connected,
    flash: idle,
  };
}

export class Store {
  private current: PageState;
  private readonly listeners: ((state: PageState) => void)[] = [];

  constructor(support: Support) {
    this.current = {
      support,
      activity: "none",
      connected: false,
      files: [],
      warnings: [],
      message: { kind: "info", text: "" },
    };
  }

  get state(): PageState {
    return this.current;
  }

  change(patch: Partial<PageState>): void {
    this.current = { ...this.current, ...patch };
    for (const listener of this.listeners) listener(this.current);
  }

  /** Calls the listener now, and after each change. */
  subscribe(listener: (state: PageState) => void): void {
    this.listeners.push(listener);
    listener(this.current);
  }
}
