/**
 * Frames that native code masks. Espruino has no native XOR, but it can look pixels up in a palette as it draws them.
 */
import type { FrameMemory, Part } from "../../src/board";
import { toArrayBuffer } from "./bytes";
import { _random } from "./random";

declare const E: { getAddressOf(memory: ArrayBuffer, flat: boolean): number };
declare const process: any;
interface Image {
  width: number;
  height: number;
  bpp: number;
  buffer?: ArrayBufferLike | Uint8Array | string;
  palette?: Uint16Array;
}
interface Graphics {
  buffer: ArrayBuffer;
  drawImage(image: Image, x: number, y: number): void;
  setColor(color: number): Graphics;
  fillRect(x1: number, y1: number, x2: number, y2: number): void;
}
declare const Graphics: {
  createArrayBuffer(
    width: number,
    height: number,
    bitsPerPixel: number,
    options?: { msb?: boolean; buffer?: ArrayBufferLike | Uint8Array }
  ): Graphics;
};
/**
 * What `_makeFrame` works with. Espruino has no native XOR, but it can look pixels up in a palette as it draws them: a
 * pixel that is half a byte of payload beside half a byte of the masking key becomes the XOR of the two.
 */
interface Canvas extends FrameMemory {
  /** A frame: four bytes of header, then the picture. */
  _bytes: Uint8Array;
  /** Masking key and masked payload, as pixels of 4 bits. */
  _picture: Graphics;
  /** Two columns of 4 bits: the payload, with four bytes of zeros before it, and the key. */
  _pairs: Graphics;
  /** The same memory, two rows a pixel. Of 16 bits: where the firmware's `long` has 32, 32 bits per pixel keep no colour. */
  _keys: Graphics;
  /** A slice of the payload: one column. */
  _payload: Image;
  /** The pairs as pixels of 8 bits, with the palette that masks them. */
  _masked: Image;
}

/** True: this firmware's native frames were found to be right. False: they are not, or there are none. */
var native: boolean | undefined;

/** Memory that lies in one piece; drawing in any other is a hundred times slower, and a palette must not be scattered. */
function isFlat(memory: ArrayBufferLike): boolean {
  return !!E.getAddressOf(memory as ArrayBuffer, true);
}

export function _frameMemory(length: number): Canvas | undefined {
  if (native === false || length > 65535 || process.memory(false).free < 600 + length / 4) return undefined;
  try {
    // None of these is in the object below: there, except in the last field, exceptions escape Espruino's `try`.
    // 1,024 bytes of payload are masked at a time, behind the key.
    var pairs = Graphics.createArrayBuffer(2, 2056, 4, { msb: true });
    var rows = ((length + 3) >> 2) + 1;
    var bytes = new Uint8Array(rows * 4 + 4);
    var palette = Graphics.createArrayBuffer(2, 256, 8);
    if (!isFlat(pairs.buffer) || !isFlat(bytes.buffer) || !isFlat(palette.buffer)) return undefined;
    var keys = Graphics.createArrayBuffer(4, 257, 16, { buffer: pairs.buffer });
    var picture = Graphics.createArrayBuffer(8, rows, 4, { msb: true, buffer: bytes.subarray(4) });
    // Only each character's lowest four bits count: 16 rows of 0 to 15, each number XOR that of its row.
    palette.drawImage(
      {
        width: 1,
        height: 256,
        bpp: 8,
        buffer:
          "@ABCDEFGHIJKLMNOA@CBEDGFIHKJMLONBC@AFGDEJKHINOLMCBA@GFEDKJIHONMLDEFG@ABCLMNOHIJKEDGFA@CBMLONIHKJFGDEBC@ANOLMJKHIGFEDCBA@ONMLKJIHHIJKLMNO@ABCDEFGIHKJMLONA@CBEDGFJKHINOLMBC@AFGDEKJIHONMLCBA@GFEDLMNOHIJKDEFG@ABCMLONIHKJEDGFA@CBNOLMJKHIFGDEBC@AONMLKJIHGFEDCBA@",
      },
      0,
      0
    );
    var canvas: Canvas = {
      _bytes: bytes,
      _picture: picture,
      _pairs: pairs,
      _keys: keys,
      _payload: { width: 1, height: 2048, bpp: 4 },
      _masked: {
        width: 8,
        height: 257,
        bpp: 8,
        buffer: pairs.buffer,
        palette: new Uint16Array(palette.buffer),
      },
    };
    if (!native) {
      // A key of eight different half bytes: the picture must have it, where the frame's key belongs, and the payload
      // masked with it.
      draw(canvas, 0x87654321, "0Zf{", 0, 4);
      var words = new Uint32Array(bytes.buffer, 0, 3);
      native = words[1] === 0x68572413 && words[2] === (0x68572413 ^ 0x7b665a30);
    }
    if (native) return canvas;
  } catch (exception) {
    native = false;
  }
  return undefined;
}

/** Masks a payload into the canvas, behind the masking key: the half bytes of `key`, in an order of their own. */
function draw(canvas: Canvas, key: number, part: Part, offset: number, length: number): void {
  var payload = canvas._payload;
  var keys = canvas._keys;
  keys.setColor(key & 0x0f0f).fillRect(0, 0, 0, 999);
  keys.setColor((key >> 4) & 0x0f0f).fillRect(1, 0, 1, 999);
  keys.setColor((key >> 16) & 0x0f0f).fillRect(2, 0, 2, 999);
  keys.setColor((key >> 20) & 0x0f0f).fillRect(3, 0, 3, 999);
  if (!(part instanceof ArrayBuffer)) part = toArrayBuffer(part);
  // Each slice comes out with the key before it, where the end of the slice before belongs.
  for (var slice = (length - 1) & -1024; slice >= 0; slice -= 1024) {
    payload.buffer = new Uint8Array(part as ArrayBuffer, offset + slice);
    canvas._pairs.drawImage(payload, 0, 8);
    canvas._picture.drawImage(canvas._masked, 0, slice >> 2);
  }
}

/** @hot */
export function _makeFrame(canvas: Canvas, header: number[], part: Part, offset: number, length: number): Uint8Array {
  draw(canvas, _random(), part, offset, length);
  canvas._bytes.set(header);
  return canvas._bytes.subarray(0, length + 8);
}
