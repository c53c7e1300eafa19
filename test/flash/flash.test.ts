// flash.sh against a board whose every fault can be had (scripted_board.ts).

import { once } from "node:events";
import * as net from "node:net";
import { FlashProject, SHORT, expectFailure } from "./flash_project";
import { BoardOptions, ScriptedBoard, StorageWrite } from "./scripted_board";

const MODULE = "esp_websocket_client";
const OLD = "exports.version=0;";

let project: FlashProject;
let board: ScriptedBoard;
let port: string;

async function boot(options: BoardOptions = {}): Promise<void> {
  board = new ScriptedBoard(options);
  port = await board.listen();
}

/** The path of a write that is part of an upload, not of the copy that ends it. */
const isUpload = (write: StorageWrite): boolean => write.name.startsWith("flash.tmp");

beforeEach(() => {
  project = new FlashProject();
});

afterEach(async () => {
  project.remove();
  await board?.close();
});

describe("an upload", () => {
  test("stores the bundle byte for byte, leaves nothing else behind and restarts the interpreter", async () => {
    await boot();
    const loads: unknown[] = [];
    board.on("load", (name) => loads.push(name));
    const result = await project.run(["-p", port]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(board.get(MODULE)).toBe(project.bundle);
    expect(board.storage.list()).toEqual([MODULE]);
    expect(loads).toEqual([undefined]);
  });

  test("prints the board's version, free variables, modules, progress and checksum", async () => {
    await boot({ version: "2v21", name: "ESP32C3_IDF4", freeVariables: 3210 });
    const { stdout } = await project.run(["-p", port]);
    expect(stdout).toContain("Espruino 2v21 on ESP32C3_IDF4");
    expect(stdout).toContain("3,210 free of 5,000");
    expect(stdout).toContain("net yes, tls yes, crypto yes");
    expect(stdout).toContain("100%");
    expect(stdout).toMatch(/Verified esp_websocket_client: 1,\d{3} bytes with CRC-32 [0-9a-f]{8}/);
  });

  test("replaces an old file", async () => {
    await boot();
    board.put(MODULE, OLD);
    expect((await project.run(["-p", port])).status).toBe(0);
    expect(board.get(MODULE)).toBe(project.bundle);
  });

  test("is left out for what is on the board already", async () => {
    await boot();
    await project.run(["-p", port]);
    let writes = 0;
    board.options.faults = { onWrite: () => writes++ };
    const result = await project.run(["-p", port]);
    expect(result.status).toBe(0);
    expect(result.stdout).toContain("is on the board already");
    expect(writes).toBe(0);
  });

  test("works on firmware without E.CRC32", async () => {
    await boot({ hasCrc32: false });
    const result = await project.run(["-p", port]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(board.get(MODULE)).toBe(project.bundle);
  });

  test("waits for a board that is slow to write its flash", async () => {
    // The CLI gives up 2 s after its last byte; this board needs longer.
    project.write("dist/esp_websocket_client.min.js", "/".repeat(20 * 384));
    await boot({ faults: { writeMs: 150 } });
    const result = await project.run(["-p", port]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(board.get(MODULE)).toHaveLength(20 * 384);
  });

  test("connects again when reset() ends the connection", async () => {
    await boot({ resetDisconnects: true });
    const result = await project.run(["-p", port]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(board.connections).toBe(2);
    expect(board.get(MODULE)).toBe(project.bundle);
  });

  test("brings --websocket along", async () => {
    await boot();
    expect((await project.run(["--websocket", "-p", port])).status).toBe(0);
    expect(board.get(MODULE)).toBe(project.bundle);
    expect(board.get("websocket")).toBe(project.websocketBundle);
  });

  test("reads nothing back at the end with --no-verify, but checks before it replaces", async () => {
    await boot();
    board.options.faults = {
      onWrite: (write) => {
        if (!isUpload(write) && write.offset > 0) write.data = Buffer.from(write.data.map((byte) => byte ^ 1));
      },
    };
    const unverified = await project.run(["-p", port, "--no-verify"]);
    expect(unverified.status).toBe(0);
    expect(unverified.stdout).not.toContain("Verified");

    board.put(MODULE, OLD);
    board.options.faults = {
      onWrite: (write) => {
        if (isUpload(write)) write.data = Buffer.from(write.data.map((byte) => byte ^ 1));
      },
    };
    expectFailure(await project.run(["-p", port, "--no-verify"]), /checksum mismatch/);
    expect(board.get(MODULE)).toBe(OLD);
  });
});

describe("an app", () => {
  const source = 'var ws = require("esp_websocket_client");\n';

  test("is stored under its file name and started", async () => {
    project.write("examples/echo.js", source);
    await boot();
    const load = once(board, "load");
    const result = await project.run(["-p", port, "--app", "examples/echo.js"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(await load).toEqual(["echo.js"]);
    expect(board.get("echo.js")).toBe(source);
    expect(board.get(".bootcde")).toBeUndefined();
  });

  test("becomes the boot code with --boot", async () => {
    project.write("echo.js", source);
    await boot();
    const load = once(board, "load");
    expect((await project.run(["-p", port, "--app=echo.js", "--boot"])).status).toBe(0);
    expect(await load).toEqual([undefined]);
    expect(board.get(".bootcde")).toBe(source);
  });

  test("that .bootrst would keep from starting is refused before anything is written", async () => {
    project.write("echo.js", source);
    await boot();
    board.put(".bootrst", "1");
    expectFailure(await project.run(["-p", port, "--app", "echo.js", "--boot"]), /\.bootrst .*erase it/);
    expect(board.storage.list()).toEqual([".bootrst"]);
  });

  test("gets a warning for a module that is not on the board", async () => {
    project.write("echo.js", 'require("websocket"); require("net"); require("lamp");');
    await boot();
    const result = await project.run(["-p", port, "--app", "echo.js"]);
    expect(result.status).toBe(0);
    expect(result.stderr.trim().split("\n")).toEqual([
      expect.stringMatching(/"websocket", which is not on the board: add --websocket$/),
      expect.stringMatching(/"lamp", which is not on the board$/),
    ]);
  });

  test("loses the byte order mark that an editor has put in front", async () => {
    project.write("echo.js", `\xef\xbb\xbf${source}`);
    await boot();
    expect((await project.run(["-p", port, "--app", "echo.js"])).status).toBe(0);
    expect(board.get("echo.js")).toBe(source);
  });

  test.each([
    ["", undefined],
    ["--boot", ".bootcde"],
  ])("that throws when it starts is a failure %s", async (option, stored) => {
    project.write("echo.js", source);
    await boot();
    board.options.faults = {
      onLoad: () => "2v29 (c) Espruino\r\n\r\nUncaught Error: Oh no\r\n at line 3 col 7 in echo.js\r\n",
    };
    const result = await project.run(["-p", port, "--app", "echo.js", ...(option ? [option] : [])]);
    expectFailure(result, /^flash: the app failed when it started: Uncaught Error: Oh no at line 3 col 7 in echo\.js$/);
    expect(board.get(stored ?? "echo.js")).toBe(source);
  });

  test("that does not return gets a warning", async () => {
    project.write("echo.js", source);
    await boot();
    board.options.faults = { onLoad: () => (board.goSilent(), "") };
    const result = await project.run(["-p", port, "--app", "echo.js"], SHORT);
    expect(result.stderr).toMatch(/^flash: warning: what was started has not come to an end for 4 s.*docs\/boards\.md/);
    expect(result.status).toBe(0);
  });

  test("without --boot, or no app, an older boot script is told of and stays", async () => {
    project.write("echo.js", source);
    await boot();
    board.put(".bootcde", "old()");
    const warning =
      /^flash: warning: the board has an older \.bootcde.* starts with the board.*: --no-boot removes it\n$/;
    const app = await project.run(["-p", port, "--app", "echo.js"]);
    expect(app.stderr).toMatch(warning);
    expect(app.stderr).toContain(", and not echo.js");
    expect((await project.run(["-p", port])).stderr).toMatch(warning);
    expect(board.get(".bootcde")).toBe("old()");
  });

  test("--no-boot removes the boot script", async () => {
    await boot();
    board.put(".bootcde", "old()");
    const dry = await project.run(["-p", port, "--no-boot", "--dry-run"]);
    expect(dry.stdout).toContain("Would remove .bootcde.");
    expect(board.get(".bootcde")).toBe("old()");
    const result = await project.run(["-p", port, "--no-boot"]);
    expect(result.stderr).toBe("");
    expect(result.stdout).toContain("Removed .bootcde");
    expect(board.storage.list()).toEqual([MODULE]);
  });

  test.each([
    ["a_name_of_twenty_nine_chars.js", "x", /cannot be called/],
    ["esp websocket.js", "x", /cannot be called/],
    ["app.ts", "x", /not a \.js file/],
    ["app.js", "", /is empty/],
  ])("%s is refused before the board is asked", async (name, text, message) => {
    project.write(name, text);
    await boot();
    expectFailure(await project.run(["-p", port, "--app", name]), message);
    expect(board.connections).toBe(0);
  });
});

describe("--psk", () => {
  test("brings the module tls_psk along", async () => {
    project.write("dist/tls_psk.min.js", "exports.psk=1");
    await boot();
    expect((await project.run(["--psk", "-p", port])).status).toBe(0);
    expect(board.get("tls_psk")).toBe("exports.psk=1");
  });

  test("says that the file is missing", async () => {
    await boot();
    expectFailure(await project.run(["--psk", "-p", port]), /dist\/tls_psk\.min\.js is missing: /);
    expect(board.connections).toBe(0);
  });
});

describe("--monitor", () => {
  test("shows what the board prints until Ctrl-C, and leaves it running", async () => {
    project.write("echo.js", "1");
    await boot({ faults: { onLoad: () => "\r\nthe first line\r\n" } });
    const running = project.start(["-p", port, "--app", "echo.js", "--monitor"]);
    await running.until(/\nthe first line\n/);
    const events: string[] = [];
    board.on("reset", () => events.push("reset"));
    board.on("interrupt", () => events.push("interrupt"));
    board.say("\r\x1b[Ja later line\r\n>");
    await running.until(/\na later line\n/);
    running.child.kill("SIGINT");
    expect(await running.outcome).toMatchObject({ status: 0, stderr: "" });
    expect((await running.outcome).stdout).not.toContain("<#");
    expect(events).toEqual([]);
  });

  test("ends with 1 when the connection is lost", async () => {
    await boot();
    const running = project.start(["-p", port, "--monitor"]);
    await running.until(/Ctrl-C ends this/);
    board.cut();
    expectFailure(await running.outcome, /the connection to tcp:.* was cut/);
  });
});

describe("--dry-run", () => {
  test("says what it would do and does none of it", async () => {
    project.write("echo.js", "1");
    await boot();
    board.put(MODULE, OLD);
    board.put("flash.tmp0", "left over");
    const events: string[] = [];
    board.on("reset", () => events.push("reset"));
    board.on("load", () => events.push("load"));
    const result = await project.run(["-p", port, "--dry-run", "--app", "echo.js"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(result.stdout).toContain(`Would upload ${MODULE}`);
    expect(result.stdout).toContain("Would upload echo.js: 1 bytes");
    expect(board.storage.list()).toEqual([MODULE, "flash.tmp0"]);
    expect(board.get(MODULE)).toBe(OLD);
    expect(events).toEqual([]);
  });
});

describe("a firmware that lacks something", () => {
  test("without net, tls, crypto or memory gets warnings", async () => {
    await boot({ modules: "Flash,Storage", freeVariables: 900 });
    const result = await project.run(["-p", port]);
    expect(result.status).toBe(0);
    const lines = result.stderr.trim().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/warning: .*`net`/);
    expect(lines[1]).toMatch(/warning: .*`tls`.*wss:/);
    expect(lines[2]).toMatch(/warning: .*`crypto`/);
    expect(lines[3]).toMatch(/warning: only 900 variables/);
  });

  test("with little C heap gets a warning about wss", async () => {
    await boot({ freeHeap: 39828 });
    const { stdout, stderr } = await project.run(["-p", port]);
    expect(stdout).toContain("C heap:    39,828 bytes free\n");
    expect(stderr).toMatch(/^flash: warning: wss:\/\/ will not fit: .*42,000.* 39,828 are free.*PSRAM.*\n$/);
    board.options.freeHeap = 120000;
    board.restart();
    expect((await project.run(["-p", port])).stderr).toBe("");
  });

  test("too old for long names is refused", async () => {
    await boot({ version: "2v04" });
    expectFailure(await project.run(["-p", port]), /2v04 is too old.*--firmware/);
    expect(board.storage.list()).toEqual([]);
  });
});

describe("a failure leaves the old file and says what to do:", () => {
  /** What must hold after each failed upload, and that the next one succeeds. */
  async function expectOldFileAndRecovery(): Promise<void> {
    expect(board.get(MODULE)).toBe(OLD);
    board.options.faults = {};
    board.restart();
    const again = await project.run(["-p", port]);
    expect(again.stderr).toBe("");
    expect(again.status).toBe(0);
    expect(board.get(MODULE)).toBe(project.bundle);
    expect(board.storage.list()).toEqual([MODULE]);
  }

  test("the connection is cut in the middle of the upload", async () => {
    await boot();
    board.put(MODULE, OLD);
    board.options.faults = {
      onWrite: (write, self) => {
        if (isUpload(write) && write.offset > 700) self.cut();
      },
    };
    expectFailure(await project.run(["-p", port]), /connection .* was cut.*before is untouched$/);
    expect(board.storage.list()).toEqual([MODULE, "flash.tmp0"]);
    await expectOldFileAndRecovery();
  });

  test("the board falls silent in the middle of the upload", async () => {
    await boot();
    board.put(MODULE, OLD);
    board.options.faults = {
      onWrite: (write, self) => {
        if (isUpload(write) && write.offset > 700) self.goSilent();
      },
    };
    expectFailure(await project.run(["-p", port], SHORT), /stopped answering \(4 s\).*before is untouched$/);
    await expectOldFileAndRecovery();
  });

  test("half a line of a cut upload waits in the console", async () => {
    await boot();
    board.put(MODULE, OLD);
    // The other console of a board shares nothing with ours here, so the half line comes on our own connection.
    const { port: number } = new URL(port);
    const through = net.createServer((socket) => {
      const toBoard = net.connect(Number(number), "127.0.0.1");
      toBoard.write('\x10require("Storage").write("flash.tmp0",atob("AAAA');
      socket.pipe(toBoard).pipe(socket);
      for (const end of [socket, toBoard])
        end.on("error", () => {}).on("close", () => (socket.destroy(), toBoard.destroy()));
    });
    through.listen(0, "127.0.0.1");
    await once(through, "listening");
    const result = await project.run(["-p", `tcp://127.0.0.1:${(through.address() as net.AddressInfo).port}`]);
    through.close();
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(board.get(MODULE)).toBe(project.bundle);
  });

  test("flash holds a wrong byte once: the file is sent again", async () => {
    await boot();
    board.put(MODULE, OLD);
    let hits = 0;
    board.options.faults = {
      onWrite: (write) => {
        if (isUpload(write) && write.offset > 384 && hits++ === 0) write.data[7]! ^= 0x20;
      },
    };
    const result = await project.run(["-p", port]);
    expect(result.stderr).toMatch(/^flash: warning: the upload was stored damaged .*once more\n$/);
    expect(result.status).toBe(0);
    expect(board.get(MODULE)).toBe(project.bundle);
  });

  test("flash holds a wrong byte each time: checksum mismatch", async () => {
    await boot();
    board.put(MODULE, OLD);
    board.options.faults = {
      onWrite: (write) => {
        if (isUpload(write) && write.offset > 384) write.data[7]! ^= 0x20;
      },
    };
    expectFailure(await project.run(["-p", port]), /checksum mismatch: its flash holds something else.*untouched$/);
    await expectOldFileAndRecovery();
  });

  test("Storage has no room for old and new", async () => {
    await boot({ storageBytes: 2000 });
    board.put(MODULE, OLD);
    expectFailure(await project.run(["-p", port]), /Storage is too full: [\d,]+ bytes are free and [\d,]+ are needed/);
    expect(board.get(MODULE)).toBe(OLD);
    expect(board.storage.list()).toEqual([MODULE]);
  });

  test("Storage refuses the file although it said that there was room", async () => {
    await boot();
    board.put(MODULE, OLD);
    board.options.faults = {
      onWrite: (write) => {
        if (isUpload(write)) throw new Error("Unable to find or create file");
      },
    };
    expectFailure(
      await project.run(["-p", port]),
      /Storage refused .* although 65,\d{3} bytes are free.*before is untouched$/
    );
    await expectOldFileAndRecovery();
  });

  test("erased files are cleared out of a full Storage first", async () => {
    await boot({ storageBytes: 6000 });
    board.put(MODULE, OLD);
    board.put("old", "x".repeat(4000));
    board.storage.erase("old");
    await expectOldFileAndRecovery();
  });

  test("the stored copy is damaged", async () => {
    await boot();
    board.options.faults = {
      onWrite: (write) => {
        if (!isUpload(write) && write.offset > 0) write.data[0]! ^= 1;
      },
    };
    expectFailure(await project.run(["-p", port]), /checksum mismatch: esp_websocket_client .*run this again/);
  });
});

describe("no board:", () => {
  test("it does not answer", async () => {
    await boot({ faults: { silent: true } });
    expectFailure(await project.run(["-p", port], SHORT), /did not answer in 4 s.*reset button/);
  });

  test("the baud rate is wrong", async () => {
    await boot({ faults: { garbage: true } });
    expectFailure(await project.run(["-p", port], SHORT), /garbled: choose another rate with -b/);
  });

  test("another program answers: the end of what it says is shown", async () => {
    await boot({ faults: { otherProgram: "\x1b[2J\x1b[1;1HBusyBox v1.36\r\n\r\n\x1b[32mrouter login: \x1b[0m" } });
    expectFailure(await project.run(["-p", port], SHORT), /not Espruino's prompt \(it says "router login:"\)/);
  });

  test("another program answers with a line without end: only its end is shown", async () => {
    // Longer than what is shown, however often it was asked.
    await boot({ faults: { otherProgram: `${"no carrier ".repeat(10)}login: ` } });
    expectFailure(
      await project.run(["-p", port], SHORT),
      /not Espruino's prompt \(it says "\.\.\.[no carrier]{54}login:"\)/
    );
  });

  test("the console has a password", async () => {
    await boot({ faults: { otherProgram: "Password required\r\nPassword:" } });
    expectFailure(await project.run(["-p", port], SHORT), /asks for a password/);
  });

  test("nothing listens", async () => {
    await boot();
    await board.close();
    expectFailure(await project.run(["-p", port]), /nothing listens at tcp:/);
    await boot();
  });

  test.each(["tcp://", "tcp://host:0", "tcp://host:99999", "tcp://a:b:c", "tcp:host"])(
    "%s is no address",
    async (name) => {
      await boot();
      expectFailure(await project.run(["-p", name]), /write it as tcp:\/\/host:port/);
    }
  );
});
