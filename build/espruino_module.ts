/**
 * dist/espruino_module/: the bundles as modules in the form of Espruino's own (EspruinoDocs: a `.js` that begins with its
 * usage and a `.md` with keywords), and a single file to paste into the Web IDE. Its folder can be the IDE's "Module URL".
 */
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

const root = path.join(__dirname, "..");
const templates = path.join(__dirname, "publish/espruino_module");

/** What the templates do not say of a module. */
const SUMMARIES: Record<string, string> = {
  esp_websocket_client: "A WebSocket client (RFC 6455) with the API of ESP-IDF's esp_websocket_client.",
  websocket: "The browser's WebSocket, on top of the module esp_websocket_client.",
};

/** The Web IDE writes Storage in pieces of this length, too: a line that the board has room for. */
const PIECE = 1024;

const template = (name: string): string => fs.readFileSync(path.join(templates, name), "utf8");

function fill(text: string, values: Record<string, string>): string {
  return text.replace(/@(\w+)@/g, (_, name: string) => {
    if (!(name in values)) throw new Error(`Nothing is known as @${name}@.`);
    return values[name];
  });
}

/** Writes the folder `espruino_module` beside the bundles that lie in `folder`. */
export function writeEspruinoModules(folder: string): void {
  const { homepage } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as { homepage: string };
  const target = path.join(folder, "espruino_module");
  fs.mkdirSync(target, { recursive: true });
  const write = (name: string, text: string) => fs.writeFileSync(path.join(target, name), text);
  for (const [name, summary] of Object.entries(SUMMARIES)) {
    const code = fs.readFileSync(path.join(folder, `${name}.min.js`), "utf8").trimEnd();
    const page = template(`${name}.md.template`);
    const keywords = /^\* KEYWORDS: (.*)$/m.exec(page)![1];
    const usage = template(`${name}.usage.js`).trimEnd();
    const values = { homepage, keywords, summary, usage, bytes: code.length.toLocaleString("en") };
    write(`${name}.js`, `${fill(template("header.js.template"), values)}${code}\n`);
    write(`${name}.min.js`, `${code}\n`);
    write(`${name}.md`, fill(page, values));
  }
  write(
    "paste_me.js",
    fill(template("paste_me.js.template"), { homepage, ...pieces(path.join(folder, "esp_websocket_client.min.js")) })
  );
  fs.copyFileSync(path.join(root, "LICENSE"), path.join(target, "LICENSE"));
}

/** A file as lines that write it into Storage, and its checksum. */
function pieces(file: string): { pieces: string; checksum: string } {
  const code = fs.readFileSync(file, "utf8");
  const lines = Array.from({ length: Math.ceil(code.length / PIECE) }, (_, piece) => {
    const at = piece * PIECE;
    const size = piece === 0 ? `, ${code.length}` : "";
    return `if (isMissing) storage.write(MODULE, ${JSON.stringify(code.slice(at, at + PIECE))}, ${at}${size});`;
  });
  return { pieces: lines.join("\n"), checksum: String(crc32(Buffer.from(code))) };
}

/** The CRC-32 of zlib: what gzip has before the length, at its end. */
function crc32(bytes: Buffer): number {
  const packed = zlib.gzipSync(bytes);
  return packed.readUInt32LE(packed.length - 8);
}
