import type { Tags } from "../tags";

/** One step of the minifier: text of a bundle in, text out, the meaning unchanged. */
export interface Pass {
  /** What it does, as the build prints it before what that saves. */
  name: string;
  /** Says what it has done, beside saving bytes: "12 functions". */
  run(code: string, tags: Tags, note: (text: string) => void): string | Promise<string>;
}
