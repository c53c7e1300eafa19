/** A client's timers, and what happens when one expires. */
import {
  CLOSING,
  FLUSH_TIMER,
  KEEP_ALIVE_TIMER,
  LAST_TIMER,
  OPEN,
  PING_TIMER,
  PONG_TIMER,
  STATE_TIMER,
  WATCH_TIMER,
} from "./constants";
import { setting } from "../config/defaults";
import { Field } from "../config/fields";
import type { Client, Timer } from "./client";
import { recover, WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT } from "./events";
import { connectionLost, reportLoss } from "./lifecycle";
import { connect } from "./opening";
import { goOnReading } from "./receiving";
import { flush, sendPing } from "./sending";

declare function setTimeout<Arguments extends unknown[]>(
  callback: (...args: Arguments) => void,
  milliseconds: number,
  ...args: Arguments
): Timer;
declare function clearTimeout(timer: Timer): void;

/** What did not come in time, by timer; the last is for queued messages. */
const MISSING = ["answer", "", "sign of life", "PONG", "rest of a frame header", "", "", "room for a frame"];

/** How long after calling a handler we check that it has ended, in milliseconds. */
const WATCH = 100;
/** Waits are cut into slices, in milliseconds: Espruino takes a step of its clock for time that has passed. */
const SLICE = 250;
/** For waits that may end too early, and should wake the interpreter as rarely as possible. */
const LONG_SLICE = 1e9;

/**
 * Sets one of the client's timers or, without a time, stops it. A long wait is cut into slices: a step of the clock can
 * take away no more than one.
 */
export function setTimer(client: Client, which: number, milliseconds?: number, slice?: number): void {
  var timers = client._timers;
  if (which in timers) clearTimeout(timers[which]);
  delete timers[which];
  if (milliseconds! >= 0) {
    var time = Math.min(milliseconds!, slice || SLICE);
    timers[which] = setTimeout(onTimer, time, client, which, milliseconds! - time, slice);
  }
}

/** Stops all timers. */
export function stopTimers(client: Client): void {
  for (var which in client._timers) clearTimeout(client._timers[which]);
  client._timers = {};
  client._watched = false;
}

/**
 * Handlers are about to be called. Espruino cuts a handler off when memory runs out or the stack is full, and never
 * returns to its caller: the watch timer goes on from there. It is not set again for each event, since that would cost
 * as much as the event. A PONG needs none: it already has the timer that waits for it.
 *
 * @cold
 */
export function watch(client: Client): void {
  client._watched = true;
  setTimer(client, WATCH_TIMER, WATCH);
}

/**
 * All handlers have had all events.
 *
 * @cold
 */
export function unwatch(client: Client): void {
  client._watched = false;
  setTimer(client, WATCH_TIMER);
}

/** Sets the time of the next PING. */
export function restartPing(client: Client): void {
  if (client._state === OPEN)
    setTimer(client, PING_TIMER, setting(client._config, Field.PING_INTERVAL_SEC) * 1000, LONG_SLICE);
}

/** Starts to watch for anything at all from the server. */
export function startKeepAlive(client: Client): void {
  client._probes = 0;
  if (client._config[Field.KEEP_ALIVE_ENABLE]) waitForSignOfLife(client, Field.KEEP_ALIVE_IDLE, LONG_SLICE);
}

/** The time to wait is the configuration's `field`, in seconds. */
function waitForSignOfLife(client: Client, field: Field.KEEP_ALIVE_IDLE | Field.KEEP_ALIVE_INTERVAL, slice?: number) {
  client._keepAliveSeen = client._received;
  setTimer(client, KEEP_ALIVE_TIMER, setting(client._config, field) * 1000, slice);
}

/** Waits for an answer to our PING: anything that comes from the server is a sign of life, and restarts the wait. */
function waitForPong(client: Client): void {
  client._pongSeen = client._received;
  setTimer(client, PONG_TIMER, setting(client._config, Field.PINGPONG_TIMEOUT_SEC) * 1000);
}

/** One of the client's waits is over, or, if time is left, a slice of it. */
function onTimer(client: Client, which: number, left: number, slice?: number): void {
  var wasCutOff = client._dispatching;
  // A destroyed client has none.
  if (!client._timers) return;
  delete client._timers[which];
  if (which === WATCH_TIMER) client._watched = false;
  recover(client);
  // A handler may have destroyed it.
  if (!client._config) return;
  client._flushing = false;
  goOnReading(client, wasCutOff);
  if (which === PONG_TIMER && client._pongSeen !== client._received) {
    // What was cut off may have been handling the PONG: the next PING waits again.
    return wasCutOff ? undefined : waitForPong(client);
  }
  if (left > 0) return setTimer(client, which, left, slice);
  if (which === STATE_TIMER && !client._listener) return connect(client);
  if (which === FLUSH_TIMER) return flush(client);
  if (which === WATCH_TIMER) return reportLoss(client);
  // A timer left from the open connection, which is closing.
  if (which && client._state !== OPEN) return;
  if (which === PING_TIMER) return ping(client);
  if (which === KEEP_ALIVE_TIMER) return keepAlive(client);
  expire(client, which);
}

/** What should have come has not: the connection has failed, unless it was about to be closed. */
function expire(client: Client, which: number): void {
  connectionLost(
    client,
    client._state === CLOSING ? "" : "No " + MISSING[Math.min(which, LAST_TIMER + 1)] + " in time",
    which === PONG_TIMER ? WEBSOCKET_ERROR_TYPE_PONG_TIMEOUT : undefined
  );
}

/** Time for a PING. One PONG may answer several (RFC 6455 §5.5.3): the wait for it runs from the first. */
function ping(client: Client): void {
  // Single frames keep the memory for native frames until here.
  client._memory = undefined;
  restartPing(client);
  if (!client._config[Field.DISABLE_PINGPONG_DISCON] && !(PONG_TIMER in client._timers)) waitForPong(client);
  sendPing(client);
}

/** The time for a sign of life is over: a probe, or the end. */
function keepAlive(client: Client): void {
  if (client._keepAliveSeen !== client._received) {
    client._probes = 0;
    waitForSignOfLife(client, Field.KEEP_ALIVE_IDLE, LONG_SLICE);
  } else if (client._probes++ < setting(client._config, Field.KEEP_ALIVE_COUNT)) {
    waitForSignOfLife(client, Field.KEEP_ALIVE_INTERVAL);
    sendPing(client);
  } else expire(client, KEEP_ALIVE_TIMER);
}
