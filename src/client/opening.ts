/** The opening handshake of one attempt: BEFORE_CONNECT, the transport, the request, the response, redirects. */
import { CONNECTING, OPEN, STATE_TIMER } from "./constants";
import * as board from "../board";
import type { TransportConnection } from "../board";
import { configuredUri, normaliseHeaders, Provider, unsupported } from "../config/config";
import * as Field from "../config/fields";
import { tlsOptions } from "../config/tls";
import { resetReader } from "../protocol/frame_reader";
import { makeKey, readResponse } from "../protocol/handshake";
import { authority, resolveUri, Uri } from "../protocol/uri";
import { Client, Listener, updateDirect } from "./client";
import { LISTENER } from "./listener";
import { connectionLost, disconnect, reconnect, setError } from "./lifecycle";
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

/** What a provider gives, or `otherwise`; if it throws, nothing that is of use, and the exception is reported. */
function provided(provider: Provider | undefined, otherwise: string): string {
  try {
    var value = provider && provider();
    return value === null || value === undefined ? otherwise : value;
  } catch (exception) {
    board._report(exception);
    return " ";
  }
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
  // Should the handler of BEFORE_CONNECT be cut off, another attempt follows.
  reconnect(client);
  setError(client, WEBSOCKET_ERROR_TYPE_NONE, 0);
  if (!emit(client, WEBSOCKET_EVENT_BEFORE_CONNECT)) return;
  var listener = (client._listener = Object.create(LISTENER) as Listener);
  listener._client = client;
  client._state = CONNECTING;
  client._closeCode = 1006;
  client._serverClosed = client._reason = undefined;
  setTimer(client, STATE_TIMER, config[Field.NETWORK_TIMEOUT_MS] || 10000);
  try {
    var target: Uri | undefined = client._target;
    if (!client._redirects) {
      var uri = provided(config[Field.URI_PROVIDER], "");
      if (client._listener !== listener) return;
      target = uri ? configuredUri(config, uri) : client._uri;
    }
    if (!target || !target._defaultPort) throw "uri_provider gave no URI";
    client._target = target;
    var error = unsupported(config, target);
    if (error) throw error;
    var transport = config[Field.EXT_TRANSPORT];
    var address = {
      host: target._host,
      port: target._port || target._defaultPort,
      tls: target._defaultPort === 443 ? tlsOptions(config, target._host) : undefined,
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

/** The opening handshake's request (RFC 6455 §4.1), its headers in the order in which the C client sends them. */
export function sendRequest(client: Client): void {
  var config = client._config;
  var target = client._target;
  var listener = client._listener;
  var subprotocol = config[Field.SUBPROTOCOL] || "";
  var key = makeKey();
  var headers = normaliseHeaders(provided(config[Field.HEADERS_PROVIDER], config[Field.HEADERS] || ""));
  if (client._listener !== listener) return;
  if (headers === undefined)
    return connectionLost(client, "headers_provider gave no headers", WEBSOCKET_ERROR_TYPE_HANDSHAKE);
  client._response = {
    _key: key,
    _offered: "," + subprotocol,
    _status: 0,
    _size: 0,
    _line: "",
    _values: ",,,,,,".split(","),
    _retryAfter: 0,
  };
  var text =
    "GET " +
    (target._path || "/") +
    " HTTP/1.1\r\nConnection: Upgrade\r\nHost: " +
    authority(target) +
    "\r\nUser-Agent: " +
    (config[Field.USER_AGENT] || "ESP32 Websocket Client") +
    "\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
    key +
    (subprotocol && "\r\nSec-WebSocket-Protocol: " + subprotocol) +
    (target._username === undefined
      ? ""
      : "\r\nAuthorization: Basic " + board._base64(target._username + ":" + target._password)) +
    "\r\n" +
    headers +
    "\r\n";
  if (target._foreign) text = text.replace(/\r\nauthorization:[^\r]*/gi, "");
  client._connection!.write(board._wire(board._bytes(board._utf8(text))));
}

/**
 * The next bytes of the opening handshake's response. Once that has opened the connection, and the user has kept it,
 * returns the ones behind its head: they belong to the first frame.
 *
 * @cold
 */
export function receiveResponse(client: Client, bytes: string): string | void {
  var config = client._config;
  var listener = client._listener;
  var response = client._response!;
  var rest = readResponse(response, bytes, function (line) {
    if (client._response !== response) return;
    setError(client, WEBSOCKET_ERROR_TYPE_NONE, response._status);
    emit(client, WEBSOCKET_EVENT_HEADER_RECEIVED, line);
  });
  if (rest === undefined || client._response !== response) return;
  var error = response._error;
  if (response._location) {
    var target = client._target;
    var most = config[Field.MAX_REDIRECTS]!;
    var uri = resolveUri(target, response._location);
    if (++client._redirects > (most >= 0 ? most : 5)) error = "Too many redirects";
    // Never from wss to ws, nor to what is neither.
    else if (!uri || uri._defaultPort < target._defaultPort) error = "Cannot redirect to " + response._location;
    else {
      uri._username = target._username;
      uri._password = target._password;
      uri._foreign = target._foreign || authority(uri) !== authority(target);
      disconnect(client, WEBSOCKET_ERROR_TYPE_NONE, 0);
      client._target = uri;
      return setTimer(client, STATE_TIMER, 0);
    }
  }
  if (error) return connectionLost(client, error, WEBSOCKET_ERROR_TYPE_HANDSHAKE);
  client._response = undefined;
  client._failures = client._redirects = client._retryAfter = 0;
  client._state = OPEN;
  resetReader(client);
  setTimer(client, STATE_TIMER);
  restartPing(client);
  startKeepAlive(client);
  client._template = dataTemplate(client);
  client._betweenMessages = true;
  updateDirect(client);
  client.subprotocol = response._protocol;
  emit(client, WEBSOCKET_EVENT_CONNECTED);
  if (client._listener === listener) return rest;
}
