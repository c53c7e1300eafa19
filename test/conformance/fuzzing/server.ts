/**
 * A server that speaks the Autobahn fuzzing protocol: `/getCaseCount`, `/getCaseInfo?case=N`,
 * `/runCase?case=N&agent=A`, `/getCaseStatus?case=N&agent=A`, `/updateReports?agent=A`.
 */
import { close, frame, PeerConnection, ReceivedFrame, startPeer, text } from "../../support/peer";
import { CASES, FuzzingCase, Reply } from "./cases";

export interface CaseResult {
  behavior: "OK" | "FAILED" | "INFORMATIONAL";
  /** What was wrong; empty if nothing was. */
  reason: string;
}

export interface FuzzingServer {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  /** By agent and case id. */
  readonly results: ReadonlyMap<string, ReadonlyMap<string, CaseResult>>;
  /** Agents for whom reports were asked for. */
  readonly reported: readonly string[];
  close(): Promise<void>;
}

export interface FuzzingServerOptions {
  cases?: FuzzingCase[];
  /** 0: any free one. */
  port?: number;
  /** Milliseconds in which nothing comes from the client, after which a case has failed. */
  patience?: number;
  /** Answers `/getCaseInfo`; false: as old servers, does not know it. */
  infos?: boolean;
  /** How often it is asked for each result before it has one. */
  late?: number;
}

export async function startFuzzingServer({
  cases = CASES,
  port = 0,
  patience = 30000,
  infos = true,
  late = 0,
}: FuzzingServerOptions = {}): Promise<FuzzingServer> {
  const results = new Map<string, Map<string, CaseResult>>();
  const reported: string[] = [];
  /** Cases that go on, by agent and id: a client may ask for the result before its end of TCP has come. */
  const running = new Map<string, Promise<unknown>>();
  const asked = new Map<string, number>();
  const peer = await startPeer(async (connection) => {
    await connection.readHead();
    const { pathname, searchParams } = new URL(connection.path, "http://localhost");
    const agent = searchParams.get("agent") ?? "";
    const one = cases[Number(searchParams.get("case")) - 1];
    const key = `${agent} ${one?.id}`;
    if (pathname === "/runCase" && one) {
      if (!results.has(agent)) results.set(agent, new Map());
      const run = runCase(connection, one, patience).then((result) => results.get(agent)!.set(one.id, result));
      running.set(key, run);
      await run;
      return;
    }
    if (pathname === "/getCaseStatus") await running.get(key);
    const status = (): string => {
      const times = (asked.get(key) ?? 0) + 1;
      asked.set(key, times);
      return (times > late && results.get(agent)?.get(one?.id)?.behavior) || "MISSING";
    };
    const answers: Record<string, () => string | undefined> = {
      "/getCaseCount": () => String(cases.length),
      "/getCaseInfo": () => (infos && one ? JSON.stringify({ id: one.id, description: one.description }) : undefined),
      "/getCaseStatus": () => JSON.stringify({ behavior: status() }),
      "/updateReports": () => {
        reported.push(agent);
        return "";
      },
    };
    const answer = answers[pathname]?.();
    if (answer === undefined) {
      connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      connection.fin();
      return;
    }
    await connection.handshake();
    if (answer) connection.send(text(answer));
    connection.send(close(1000));
    await connection.nextFrame();
    // The server ends TCP (RFC 6455 §7.1.1).
    connection.fin();
    await connection.end();
    connection.socket.destroy();
  }, port);
  return { url: peer.url.replace(/\/$/, ""), results, reported, close: () => peer.close() };
}

/** What came from the client, as it comes: messages put together, PONGs, and the close frame. */
class Client {
  readonly replies: Reply[] = [];
  closeFrame: ReceivedFrame | undefined;
  /** What it did that no client may. */
  wrong = "";
  private opcode = 0;
  private parts: Buffer[] = [];

  constructor(private readonly connection: PeerConnection) {}

  /** Waits until `done`, and gives up when nothing comes for so long. Returns false if it gave up or the client left. */
  async until(done: () => boolean, patience: number): Promise<boolean> {
    while (!done() && !this.wrong) {
      const next = await within(patience, this.connection.nextFrame());
      if (!next) return false;
      this.take(next);
    }
    return !this.wrong;
  }

  /** Whether the client ends its side of TCP: nothing of it is left open then. Frames behind its close are wrong. */
  async ends(patience: number): Promise<boolean> {
    const ended = await within(patience, this.connection.end());
    while (!this.wrong && this.connection.frames.length > 0) this.take(await this.connection.nextFrame());
    return ended !== undefined;
  }

  private take(received: ReceivedFrame): void {
    const { opcode, fin, payload, key, masked, raw } = received;
    if (!masked) this.wrong = "a frame is not masked";
    else if (this.closeFrame) this.wrong = "a frame behind the close frame";
    else if (!raw.equals(frame({ opcode, fin, payload, mask: key })))
      this.wrong = "a frame's header is not the shortest";
    else if (opcode > 7) {
      if (!fin || payload.length > 125) this.wrong = "a control frame is fragmented or too long";
      if (opcode === 8) this.closeFrame = received;
      if (opcode === 10) this.replies.push({ opcode, payload });
    } else if (opcode ? this.opcode : !this.opcode) this.wrong = "the fragments are out of order";
    else {
      this.opcode ||= opcode;
      this.parts.push(payload);
      if (fin) {
        this.replies.push({ opcode: this.opcode as 1 | 2, payload: Buffer.concat(this.parts) });
        this.parts = [];
        this.opcode = 0;
      }
    }
    // Read and put together: not kept.
    this.connection.forget();
  }
}

/** What a promise brings; undefined if it brings nothing in so many milliseconds, or fails. */
async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), milliseconds)));
  try {
    return await Promise.race([promise.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function runCase(connection: PeerConnection, one: FuzzingCase, patience: number): Promise<CaseResult> {
  await connection.handshake();
  const client = new Client(connection);
  const { replies, clientCloses, answer = 1000 } = one;
  const gone = (): boolean => client.closeFrame !== undefined;
  for (const step of one.steps) {
    if ("await" in step) await client.until(() => client.replies.length >= step.await || gone(), patience);
    else if (step.chop) await connection.sendChopped(step.send, step.chop);
    else connection.send(step.send);
  }
  if (clientCloses === undefined) {
    await client.until(() => client.replies.length >= replies.length || gone(), patience);
    connection.send(one.serverCloses ?? close(1000));
  }
  await client.until(gone, patience);
  connection.fin();
  const ended = await client.ends(patience);
  const reason =
    client.wrong || judge(client, replies, clientCloses ?? answer) || (ended ? "" : "the client did not end TCP");
  connection.socket.destroy();
  if (one.informational) return { behavior: "INFORMATIONAL", reason };
  return { behavior: reason ? "FAILED" : "OK", reason };
}

function judge(client: Client, replies: Reply[], code: number | null): string {
  const frame = client.closeFrame;
  if (!frame) return "the client sent no close frame";
  const sent = frame.payload.length < 2 ? null : frame.payload.readUInt16BE(0);
  if (sent !== code) return `the client closed with ${sent ?? "no code"}, not with ${code ?? "none"}`;
  if (client.replies.length !== replies.length) {
    return `the client sent ${client.replies.length} messages and PONGs, not ${replies.length}`;
  }
  const wrong = client.replies.findIndex(
    (reply, index) => reply.opcode !== replies[index].opcode || !reply.payload.equals(replies[index].payload)
  );
  return wrong < 0 ? "" : `reply ${wrong + 1} is not the one that was expected`;
}
