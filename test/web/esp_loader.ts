// The loader in the ROM of an ESP32, and the stub that esptool sends it, at the other end of the stand-in for Web
// Serial: as much of their protocol as flashing an image takes.

import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import type { Wire } from "./boards";

const SYNC = 0x08;
const MEM_END = 0x06;
const READ_REG = 0x0a;
const DEFL_BEGIN = 0x10;
const DEFL_DATA = 0x11;
const SECURITY_INFO = 0x14;
const FLASH_MD5 = 0x13;
const ERASE_FLASH = 0xd0;

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

/** Registers that are read, and what an ESP32 with a flash of 4 MB says; all others are 0. */
const REGISTERS: Record<number, number> = { 0x40001000: 0x00f01d83, 0x3ff42080: 0x1640ef };

export class EspLoader implements Wire {
  listener: (bytes: Buffer) => void = () => {};
  /** What was written, by offsets. */
  readonly written = new Map<number, Buffer>();
  erased = false;
  /** Spoils what is written, so that it reads back as something else. */
  damages = false;
  /** Refuses what is to be written. */
  refuses = false;
  private packet: number[] | undefined;
  private escaped = false;
  private offset = 0;
  private compressed: Buffer[] = [];

  write(bytes: Buffer): void {
    for (const byte of bytes) this.take(byte);
  }

  private take(byte: number): void {
    if (byte === END) {
      const { packet } = this;
      if (packet && packet.length > 0) {
        this.packet = undefined;
        this.command(Buffer.from(packet));
      } else this.packet = [];
    } else if (byte === ESCAPE) this.escaped = true;
    else if (this.escaped) {
      this.escaped = false;
      this.packet?.push(byte === ESCAPED_END ? END : ESCAPE);
    } else this.packet?.push(byte);
  }

  private command(packet: Buffer): void {
    const op = packet[1]!;
    const data = packet.subarray(8);
    switch (op) {
      case SYNC:
        // A ROM answers it eight times.
        for (let i = 0; i < 8; i++) this.answer(op, { value: 1 });
        return;
      case SECURITY_INFO:
        // An ESP32 does not know it.
        return this.answer(0, { status: [1, 5] });
      case READ_REG:
        return this.answer(op, { value: REGISTERS[data.readUInt32LE(0)] ?? 0 });
      case MEM_END:
        this.answer(op);
        return this.send(Buffer.from("OHAI"));
      case DEFL_BEGIN:
        this.offset = data.readUInt32LE(12);
        this.compressed = [];
        return this.answer(op);
      case DEFL_DATA:
        if (this.refuses) return this.answer(op, { status: [1, 8] });
        this.compressed.push(data.subarray(16));
        return this.answer(op);
      case FLASH_MD5:
        return this.answer(op, { data: this.checksum() });
      case ERASE_FLASH:
        this.erased = true;
        return this.answer(op);
      default:
        return this.answer(op);
    }
  }

  private checksum(): Buffer {
    const image = inflateSync(Buffer.concat(this.compressed));
    if (this.damages) image[0]! ^= 1;
    this.written.set(this.offset, image);
    return createHash("md5").update(image).digest();
  }

  private answer(op: number, { value = 0, data = Buffer.alloc(0) as Buffer, status = [0, 0] } = {}): void {
    const header = Buffer.alloc(8);
    header[0] = 1;
    header[1] = op;
    header.writeUInt16LE(data.length + status.length, 2);
    header.writeUInt32LE(value, 4);
    this.send(Buffer.concat([header, data, Buffer.from(status)]));
  }

  private send(packet: Buffer): void {
    const escaped = [...packet].flatMap((byte) => {
      if (byte === END) return [ESCAPE, ESCAPED_END];
      return byte === ESCAPE ? [ESCAPE, ESCAPED_ESCAPE] : [byte];
    });
    this.listener(Buffer.from([END, ...escaped, END]));
  }
}
