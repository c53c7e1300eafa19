/** What frames are made of (RFC 6455 §5.2, §5.5, §7.4). */

/** Opcodes (RFC 6455 §5.2). */
export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
/** The first byte's FIN bit. */
export const FIN = 0x80;
/** The longest payload of a control frame, in bytes (RFC 6455 §5.5); any frame up to here has a header of two bytes. */
export const CONTROL_LIMIT = 125;

// Close codes that this client sends by itself (RFC 6455 §7.4.1).
export const CLOSE_NORMAL = 1000;
export const CLOSE_PROTOCOL_ERROR = 1002;
/** Never sent: the connection just ended. */
export const CLOSE_ABNORMAL = 1006;
export const CLOSE_INVALID_DATA = 1007;
export const CLOSE_TOO_BIG = 1009;

/** True for the close codes that may stand in a close frame (RFC 6455 §7.4, IANA's registry up to 1014). */
export function isCloseCode(code: number): boolean {
  return code > 999 && (code < 1015 ? code < 1004 || code > 1006 : code > 2999 && code < 5000);
}

/** The close code at the start of a close frame's payload; 0 if there is none. */
export function closeCode(payload: Uint8Array): number {
  return payload.length > 1 ? payload[0] * 256 + payload[1] : 0;
}
