/** The handshake and what comes after, against a server that is right, and wrong in one place at a time. */
import tlsPsk from "../../src/api/tls_psk";
import { install } from "../../src/tls_psk/platform";
import { platform, wires } from "./platform";
import { type Faults, handshakeMessage, KEY, record } from "./psk_server";
import { asString, openSession, type Session, session } from "./rig";

const HANDSHAKE_FAILED = 0x801a;
const READ_FAILED = 0x801d;
const CUT_OFF = 0x8008;
const empty = Buffer.alloc(0);

beforeEach(() => {
  wires.length = 0;
  platform.full = false;
});

/** The client has ended the connection by itself: with this alert, a reason, and nothing to read. */
function expectRefused(it: Session, alert: number, name: string): void {
  expect(it.opened).toBe(0);
  expect(it.received).toEqual(empty);
  expect(it.wire.closed).toBe(true);
  expect(it.closed).toEqual([{ code: HANDSHAKE_FAILED, message: expect.stringMatching(`^TLS: ${name} \\(.+\\)$`) }]);
  // In the clear, or, once the client has changed to its keys, encrypted.
  it.server.receive(it.wire.written);
  expect(it.server.alerts).toEqual([[2, alert]]);
}

describe("a handshake", () => {
  test.each<[string, Faults]>([
    ["SHA-256", {}],
    ["SHA-1", { suite: 0x8c }],
    ["a hint", { hint: Buffer.from("prove it: ü") }],
    ["an empty hint", { hint: empty }],
    ["a longer hint", { hint: Buffer.alloc(400, "h") }],
    [
      "short fragments",
      {
        extensions: [
          [1, Buffer.from([2])],
          [0xff01, Buffer.from([0])],
          [22, empty],
          [23, empty],
        ] as [number, Buffer][],
      },
    ],
    [
      "no renegotiation_info",
      {
        extensions: [
          [22, empty],
          [23, empty],
        ] as [number, Buffer][],
      },
    ],
    [
      "server_name acknowledged",
      {
        extensions: [
          [0, empty],
          [22, empty],
          [23, empty],
        ] as [number, Buffer][],
      },
    ],
    ["all messages in one record", { records: (_flight, records) => merge(records) }],
    ["messages cut into many records", { records: (flight, records) => (flight === "hello" ? cut(records) : records) }],
  ])("with %s", (_what, faults) => {
    const it = openSession(faults);
    expect(it.server.identity).toBe("board-7");
    expect(it.server.established).toBe(true);
    it.connection.write(new Uint8Array(Buffer.from("from the client")));
    it.run();
    expect(Buffer.concat(it.server.data).toString()).toBe("from the client");
    it.feed(it.server.send(23, Buffer.from("from the server")));
    expect(it.received.toString()).toBe("from the server");
    expect(it.closed).toEqual([]);
    it.connection.close();
    it.server.receive(it.wire.written);
    expect(it.server.alerts).toEqual([[1, 0]]);
  });

  const merge = (records: Buffer[]): Buffer[] =>
    records[0][0] === 22 ? [record(22, Buffer.concat(records.map((it) => it.subarray(5))))] : records;
  const cut = (records: Buffer[]): Buffer[] =>
    records.flatMap((it) => [...it.subarray(5)].map((byte) => record(22, Buffer.from([byte]))));

  test("byte by byte", () => {
    const it = session();
    it.run((bytes) => {
      for (const byte of bytes.subarray(0, -1)) it.feed(Buffer.from([byte]));
      return bytes.subarray(-1);
    });
    expect(it.opened).toBe(1);
    const sealed = Buffer.concat([it.server.send(23, Buffer.from("one")), it.server.send(23, Buffer.from("two"))]);
    for (const byte of sealed) it.feed(Buffer.from([byte]));
    expect(it.received.toString()).toBe("onetwo");
  });

  test("offers what it should, and nothing else", () => {
    const hello = (host: string, size?: number): string => {
      const it = session({}, { max_fragment_length: size }, host);
      const bytes = it.wire.written;
      expect(bytes.subarray(0, 5)).toEqual(Buffer.from([22, 3, 3, 0, bytes.length - 5]));
      expect(bytes.subarray(5, 11)).toEqual(Buffer.from([1, 0, 0, bytes.length - 9, 3, 3]));
      return bytes.subarray(43).toString("hex");
    };
    // Three suites, no compression; max_fragment_length, encrypt_then_mac, extended_master_secret.
    const suites = "00000600ae008c00ff0100";
    const rest = (code: number) => `000100010${code}0016000000170000`;
    expect(hello("192.168.0.1")).toBe(`${suites}000d${rest(2)}`);
    expect(hello("a.de", 512)).toBe(
      `${suites}001a0000000900070000${"04"}${Buffer.from("a.de").toString("hex")}${rest(1)}`
    );
    expect(hello("::1", 4096)).toBe(`${suites}000d${rest(4)}`);
    const randoms = wires.map(({ written }) => written.toString("hex", 11, 43));
    expect(new Set(randoms).size).toBe(3);
  });
});

describe("a server that is wrong", () => {
  const changed = (name: string, change: (bytes: Buffer) => Buffer | Buffer[]): Faults => ({
    message: (what, bytes) => (what === name ? change(Buffer.from(bytes)) : bytes),
  });
  const set = (at: number, ...values: number[]) =>
    changed("ServerHello", (bytes) => {
      bytes.set(values, at);
      return bytes;
    });
  const extensions = (...list: [number, Buffer][]): Faults => ({ extensions: list });
  const etm: [number, Buffer] = [22, empty];
  const ems: [number, Buffer] = [23, empty];
  const one = (value: number) => Buffer.from([value]);
  const only = (flight: string, change: (records: Buffer[]) => Buffer[]): Faults => ({
    records: (what, records) => (what === flight ? change(records) : records),
  });

  test.each<[string, Faults, number, string]>([
    ["TLS 1.1", set(4, 3, 2), 70, "protocol_version"],
    ["TLS 1.3's number", set(4, 3, 4), 70, "protocol_version"],
    ["a suite with RSA", { suite: 0x3c }, 47, "illegal_parameter"],
    ["no encryption", { suite: 0x2c }, 47, "illegal_parameter"],
    ["the renegotiation suite", { suite: 0xff }, 47, "illegal_parameter"],
    ["compression", set(41, 1), 47, "illegal_parameter"],
    ["a session's name that is too long", set(38, 33), 50, "decode_error"],
    ["a session's name beyond the end", set(38, 32), 47, "illegal_parameter"],
    ["extensions longer than there are", set(43, 255), 50, "decode_error"],
    ["extensions shorter than there are", set(43, 4), 50, "decode_error"],
    ["an extension longer than the message", set(47, 77), 47, "illegal_parameter"],
    ["no encrypt-then-MAC", extensions(ems), 40, "handshake_failure"],
    ["no extended master secret", { noExtendedMasterSecret: true }, 40, "handshake_failure"],
    ["no extensions", extensions(), 40, "handshake_failure"],
    ["an extension that was not offered", extensions(etm, ems, [35, empty]), 110, "unsupported_extension"],
    [
      "another that was not offered",
      extensions(etm, ems, [16, Buffer.from([0, 2, 1, 104])]),
      110,
      "unsupported_extension",
    ],
    ["an extension twice", extensions(etm, ems, etm), 47, "illegal_parameter"],
    ["another fragment length", extensions(etm, ems, [1, one(4)]), 47, "illegal_parameter"],
    ["an empty fragment length", extensions(etm, ems, [1, empty]), 47, "illegal_parameter"],
    ["a value in encrypt_then_mac", extensions([22, one(0)], ems), 47, "illegal_parameter"],
    ["a value in extended_master_secret", extensions(etm, [23, one(0)]), 47, "illegal_parameter"],
    [
      "renegotiation_info of another connection",
      extensions(etm, ems, [0xff01, Buffer.from([1, 7])]),
      47,
      "illegal_parameter",
    ],
    ["renegotiation_info of a wrong length", extensions(etm, ems, [0xff01, one(9)]), 47, "illegal_parameter"],
    [
      "a ServerHello that ends early",
      changed("ServerHello", () => handshakeMessage(2, Buffer.from([3, 3]))),
      50,
      "decode_error",
    ],
    ["an empty ServerHello", changed("ServerHello", () => handshakeMessage(2, empty)), 70, "protocol_version"],
    ["two ServerHellos", changed("ServerHello", (bytes) => [bytes, bytes]), 10, "unexpected_message"],
    ["no ServerHello", changed("ServerHello", () => handshakeMessage(14, empty)), 10, "unexpected_message"],
    [
      "a certificate",
      changed("ServerHelloDone", (bytes) => [handshakeMessage(11, Buffer.alloc(9)), bytes]),
      10,
      "unexpected_message",
    ],
    [
      "a wish for a certificate",
      changed("ServerHelloDone", (bytes) => [handshakeMessage(13, Buffer.alloc(9)), bytes]),
      10,
      "unexpected_message",
    ],
    ["HelloRequest", changed("ServerHello", (bytes) => [handshakeMessage(0, empty), bytes]), 10, "unexpected_message"],
    [
      "two hints",
      { hint: empty, ...changed("ServerKeyExchange", (bytes) => [bytes, bytes]) },
      10,
      "unexpected_message",
    ],
    [
      "a hint shorter than it says",
      { hint: empty, ...changed("ServerKeyExchange", () => handshakeMessage(12, Buffer.from([0, 1]))) },
      50,
      "decode_error",
    ],
    [
      "a hint longer than it says",
      { hint: empty, ...changed("ServerKeyExchange", () => handshakeMessage(12, Buffer.from([0, 0, 1]))) },
      50,
      "decode_error",
    ],
    [
      "a hint without a length",
      { hint: empty, ...changed("ServerKeyExchange", () => handshakeMessage(12, empty)) },
      50,
      "decode_error",
    ],
    ["an endless hint", { hint: Buffer.alloc(3000) }, 50, "decode_error"],
    [
      "something in ServerHelloDone",
      changed("ServerHelloDone", () => handshakeMessage(14, one(0))),
      50,
      "decode_error",
    ],
    [
      "a message behind ServerHelloDone",
      changed("ServerHelloDone", (bytes) => [Buffer.concat([bytes, bytes])]),
      10,
      "unexpected_message",
    ],
    [
      "a ticket",
      only("finished", (records) => [record(22, handshakeMessage(4, Buffer.alloc(8))), ...records]),
      10,
      "unexpected_message",
    ],
    [
      "no ChangeCipherSpec",
      only("finished", () => [record(22, handshakeMessage(20, Buffer.alloc(12)))]),
      10,
      "unexpected_message",
    ],
    [
      "ChangeCipherSpec too early",
      only("hello", (records) => [records[0], record(20, one(1)), records[1]]),
      10,
      "unexpected_message",
    ],
    ["ChangeCipherSpec twice", only("finished", (records) => [records[0], ...records]), 20, "bad_record_mac"],
    [
      "ChangeCipherSpec with another value",
      only("finished", (records) => [record(20, one(2)), records[1]]),
      50,
      "decode_error",
    ],
    [
      "a long ChangeCipherSpec",
      only("finished", (records) => [record(20, Buffer.from([1, 1])), records[1]]),
      50,
      "decode_error",
    ],
    [
      "half a message before ChangeCipherSpec",
      only("finished", (records) => [record(22, Buffer.from([20, 0])), ...records]),
      10,
      "unexpected_message",
    ],
    ["an empty record", only("hello", (records) => [record(22, empty), ...records]), 50, "decode_error"],
    ["an empty alert", only("hello", (records) => [record(21, empty), ...records]), 50, "decode_error"],
    ["a long alert", only("hello", (records) => [record(21, Buffer.from([2, 40, 0])), ...records]), 50, "decode_error"],
    [
      "data before the handshake is done",
      only("hello", (records) => [record(23, Buffer.from("hi")), ...records]),
      10,
      "unexpected_message",
    ],
    [
      "data in the clear behind it",
      only("finished", (records) => [...records.slice(0, 1), record(23, Buffer.from("hi"))]),
      20,
      "bad_record_mac",
    ],
    ["an unknown record", only("hello", (records) => [record(24, one(1)), ...records]), 10, "unexpected_message"],
    [
      "another version in a record",
      only("hello", ([hello, done]) => [Buffer.concat([Buffer.from([22, 3, 1]), hello.subarray(3)]), done]),
      70,
      "protocol_version",
    ],
    ["a record that is too long", only("hello", () => [Buffer.from([22, 3, 3, 0x40, 1])]), 22, "record_overflow"],
    ["plain HTTP", only("hello", () => [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]), 10, "unexpected_message"],
    [
      "plain WebSocket frames",
      only("hello", () => [Buffer.from([0x81, 5, 104, 101, 108, 108, 111])]),
      10,
      "unexpected_message",
    ],
    [
      "a wrong Finished",
      changed("Finished", (bytes) => (bytes.writeUInt8(bytes[9] ^ 1, 9), bytes)),
      51,
      "decrypt_error",
    ],
    [
      "a short Finished",
      changed("Finished", (bytes) => handshakeMessage(20, bytes.subarray(4, 15))),
      51,
      "decrypt_error",
    ],
    ["an empty Finished", changed("Finished", () => handshakeMessage(20, empty)), 51, "decrypt_error"],
    [
      "a long Finished",
      changed("Finished", (bytes) => handshakeMessage(20, Buffer.concat([bytes.subarray(4), one(0)]))),
      51,
      "decrypt_error",
    ],
    [
      "a message behind Finished",
      changed("Finished", (bytes) => [Buffer.concat([bytes, bytes])]),
      10,
      "unexpected_message",
    ],
  ])("%s", (_what, faults, alert, name) => {
    const it = session(faults);
    it.run();
    expectRefused(it, alert, name);
  });

  test("a server without the key, and one that knows another, cannot get any further", () => {
    const it = session({ key: Buffer.alloc(16, 7) });
    expect(() => it.run()).toThrow("bad_record_mac");
    expect(it.opened).toBe(0);
    // It goes on all the same, and its Finished is under its own keys.
    const { own } = it.server;
    it.feed(Buffer.concat([record(20, Buffer.from([1])), own!.seal(22, handshakeMessage(20, Buffer.alloc(12)))]));
    expect(it.opened).toBe(0);
    expect(it.closed).toEqual([{ code: HANDSHAKE_FAILED, message: expect.stringContaining("bad_record_mac") }]);
  });

  test.each([
    [2, 40, "handshake_failure"],
    [2, 115, "unknown_psk_identity"],
    [2, 70, "protocol_version"],
    [1, 90, "user_canceled"],
    [2, 200, "200"],
    [1, 0, "close_notify"],
  ])("alert %d %d: %s", (level, alert, name) => {
    const it = session({ records: () => [record(21, Buffer.from([level, alert]))] });
    it.run();
    expect(it.closed).toEqual([{ code: HANDSHAKE_FAILED, message: `TLS: the server's alert ${name}` }]);
    expect(it.wire.closed).toBe(true);
    expect(it.opened).toBe(0);
  });

  test("an alert in the version that the server has", () => {
    const it = session({ records: () => [record(21, Buffer.from([2, 70]), 0x301)] });
    it.run();
    expect(it.closed).toEqual([{ code: HANDSHAKE_FAILED, message: "TLS: the server's alert protocol_version" }]);
  });

  test("a warning that the name is not known is no reason to give up", () => {
    const it = openSession(only("hello", (records) => [record(21, Buffer.from([1, 112])), ...records]));
    expect(it.closed).toEqual([]);
  });

  test("a server that ends TCP at any step of the handshake", () => {
    const whole = session();
    let steps = 0;
    whole.run((bytes) => (steps++, bytes));
    expect(steps).toBeGreaterThanOrEqual(2);
    for (let step = 0; step < 2; step++) {
      const it = session();
      let now = 0;
      it.run((bytes) => (now++ === step ? empty : bytes));
      it.wire.listener.closed();
      expect(it.opened).toBe(0);
      expect(it.closed).toEqual([{ code: HANDSHAKE_FAILED, message: "TLS: the server closed TCP in the handshake" }]);
    }
  });

  test("allow_no_ems lets a server in that has no extended master secret", () => {
    const it = openSession({ noExtendedMasterSecret: true }, { allow_no_ems: true });
    it.feed(it.server.send(23, Buffer.from("hello")));
    expect(it.received.toString()).toBe("hello");
  });
});

describe("somebody in the middle", () => {
  test("who flips a bit of what the server says in the handshake", () => {
    let length = 0;
    session().run((bytes) => ((length += bytes.length), bytes));
    expect(length).toBeGreaterThan(150);
    for (let bit = 0; bit < length * 8; bit++) {
      const it = session();
      let at = 0;
      try {
        it.run((bytes) => {
          const changed = Buffer.from(bytes);
          const here = (bit >> 3) - at;
          at += bytes.length;
          if (here >= 0 && here < changed.length) changed[here] ^= 1 << (bit & 7);
          return changed;
        });
      } catch {
        // The server has found out.
      }
      expect([bit, it.opened, it.received.length]).toEqual([bit, 0, 0]);
    }
  });

  test("who flips a bit of what the client says in the handshake", () => {
    const first = session().wire.written.length;
    // What a record says of its version and type is no part of what is proved; those of the ClientHello, that is.
    for (let bit = 40; bit < first * 8; bit++) {
      const it = session();
      it.wire.written[bit >> 3] ^= 1 << (bit & 7);
      try {
        it.run();
      } catch {
        // The server has found out.
      }
      expect([bit, it.opened]).toEqual([bit, 0]);
    }
  });

  test("who flips a bit of data: the connection ends, and nothing of it comes out", () => {
    const length = openSession().server.send(23, Buffer.from("secret")).length;
    for (let bit = 0; bit < length * 8; bit++) {
      const it = openSession();
      const bytes = it.server.send(23, Buffer.from("secret"));
      bytes[bit >> 3] ^= 1 << (bit & 7);
      it.feed(Buffer.concat([bytes, it.server.send(23, Buffer.from("more"))]));
      // A length that grew may wait for more than comes; the end of TCP then ends it.
      it.wire.listener.closed();
      expect([bit, it.received.length, it.closed.length]).toEqual([bit, 0, 1]);
      expect(it.closed[0]!.code).toBeDefined();
    }
  });

  test.each<[string, (one: Buffer, two: Buffer) => Buffer[]]>([
    ["repeats a record", (one) => [one, one]],
    ["leaves one out", (_one, two) => [two]],
    ["swaps two", (one, two) => [two, one]],
    [
      "cuts one short",
      (one, two) => [Buffer.concat([one.subarray(0, 4), Buffer.from([one[4] - 16]), one.subarray(5, -16)]), two],
    ],
    ["empties one", (one, two) => [Buffer.from([23, 3, 3, 0, 0]), one, two]],
    ["makes another type of it", (one, two) => [Buffer.concat([Buffer.from([22]), one.subarray(1)]), two]],
    ["puts in a record in the clear", (one) => [record(23, Buffer.from("mine")), one]],
    ["puts in an alert in the clear", (one) => [record(21, Buffer.from([1, 0])), one]],
    ["says that a record is huge", (one) => [Buffer.from([23, 3, 3, 0x50, 0]), one]],
    ["speaks HTTP", (one) => [Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), one]],
  ])("who %s", (_what, change) => {
    const it = openSession();
    const [one, two] = [it.server.send(23, Buffer.from("one")), it.server.send(23, Buffer.from("two"))];
    it.feed(Buffer.concat(change(one, two)));
    expect(["", "one"]).toContain(it.received.toString());
    expect(it.closed).toEqual([{ code: READ_FAILED, message: expect.stringMatching(/^TLS: \w+ \(.+\)$/) }]);
    expect(it.wire.closed).toBe(true);
    it.server.receive(it.wire.written);
    expect(it.server.alerts).toEqual([[2, expect.any(Number)]]);
  });

  test("who ends TCP: that is not the server's end", () => {
    const it = openSession();
    it.wire.listener.closed();
    expect(it.closed).toEqual([{ code: CUT_OFF, message: "TLS: cut off: no close_notify" }]);
  });

  test("who gives the client another session's records", () => {
    const other = openSession();
    const it = openSession();
    it.feed(other.server.send(23, Buffer.from("theirs")));
    expect(it.received).toEqual(empty);
    expect(it.closed).toHaveLength(1);
  });
});

describe("an open connection", () => {
  test("close_notify ends it in good order, and is answered", () => {
    const it = openSession();
    it.feed(it.server.send(21, Buffer.from([1, 0])));
    expect(it.closed).toEqual([undefined]);
    it.server.receive(it.wire.written);
    expect(it.server.alerts).toEqual([[1, 0]]);
    it.wire.listener.closed();
    expect(it.closed).toHaveLength(1);
  });

  test("a fatal alert has its name", () => {
    const it = openSession();
    it.feed(it.server.send(21, Buffer.from([2, 80])));
    expect(it.closed).toEqual([{ code: READ_FAILED, message: "TLS: the server's alert internal_error" }]);
  });

  test("renegotiation is refused with a warning, and ends it", () => {
    const it = openSession();
    it.feed(it.server.send(22, handshakeMessage(0, empty)));
    expect(it.closed).toEqual([{ code: READ_FAILED, message: expect.stringContaining("no_renegotiation") }]);
    it.server.receive(it.wire.written);
    expect(it.server.alerts).toEqual([[1, 100]]);
  });

  test.each([
    ["a ticket", 22, handshakeMessage(4, Buffer.alloc(6)), "unexpected_message"],
    ["ChangeCipherSpec", 20, Buffer.from([1]), "unexpected_message"],
    ["an empty handshake record", 22, empty, "decode_error"],
    ["an empty alert", 21, empty, "decode_error"],
    ["an alert of one byte", 21, Buffer.from([2]), "decode_error"],
    ["a fragment longer than there may be", 23, Buffer.alloc(16385), "record_overflow"],
  ])("%s ends it", (_what, type, plain, name) => {
    const it = openSession();
    it.feed(it.server.send(type, plain));
    expect(it.closed).toEqual([{ code: READ_FAILED, message: expect.stringContaining(`TLS: ${name}`) }]);
    expect(it.received).toEqual(empty);
  });

  test("empty data is no data, and no harm", () => {
    const it = openSession();
    it.feed(
      Buffer.concat([it.server.send(23, empty), it.server.send(23, Buffer.from("x")), it.server.send(23, empty)])
    );
    expect(it.received.toString()).toBe("x");
    expect(it.closed).toEqual([]);
  });

  const short: Faults = {
    extensions: [
      [1, Buffer.from([1])],
      [22, empty],
      [23, empty],
    ],
  };

  test("fragments keep to the length that was agreed upon, in both directions", () => {
    const it = openSession(short, { max_fragment_length: 512 });
    const bytes = Buffer.alloc(1300, "0123456789");
    it.connection.write(new Uint8Array(bytes));
    it.run();
    expect(it.server.data.map(({ length }) => length)).toEqual([512, 512, 276]);
    expect(Buffer.concat(it.server.data)).toEqual(bytes);
    it.feed(it.server.send(23, bytes.subarray(0, 512)));
    expect(it.received).toEqual(bytes.subarray(0, 512));
    it.feed(it.server.send(23, bytes.subarray(0, 513)));
    expect(it.closed).toEqual([{ code: READ_FAILED, message: expect.stringContaining("record_overflow") }]);
    expect(it.received).toHaveLength(512);
  });

  test("a server that did not agree may send 16 kB; where there is no room, an error says so", () => {
    const bytes = Buffer.alloc(16384, "0123456789");
    const it = openSession();
    it.feed(it.server.send(23, bytes));
    expect(it.received).toEqual(bytes);
    platform.full = true;
    it.feed(it.server.send(23, bytes));
    expect(it.closed).toEqual([{ code: READ_FAILED, message: expect.stringContaining("out of memory") }]);
    expect(it.received).toHaveLength(bytes.length);
  });

  test("what is heard and said after the end", () => {
    const it = openSession();
    it.connection.close();
    const bytes = it.server.send(23, Buffer.from("late"));
    it.feed(bytes);
    it.wire.listener.drained();
    it.wire.listener.closed();
    it.connection.close();
    expect(() => it.connection.write(new Uint8Array(1))).toThrow();
    expect([it.received.length, it.drained, it.closed]).toEqual([0, 0, []]);
  });

  test("nothing can be written before the handshake is done", () => {
    const it = session();
    const before = it.wire.written;
    expect(() => it.connection.write(new Uint8Array(Buffer.from("GET / HTTP/1.1")))).toThrow();
    expect(it.wire.written).toEqual(before);
    it.wire.listener.drained();
    expect(it.drained).toBe(0);
  });

  test("drained is passed on; so is an error of TCP", () => {
    const it = openSession();
    it.wire.listener.drained();
    expect(it.drained).toBe(1);
    it.wire.listener.closed({ code: -9, message: "reset" });
    expect(it.closed).toEqual([{ code: -9, message: "reset" }]);
  });

  test("a listener that closes the connection hears nothing more", () => {
    const it = openSession();
    const records = Buffer.concat([it.server.send(23, Buffer.from("one")), it.server.send(23, Buffer.from("two"))]);
    const original = it.received;
    Object.defineProperty(it, "received", {
      get: () => original,
      set: () => it.connection.close(),
    });
    it.feed(records);
    expect(it.closed).toEqual([]);
    expect(it.wire.closed).toBe(true);
  });
});

describe("options", () => {
  const good = { identity: "board-7", key: KEY.toString("hex") };
  test.each<[string, object, RegExp]>([
    ["unknown", { ...good, kee: 1 }, /unknown option kee/],
    ["no identity", { key: good.key }, /identity/],
    ["an empty identity", { ...good, identity: "" }, /identity/],
    ["a long identity", { ...good, identity: "ü".repeat(65) }, /identity/],
    ["no key", { identity: "x" }, /key/],
    ["a short key", { ...good, key: "00112233445566778899aabbccddee" }, /key/],
    ["a long key", { ...good, key: "00".repeat(65) }, /key/],
    ["an odd number of digits", { ...good, key: `${good.key}0` }, /key/],
    ["a key that is no hexadecimal", { ...good, key: "password password" }, /key/],
    ["a short key of bytes", { ...good, key: [1, 2, 3] }, /key/],
    ["an empty key of bytes", { ...good, key: new Uint8Array(0) }, /key/],
    ["another fragment length", { ...good, max_fragment_length: 1000 }, /max_fragment_length/],
  ])("%s: refused, without a word of the key", (_what, options, message) => {
    let thrown = "";
    try {
      tlsPsk(options as never);
    } catch (sentence) {
      thrown = String(sentence);
    }
    expect(thrown).toMatch(/^tls_psk: /);
    expect(thrown).toMatch(message);
    expect(thrown).not.toMatch(/password|0011/);
  });

  test.each<[string, object]>([
    ["64 bytes", { key: "ab".repeat(64) }],
    ["capital digits", { key: "AB".repeat(16) }],
    ["an array", { key: [...Array(16).keys()] }],
    ["a Uint8Array", { key: new Uint8Array(20) }],
    ["an ArrayBuffer", { key: new ArrayBuffer(16) }],
    ["128 bytes of identity", { identity: "ü".repeat(64) }],
  ])("%s: taken", (_what, options) => {
    expect(tlsPsk({ ...good, ...options })).toEqual({
      authenticates: true,
      open: expect.any(Function),
    });
  });

  test("weak random numbers are refused, unless they are allowed", () => {
    install({ ...platform, _randomIsGood: false });
    try {
      expect(() => tlsPsk(good)).toThrow(/random/);
      expect(() => tlsPsk({ ...good, allow_weak_random: true })).not.toThrow();
    } finally {
      install(platform);
    }
  });

  test("a URI with ws is refused", () => {
    const listener = { opened() {}, received() {}, drained() {}, closed() {} };
    expect(() => tlsPsk(good).open({ host: "a", port: 1 }, listener)).toThrow(/wss/);
    expect(wires).toEqual([]);
  });

  test("nothing of the key can be read off the transport", () => {
    expect(JSON.stringify(tlsPsk(good))).toBe('{"authenticates":true}');
    expect(asString(KEY)).toHaveLength(16);
  });
});
