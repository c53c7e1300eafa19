import { packExports } from "../../../build/passes/pack_exports";
import { exportsOf } from "./exports_of";

/** The exports as an object, whatever their order. */
const values = (code: string): unknown => JSON.parse(exportsOf(code));

test.each([
  [
    "numbers one after the other, and others",
    "var a = 0;\nvar b = 1;\nvar c = 0x80;\nvar d = -1;\n" +
      "exports.WEBSOCKET_EVENT_B = b;\nexports.WEBSOCKET_EVENT_A = a;\nexports.ESP_OK = a;\nexports.ESP_FAIL = d;\n" +
      "exports.WS_TRANSPORT_OPCODES_FIN = c;\nexports.portMAX = c;",
  ],
  ["prefixes of which one begins the other", "var a = 0x101;\nexports.ESP_ERR_NO_MEM = a;\nexports.ESP_OK = a;"],
])("packed: %s", (_, code) => {
  const packed = packExports(code);
  expect(packed).not.toMatch(/exports\.\w+ = /);
  expect(values(packed)).toEqual(values(code));
});

test("functions of the client are put together, others stay", () => {
  const names = ["init", "start", "stop"].map((name) => `esp_websocket_client_${name}`);
  const code =
    names.map((name) => `function ${name}() { return "${name}"; }\nexports.${name} = ${name};`).join("\n") +
    "\nfunction other() {}\nexports.other = other;\nexports.result = [];" +
    "\nfor (var name in exports) exports.result.push(name, typeof exports[name]);";
  const packed = packExports(code.replace(/\nexports\.result[^]*$/, "")) + code.match(/\nexports\.result[^]*$/)![0];
  expect(packed).not.toMatch(/exports\.esp_websocket_client/);
  const { result } = values(packed) as { result: string[] };
  for (const name of [...names, "other"]) expect(result[result.indexOf(name) + 1]).toBe("function");
});

test.each([
  ["a number without a known beginning", "var a = 1;\nexports.OTHER = a;"],
  ["a number that changes", "var a = 1;\na++;\nexports.ESP_OK = a;"],
  ["two declarations", "var a = 1;\nvar a = 2;\nexports.ESP_OK = a;"],
  ["a text", "var a = 'WEBSOCKET_EVENTS';\nexports.WEBSOCKET_EVENTS = a;"],
  ["two functions", "exports.esp_websocket_client_a = f;\nexports.esp_websocket_client_b = f;\nfunction f() {}"],
  ["what is exported inside of a function", "var a = 1;\n(function () { exports.ESP_OK = a; })();"],
  ["a name in brackets", "var a = 1;\nexports['ESP_OK'] = a;"],
])("left: %s", (_, code) => {
  expect(packExports(code)).toBe(code);
});
