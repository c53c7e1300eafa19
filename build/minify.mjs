/** The minifier's settings for interpreters that run from source text, as a rollup plugin. */
import { parse } from "acorn";
import { full } from "acorn-walk";
import { minify } from "terser";
import { mergeColdFunctions } from "./cold.cjs";

/** Options for terser. `exports` is renamed by `minifyForBoard`. */
export const terserOptions = {
  ecma: 5,
  toplevel: true,
  compress: {
    passes: 3,
    // A function that is used once is put where it is used. On Espruino it is then made anew each time that place is
    // run, from source that stays in flash: 5 variables and more are saved, at some time. `HOT` stay by themselves.
    reduce_funcs: true,
    // The sources have no getters.
    pure_getters: true,
  },
  mangle: {
    toplevel: true,
    // Private names begin with one underscore. Bundles share objects through public names only, so each may shorten
    // its own private ones as it likes.
    properties: { regex: /^_(?!_)/ },
  },
  // A character above 0x7f is other bytes in a file than in a string: it stays an escape. Lines end where statements do:
  // an Error on Espruino holds, for each function that is running, as many blanks as its line is long up to there.
  format: { ecma: 5, ascii_only: true, semicolons: false },
};

/**
 * Functions that run for each message or piece: calling them by name takes 0.6 of the time of making them anew. The
 * order is that of how often they are looked up.
 */
const HOT = [
  "onData",
  "_full",
  "onDrain",
  "readFrames",
  "readHeader",
  "readLength",
  "textPiece",
  "wholeCharacters",
  "deliver",
  "emit",
  "esp_websocket_client_send_with_opcode",
  "payloadOf",
  "_payload",
  "write",
  "_makeFrame",
  "encodeFrame",
  "mask",
  "_join",
  "_random",
  "flush",
  "sendQueued",
  "enqueue",
  "readRecords",
  "unprotect",
  "sendRecord",
  "protect",
  "hmac",
  "nextNumber",
  "_crypt",
];

/** Functions that run seldom, and would make hot ones longer if they were put where they are called. */
const COLD = [
  "eventName",
  "receiveResponse",
  "afterReceive",
  "refuseFirst",
  "controlPiece",
  "answer",
  "emitNext",
  "writeFailed",
  "readDevice",
  "longHeader",
  "openWindow",
  "_frameMemory",
  "clientHello",
  "cryptPieces",
];

/** Groups of cold functions, by their sources: those that are needed at the same time. */
const GROUPS = [
  ["life", /client\.ts$/],
  ["setup", /./],
];

/** Tells a function's group from the module that it comes from. */
function groupOf(chunk, groups) {
  const modules = Object.entries(chunk.modules).map(([id, { code }]) => [id, code ?? ""]);
  return (name) => {
    if (HOT.includes(name)) return undefined;
    const [id] = modules.find(([, code]) => new RegExp(`^(export )?function ${name}\\(`, "m").test(code)) ?? [""];
    const [group] = groups.find(([, files]) => files.test(id)) ?? [];
    return group && { group, always: COLD.includes(name) };
  };
}

/** Moves constants and hot functions to the top: Espruino searches a name from the module's first one on. */
function hotFirst(code) {
  // Constants are written out where they are used only if they stand before.
  const moved = [];
  code = code.replace(/^var \w+ = -?[0-9]\w*;\n/gm, (text) => (moved.push(text), ""));
  for (const name of HOT)
    code = code.replace(new RegExp(`^function ${name}\\([^]*?\\n}\\n`, "m"), (text) => (moved.push(text), ""));
  return moved.join("") + code;
}

/**
 * A constant that is another name for a global, or for another constant, is written as that, and so is a text that is
 * used twice: a variable for it would take three of the board's.
 */
function withoutAliases(bundle) {
  let code = bundle.replace(/^\/\*\*[^]*?\*\/\n/gm, "");
  for (const [statement, constant, text] of code.matchAll(/^var (\w+) = ("[^"]*");\n/gm)) {
    const rest = code.replace(statement, "");
    const uses = new RegExp(`(?<![.\\w$"])${constant}(?![\\w$"])`, "g");
    if (rest.match(uses)?.length <= 2) code = rest.replace(uses, text);
  }
  for (const [statement, alias, name] of code.matchAll(/^var (\w+) = ([a-zA-Z]\w*);\n/gm)) {
    // A field's name is another matter.
    const uses = (identifier) =>
      new RegExp(`(?<![.\\w$])${identifier}(?![\\w$])(?!(?<=[{,]\\s*${identifier})\\s*:)`, "g");
    const isAssigned = (identifier) => new RegExp(`${uses(identifier).source} ?[-+|&^]?=[^=]`).test(rest);
    const rest = code.replace(statement, "").replace(`var ${name} =`, "");
    if (isAssigned(alias) || isAssigned(name)) continue;
    code = code.replace(statement, "").replace(uses(alias), name);
  }
  return code;
}

/** Exported numbers begin with one of these. */
const PREFIXES = [
  "port",
  "ESP_ERR_",
  "ESP_",
  "WEBSOCKET_EVENT_",
  "WEBSOCKET_ERROR_TYPE_",
  "WEBSOCKET_TRANSPORT_",
  "WS_TRANSPORT_OPCODES_",
];

/** Long names that are exported, put together from their parts: the numbers, and the functions of the C client. */
function packExports(code) {
  const groups = new Map(PREFIXES.map((prefix) => [prefix, []]));
  const functions = [];
  let rest = code.replace(/^exports\.(\w+) = (\w+);$\n?/gm, (statement, name, local) => {
    const value = new RegExp(`^var ${local} = (-?(?:0x)?[0-9a-f]+);$`, "m").exec(code);
    const member = name.replace("esp_websocket_client_", "");
    if (value) {
      const prefix = PREFIXES.find((text) => name.startsWith(text));
      groups.get(prefix).push([name.slice(prefix.length), Number(value[1])]);
    } else if (member !== name) functions.push(`${member}: ${local}`);
    else return statement.trim() + "\n";
    return "";
  });
  if (functions.length > 2)
    rest += `
      (function (functions) {
        for (var name in functions) exports["esp_websocket_client_" + name] = functions[name];
      })({ ${functions} });`;
  else rest += functions.map((entry) => `exports.esp_websocket_client_${entry.replace(":", " =")};`).join("\n");
  // In each group its prefix, and the numbers that are not one more than the last before the names that they are for.
  const words = [];
  for (const [prefix, members] of groups) {
    if (members.length > 0) words.push(prefix);
    let next = NaN;
    for (const [name, value] of members.sort(([, one], [, other]) => one - other)) {
      if (value !== next) words.push(value);
      words.push(name);
      next = value + 1;
    }
  }
  if (words.length > 0)
    // Prefix and number are kept with the list: a variable would stay.
    rest += `
      "${words.join(" ")}".split(" ").forEach(function (word, index, words) {
        if (/[_t]$/.test(word)) words._prefix = word;
        else if (+word == word) words._value = +word;
        else exports[words._prefix + word] = words._value++;
      });`;
  return rest;
}

/** A list of words as one text that is split: two bytes less for each. */
const packWords = (code) =>
  code.replace(/\["\w+"(?:,"\w+"){5,}\]/g, (list) => `"${JSON.parse(list).join(" ")}".split(" ")`);

/**
 * Puts into variables the names of properties that occur so often, or are so long, that this makes minified code
 * smaller; names with a common prefix share it. Each use then costs a look-up: not for code that runs per byte. Not
 * for names that a string or a number may lack, either: Espruino throws where one is asked for such a name in brackets.
 */
function packNames(code) {
  const program = parse(code, { ecmaVersion: 5 });
  const places = new Map();
  const taken = new Set();
  full(program, (node) => {
    if (node.type === "Identifier") taken.add(node.name);
    if (node.type !== "MemberExpression" || node.computed) return;
    const { name } = node.property;
    places.set(name, [...(places.get(name) ?? []), node.property]);
  });
  const free = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"].filter((letter) => !taken.has(letter));
  const edits = [];
  const declared = [];
  const replaceAll = (nodes, text) => nodes.forEach((node) => edits.push([node.start - 1, node.end, `[${text}]`]));
  // The other module's name, which begins the names of its functions too.
  const prefix = "esp_websocket_client";
  const begun = [...places].filter(([name]) => name.startsWith(prefix));
  const share = begun.length > 2 ? free.shift() : undefined;
  if (share) {
    declared.push(`${share}="${prefix}"`);
    full(program, ({ type, value, start, end }) => {
      if (type === "Literal" && value === prefix) edits.push([start, end, share]);
    });
  }
  for (const [name, nodes] of places) {
    const text = share && name.startsWith(prefix) ? `${share}+"${name.slice(prefix.length)}"` : `"${name}"`;
    const plain = text.startsWith('"') ? name.length + 1 : text.length + 2;
    const saved = nodes.length * (plain - 3) - text.length - 3;
    if (saved > 0 && free.length > 0) {
      const variable = free.shift();
      declared.push(`${variable}=${text}`);
      replaceAll(nodes, variable);
    } else if (!text.startsWith('"')) replaceAll(nodes, text);
  }
  if (declared.length === 0) return code;
  edits.sort(([one], [other]) => other - one);
  for (const [start, end, text] of edits) code = code.slice(0, start) + text + code.slice(end);
  return `var ${declared.join(",")}${code.startsWith("var ") ? "," : ";"}${code.replace(/^var /, "")}`;
}

/**
 * A rollup plugin for an output that a board runs.
 *
 * @param {{ packed?: boolean, groups?: [string, RegExp][] }} options packed: smaller, and a little slower; groups: of
 * cold functions
 */
export function minifyForBoard({ packed = false, groups = GROUPS } = {}) {
  return {
    name: "minify-for-board",
    async renderChunk(bundle, chunk) {
      const code = packExports(bundle);
      let source = hotFirst(packed ? code : withoutAliases(code)).replace(
        /^(\s*|.*\s)exports(?=\.|\[)/gm,
        "$1exported"
      );
      // A second use keeps them from being put into others; it is taken out again below.
      const kept = [...HOT, ...COLD].filter((name) => new RegExp(`^function ${name}\\(`, "m").test(source));
      if (kept.length) source += `\nhot(${kept});`;
      if (/\bexported\b/.test(source)) source = "var exported = exports;\n" + source;
      const compressed = await minify(source, { ...terserOptions, mangle: false });
      // It is the last statement. A function that returns a constant was put there for all that.
      const plain = compressed.code.replace(/[;,\n]hot\([^]*$/, "");
      const merged = groups.length ? mergeColdFunctions(plain, groupOf(chunk, groups)) : plain;
      // One variable that stays undefined is shorter than `void 0` everywhere.
      const named = groups.length ? `var nothing;${merged.replace(/\bvoid 0\b/g, "nothing")}` : merged;
      // Not compressed again: that would take the branches' variables together.
      const { code: mangled } = await minify(named, { ...terserOptions, compress: { defaults: false } });
      // Espruino would take what follows a bare `return` on the next line for its value.
      const minified = packWords(mangled.replace(/\breturn\n/g, "return;"));
      return { code: packed ? packNames(minified) : minified, map: null };
    },
  };
}
