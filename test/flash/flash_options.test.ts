// flash.sh without a board: its options, what it runs (npm, esptool), the ports it finds, and its shell.

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { FlashProject, expectFailure } from "./flash_project";
import { ScriptedBoard } from "./scripted_board";

let project: FlashProject;

beforeEach(() => {
  project = new FlashProject();
});

afterEach(() => project.remove());

/** Has the serial port library, which asks udevadm on Linux, find these ports. */
function withPorts(...names: string[]): void {
  const devices = names.map(
    (name) => `P: /devices/usb/${name}\nN: ${name}\nE: DEVNAME=/dev/${name}\nE: ID_VENDOR_ENC=Silicon\\x20Labs\n`
  );
  project.write("bin/devices", `${devices.join("\n")}\n`);
  project.program("udevadm", `cat "${path.join(project.bin, "devices")}"`);
}

const onLinux = process.platform === "linux" ? test : test.skip;

test("--help names every option", async () => {
  const { status, stdout, stderr } = await project.run(["--help"]);
  expect(status).toBe(0);
  expect(stderr).toBe("");
  for (const option of [
    "-p",
    "-b",
    "--app",
    "--boot",
    "--no-boot",
    "--websocket",
    "--psk",
    "--monitor",
    "--firmware",
    "--list",
    "--verify",
    "--no-verify",
    "--dry-run",
  ]) {
    expect(stdout).toContain(option);
  }
});

test.each([
  [["--quick"], /unknown option --quick/],
  [["somewhere"], /unknown option somewhere/],
  [["-p"], /-p needs a value/],
  [["--app", "--boot"], /--app needs a value/],
  [["--port="], /--port needs a value/],
  [["--list=yes"], /--list takes no value/],
  [["-b", "fast"], /baud rate fast is not a number/],
  [["-b", "0"], /baud rate 0 is not a number/],
  [["--boot"], /--boot needs --app/],
  [["--app", "a.js", "--boot", "--no-boot"], /--boot and --no-boot contradict/],
])("%j are wrong options", async (args, message) => {
  expectFailure(await project.run(args), message, 2);
});

test("a wrong FLASH_TIMEOUT is named", async () => {
  expectFailure(await project.run([], { FLASH_TIMEOUT: "soon" }), /FLASH_TIMEOUT=soon/, 2);
});

test.each(["--app", "--firmware"])("a missing file for %s is named", async (option) => {
  expectFailure(await project.run([option, "none.js"]), /there is no file none\.js/);
});

describe("ports", () => {
  onLinux("--list prints them", async () => {
    withPorts("ttyUSB0", "ttyACM1", "ttyS0");
    const { status, stdout } = await project.run(["--list"]);
    expect(status).toBe(0);
    expect(stdout).toBe("/dev/ttyUSB0 (Silicon Labs)\n/dev/ttyACM1 (Silicon Labs)\n");
  });

  onLinux("none", async () => {
    withPorts("ttyS0");
    expectFailure(await project.run([]), /no serial port was found: connect the board by USB/);
    expectFailure(await project.run(["--list"]), /no serial port was found/);
  });

  onLinux("several", async () => {
    withPorts("ttyUSB0", "ttyUSB1");
    expectFailure(await project.run([]), /several ports, choose one with -p: \/dev\/ttyUSB0 .*, \/dev\/ttyUSB1/);
  });

  onLinux("one is taken without asking", async () => {
    withPorts("ttyUSB_that_is_gone");
    expectFailure(await project.run([]), /there is no port \/dev\/ttyUSB_that_is_gone/);
  });

  onLinux("a file that is no serial port", async () => {
    expectFailure(await project.run(["-p", "/dev/null"]), /\/dev\/null is not a serial port/);
  });
});

describe("building", () => {
  const bundle = "dist/esp_websocket_client.min.js";

  beforeEach(() => {
    project.write("rollup.config.mjs", "");
    project.write("src/client/client.ts", "");
    project.program("npm", `echo "$@" >> npm.log; printf 'built=1' > ${bundle}; cp ${bundle} dist/websocket.min.js`);
    const past = new Date(0);
    for (const file of ["rollup.config.mjs", "src/client/client.ts"])
      fs.utimesSync(path.join(project.directory, file), past, past);
  });

  const built = (): boolean => fs.existsSync(path.join(project.directory, "npm.log"));
  const withoutBoard = ["-p", "tcp://127.0.0.1:1"];

  test("is left out when the bundles are newer than the sources", async () => {
    await project.run(withoutBoard);
    expect(built()).toBe(false);
  });

  test("is done when a source is newer", async () => {
    const future = new Date(Date.now() + 3600_000);
    fs.utimesSync(path.join(project.directory, "src/client/client.ts"), future, future);
    await project.run(withoutBoard);
    expect(built()).toBe(true);
  });

  test("is done when a bundle is missing, and what was built is uploaded", async () => {
    fs.rmSync(path.join(project.directory, bundle));
    const board = new ScriptedBoard();
    const result = await project.run(["-p", await board.listen()]);
    await board.close();
    expect(result.status).toBe(0);
    expect(fs.readFileSync(path.join(project.directory, "npm.log"), "utf8")).toBe("run --silent build\n");
    expect(board.get("esp_websocket_client")).toBe("built=1");
  });

  test("that fails is named", async () => {
    fs.rmSync(path.join(project.directory, bundle));
    project.program("npm", "exit 1");
    expectFailure(await project.run(withoutBoard), /the build failed/);
  });

  test("cannot be done by the npm package, which says so", async () => {
    fs.rmSync(path.join(project.directory, "rollup.config.mjs"));
    fs.rmSync(path.join(project.directory, bundle));
    expectFailure(
      await project.run(withoutBoard),
      /min\.js is missing: install the package esp-websocket-client again$/
    );
    expect(built()).toBe(false);
  });

  test("is done when the minifier is newer", async () => {
    const future = new Date(Date.now() + 3600_000);
    fs.utimesSync(project.write("build/minify.mjs", ""), future, future);
    await project.run(withoutBoard);
    expect(built()).toBe(true);
  });

  test("is only spoken of in a dry run", async () => {
    fs.rmSync(path.join(project.directory, bundle));
    const result = await project.run([...withoutBoard, "--dry-run"]);
    expect(result.stdout).toBe("Would build the bundles (npm run build).\n");
    expectFailure(result, /min\.js is missing: run `npm run build` in \//);
    expect(built()).toBe(false);
  });

  test("needs what `npm ci` installs", async () => {
    fs.rmSync(path.join(project.directory, bundle));
    fs.rmSync(path.join(project.directory, "node_modules"));
    expectFailure(await project.run(withoutBoard), /the bundles are not built: run `npm ci` in \/.* first$/);
  });
});

describe("--firmware", () => {
  /** An image with Espruino's partition table `at` an offset, or without one. */
  function image(name: string, partitionsAt?: number): void {
    const bytes = Buffer.alloc(0x9000, 0xff);
    bytes[0] = partitionsAt === 0x8000 ? 0xff : 0xe9;
    if (partitionsAt !== undefined) bytes.writeUInt16LE(0x50aa, partitionsAt);
    project.write(name, bytes);
  }

  test.each([
    ["an application", undefined, "0x10000"],
    ["an image from the bootloader on", 0x7000, "0x1000"],
    ["an image of the whole flash", 0x8000, "0x0"],
  ])("flashes %s at its place, then goes on", async (_, partitionsAt, offset) => {
    image("espruino.bin", partitionsAt);
    project.program("esptool", 'echo "$@" > esptool.log');
    const result = await project.run(["-p", "/dev/null", "-b", "460800", "--firmware", "espruino.bin"]);
    expect(fs.readFileSync(path.join(project.directory, "esptool.log"), "utf8")).toBe(
      `--port /dev/null --baud 460800 write_flash ${offset} espruino.bin\n`
    );
    expectFailure(result, /\/dev\/null is not a serial port/);
  });

  test("only says so in a dry run", async () => {
    image("espruino.bin");
    project.program("esptool", "echo > esptool.log");
    const result = await project.run(["-p", "/dev/null", "--firmware", "espruino.bin", "--dry-run"]);
    expect(result.stdout).toContain("Would flash espruino.bin at 0x10000");
    expect(fs.existsSync(path.join(project.directory, "esptool.log"))).toBe(false);
  });

  test("takes no other file", async () => {
    project.write("espruino.bin", "<html>not found</html>");
    project.program("esptool", "echo > esptool.log");
    expectFailure(await project.run(["-p", "/dev/null", "--firmware", "espruino.bin"]), /not an ESP32 firmware/);
    expect(fs.existsSync(path.join(project.directory, "esptool.log"))).toBe(false);
  });

  test("needs a serial port", async () => {
    image("espruino.bin");
    expectFailure(await project.run(["-p", "tcp://127.0.0.1:1", "--firmware", "espruino.bin"]), /serial port only/);
  });

  test("passes esptool's failure on", async () => {
    image("espruino.bin");
    project.program("esptool", "exit 2");
    expectFailure(await project.run(["-p", "/dev/null", "--firmware", "espruino.bin"]), /could not flash.*BOOT button/);
  });

  test("needs esptool", async () => {
    image("espruino.bin");
    // A PATH with what flash.sh uses itself, and no esptool.
    for (const program of ["node", "dirname", "readlink"]) {
      const { stdout } = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
      project.program(program, `exec ${stdout.trim()} "$@"`);
    }
    const result = await project.run(["-p", "/dev/null", "--firmware", "espruino.bin"], { PATH: project.bin });
    expectFailure(result, /needs esptool: install it with `pip install esptool`/);
  });
});

describe("without the serialport library", () => {
  beforeEach(() => fs.rmSync(path.join(project.directory, "node_modules")));

  onLinux("the devices are listed", async () => {
    const devices = fs.readdirSync("/dev").filter((name) => /^tty(ACM|USB|AMA)\d+$/.test(name));
    const { stdout, stderr } = await project.run(["--list"]);
    expect(stdout).toBe(devices.map((name) => `/dev/${name}\n`).join(""));
    expect(stderr).toMatch(devices.length > 0 ? /^$/ : /no serial port was found/);
  });

  test("a file that is no serial port, and one that is not there, are named", async () => {
    expectFailure(await project.run(["-p", "/dev/null"]), /\/dev\/null is not a serial port/);
    expectFailure(await project.run(["-p", "/dev/nothing"]), /there is no port \/dev\/nothing/);
  });

  describe("Windows has no serial ports, and it says what installs it", () => {
    const env = (): NodeJS.ProcessEnv => ({
      NODE_OPTIONS: `--require ${project.write("windows.cjs", 'Object.defineProperty(process, "platform", { value: "win32" });')}`,
    });

    test("in a checkout", async () => {
      project.write("rollup.config.mjs", "");
      fs.utimesSync(path.join(project.directory, "rollup.config.mjs"), new Date(0), new Date(0));
      const where = `run \`npm ci --include=optional\` in ${project.directory}`;
      expectFailure(
        await project.run(["-p", "COM3"], env()),
        new RegExp(`serialport .* not installed: ${where}, or give`)
      );
      expectFailure(await project.run(["--list"], env()), new RegExp(`serialport package is not installed: ${where}$`));
    });

    test.each([
      ["in a project that has the package", true, /: run `npm install --include=optional espruino` in (\/.*)$/],
      ["where the package is installed globally", false, /: run `npm install --include=optional --global espruino`$/],
    ])("%s", (_, hasManifest, message) => {
      if (hasManifest) project.write("user/package.json", "{}");
      const installed = path.join(project.directory, "user/node_modules/esp-websocket-client");
      for (const name of ["flash.sh", "tools", "dist"])
        fs.cpSync(path.join(project.directory, name), path.join(installed, name), { recursive: true });
      const { status, stderr } = spawnSync(path.join(installed, "flash.sh"), ["--list"], {
        encoding: "utf8",
        env: { ...process.env, ...env() },
      });
      expect(status).toBe(1);
      const [, folder] = message.exec(stderr.trim())!;
      if (hasManifest) expect(folder).toBe(path.join(project.directory, "user"));
    });
  });
});

test.each(["127.0.0.1:2323", "esp32.local:23", "[::1]:23", "192.168.1.50"])(
  "%s as a port is told to be an address in the network",
  async (name) => {
    const result = await project.run(["-p", name]);
    expectFailure(result, /looks like a network address: write it as tcp:\/\//);
    expect(result.stderr).toContain(`write it as tcp://${name}\n`);
  }
);

test("flash.sh works through a link, from any folder", async () => {
  const link = path.join(project.directory, "bin", "flash");
  fs.symlinkSync("../flash.sh", link);
  const result = spawnSync(link, ["-p", "tcp://127.0.0.1:0"], { cwd: "/", encoding: "utf8" });
  expect(result.stderr).toMatch(/write it as tcp:\/\/host:port/);
});

const shellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
(shellcheck ? test : test.skip)("shellcheck finds nothing in flash.sh (needs shellcheck)", () => {
  const script = path.resolve(__dirname, "..", "..", "flash.sh");
  const { status, stdout } = spawnSync("shellcheck", [script], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
