/** What stands in front of a script, and what can be wrong with a plan. Nothing here keeps a secret. */

export interface Plan {
  /** The script's file name. */
  name: string;
  /** The script's source. */
  source: string;
  /** Whether the script starts with the board. */
  boot: boolean;
  websocket: boolean;
  psk: boolean;
  /** Whether the script's clients are watched. */
  timeline: boolean;
  /** The address of the server; "" leaves the script its own. */
  url: string;
  wifi?: Wifi;
}

export interface Wifi {
  name: string;
  /** "" for an open network. */
  password: string;
}

/** IEEE 802.11: bytes in the name of a network. */
const LONGEST_WIFI_NAME = 32;
/** WPA2 takes 8 to 63 characters, or 64 hexadecimal digits. */
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 64;

/** What cannot be right about address and network, as the beginning of a sentence; undefined if nothing is wrong. */
export function planProblem({ url, wifi }: Pick<Plan, "url" | "wifi">): string | undefined {
  return addressProblem(url) ?? (wifi && wifiProblem(wifi));
}

function addressProblem(url: string): string | undefined {
  const notAddress = `${url} is not the address of a WebSocket server`;
  if (url === "") return undefined;
  if (!/^wss?:\/\//i.test(url)) return `${notAddress}: it must begin with ws:// or wss://`;
  // The client takes ASCII alone.
  if (!URL.canParse(url) || /[^\x21-\x7e]/.test(url)) return `${notAddress}: write it as ws://192.168.1.10:8080/`;
  return undefined;
}

function wifiProblem({ name, password }: Wifi): string | undefined {
  if (new TextEncoder().encode(name).length > LONGEST_WIFI_NAME) return "a Wi-Fi name has at most 32 bytes";
  if (password !== "" && (password.length < SHORTEST_PASSWORD || password.length > LONGEST_PASSWORD)) {
    return "a Wi-Fi password has 8 to 64 characters";
  }
  return undefined;
}

/** What stands in front of the script: on its first line, so that the interpreter counts the lines right. */
export function preamble({ url, wifi, timeline }: Pick<Plan, "url" | "wifi" | "timeline">): string {
  return [
    url ? `var WS_URL=${JSON.stringify(url)};` : "",
    wifi ? 'require("ws_wifi");' : "",
    timeline ? 'require("ws_timeline");' : "",
  ].join("");
}

/** The source of ws_wifi.js with a network in it. */
export function wifiModule(source: string, { name, password }: Wifi): string {
  // Functions: a replacement text could mean something.
  return source
    .replace('NAME = ""', () => `NAME = ${JSON.stringify(name)}`)
    .replace('PASSWORD = ""', () => `PASSWORD = ${JSON.stringify(password)}`);
}

/** What the user should know of the address before anything is sent: sentences. */
export function addressNotes(plan: Pick<Plan, "url" | "source">, board: string): string[] {
  const notes: string[] = [];
  const { url, source } = plan;
  if (url !== "" && !/\bWS_URL\b/.test(source)) {
    notes.push("The script does not use the variable WS_URL: it talks to the address in its own source.");
  }
  if (/^wss?:\/\/(localhost|127\.|\[::1\])/i.test(url) && !/^LINUX/.test(board)) {
    notes.push("The address names the board itself. Give the address that your computer has in the network.");
  }
  return notes;
}
