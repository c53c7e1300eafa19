/** The JerryScript board on scripted sockets: the order of events, and what the host must never see. */
import fs from "node:fs";
import path from "node:path";
import type * as api from "../../../src/api/esp_websocket_client";
import { acceptFor } from "../../support/peer";
import { JerryScriptHost, HostOptions } from "./host";
import { bytesOf, HostBuffer } from "./host_buffer";
import { HostEmitter } from "./host_emitter";
import { IOTJS_BUNDLE } from "./run";

const bundle = fs.readFileSync(path.join(__dirname, "../../..", IOTJS_BUNDLE), "utf8");

/** A socket that does what the test says. */
class ScriptedSocket extends HostEmitter {
  readonly writes: Buffer[] = [];
  readonly calls: string[] = [];
  private callbacks: ((status: unknown) => void)[] = [];
  /** Thrown by the next write. */
  broken: Error | undefined;

  constructor(
    readonly options: Record<string, unknown>,
    readonly connected: () => void
  ) {
    super();
  }

  write(data: HostBuffer, callback: (status: unknown) => void): boolean {
    if (this.broken) throw this.broken;
    if (!HostBuffer.isBuffer(data)) throw new TypeError("invalid argument");
    this.calls.push("write");
    this.writes.push(bytesOf(data));
    this.callbacks.push(callback);
    return true;
  }

  end(): void {
    this.calls.push("end");
  }

  destroy(): void {
    this.calls.push("destroy");
  }

  /** The write that is under way comes to its end. */
  written(status: unknown = 0): void {
    this.callbacks.shift()!(status);
  }

  /** Writes whose end has not come yet. */
  get underWay(): number {
    return this.callbacks.length;
  }
}

const hosts: JerryScriptHost[] = [];
afterEach(() => hosts.splice(0).forEach((host) => host.close()));

interface Rig {
  host: JerryScriptHost;
  ws: typeof api;
  client: api.Client;
  /** Events so far, DATA and HEADER_RECEIVED left out: their names, ERROR with its message. */
  events: string[];
  lines: string[];
  /** All sockets that were opened. */
  sockets: ScriptedSocket[];
  /** Resolves with the socket of that index. */
  socket(index?: number): Promise<ScriptedSocket>;
}

function createHost(options: HostOptions = {}): JerryScriptHost {
  const host = new JerryScriptHost({ modules: { esp_websocket_client: bundle }, ...options });
  hosts.push(host);
  return host;
}

function start(config: api.Config = {}, options: HostOptions = {}): Rig {
  const sockets: ScriptedSocket[] = [];
  const lines: string[] = [];
  let wake = (): void => {};
  const connect = (socketOptions: Record<string, unknown>, connected: () => void): ScriptedSocket => {
    const socket = new ScriptedSocket(socketOptions, connected);
    sockets.push(socket);
    wake();
    return socket;
  };
  const host = createHost({
    ...options,
    natives: { net: { connect }, tls: { connect }, ...options.natives },
    onLine: (line) => lines.push(line),
  });
  const ws = host.load("esp_websocket_client") as typeof api;
  const client = ws.esp_websocket_client_init({ uri: "ws://board.test/", reconnect_timeout_ms: 1, ...config })!;
  const events: string[] = [];
  const names = "ERROR CONNECTED DISCONNECTED DATA CLOSED BEFORE_CONNECT BEGIN FINISH HEADER_RECEIVED".split(" ");
  ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ANY, (_arg, _base, id, { data_ptr }) => {
    if (names[id] === "ERROR") events.push(`ERROR ${data_ptr}`);
    else if (names[id] !== "DATA" && names[id] !== "HEADER_RECEIVED") events.push(names[id]);
  });
  expect(ws.esp_websocket_client_start(client)).toBe(ws.ESP_OK);
  const socket = async (index = 0): Promise<ScriptedSocket> => {
    while (sockets.length <= index) await new Promise<void>((resolve) => (wake = resolve));
    return sockets[index];
  };
  return { host, ws, client, events, lines, sockets, socket };
}

/** Goes through the opening handshake. */
async function open(rig: Rig, index = 0): Promise<ScriptedSocket> {
  const socket = await rig.socket(index);
  socket.connected();
  const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(socket.writes[0].toString())![1];
  socket.written();
  const head = `HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n`;
  socket.emit("data", HostBuffer.of(Buffer.from(`${head}\r\n`)));
  expect(rig.ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
  return socket;
}

const toBegin = ["BEGIN", "BEFORE_CONNECT"];

test("a host without typed arrays is told so at require", () => {
  const host = createHost({ es5: true });
  expect(() => host.load("esp_websocket_client")).toThrow(
    "esp_websocket_client needs typed arrays: use a JerryScript that was built with the es.next profile."
  );
});

test("a reset, which has no close, ends the connection once, and the socket is destroyed", async () => {
  const rig = start();
  const socket = await open(rig);
  socket.emit("error", new Error("read error: -104"));
  expect(socket.calls).toEqual(["write", "destroy"]);
  expect(rig.events).toEqual([...toBegin, "CONNECTED", "ERROR read error: -104", "DISCONNECTED"]);
  socket.emit("finish");
  socket.emit("close");
  socket.emit("error", new Error("read error: -104"));
  socket.emit("close");
  expect(socket.calls).toEqual(["write", "destroy"]);
  expect(rig.events).toHaveLength(5);
  await open(rig, 1);
  expect(rig.events.slice(5)).toEqual(["BEFORE_CONNECT", "CONNECTED"]);
});

test("the code of a reset is in the error handle", async () => {
  const rig = start();
  const codes: number[] = [];
  rig.ws.esp_websocket_register_events(rig.client, rig.ws.WEBSOCKET_EVENT_ERROR, (_arg, _base, _id, event) =>
    codes.push(event.error_handle.esp_transport_sock_errno)
  );
  const socket = await open(rig);
  socket.emit("error", new Error("read error: -104"));
  expect(codes).toEqual([-104]);
});

test("an error may be a string", async () => {
  const rig = start();
  const socket = await open(rig);
  socket.emit("error", "TLS error");
  expect(rig.events.slice(3)).toEqual(["ERROR TLS error", "DISCONNECTED"]);
  expect(socket.calls).toContain("destroy");
});

test("timeout and finish mean nothing", async () => {
  const rig = start();
  const socket = await open(rig);
  socket.emit("timeout");
  socket.emit("finish");
  socket.emit("finish");
  expect(rig.events).toEqual([...toBegin, "CONNECTED"]);
  expect(socket.calls).toEqual(["write"]);
});

test("data behind the end of a connection is not looked at", async () => {
  const rig = start();
  const socket = await open(rig);
  socket.emit("end");
  socket.emit("data", HostBuffer.of(Buffer.from([0x81, 1, 65])));
  expect(rig.events.slice(3)).toEqual([expect.stringMatching(/^ERROR The server closed/), "DISCONNECTED"]);
});

test("one write at a time: what comes meanwhile goes together behind it", async () => {
  const rig = start();
  const socket = await open(rig);
  for (let i = 0; i < 4; i++) rig.ws.esp_websocket_client_send_text(rig.client, "x");
  expect(socket.underWay).toBe(1);
  expect(socket.writes.slice(1).map(({ length }) => length)).toEqual([7]);
  socket.written();
  expect(socket.underWay).toBe(1);
  expect(socket.writes.slice(1).map(({ length }) => length)).toEqual([7, 21]);
});

test("behind a write that failed there is no other, which would raise SIGPIPE", async () => {
  const rig = start();
  const socket = await open(rig);
  for (let i = 0; i < 4; i++) rig.ws.esp_websocket_client_send_text(rig.client, "x");
  socket.written(-104);
  expect(socket.calls).toEqual(["write", "write", "destroy"]);
  expect(rig.events.slice(3)).toEqual(["ERROR The connection cannot be written to: error -104", "DISCONNECTED"]);
  expect(rig.ws.esp_websocket_client_send_text(rig.client, "x")).toBe(-1);
  expect(socket.underWay).toBe(0);
});

test("a write that throws, as one into a closed TLS session, ends the connection and not the process", async () => {
  const rig = start();
  const socket = await open(rig);
  rig.ws.esp_websocket_client_send_text(rig.client, "x");
  rig.ws.esp_websocket_client_send_text(rig.client, "y");
  socket.broken = new TypeError("invalid argument");
  rig.host.enter(() => socket.written());
  expect(rig.events.slice(3)).toEqual(["ERROR invalid argument", "DISCONNECTED"]);
  expect(socket.calls).toContain("destroy");
});

test("a client that is stopped while it connects destroys the socket", async () => {
  const rig = start();
  const socket = await rig.socket();
  rig.ws.esp_websocket_client_stop(rig.client);
  expect(socket.calls).toEqual(["destroy"]);
  socket.connected();
  socket.emit("close");
  expect(rig.events).toEqual([...toBegin, "FINISH"]);
  expect(socket.writes).toEqual([]);
});

test("a close frame leaves before FIN does, and the server's FIN is awaited", async () => {
  const rig = start();
  const socket = await open(rig);
  socket.emit("data", HostBuffer.of(Buffer.from([0x83, 0])));
  expect(rig.events[3]).toMatch(/^ERROR 1002 /);
  expect(socket.writes.at(-1)!.subarray(0, 2)).toEqual(Buffer.from([0x88, 0x82]));
  expect(socket.calls).toEqual(["write", "write"]);
  socket.written();
  expect(socket.calls).toEqual(["write", "write", "end"]);
  socket.emit("end");
  expect(socket.calls).toEqual(["write", "write", "end", "destroy"]);
});

test("a server that never sends FIN is not awaited for ever", async () => {
  const rig = start();
  const socket = await open(rig);
  rig.ws.esp_websocket_client_stop(rig.client);
  expect(socket.calls).toEqual(["write", "end"]);
  await new Promise<void>((resolve) => {
    socket.destroy = resolve;
  });
});

test("received bytes come in pieces, and none after the client was stopped", async () => {
  const rig = start({ buffer_size: 100000 });
  const pieces: number[] = [];
  rig.ws.esp_websocket_register_events(rig.client, rig.ws.WEBSOCKET_EVENT_DATA, (_arg, _base, _id, { data_len }) => {
    if (pieces.push(data_len) === 3) rig.ws.esp_websocket_client_stop(rig.client);
  });
  const socket = await open(rig);
  const frame = Buffer.concat([Buffer.from([0x82, 126, 0x27, 0x10]), Buffer.alloc(10000)]);
  socket.emit("data", HostBuffer.of(frame));
  expect(pieces).toEqual([2044, 2048, 2048]);
});

test("an exception of a handler is printed, and the process lives", async () => {
  const rig = start();
  rig.ws.esp_websocket_register_events(rig.client, rig.ws.WEBSOCKET_EVENT_CONNECTED, () => {
    throw new Error("Oh no");
  });
  const socket = await open(rig);
  while (rig.lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(rig.lines).toEqual(["Uncaught Error: Oh no", expect.stringMatching(/^Error: Oh no\n +at /)]);
  socket.emit("end");
  await rig.socket(1);
});

test("the script's own handler of uncaught exceptions gets it instead", async () => {
  const rig = start();
  rig.host.run('process.on("uncaughtException", function (exception) { console.log("mine: " + exception); });');
  rig.ws.esp_websocket_register_events(rig.client, rig.ws.WEBSOCKET_EVENT_CONNECTED, () => {
    throw new Error("Oh no");
  });
  await open(rig);
  while (rig.lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(rig.lines).toEqual(["mine: Error: Oh no"]);
});

describe("random numbers", () => {
  test("come from /dev/urandom, 64 bytes at a time", async () => {
    const paths: string[] = [];
    const open_ = new Set<number>();
    let next = 0;
    const fileModule = {
      openSync: (file: string) => {
        paths.push(file);
        open_.add(7);
        return 7;
      },
      closeSync: (file: number) => open_.delete(file),
      readSync: (_file: number, buffer: HostBuffer, offset: number, length: number) => {
        for (let i = 0; i < length; i++) buffer.writeUInt8(next++, offset + i);
        return length;
      },
    };
    const rig = start({}, { natives: { fs: fileModule } });
    const socket = await open(rig);
    const keys = new Set<string>();
    for (let i = 0; i < 40; i++) {
      rig.ws.esp_websocket_client_send_bin(rig.client, "");
      socket.written();
      keys.add(socket.writes.at(-1)!.subarray(2).toString("hex"));
    }
    expect(keys.size).toBe(40);
    // All bytes of each draw count, and the file does not stay open.
    for (const key of keys) expect(key).toMatch(/^(..)(?!\1).*/);
    expect(paths).toEqual(["/dev/urandom", "/dev/urandom", "/dev/urandom"]);
    expect(open_.size).toBe(0);
  });

  test("come from Math.random where there is no such file", async () => {
    const rig = start({}, { natives: { fs: undefined } });
    const socket = await open(rig);
    rig.ws.esp_websocket_client_send_bin(rig.client, "");
    socket.written();
    rig.ws.esp_websocket_client_send_bin(rig.client, "");
    expect(socket.writes[1].equals(socket.writes[2])).toBe(false);
  });
});

describe("TLS", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMAIwAA==\n-----END CERTIFICATE-----\n";
  const optionsOf = async (config: api.Config): Promise<Record<string, unknown>> => {
    const { options } = await start({ uri: "wss://board.test:8443/", ...config }).socket();
    const { host, port, servername, ca, rejectUnauthorized } = options;
    return { host, port, servername, ca: ca && String(ca).replace(/\n/g, ""), rejectUnauthorized };
  };
  const ca = pem.replace(/\n/g, "");
  const address = { host: "board.test", port: 8443 };

  test("with a CA the server is verified, and by its own name", async () => {
    expect(await optionsOf({ cert_pem: pem })).toEqual({
      ...address,
      servername: "board.test",
      ca,
      rejectUnauthorized: true,
    });
  });

  test("cert_common_name is the name to verify", async () => {
    expect(await optionsOf({ cert_pem: pem, cert_common_name: "other.test" })).toMatchObject({
      ...address,
      servername: "other.test",
      rejectUnauthorized: true,
    });
  });

  test("crt_bundle_attach alone verifies against the host's own list", async () => {
    expect(await optionsOf({ crt_bundle_attach: () => 0 })).toMatchObject({ ca: undefined, rejectUnauthorized: true });
  });

  test("without any of them the server is not verified", async () => {
    expect(await optionsOf({})).toMatchObject({ rejectUnauthorized: false });
  });

  const refusal = (config: api.Config, natives = {}): [number, string[]] => {
    const host = createHost({ natives });
    const ws = host.load("esp_websocket_client") as typeof api;
    const client = ws.esp_websocket_client_init({ uri: "wss://board.test/", ...config })!;
    const errors: string[] = [];
    ws.esp_websocket_register_events(client, ws.WEBSOCKET_EVENT_ERROR, (_arg, _base, _id, { data_ptr }) =>
      errors.push(String(data_ptr))
    );
    return [ws.esp_websocket_client_start(client), errors];
  };

  test("a check of the chain without the name is refused: the host cannot do it", () => {
    const [code, errors] = refusal({ cert_pem: pem, skip_cert_common_name_check: true });
    expect(code).toBe(0x106);
    expect(errors).toEqual([expect.stringMatching(/cannot do server verification/)]);
  });

  test("a host without tls says so", () => {
    const [code, errors] = refusal({}, { tls: undefined });
    expect(code).toBe(0x106);
    expect(errors).toEqual(["The board cannot do TLS"]);
  });

  test("an IP address, which the host can never verify, needs cert_common_name", async () => {
    const rig = start({ uri: "wss://127.0.0.1/", cert_pem: pem });
    while (rig.events.length < 4) await new Promise((resolve) => setImmediate(resolve));
    expect(rig.events[2]).toMatch(/^ERROR TLS .*set cert_common_name to a name in the server's certificate/);
    expect(rig.sockets).toEqual([]);
    const named = start({ uri: "wss://127.0.0.1/", cert_pem: pem, cert_common_name: "board.test" });
    expect((await named.socket()).options).toMatchObject({ host: "127.0.0.1", servername: "board.test" });
  });

  test("a failed handshake says what to check", async () => {
    const rig = start({ uri: "wss://board.test/", cert_pem: pem });
    const socket = await rig.socket();
    socket.emit("error", new Error("handshake failed"));
    expect(rig.events[2]).toBe(
      "ERROR The TLS handshake failed: check that cert_pem is the server's CA, " +
        "and that its certificate names the host (or cert_common_name)."
    );
    expect(socket.calls).toEqual(["destroy"]);
  });
});
