/** What `init` refuses, and in which words: the field, the type of its value, and what is wanted. */
import * as ws from "../../src/api/esp_websocket_client";
import { install } from "../../src/board";
import { TestBoard } from "./test_board";

/** What `init` prints about a configuration; "" if it gives a handle. */
function complaint(config: unknown): string {
  const board = new TestBoard();
  install(board);
  const client = ws.esp_websocket_client_init(config as ws.Config);
  expect(client === null).toBe(board.logged.length === 1);
  return board.logged.join().replace("esp_websocket_client: ", "");
}

const INTEGER = "an integer from 0 to 2147483647";
const NUMBER = "a number from 0 to 2147483647";

describe("a field of the wrong kind", () => {
  test.each([
    ["uri", 5, "number", "one line of text"],
    ["path", "/a\r\nX: 1", "string", "one line of text"],
    ["username", true, "boolean", "one line of text"],
    ["host", "h:8080", "string", "a name or an address alone"],
    ["host", "ws://h", "string", "a name or an address alone"],
    ["host", "h/path", "string", "a name or an address alone"],
    ["host", "1.2.3.4:8080", "string", "a name or an address alone"],
    ["host", "[::1]:8080", "string", "a name or an address alone"],
    ["host", "user@h", "string", "a name or an address alone"],
    ["host", "h?a", "string", "a name or an address alone"],
    ["host", "a b", "string", "a name or an address alone"],
    ["host", "a\tb", "string", "one line of text|a name or an address alone"],
    ["host", 'a"<b>', "string", "a name or an address alone"],
    ["subprotocol", "a b", "string", "tokens and commas"],
    ["subprotocol", "a,", "string", "tokens and commas"],
    ["subprotocol", ",a", "string", "tokens and commas"],
    ["subprotocol", "a,,b", "string", "tokens and commas"],
    ["subprotocol", "a;b", "string", "tokens and commas"],
    ["subprotocol", "é", "string", "tokens and commas"],
    ["headers", "no header", "string", "lines like Name: value"],
    ["headers", { A: "1" }, "object", "lines like Name: value"],
    ["port", "8080", "string", "an integer from 0 to 65535"],
    ["port", 8080.5, "number", "an integer from 0 to 65535"],
    ["port", 65536, "number", "an integer from 0 to 65535"],
    ["port", -1, "number", "an integer from 0 to 65535"],
    ["transport", 3, "number", "an integer from 0 to 2"],
    ["buffer_size", 333.3, "number", INTEGER],
    ["buffer_size", NaN, "number", INTEGER],
    ["buffer_size", Infinity, "number", INTEGER],
    ["tx_queue_size", 0.5, "number", INTEGER],
    ["max_redirects", 1.5, "number", INTEGER],
    ["keep_alive_count", 2.5, "number", INTEGER],
    ["cert_len", 1.5, "number", INTEGER],
    ["client_cert_len", "7", "string", INTEGER],
    ["client_key_len", 2147483648, "number", INTEGER],
    ["task_prio", 1.5, "number", INTEGER],
    ["task_stack", true, "boolean", INTEGER],
    ["task_core_id", -1, "number", INTEGER],
    ["ping_interval_sec", "10", "string", NUMBER],
    ["network_timeout_ms", Infinity, "number", NUMBER],
    ["reconnect_max_ms", -1, "number", NUMBER],
    ["reconnect_jitter", 1.5, "number", "a number from 0 to 1"],
    ["disable_auto_reconnect", "false", "string", "true or false"],
    ["enable_close_reconnect", "", "string", "true or false"],
    ["disable_pingpong_discon", {}, "object", "true or false"],
    ["keep_alive_enable", NaN, "number", "true or false"],
    ["use_global_ca_store", "true", "string", "true or false"],
    ["skip_cert_common_name_check", [], "object", "true or false"],
    ["allow_unverified_tls", "no", "string", "true or false"],
    ["task_core_id_set", "yes", "string", "true or false"],
    ["cert_pem", 5, "number", "text or bytes"],
    ["client_cert", [1, 2], "object", "text or bytes"],
    ["uri_provider", "ws://h/", "string", "a function"],
    ["headers_provider", {}, "object", "a function"],
    ["crt_bundle_attach", 1, "number", "a function"],
    ["ext_transport", () => null, "function", "an object with open()"],
    ["ext_transport", { open: 1 }, "object", "an object with open()"],
  ])("%s: %p", (field, value, type, wanted) => {
    // A host of its own would hide what is wrong with `uri`.
    const config = field === "uri" ? {} : { uri: "ws://server/" };
    const sentences = wanted.split("|").map((words) => `${field} (${type}) must be ${words}`);
    expect(sentences).toContain(complaint({ ...config, [field]: value }));
  });

  test.each([
    ["server:8080/path"],
    ["127.0.0.1:8765"],
    ["ws://"],
    ["ws://server:0/"],
    ["ws://server:65536/"],
    ["ws://a b/"],
    ['ws://a"b/'],
    ["ws://a|b/"],
    ["ws://::1/"],
    ["ws://[::1/"],
    ["ws://::1]/"],
    ["ws://[a][b]/"],
  ])("uri %p", (uri) => {
    expect(complaint({ uri })).toBe("uri must be like ws://host:80/path");
  });

  test.each([["ws://server/"], [5], [true]])("a configuration that is none: %p", (config) => {
    expect(complaint(config)).toBe("config must be an object");
  });

  test("a field that there is not", () => {
    expect(complaint({ uri: "ws://server/", prot: 1 })).toBe("unknown field prot");
  });
});

describe("what is right", () => {
  test.each([
    ["ports at both ends", { port: 65535 }],
    ["0 for a default", { port: 0, transport: 0, buffer_size: 0, reconnect_jitter: 0 }],
    ["times that are fractions", { ping_interval_sec: 0.5, network_timeout_ms: 1.5, reconnect_jitter: 0.5 }],
    ["the largest integer of C", { network_timeout_ms: 2147483647, task_core_id: 0x7fffffff }],
    ["numbers as C has them for true and false", { disable_auto_reconnect: 1, keep_alive_enable: 0 }],
    ["true and false", { disable_auto_reconnect: true, keep_alive_enable: false }],
    ["nothing", { uri: undefined, host: null, headers: undefined, cert_pem: null, ext_transport: undefined }],
    ["empty texts", { uri: "", host: "", path: "", headers: "", subprotocol: "", username: "", password: "" }],
    ["an address", { host: "192.168.1.10" }],
    ["IPv6 addresses", { host: "2001:db8::1" }],
    ["in brackets", { host: "[2001:db8::1]" }],
    ["with a zone", { host: "fe80::1%eth0" }],
    ["a name that is not ASCII", { host: "küche.local" }],
    ["subprotocols", { subprotocol: "chat, superchat,v1.2+json , !#$%&'*+.^_`|~-" }],
    ["anything", { user_context: () => null, client_ds_data: 5 }],
  ])("%s", (_name, config) => {
    expect(complaint(config)).toBe("");
  });

  test("no configuration at all", () => {
    expect(complaint(undefined)).toBe("");
    expect(complaint(null)).toBe("");
  });
});

describe("header lines, by every way in", () => {
  const BAD = ["x\r\nEvil: 1", "x\nEvil: 1", "x\rEvil: 1", "x\0", "x\x7f", "\r\n\r\nx"];
  test.each(BAD)("append_header refuses %j as a value", (value) => {
    install(new TestBoard());
    const client = ws.esp_websocket_client_init({ uri: "ws://server/" });
    expect(ws.esp_websocket_client_append_header(client, "A", value)).toBe(ws.ESP_ERR_INVALID_ARG);
  });
  test.each(["", "A B", "A:", "A: 1\r\nB", "A\r\nB", "é", " A"])("append_header refuses %j as a name", (name) => {
    install(new TestBoard());
    const client = ws.esp_websocket_client_init({ uri: "ws://server/" });
    expect(ws.esp_websocket_client_append_header(client, name, "x")).toBe(ws.ESP_ERR_INVALID_ARG);
  });
  test.each(BAD.filter((value) => !/\nEvil/.test(value)))("`headers` refuse %j", (value) => {
    expect(complaint({ headers: "A: " + value })).toMatch(/^headers /);
  });
  test.each(["user_agent", "subprotocol", "path", "host", "cert_common_name"])("%s refuses a line break", (field) => {
    expect(complaint({ [field]: "x\r\nEvil: 1" })).toMatch(new RegExp("^" + field));
  });
});
