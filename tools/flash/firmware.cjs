"use strict";

const fs = require("node:fs");
const { FlashError } = require("./flash_error.cjs");

/** First byte of every ESP image. */
const IMAGE_MAGIC = 0xe9;
/** First bytes of a partition table, and where it sits in the flash. */
const PARTITIONS_MAGIC = 0x50aa;
const PARTITIONS_AT = 0x8000;
/** The ESP32's bootloader, and so an image that starts with it. */
const BOOTLOADER_AT = 0x1000;
/** Where Espruino's partition table puts the application. */
const APPLICATION_AT = 0x10000;

/**
 * Where an image belongs in the flash: an application alone, or everything from the bootloader on.
 * @returns {string} hexadecimal, as esptool takes it
 */
function firmwareOffset(file) {
  let image;
  try {
    image = fs.readFileSync(file);
  } catch (error) {
    throw new FlashError(`${file} cannot be read (${error.code}): check the name`);
  }
  const hasPartitions = (at) => image.length > at + 2 && image.readUInt16LE(at) === PARTITIONS_MAGIC;
  let offset;
  if (hasPartitions(PARTITIONS_AT)) offset = 0;
  else if (hasPartitions(PARTITIONS_AT - BOOTLOADER_AT)) offset = BOOTLOADER_AT;
  // A bootloader alone begins in the same way, but ends before the partition table.
  else if (image[0] === IMAGE_MAGIC && image.length > PARTITIONS_AT) offset = APPLICATION_AT;
  else {
    throw new FlashError(
      `${file} is not an ESP32 firmware: give Espruino's application image (espruino_esp32.bin) or a merged image of the whole flash`
    );
  }
  return `0x${offset.toString(16)}`;
}

module.exports = { firmwareOffset };
