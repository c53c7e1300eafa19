import type { Plugin } from "rollup";

/** A rollup plugin for an output that a board runs. */
export function minifyForBoard(): Plugin;
