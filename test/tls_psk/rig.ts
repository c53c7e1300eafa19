/** A client of src/tls_psk, and a server, with a wire between them that the test holds. */
import type { TransportConnection, TransportError } from "../../src/board";
import tlsPsk, { type PskOptions } from "../../src/api/tls_psk";
import { type Wire, wires } from "./platform";
import { type Faults, IDENTITY, KEY, PskServer } from "./psk_server";

export interface Session {
  wire: Wire;
  server: PskServer;
  connection: TransportConnection;
  /** What the client's user heard. */
  opened: number;
  received: Buffer;
  drained: number;
  closed: (TransportError | undefined)[];
  /** Carries what is on the wire to and fro until nothing moves; `change` may change what the server says. */
  run(change?: (bytes: Buffer) => Buffer): void;
  /** Hands bytes to the client. */
  feed(bytes: Buffer): void;
}

export const asString = (bytes: Buffer): string => bytes.toString("latin1");

export function session(faults: Faults = {}, options: Partial<PskOptions> = {}, host = "gateway.local"): Session {
  const transport = tlsPsk({ identity: IDENTITY, key: KEY.toString("hex"), ...options });
  const it: Session = {
    server: new PskServer(faults),
    opened: 0,
    received: Buffer.alloc(0),
    drained: 0,
    closed: [],
    feed: (bytes: Buffer) => it.wire.listener.received(asString(bytes)),
    run(change = (bytes: Buffer) => bytes) {
      for (let from = it.wire.written; from.length > 0; from = it.wire.written) {
        it.wire.written = Buffer.alloc(0);
        const answer = change(it.server.receive(from));
        if (answer.length > 0 && !it.wire.closed) it.feed(answer);
      }
    },
  } as unknown as Session;
  it.connection = transport.open(
    { host, port: 443, tls: { servername: host } },
    {
      opened: () => void it.opened++,
      received: (bytes) => void (it.received = Buffer.concat([it.received, Buffer.from(bytes as Uint8Array)])),
      drained: () => void it.drained++,
      closed: (error) => void it.closed.push(error),
    }
  );
  it.wire = wires[wires.length - 1];
  it.wire.listener.opened();
  return it;
}

/** One whose handshake is done. */
export function openSession(faults: Faults = {}, options: Partial<PskOptions> = {}): Session {
  const it = session(faults, options);
  it.run();
  if (it.opened !== 1) throw new Error(`The handshake failed: ${JSON.stringify(it.closed)}`);
  return it;
}
