/** Where an image of Espruino's firmware belongs in the flash. Command line and web page share this. */

/** First byte of every ESP image. */
const IMAGE_MAGIC = 0xe9;
/** First bytes of a partition table, and where it sits in the flash. */
const PARTITIONS_MAGIC = [0xaa, 0x50];
const PARTITIONS_AT = 0x8000;
/** The ESP32's bootloader, and so an image that starts with it. */
const BOOTLOADER_AT = 0x1000;
/** Where Espruino's partition table puts the application. */
const APPLICATION_AT = 0x10000;

/**
 * The offset of an application alone, or of everything from the bootloader on.
 * @param {Uint8Array} image
 * @returns {number|undefined} undefined for anything but ESP32 firmware
 */
export function imageOffset(image) {
  const hasPartitions = (at) => PARTITIONS_MAGIC.every((byte, i) => image[at + i] === byte);
  if (hasPartitions(PARTITIONS_AT)) return 0;
  if (hasPartitions(PARTITIONS_AT - BOOTLOADER_AT)) return BOOTLOADER_AT;
  // A bootloader alone begins in the same way, but ends before the partition table.
  return image[0] === IMAGE_MAGIC && image.length > PARTITIONS_AT ? APPLICATION_AT : undefined;
}
