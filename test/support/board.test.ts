/** The target "board", against Espruino for Linux with its console on a TCP port. */
import { findEspruino } from "../../tools/find_espruino.cjs";
import { type ConsoleBoard, startConsoleBoard } from "./console_board";
import { startPeer, text } from "./peer";
import { boards, type Target } from "./targets";

const program = findEspruino();

(program ? describe : describe.skip)("a board behind a console, played by Espruino for Linux", () => {
  let consoleBoard: ConsoleBoard;
  let board: Target;
  beforeAll(async () => {
    consoleBoard = await startConsoleBoard(program!);
    board = boards(consoleBoard.port)[0]!;
  });
  afterAll(() => consoleBoard.close());

  test("a script finds its variables, its modules and the library, and prints every line", async () => {
    const result = await board.run(
      `print(NAME, LIST.length);
      print(require("more").value, typeof require("esp_websocket_client").esp_websocket_client_init);
      setTimeout(function () { print("later"); print("DONE"); }, 10);`,
      { preset: { NAME: "Küche\n\\", LIST: [1, 2] }, storage: { more: "exports.value = 7;" } }
    );
    expect(result).toEqual({ lines: ["Küche", "\\ 2", "7 function", "later"], uncaught: [], done: true });
  });

  test("ends with the last timer and the last socket; nothing is left for the next script", async () => {
    const peer = await startPeer(async (connection) => {
      await connection.handshake();
      connection.send(text("hello"));
      await connection.end();
    });
    try {
      const result = await board.run(
        `var ws = require("esp_websocket_client");
        var client = ws.esp_websocket_client_init({ uri: URL, disable_auto_reconnect: true });
        client.on("data", function (event) {
          print(E.toString(event.data_ptr));
          setTimeout(function () { ws.esp_websocket_client_destroy(client); }, 2000);
        });
        ws.esp_websocket_client_start(client);`,
        { preset: { URL: peer.url } }
      );
      expect(result).toEqual({ lines: ["hello"], uncaught: [], done: false });
    } finally {
      await peer.close();
    }
    const next = await board.run(`print(typeof client, typeof URL, typeof _s); print("DONE");`);
    expect(next.lines).toEqual(["undefined undefined undefined"]);
  });

  test("tells exceptions from lines, and stops what does not end", async () => {
    let seen = (): void => {};
    const line = new Promise<void>((resolve) => (seen = resolve));
    const running = board.start(
      `setTimeout(function () { throw new Error("mine"); }, 1);
      setTimeout(function () { print("runs"); setInterval(function () {}, 1); }, 20);`,
      { onLine: () => seen() }
    );
    await Promise.race([line, running.result]);
    await running.stop();
    expect(await running.result).toEqual({ lines: ["runs"], uncaught: ["Uncaught Error: mine"], done: false });
  });

  test("a board that goes away fails the run, with a sentence", async () => {
    const running = board.start(`setInterval(function () {}, 10); print("on");`, { onLine: () => consoleBoard.kill() });
    await expect(running.result).rejects.toThrow("its connection ended");
    await expect(board.run("")).rejects.toThrow(/closed|cut|did not|nothing listens/);
  });
});
