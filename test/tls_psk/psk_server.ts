/**
 * The server's side of TLS 1.2 with a pre-shared key, written for tests from the RFCs with Node's crypto: bytes in, bytes
 * out. It can be told to be wrong in one place.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";

export const KEY = Buffer.from("00112233445566778899aabbccddeeff", "hex");
export const IDENTITY = "board-7";

/** What a server does otherwise than it should. */
export interface Faults {
  key?: Buffer;
  hint?: Buffer;
  suite?: number;
  extensions?: [number, Buffer][];
  noExtendedMasterSecret?: boolean;
  /** Changes a message of the handshake before it counts, and is sent: its name, the message with its header. */
  message?(name: string, bytes: Buffer): Buffer | Buffer[];
  /** Changes the records of a flight. */
  records?(flight: "hello" | "finished", records: Buffer[]): Buffer[];
}

const hmac = (key: Buffer, ...data: Buffer[]): Buffer => createHmac("sha256", key).update(Buffer.concat(data)).digest();

function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label), seed]);
  let a: Buffer = labelled;
  let out: Buffer = Buffer.alloc(0);
  while (out.length < length) {
    a = hmac(secret, a);
    out = Buffer.concat([out, hmac(secret, a, labelled)]);
  }
  return out.subarray(0, length);
}

const word = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
export const record = (type: number, fragment: Buffer, version = 0x303): Buffer =>
  Buffer.concat([Buffer.from([type]), word(version), word(fragment.length), fragment]);
export const handshakeMessage = (type: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, 0]), word(body.length), body]);

/** Protects, or opens, the records of one direction. */
export class Protection {
  number = 0n;

  constructor(
    readonly hash: string,
    readonly macKey: Buffer,
    readonly key: Buffer
  ) {}

  private mac(type: number, encrypted: Buffer): Buffer {
    const head = Buffer.alloc(13);
    head.writeBigUInt64BE(this.number++);
    head.set([type, 3, 3, encrypted.length >> 8, encrypted.length & 255], 8);
    return createHmac(this.hash, this.macKey).update(head).update(encrypted).digest();
  }

  seal(type: number, plain: Buffer): Buffer {
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-128-cbc", this.key, iv).setAutoPadding(false);
    const padding = 15 - (plain.length % 16);
    const padded = Buffer.concat([plain, Buffer.alloc(padding + 1, padding)]);
    const encrypted = Buffer.concat([iv, cipher.update(padded), cipher.final()]);
    return record(type, Buffer.concat([encrypted, this.mac(type, encrypted)]));
  }

  open(type: number, fragment: Buffer): Buffer {
    const size = this.hash === "sha1" ? 20 : 32;
    const encrypted = fragment.subarray(0, -size);
    if (!this.mac(type, encrypted).equals(fragment.subarray(-size))) throw new Error("bad_record_mac");
    const cipher = createDecipheriv("aes-128-cbc", this.key, encrypted.subarray(0, 16)).setAutoPadding(false);
    const plain = Buffer.concat([cipher.update(encrypted.subarray(16)), cipher.final()]);
    return plain.subarray(0, plain.length - 1 - plain[plain.length - 1]);
  }
}

/** One connection's server. */
export class PskServer {
  /** What the client said and sent, once it is decrypted. */
  hello: Buffer = Buffer.alloc(0);
  identity = "";
  readonly data: Buffer[] = [];
  /** Level and number of alerts that came. */
  readonly alerts: [number, number][] = [];
  established = false;
  writing: Protection | undefined;
  private reading: Protection | undefined;
  private next: Protection | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private transcript: Buffer[] = [];
  private clientRandom: Buffer = Buffer.alloc(0);
  private serverRandom: Buffer = randomBytes(32);
  private master: Buffer = Buffer.alloc(0);
  private out: Buffer[] = [];

  constructor(readonly faults: Faults = {}) {}

  /** Takes what the client sends; gives what to answer. Throws where the client is wrong. */
  receive(bytes: Buffer): Buffer {
    this.out = [];
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= 5) {
      const length = this.rest.readUInt16BE(3);
      if (this.rest.length < 5 + length) break;
      const type = this.rest[0];
      let fragment = this.rest.subarray(5, 5 + length);
      this.rest = this.rest.subarray(5 + length);
      if (this.reading) fragment = this.reading.open(type, fragment);
      if (type === 20) this.reading = this.next;
      else if (type === 21) this.alerts.push([fragment[0], fragment[1]]);
      else if (type === 22) this.message(Buffer.from(fragment));
      else this.data.push(Buffer.from(fragment));
    }
    return Buffer.concat(this.out);
  }

  send(type: number, plain: Buffer): Buffer {
    return this.writing ? this.writing.seal(type, plain) : record(type, plain);
  }

  private say(name: string, type: number, body: Buffer): Buffer[] {
    const changed = this.faults.message?.(name, handshakeMessage(type, body)) ?? handshakeMessage(type, body);
    const list = Array.isArray(changed) ? changed : [changed];
    this.transcript.push(...list);
    return list;
  }

  private hash(): Buffer {
    return createHash("sha256").update(Buffer.concat(this.transcript)).digest();
  }

  private message(bytes: Buffer): void {
    if (bytes[0] === 1) {
      this.hello = bytes;
      this.clientRandom = bytes.subarray(6, 38);
      this.transcript.push(bytes);
      const extensions = this.faults.extensions ?? [
        [0xff01, Buffer.from([0])],
        [22, Buffer.alloc(0)],
        ...(this.faults.noExtendedMasterSecret ? [] : ([[23, Buffer.alloc(0)]] as [number, Buffer][])),
      ];
      const list = Buffer.concat(extensions.map(([id, value]) => Buffer.concat([word(id), word(value.length), value])));
      const hello = [
        word(0x303),
        this.serverRandom,
        Buffer.from([0]),
        word(this.faults.suite ?? 0xae),
        Buffer.from([0]),
      ];
      const flight = this.say("ServerHello", 2, Buffer.concat([...hello, word(list.length), list]));
      // A lie about the random is kept up.
      this.serverRandom = Buffer.from(flight[0].subarray(6, 38));
      const { hint } = this.faults;
      if (hint) flight.push(...this.say("ServerKeyExchange", 12, Buffer.concat([word(hint.length), hint])));
      flight.push(...this.say("ServerHelloDone", 14, Buffer.alloc(0)));
      const records = flight.map((it) => record(22, it));
      this.out.push(...(this.faults.records?.("hello", records) ?? records));
    } else if (bytes[0] === 16) {
      this.transcript.push(bytes);
      this.identity = bytes.subarray(6, 6 + bytes.readUInt16BE(4)).toString();
      const key = this.faults.key ?? KEY;
      const premaster = Buffer.concat([word(key.length), Buffer.alloc(key.length), word(key.length), key]);
      const randoms = Buffer.concat([this.clientRandom, this.serverRandom]);
      this.master = this.faults.noExtendedMasterSecret
        ? prf(premaster, "master secret", randoms, 48)
        : prf(premaster, "extended master secret", this.hash(), 48);
      const hash = this.faults.suite === 0x8c ? "sha1" : "sha256";
      const size = hash === "sha1" ? 20 : 32;
      const seed = Buffer.concat([this.serverRandom, this.clientRandom]);
      const block = prf(this.master, "key expansion", seed, size * 2 + 32);
      const part = (at: number, length: number) => block.subarray(at, at + length);
      this.next = new Protection(hash, part(0, size), part(size * 2, 16));
      const own = new Protection(hash, part(size, size), part(size * 2 + 16, 16));
      this.writing = undefined;
      this.own = own;
    } else if (bytes[0] === 20) {
      const expected = prf(this.master, "client finished", this.hash(), 12);
      if (!bytes.subarray(4).equals(expected)) throw new Error("decrypt_error");
      this.transcript.push(bytes);
      const finished = this.say("Finished", 20, prf(this.master, "server finished", this.hash(), 12));
      const change = record(20, Buffer.from([1]));
      this.writing = this.own;
      const records = [change, ...finished.map((it) => this.own!.seal(22, it))];
      this.out.push(...(this.faults.records?.("finished", records) ?? records));
      this.established = true;
    }
  }

  /** What will protect the server's records. */
  own: Protection | undefined;
}
