/** What the server may ask of the board. */
export type Command = { do: "report"; unit: "variables" | "percent" } | { do: "stop"; because: string };

/** What the board reports. */
export interface Report {
  free: number;
  unit: "variables" | "percent";
}

/** The text as a command; undefined if it is none. */
export function parseCommand(text: string): Command | undefined {
  let value: Partial<Command>;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return undefined;
  }
  return value && (value.do === "report" || value.do === "stop") ? (value as Command) : undefined;
}
