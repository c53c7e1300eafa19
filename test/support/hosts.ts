/** Where the tests' servers listen, and what a board calls them. */
import os from "node:os";

/** What the tests call this machine. */
const LOOPBACK = "127.0.0.1";

/** The address under which a board reaches this machine. */
const BOARDS_HOST = process.env.ESP32_HOST ?? LOOPBACK;

/** Where servers listen: where the board reaches them, if that is an address of this machine. */
export const LISTEN_HOST = listenHost();

function listenHost(): string {
  const addresses = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
  const reached = process.env.TARGETS === "board" && addresses.some(({ address }) => address === BOARDS_HOST);
  return reached ? BOARDS_HOST : LOOPBACK;
}

/** A text of a test, with this machine's address as the board knows it. */
export const forBoard = (text: string): string => text.replaceAll(LOOPBACK, BOARDS_HOST);

/** A text of a board, with this machine's address as the tests know it. */
export const fromBoard = (text: string): string => text.replaceAll(BOARDS_HOST, LOOPBACK);
