import { asByteString, bytesOfView } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";
import { bytesOf } from "./strings";

/** A picture: pixels of 4, 8, 16 or 32 bits, row by row, the most significant bit first. */
interface Picture {
  width: number;
  height: number;
  bits: number;
  bytes: Uint8Array;
  color: number;
}

const integer = (value: unknown): number => Math.trunc(Number(value) || 0);

/** Of an image: what is behind the end of its bytes is white. */
function pixel(bytes: Uint8Array, bits: number, index: number): number {
  if (bits === 8) return bytes[index] ?? 255;
  return ((bytes[index >> 1] ?? 255) >> (index & 1 ? 0 : 4)) & 15;
}

function setPixel({ width, height, bits, bytes }: Picture, x: number, y: number, color: number): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const index = y * width + x;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bits === 32) view.setInt32(index * 4, color);
  else if (bits === 16) view.setUint16(index * 2, color & 0xffff);
  else if (bits === 8) bytes[index] = color;
  else {
    const shift = index & 1 ? 0 : 4;
    bytes[index >> 1] = ((bytes[index >> 1] ?? 0) & (0xf0 >> shift)) | ((color & 15) << shift);
  }
}

/**
 * The object `Graphics`: pictures in memory, images of 4 or 8 bits per pixel drawn upon them, and filled rectangles.
 * A `long` of `longBits` bits is what the firmware cuts colors with: at 32, nothing is left of a color of 32 bits.
 */
export function makeGraphics(board: Interpreter, longBits: 32 | 64): Plain {
  const { realm } = board;
  const canvases = new WeakMap<object, Picture>();
  const only = (allowed: number[], bitsPerPixel: unknown): number => {
    const bits = integer(bitsPerPixel);
    if (allowed.includes(bits)) return bits;
    throw realm.error("Error", `The simulator has pixels of ${allowed.join(", ")} bits only here`);
  };

  function palette(image: Plain): Uint16Array | undefined {
    if (image.palette === undefined) return undefined;
    const bytes = bytesOfView(image.palette)!;
    const colors = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    if (![2, 4, 8, 16, 256].includes(colors.length))
      throw realm.error("Error", "Palette specified, but must be a flat Uint16Array of 2,4,8,16,256 elements");
    return colors;
  }

  function drawImage(this: unknown, image: Plain, x: unknown, y: unknown): unknown {
    const canvas = canvases.get(this as object)!;
    const columns = integer(image.width);
    const rows = integer(image.height);
    const colors = palette(image);
    if (image.buffer === undefined || columns <= 0 || rows <= 0) throw realm.error("Error", "Expecting valid Image");
    // Firmware for displays has palettes of its own where an image's pixels are not the picture's.
    const bits = only(colors ? [4, 8] : [canvas.bits], image.bpp);
    const pixels = bytesOfView(image.buffer) ?? bytesOf(asByteString(board, image.buffer));
    const [left, top] = [integer(x), integer(y)];
    for (let row = Math.max(0, -top); row < Math.min(rows, canvas.height - top); row++) {
      for (let column = 0; column < columns; column++) {
        const color = pixel(pixels, bits, row * columns + column);
        setPixel(canvas, left + column, top + row, colors ? (colors[color & (colors.length - 1)] as number) : color);
      }
    }
    return this;
  }

  function setColor(this: unknown, color: unknown): unknown {
    const canvas = canvases.get(this as object)!;
    canvas.color = canvas.bits === longBits ? 0 : Number(color) | 0;
    return this;
  }

  function fillRect(this: unknown, x1: unknown, y1: unknown, x2: unknown, y2: unknown): unknown {
    const canvas = canvases.get(this as object)!;
    const right = Math.min(integer(x2), canvas.width - 1);
    const bottom = Math.min(integer(y2), canvas.height - 1);
    for (let y = integer(y1); y <= bottom; y++)
      for (let x = integer(x1); x <= right; x++) setPixel(canvas, x, y, canvas.color);
    return this;
  }

  const graphics = realm.object();
  realm.put(graphics, "createArrayBuffer", (width: unknown, height: unknown, bpp: unknown, options?: Plain) => {
    const [columns, rows] = [integer(width), integer(height)];
    if (!(columns > 0 && rows > 0 && columns < 32768 && rows < 32768)) throw realm.error("Error", "Invalid Size");
    const bits = only([4, 8, 16, 32], bpp);
    if (options && options.msb === false)
      throw realm.error("Error", "The simulator has most significant bits first only");
    const buffer = options?.buffer ?? realm.arrayBuffer(new Uint8Array((columns * rows * bits + 7) >> 3));
    const canvas = realm.object({ buffer });
    realm.put(canvas, "drawImage", drawImage);
    realm.put(canvas, "setColor", setColor);
    realm.put(canvas, "fillRect", fillRect);
    canvases.set(canvas, { width: columns, height: rows, bits, bytes: bytesOfView(buffer)!, color: 0 });
    return canvas;
  });
  return graphics;
}
