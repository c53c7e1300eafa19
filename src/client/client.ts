/** One client: all its state, and how it begins. */
import { OPEN } from "./constants";
import * as board from "../board";
import type { Clonable, FrameMemory, Part, Payload, TransportConnection, TransportListener } from "../board";
import { DEFAULT_QUEUED_BUFFERS, setting } from "../config/defaults";
import { Field } from "../config/fields";
import type { Settings } from "../config/fields";
import { FrameReader, resetReader } from "../protocol/frame_reader";
import { CONTROL_LIMIT } from "../protocol/frames";
import type { Response } from "../protocol/handshake";
import type { Uri } from "../protocol/uri";
import type { Emitter, ErrorHandle, EventData, Registration } from "./events";

/** A timer's id: whatever the interpreter's setTimeout returns. */
export type Timer = unknown;

/** A message, or a part of one, that waits to be sent. */
export interface QueuedMessage {
  /** Opcode and FIN bit of the part, as its last frame has them. */
  _opcode: number;
  _fin: number;
  _payload: Payload;
  /** Its bytes, and how many of them were sent. */
  _length: number;
  _offset: number;
  /** A window of the payload: where in the payload it begins and ends, in bytes. */
  _window: Part;
  _windowStart: number;
  _windowEnd: number;
  /** Longest time that a frame may wait, in milliseconds (0: any), and the number of the timer that watches it. */
  _maxWait: number;
  _timer: number;
}

/** What is left to report of a lost connection. */
export interface Loss {
  /** For ERROR; "" once that was reported, and if there is none. */
  _message: string;
  /** CLOSED is due, not DISCONNECTED; and whether that was reported. */
  _closing: boolean;
  _reported: boolean;
}

/** The transport's listener of one connection. */
export interface Listener extends TransportListener {
  _client: Client;
  /** The transport has called `opened`. */
  _opened?: boolean;
}

/** One client: `esp_websocket_client_handle_t`, and an emitter. What is undefined is zero, false or not there. */
export interface Client extends FrameReader, Emitter {
  /** Payload bytes in the send queue. */
  tx_queued: number;
  /** The subprotocol that the server chose, "" if none: set with CONNECTED. */
  subprotocol?: string;
  /** Called with each piece from the server as a byte string, the handshake's response too. Must not throw. */
  raw_data?: (bytes: string) => void;

  /**
   * Longest payload, in bytes, of a message that goes out at once; 0 while none may. It is more than 0 only where the
   * connection is open, no message is unfinished, none waits in the queue, and the transport has room: so a queue that is
   * not empty means that the next frame waits for the transport or for the idle loop. `updateDirect` keeps this true.
   */
  _direct: number;
  /** Bytes given to the transport since it was last drained. */
  _inFlight: number;
  /** `buffer_size` in bytes. */
  _bufferSize: number;
  _connection?: TransportConnection;
  /** The listener of the connection; calls from any other are stale. */
  _listener?: Listener;
  /** The next byte from the server is the first of a message's first frame, or of a control frame between messages. */
  _betweenMessages: boolean;
  /**
   * A control frame that is being reported: what it asks for is done afterwards. Bytes: opcode, an ignored one,
   * payload. "" if there is none.
   */
  _controlFrame: string;
  /** True while handlers are being called; events that wait for them: id, event, id, event … */
  _dispatching: boolean;
  _pendingEvents: unknown[];
  /** The watch timer runs: see `watch`. */
  _watched: boolean;
  /** What DATA events of whole messages are cloned from; undefined while not connected. */
  _template?: Clonable<EventData>;
  /** Counts what came from the server; and how far it was when the keep-alive and the PONG timer last looked. */
  _received: number;
  _keepAliveSeen: number;
  _pongSeen: number;
  _registrations: Registration[];

  _state: number;
  /** Counts the calls that end what was going on: start, stop. */
  _run: number;
  /** What `init` was given, and what other functions have changed of it. Undefined once destroyed. */
  _config: Settings;
  /** Where to connect to; where the current attempt goes (a redirect leads elsewhere). */
  _uri: Uri;
  _target: Uri;
  /** Not an array: the numbers grow, and some engines reserve room for all below the last. */
  _timers: { [which: number]: Timer };
  _lastTimer: number;
  /** The opening handshake's response while it comes. */
  _response?: Response;
  /** `error_handle` and `close_status_code` of the next events. */
  _errorHandle: ErrorHandle;
  _closeStatus: number;
  /** Failed attempts since the last CONNECTED; redirects since the last one; seconds the server asked to wait. */
  _failures: number;
  _redirects: number;
  _retryAfter: number;

  /** `tx_queue_size` in bytes. */
  _queueSize: number;
  _queue: QueuedMessage[];
  /** Where native code makes frames; undefined while nobody needs it. */
  _memory?: FrameMemory;
  /** Frames are being written: what is called meanwhile must not write others. */
  _flushing?: boolean;
  /** A send was refused for lack of room: DRAIN reports when there is some. */
  _wantsDrain?: boolean;
  /** Opcode of the message that a `_partial` function has begun; 0 if none is unfinished. */
  _unfinished: number;
  /** The PONG that waits until the transport is drained: only the last PING needs an answer (RFC 6455 §5.5.3). */
  _pong?: Payload;
  /** Probes of the keep-alive that were not answered. */
  _probes: number;

  /** The close frame was sent. */
  _closeSent?: boolean;
  /** The close code that was received, 1006 until then, and the reason. */
  _closeCode: number;
  _reason?: string;
  /** The server sent its close frame first. */
  _serverClosed?: boolean;
  /** A connection was lost, and not all of that is reported yet. */
  _loss?: Loss;
  /** `esp_websocket_client_destroy_on_exit` was called. */
  _destroyOnExit?: boolean;
}

/** A client that is not started. */
export function createClient(settings: Settings, uri: Uri): Client {
  var client = board._emitter() as Client;
  // Espruino searches fields from the first one on: those that each message needs come first.
  client._direct = client._inFlight = 0;
  client._bufferSize = setting(settings, Field.BUFFER_SIZE);
  client._connection = client._listener = client.raw_data = client._response = client._template = undefined;
  client._betweenMessages = client._watched = client._dispatching = client._fin = false;
  client._pendingEvents = [];
  client._received = 0;
  client._registrations = [];
  client._chunk = client._controlFrame = "";
  client._index = client._state = client._run = 0;
  client._config = settings;
  client._uri = client._target = uri;
  client.tx_queued = client._length = client._opcode = client._unfinished = 0;
  client._queueSize = settings[Field.TX_QUEUE_SIZE] || client._bufferSize * DEFAULT_QUEUED_BUFFERS;
  client._timers = {};
  client._lastTimer = 0;
  client._queue = [];
  resetReader(client);
  return client;
}

/**
 * Works out again what may go out at once: see `_direct`.
 *
 * @hot
 */
export function updateDirect(client: Client): void {
  client._direct =
    client._state === OPEN && !client._unfinished && !client._queue[0] && client._inFlight < client._bufferSize
      ? Math.min(client._bufferSize, CONTROL_LIMIT)
      : 0;
}
