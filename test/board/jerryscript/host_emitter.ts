/** IoT.js's `events`: neither `off` nor `listenerCount`; an `error` event that nobody hears is thrown. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what an event carries is its own affair
type Listener = ((...args: any[]) => void) & { listener?: Listener };

export class HostEmitter {
  _events: Record<string, Listener[] | undefined> = {};

  emit(type: string, ...args: unknown[]): boolean {
    this._events ??= {};
    const listeners = this._events[type];
    if (type === "error" && !listeners) {
      throw args[0] instanceof Error ? args[0] : new Error("Uncaught 'error' event");
    }
    if (!listeners) return false;
    for (const listener of listeners.slice()) listener.apply(this, args);
    return true;
  }

  on(type: string, listener: Listener): this {
    if (typeof listener !== "function") throw new TypeError("listener must be a function");
    this._events ??= {};
    (this._events[type] ??= []).push(listener);
    return this;
  }

  addListener(type: string, listener: Listener): this {
    return this.on(type, listener);
  }

  once(type: string, listener: Listener): this {
    const once: Listener = (...args) => {
      this.removeListener(type, once);
      listener.apply(this, args);
    };
    once.listener = listener;
    return this.on(type, once);
  }

  removeListener(type: string, listener: Listener): this {
    const list = this._events[type];
    const index = list ? list.findIndex((one) => one === listener || one.listener === listener) : -1;
    if (list && index >= 0) {
      list.splice(index, 1);
      if (list.length === 0) delete this._events[type];
    }
    return this;
  }

  removeAllListeners(type?: string): this {
    if (type === undefined) this._events = {};
    else delete this._events[type];
    return this;
  }
}

Object.assign(HostEmitter, { EventEmitter: HostEmitter });
