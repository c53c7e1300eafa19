import { asByteString, bytesOfView } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";
import { bytesOf } from "./strings";

/** A picture of 8 bits per pixel, row by row. */
interface Picture {
  width: number;
  height: number;
  bytes: Uint8Array;
}

/** The object `Graphics`: pictures of 8 bits per pixel in memory, and images drawn upon them as they are. */
export function makeGraphics(board: Interpreter): Plain {
  const { realm } = board;
  const canvases = new WeakMap<object, Picture>();
  const size = (value: unknown): number => Math.trunc(Number(value) || 0);
  const onlyBytes = (bitsPerPixel: unknown): void => {
    if (size(bitsPerPixel) !== 8) throw realm.error("Error", "The simulator has pictures of 8 bits per pixel only");
  };

  function drawImage(this: unknown, image: Plain, x: unknown, y: unknown): unknown {
    const { width, height, bytes } = canvases.get(this as object)!;
    const columns = size(image.width);
    const rows = size(image.height);
    if (image.buffer === undefined || columns <= 0 || rows <= 0) throw realm.error("Error", "Expecting valid Image");
    onlyBytes(image.bpp);
    const pixels = bytesOfView(image.buffer) ?? bytesOf(asByteString(board, image.buffer));
    const [left, top] = [size(x), size(y)];
    for (let row = Math.max(0, -top); row < Math.min(rows, height - top); row++) {
      for (let column = Math.max(0, -left); column < Math.min(columns, width - left); column++) {
        bytes[(top + row) * width + left + column] = pixels[row * columns + column] ?? 0;
      }
    }
    return this;
  }

  const graphics = realm.object();
  realm.put(graphics, "createArrayBuffer", (width: unknown, height: unknown, bpp: unknown, options?: Plain) => {
    if (!(size(width) > 0 && size(height) > 0)) throw realm.error("Error", "Invalid Size");
    onlyBytes(bpp);
    const buffer = options?.buffer ?? realm.arrayBuffer(new Uint8Array(size(width) * size(height)));
    const canvas = realm.object({ buffer });
    realm.put(canvas, "drawImage", drawImage);
    canvases.set(canvas, { width: size(width), height: size(height), bytes: bytesOfView(buffer)! });
    return canvas;
  });
  return graphics;
}
