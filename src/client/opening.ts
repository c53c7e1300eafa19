/** The opening handshake of one attempt: BEFORE_CONNECT, the transport, the request, the response, redirects. */
import * as board from "../board";
import type { TransportConnection } from "../board";
import { configuredUri, normaliseHeaders, Provider, unsupported } from "../config/config";
import { DEFAULT_MAX_REDIRECTS, DEFAULT_USER_AGENT, setting } from "../config/defaults";
import { Field } from "../config/fields";
import { tlsOptions } from "../config/tls";
import { resetReader } from "../protocol/frame_reader";
import { CLOSE_ABNORMAL } from "../protocol/frames";
import { makeRequest, newResponse, readResponse, Response } from "../protocol/handshake";
import { authority, resolveUri, Uri } from "../protocol/uri";
import { Client, Listener, updateDirect } from "./client";
import { CONNECTING, OPEN, STATE_TIMER } from "./constants";
import { connectionLost, disconnect, reconnect, setError } from "./lifecycle";
import { LISTENER } from "./listener";
import { restartPing, setTimer, startKeepAlive } from "./timers";
import {
  dataTemplate,
  emit,
  WEBSOCKET_ERROR_TYPE_HANDSHAKE,
  WEBSOCKET_ERROR_TYPE_NONE,
  WEBSOCKET_EVENT_BEFORE_CONNECT,
  WEBSOCKET_EVENT_CONNECTED,
  WEBSOCKET_EVENT_HEADER_RECEIVED,
} from "./events";

/** What a provider returns, undefined for nothing; " ", which is invalid, for anything but text, or if it throws. */
function askProvider(provider: Provider | undefined): string | undefined {
  try {
    var value = provider && provider();
    if (value === null || value === undefined) return undefined;
    return typeof value === "string" ? value : " ";
  } catch (exception) {
    board._report(exception);
    return " ";
  }
}

/** Why a client cannot connect to a URI, as a sentence; "" if it can. */
export function whyNoTarget(uri: Uri | undefined): string {
  return uri && uri._host && uri._defaultPort ? "" : "uri or uri_provider must give ws:// or wss:// with a host";
}

/** The user's transport takes arrays, and may keep them. */
function usersConnection(connection: TransportConnection): TransportConnection {
  return {
    write: function (frame) {
      connection.write(board._unwire(frame));
    },
    close: function () {
      connection.close();
    },
  };
}

/** One attempt to connect: BEFORE_CONNECT, then the transport. */
export function connect(client: Client): void {
  var config = client._config;
  client._retryAfter = 0;
  // If the handler of BEFORE_CONNECT is cut off, another attempt follows.
  reconnect(client);
  setError(client, WEBSOCKET_ERROR_TYPE_NONE, 0);
  if (!emit(client, WEBSOCKET_EVENT_BEFORE_CONNECT)) return;
  var transport = config[Field.EXT_TRANSPORT];
  var listener = (client._listener = Object.create(LISTENER) as Listener);
  listener._client = client;
  // The user's own transport may call them without their listener.
  if (transport) {
    for (var name in LISTENER) {
      var method = name as keyof typeof LISTENER;
      listener[method] = (LISTENER[method] as Function).bind(listener);
    }
  }
  client._state = CONNECTING;
  client._closeCode = CLOSE_ABNORMAL;
  client._serverClosed = client._reason = undefined;
  setTimer(client, STATE_TIMER, setting(config, Field.NETWORK_TIMEOUT_MS));
  try {
    var target: Uri | undefined = client._target;
    if (!client._redirects) {
      var uri = askProvider(config[Field.URI_PROVIDER]);
      if (client._listener !== listener) return;
      target = uri === undefined || uri === "" ? client._uri : configuredUri(config, uri);
    }
    var error = whyNoTarget(target) || unsupported(config, target!);
    if (error) throw error;
    client._target = target!;
    var address = {
      host: target!._host,
      port: target!._port || target!._defaultPort,
      tls: target!._defaultPort === 443 ? tlsOptions(config, target!._host, target!._leftOrigin) : undefined,
    };
    // Not (transport || board).open: the build knows the board's functions only where they are called by name.
    var connection = transport ? usersConnection(transport.open(address, listener)) : board.open(address, listener);
    if (client._listener === listener) {
      client._connection = connection;
      if (listener._opened) sendRequest(client);
    } else connection.close();
  } catch (exception) {
    if (client._listener === listener) connectionLost(client, "" + exception);
  }
}

/** The opening handshake's request: see `makeRequest`. */
export function sendRequest(client: Client): void {
  var config = client._config;
  var target = client._target;
  var listener = client._listener;
  var headers: string | undefined = "";
  // What is meant for one origin is sent to no other.
  if (!target._leftOrigin) {
    headers = askProvider(config[Field.HEADERS_PROVIDER]);
    if (client._listener !== listener) return;
    headers = headers === undefined ? config[Field.HEADERS] || "" : normaliseHeaders(headers);
  }
  if (headers === undefined)
    return connectionLost(client, "headers_provider gave no headers", WEBSOCKET_ERROR_TYPE_HANDSHAKE);
  var response = (client._response = newResponse());
  resetReader(client);
  var request = board._bytes(
    makeRequest(
      response,
      target,
      config[Field.USER_AGENT] || DEFAULT_USER_AGENT,
      config[Field.SUBPROTOCOL] || "",
      headers
    )
  );
  client._connection!.write(board._wire(request));
}

/**
 * The next bytes of the opening handshake's response. Returns true once that has opened the connection, and the user has
 * kept it; `_chunk` then holds the bytes after the head: they belong to the first frame.
 *
 * @cold
 */
export function receiveResponse(client: Client, bytes: string): boolean {
  var response = client._response!;
  // Kept before handlers are called: one that is cut off loses nothing.
  if (!response._complete) client._chunk = readResponse(response, bytes);
  var line: string | undefined;
  while ((line = response._lines.shift()) !== undefined) {
    setError(client, WEBSOCKET_ERROR_TYPE_NONE, response._status);
    emit(client, WEBSOCKET_EVENT_HEADER_RECEIVED, line);
    if (client._response !== response) return false;
  }
  return !!response._complete && endOpening(client, response);
}

/**
 * The response is there: the connection is open, or goes elsewhere, or has failed. Returns like `receiveResponse`.
 *
 * @cold
 */
function endOpening(client: Client, response: Response): boolean {
  var config = client._config;
  var listener = client._listener;
  var error = response._error;
  if (response._location) {
    var target = client._target;
    var most = config[Field.MAX_REDIRECTS];
    if (most === undefined) most = DEFAULT_MAX_REDIRECTS;
    var uri = resolveUri(target, response._location);
    if (++client._redirects > most) error = "Too many redirects";
    // Never from wss to ws, nor to any other scheme.
    else if (!uri || uri._defaultPort < target._defaultPort) error = "Cannot redirect to " + response._location;
    else {
      // Permanently: even if a later redirect leads back, or to a second address of the other origin.
      // An origin is scheme, host and port (RFC 6454 §4).
      uri._leftOrigin =
        target._leftOrigin || uri._defaultPort !== target._defaultPort || authority(uri) !== authority(target);
      uri._username = uri._leftOrigin ? undefined : target._username;
      uri._password = target._password;
      disconnect(client, WEBSOCKET_ERROR_TYPE_NONE, 0);
      client._target = uri;
      setTimer(client, STATE_TIMER, 0);
      return false;
    }
  }
  if (error) {
    connectionLost(client, error, WEBSOCKET_ERROR_TYPE_HANDSHAKE);
    return false;
  }
  client._response = undefined;
  client._failures = client._redirects = 0;
  client._state = OPEN;
  setTimer(client, STATE_TIMER);
  restartPing(client);
  startKeepAlive(client);
  client._template = dataTemplate(client);
  client._betweenMessages = true;
  updateDirect(client);
  client.subprotocol = response._protocol;
  emit(client, WEBSOCKET_EVENT_CONNECTED);
  return client._listener === listener;
}
