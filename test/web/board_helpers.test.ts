/** What the page puts in front of a script, on the boards: the lines of the timeline, and joining a Wi-Fi. */
import fs from "node:fs";
import path from "node:path";
import { startEcho, type Echo } from "../examples/server";
import { describeTargets, interpreters, simulators, type RunOptions, type Target } from "../support/targets";
import { parseEvent } from "../../web/event_lines";
import { preamble, wifiModule } from "../../web/script_text";
import { Timeline } from "../../web/timeline";

const root = path.join(__dirname, "../..");
const read = (name: string): string => fs.readFileSync(path.join(root, name), "utf8");
const timelineModule = read("web/board/ws_timeline.js");
const wifiSource = read("web/board/ws_wifi.js");
const websocket = read("dist/websocket.min.js");

/** A Wi-Fi that refuses the first attempt, where it is told to, and says what it was asked for. */
const wifi = (refusals: number): string => `
  var refusals = ${refusals};
  exports.connect = function (name, options, callback) {
    print("asked for " + name + " with " + options.password);
    setTimeout(function () { callback(refusals-- > 0 ? "no such network" : null); }, 20);
  };
  exports.getIP = function () { return { ip: "192.168.1.50" }; };`;

/** The simulator, and what differs most. */
const boards = [
  simulators()[0]!,
  ...interpreters().filter(({ byteStrings, longBits }) => !byteStrings || longBits === 32),
];

let echo: Echo;
beforeEach(async () => (echo = await startEcho()));
afterEach(() => echo.close());

interface Printed {
  /** Directions, events and sizes. */
  events: string[];
  text: string[];
  uncaught: string[];
}

async function run(target: Target, source: string, options: RunOptions = {}, withWifi = false): Promise<Printed> {
  const network = { name: 'my "net"', password: "pass\\word" };
  const plan = { url: echo.url, timeline: true, ...(withWifi && { wifi: network }) };
  const { lines, uncaught } = await target.run(preamble(plan) + source, {
    ...options,
    storage: {
      ws_timeline: timelineModule,
      ws_wifi: wifiModule(wifiSource, network),
      websocket,
      ...options.storage,
    },
  });
  const timeline = new Timeline();
  const printed: Printed = { events: [], text: [], uncaught };
  for (const line of lines) {
    const event = parseEvent(line);
    if (!event) printed.text.push(line);
    else {
      const row = timeline.add(event, 0);
      if (row.event === "header") continue;
      printed.events.push([event.client, row.direction, row.event, row.size, row.details].join(" ").trim());
    }
  }
  return printed;
}

describeTargets(
  "ws_timeline",
  (target) => {
    test("prints the events of an example, which is not changed", async () => {
      const { events, text, uncaught } = await run(target, read("examples/echo.js"));
      expect(uncaught).toEqual([]);
      expect(events).toEqual([
        "1 state begin",
        "1 state before connect",
        "1 state connected",
        "1 sent text 20",
        "1 sent binary 5",
        "1 received text 20",
        "1 received binary 5",
        "1 sent close",
        "1 received close 0",
        "1 state closed  without a code",
        "1 state finish",
      ]);
      expect(text).toContain("data, text: Hello from the board");
    });

    test("knows the parts of a message, and its end", async () => {
      const { events } = await run(target, read("examples/fragments.js"));
      expect(events.filter((line) => /sent/.test(line))).toEqual([
        "1 sent text, first part 16",
        "1 sent continuation 12",
        "1 sent continuation 13",
        "1 sent end of the message 0",
        "1 sent close  1000, normal closure",
      ]);
    });

    test("tells clients apart", async () => {
      const { events } = await run(target, read("examples/several.js"));
      for (const client of [1, 2, 3]) expect(events).toContain(`${client} received text 8`);
      expect(events.filter((line) => / finish/.test(line))).toHaveLength(3);
    });

    test("watches the browser's WebSocket, too", async () => {
      const { events, uncaught } = await run(
        target,
        `var WebSocket = require("websocket");
         var socket = new WebSocket(WS_URL);
         socket.onopen = function () { socket.send("Hello"); };
         socket.onmessage = function () { socket.close(1000); };`
      );
      expect(uncaught).toEqual([]);
      expect(events).toContain("1 sent text 5");
      expect(events).toContain("1 received text 5");
      expect(events).toContain("1 sent close  1000, normal closure");
    });

    test("shows what was refused, and errors", async () => {
      const address = echo.url.replace(/\d+\/$/, "1/");
      const { events } = await run(
        target,
        `var ws = require("esp_websocket_client");
         var client = ws.esp_websocket_client_init({ uri: "${address}", disable_auto_reconnect: true });
         ws.esp_websocket_client_start(client);
         ws.esp_websocket_client_send_text(client, "too early");`
      );
      expect(events).toContain("1 sent text  refused: not connected, or the send queue is full");
      expect(events.find((line) => /^1 state error/.test(line))).toMatch(/error {2}\S/);
    });

    test("gives back what the client's functions give", async () => {
      const { text } = await run(
        target,
        `var ws = require("esp_websocket_client");
         print(ws.esp_websocket_client_init({ uri: "no address" }));
         print(ws.esp_websocket_client_send_text(undefined, "x"));
         var client = ws.esp_websocket_client_init({ uri: WS_URL });
         client.on("connected", function () {
           print(ws.esp_websocket_client_send_text(client, "four"));
           ws.esp_websocket_client_destroy(client);
         });
         ws.esp_websocket_client_start(client);`
      );
      expect(text.slice(-3)).toEqual([expect.stringMatching(/^(undefined|null)$/), "-1", "4"]);
    });
  },
  boards
);

describeTargets(
  "ws_wifi",
  (target) => {
    test("joins, and clients start when it has", async () => {
      const { events, text } = await run(target, read("examples/echo.js"), { storage: { Wifi: wifi(0) } }, true);
      expect(text[0]).toBe('asked for my "net" with pass\\word');
      expect(events.slice(0, 4)).toEqual([
        "0 state joining Wi-Fi",
        "0 state Wi-Fi joined  address 192.168.1.50",
        "1 state begin",
        "1 state before connect",
      ]);
      expect(events.at(-1)).toBe("1 state finish");
      expect(echo.messages).toHaveLength(2);
    });

    test("tries again where it could not join", async () => {
      const plan = { url: echo.url, timeline: false, wifi: { name: "net", password: "" } };
      // The pause before that is not waited for.
      const module = wifiModule(wifiSource.replace("10000", "10"), plan.wifi);
      const { lines } = await target.run(preamble(plan) + read("examples/several.js"), {
        storage: { Wifi: wifi(1), ws_wifi: module },
      });
      expect(lines.filter((line) => /^asked/.test(line))).toEqual([
        "asked for net with undefined",
        "asked for net with undefined",
      ]);
      expect(lines.filter((line) => /"failed","text":"no such network"/.test(line))).toHaveLength(1);
      expect(echo.messages.sort()).toEqual(["I am ann", "I am bob", "I am cyd"]);
    });

    test("without the module Wifi, says so, and clients start", async () => {
      const { events } = await run(target, read("examples/echo.js"), {}, true);
      expect(events[0]).toBe("0 state no Wi-Fi  this firmware has no module Wifi");
      expect(echo.messages).toHaveLength(2);
    });
  },
  // The simulator has a Wifi of its own.
  boards.filter(({ real }) => real)
);
