/** What a transport calls: each connection's own listener inherits from this one. */
import { CLOSING } from "./constants";
import type { TransportError } from "../board";
import { Listener } from "./client";
import { recover } from "./events";
import { connectionLost } from "./lifecycle";
import { sendRequest } from "./opening";
import { goOnReading } from "./receiving";
import { flush } from "./sending";
import { received } from "./short_messages";

export const LISTENER = {
  opened: function (this: Listener): void {
    var client = this._client;
    recover(client);
    if (client._listener !== this || this._opened) return;
    this._opened = true;
    if (!client._connection) return;
    try {
      sendRequest(client);
    } catch (exception) {
      connectionLost(client, "" + exception);
    }
  },
  received: received,
  drained: function (this: Listener): void {
    var client = this._client;
    recover(client);
    if (client._listener !== this) return;
    client._inFlight = 0;
    if (!client._direct && !client._flushing) flush(client);
  },
  closed: function (this: Listener, error?: TransportError): void {
    var client = this._client;
    var wasCutOff = client._dispatching;
    recover(client);
    if (client._listener === this) goOnReading(client, wasCutOff);
    if (client._listener !== this) return;
    var message = (error && error.message) || "The server closed TCP";
    connectionLost(client, client._state === CLOSING ? "" : message, undefined, error);
  },
};
