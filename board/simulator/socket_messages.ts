/** What passes between a board and the thread that owns its connections. */

/** Certificates and key that a TLS client shows, as PEM. */
export interface TlsIdentity {
  cert?: string;
  key?: string;
}

/** From the board to the thread. */
export type Command =
  | { op: "connect"; id: number; host: string; port: number; timeout: number; tls?: TlsIdentity }
  | { op: "write"; id: number; data: Uint8Array }
  | { op: "read"; id: number; bytes: number }
  | { op: "close"; id: number };

/** From the thread to the board. */
export type Report =
  | { event: "connected"; id: number }
  | { event: "failed"; id: number; reason: "host" | "connect"; errno?: number }
  | { event: "data"; id: number; data: Uint8Array }
  | { event: "sent"; id: number; bytes: number }
  /** The peer has no more to send (FIN). */
  | { event: "ended"; id: number }
  /** The connection was cut (RST). */
  | { event: "reset"; id: number }
  /** The TLS handshake is done. */
  | { event: "secure"; id: number }
  /** The TLS handshake failed, with mbedTLS's error code. */
  | { event: "tlsFailed"; id: number; code: number }
  /** The peer closed the TLS session cleanly (close_notify). */
  | { event: "closedTls"; id: number };
