/** Types of firmware_image.mjs, which describes it. */
export function imageOffset(image: Uint8Array): number | undefined;
