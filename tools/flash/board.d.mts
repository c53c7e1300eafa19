/** Types of board.mjs, which describes it all. */

export interface BoardPort {
  /** What the user calls it, for messages. */
  readonly name: string;
  /** Bits per second of a serial line; left out where the line has no speed of its own (TCP). */
  readonly baud?: number;
  /** True once the connection is gone. */
  readonly closed: boolean;
  /** Resolves when the system has taken the bytes; rejects when the connection is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sets the one listener for what arrives. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Sets the one listener for the end, from either side; it is called once. */
  onClose(listener: () => void): void;
  close(): Promise<void>;
}

/** The time, where it is not the system's. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Calls `done` after `ms`; returns what calls that off. */
  after(ms: number, done: () => void): () => void;
}

export interface BoardFacts {
  /** Of the firmware: "2v29". */
  version: string;
  /** "ESP32". */
  board: string;
  freeVariables: number;
  totalVariables: number;
  /** Bytes of the C heap, where sockets and TLS live; null where the firmware cannot tell. */
  freeHeap: number | null;
  /** Bytes in one piece; null where the firmware cannot tell. */
  freeStorage: number | null;
  /** Bytes of erased files that Storage can win back. */
  trash: number;
  /** The names in Storage. */
  files: string[];
  /** The firmware's own modules. */
  builtIn: string[];
}

export interface BoardFile {
  /** In Storage. */
  name: string;
  data: Uint8Array;
  size: number;
  /** CRC-32, unsigned. */
  crc: number;
}

export interface Warning {
  /** For programs: "no_net", "no_tls", "no_crypto", "few_variables", "no_heap_for_tls", "saved_state", "old_boot", "missing:NAME". */
  code: string;
  text: string;
}

export class FlashError extends Error {
  constructor(code: string, what: string, advice?: string);
  readonly code: string;
  readonly what: string;
  readonly advice?: string;
}

/** The name of the script that starts with the board. */
export const BOOT_CODE: string;

export function crc32(data: Uint8Array): number;
export function describeSum(file: { size: number; crc: number }): string;
export function storageFile(name: string, bytes: Uint8Array, shownAs?: string): BoardFile;
export function appFile(
  fileName: string,
  bytes: Uint8Array,
  options?: { boot?: boolean; otherNames?: string[]; shownAs?: string }
): BoardFile;
export function requiredModules(data: Uint8Array): string[];
export function checkBoard(
  facts: BoardFacts,
  plan: { files: BoardFile[]; app?: BoardFile; removeBoot?: boolean }
): Warning[];

export interface ConnectOptions {
  /** Opens the port; called again where a reset ends the connection. */
  openPort: () => Promise<BoardPort>;
  /** How long the board may take to answer, ms (10,000). */
  timeoutMs?: number;
  /** What the board prints, without the answers to our questions. */
  onText?: (text: string) => void;
  /** false: do not look for the prompt, only listen. */
  interrupt?: boolean;
  clock?: Clock;
}

export function connect(options: ConnectOptions): Promise<Board>;

export class Board {
  readonly portName: string;
  readonly closed: boolean;
  /** How many lines arrived damaged so far, and were sent again. */
  readonly resentLines: number;
  identify(): Promise<BoardFacts>;
  listStorage(): Promise<{ name: string; size: number }[]>;
  checksum(name: string, expectedSize?: number): Promise<{ size: number; crc: number } | null>;
  erase(name: string): Promise<unknown>;
  /** The value of an ES5 expression on the board, through JSON. */
  evaluate(expression: string): Promise<unknown>;
  reset(): Promise<void>;
  changed(files: BoardFile[]): Promise<BoardFile[]>;
  checkRoom(files: BoardFile[], options?: { compact?: boolean }): Promise<void>;
  upload(
    files: BoardFile[],
    options?: {
      verify?: boolean;
      onProgress?: (progress: { fraction: number; name: string }) => void;
      onWarning?: (text: string) => void;
      signal?: AbortSignal;
    }
  ): Promise<{ uploaded: string[]; unchanged: string[] }>;
  removeBoot(): Promise<unknown>;
  run(app?: { name: string }): Promise<{ uncaught?: string; idle: boolean }>;
  write(text: string): Promise<void>;
  interrupt(): Promise<void>;
  untilClosed(): Promise<void>;
  close(): Promise<void>;
}
