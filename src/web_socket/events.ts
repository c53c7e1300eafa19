/** Calling a socket's listeners. */
import type { Socket } from "./socket";

declare const process: { emit(event: string, argument: unknown): unknown; "#onuncaughtException"?: unknown };
declare const console: { log(line: string): void };

/**
 * Calls all listeners of an event. The `on…` handler gets the event; those of the list too, but in place of Espruino's
 * `ws` only its data. If one of them throws, the others are still called.
 *
 * Each call and each nested block takes from the interpreter's C stack (on an ESP32, of 25,000 bytes): a listener is
 * called as a method, since `call` would cost more than everything else here, and there is no function in between.
 *
 * @hot
 */
export function tell(socket: Socket, type: string, event: any): void {
  var listener = (socket as any)["on" + type];
  // Where Espruino itself keeps listeners: one function, or a list.
  var field = "#on" + type;
  var list = (socket as any)[field];
  var next = 0;
  event.type = type;
  event.target = socket;
  // Those that are there now: listeners may add and remove others.
  if (list) list = [].concat(list);
  do {
    socket._listener = listener;
    try {
      if (listener && listener.handleEvent) listener.handleEvent(event);
      else if (listener) socket._listener!(event);
    } catch (exception) {
      report(exception);
    }
    if (!list) return;
    if (!next && socket._dropIn) event = event.data;
    listener = list[next++];
    // Not what another has removed meanwhile.
    if ([].concat((socket as any)[field]).indexOf(listener as never) < 0) listener = undefined;
  } while (next <= list.length);
}

/**
 * Reports an exception of a listener at once, as the interpreter reports an uncaught one. (Thrown from a timer, it
 * would be lost where another callback of the same idle pass uses `try`.)
 */
function report(exception: any): void {
  // Node's `emit` says whether anybody listens; Espruino's says nothing, but keeps the listeners in this field.
  if (!process.emit("uncaughtException", exception) && !process["#onuncaughtException"])
    console.log("Uncaught " + exception + (exception && exception.stack ? "\n" + exception.stack : ""));
}
