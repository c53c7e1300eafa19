import * as board from "../board";

/** The parts of a URI that a client needs (RFC 6455 §3, RFC 3986 §3). A part that the URI lacks is "" (port: 0). */
export interface Uri {
  /** The port of the scheme: 443 for `wss`, 80 for `ws`, 0 for any not in RFC 6455 §3. */
  _defaultPort: number;
  /** Lower-case name or address; an IPv6 address without its brackets. */
  _host: string;
  /** 1…65535, or 0. */
  _port: number;
  /** Path and query, percent-encoded, with a leading slash; the fragment is dropped. */
  _path: string;
  /** Before the `@`: user name and password, percent-codes decoded, as byte strings. Undefined if both are empty. */
  _username: string | undefined;
  _password: string;
  /** A redirect led here through another origin: the user's headers and credentials are not sent. */
  _leftOrigin?: boolean;
}

/**
 * Path and query, given as bytes, with a leading slash, and percent-codes for what may not be in them (RFC 3986 §3.3,
 * §3.4); existing codes stay.
 */
export function encodePath(path: string): string {
  // Not encodeURIComponent: Espruino's gives wrong bytes above 0x7f.
  return ((path[0] === "/" ? "" : "/") + path).replace(/%[\da-f][\da-f]|[^\w.~!$&'()*+,;=:@\/?-]/gi, function (found) {
    return found.length > 1 ? found : "%" + (256 + found.charCodeAt(0)).toString(16).substr(1);
  });
}

/** True for a name or an address (RFC 3986 §3.2.2): a single colon would stand before a port, brackets are outermost. */
export function isHost(host: string): boolean {
  // On Espruino, an alternative that begins with ^ also anchors those after it: it comes last.
  return !/[\x00- "#\/<>?@\\^`{|}\x7f]|.\[|\].|^[^:]*:[^:]*$/.test(host);
}

/** Splits an absolute URI. Returns undefined if it has no scheme or host, a bad port, a space or a control character. */
export function parseUri(uri: string): Uri | undefined {
  // Bytes first: on Espruino, a part of a Unicode text may be cut in the wrong place, and is truthy when empty.
  uri = board._utf8(uri);
  var start = uri.indexOf("://");
  if (start < 1 || /[\x00-\x20\x7f]/.test(uri)) return undefined;
  var rest = uri.substr(start + 3).split("#")[0];
  var authority = rest.split(/[\/?]/)[0];
  var path = rest.substr(authority.length);
  var user = authority.split("@");
  var host = user.pop()!;
  var credentials = user
    .join("@")
    .replace(/%[\da-f][\da-f]/gi, function (code) {
      return String.fromCharCode(parseInt(code.substr(1), 16));
    })
    .split(":");
  var username = credentials.shift()!;
  var password = credentials.join(":");
  var name = host.replace(/:\d*$/, "");
  var digits = host.substr(name.length + 1);
  // In decimal: for Espruino, a zero in front would make it octal.
  var port = digits ? parseInt(digits, 10) : 0;
  // Only an address in brackets may hold a colon; what it holds is for the board to look up.
  if (!/^\[.+\]$|^[^:\[\]]+$/.test(name) || !isHost(name) || (digits && !(port > 0 && port < 65536))) return undefined;
  var defaultPort = /^ws:/i.test(uri) ? 80 : 0;
  if (/^wss:/i.test(uri)) defaultPort = 443;
  return {
    _defaultPort: defaultPort,
    _host: board._text(name.replace(/[\[\]]/g, "")).toLowerCase(),
    _port: port,
    _path: path && encodePath(path),
    _username: username || password ? username : undefined,
    _password: password,
  };
}

/** Host and port as they stand in the Host header (RFC 6455 §4.1). */
export function authority(uri: Uri): string {
  var host = uri._host;
  if (/:/.test(host)) host = "[" + host + "]";
  return uri._port && uri._port !== uri._defaultPort ? host + ":" + uri._port : host;
}

/** Resolves a `Location` in the response to a request for `base` (RFC 3986 §5.2); undefined if that gives no URI. */
export function resolveUri(base: Uri, reference: string): Uri | undefined {
  var path = (base._path || "/").split("?")[0];
  if (!/^[^\/?#]*:/.test(reference)) {
    if (!/^\/\//.test(reference)) {
      if (reference[0] !== "/") reference = (reference[0] === "?" ? path : path.replace(/\/[^\/]*$/, "/")) + reference;
      reference = "//" + authority(base) + reference;
    }
    reference = (base._defaultPort === 443 ? "wss:" : "ws:") + reference;
  }
  // A server that redirects often names the HTTP scheme: it is the same connection.
  var uri = parseUri(reference.replace(/^http/i, "ws"));
  if (uri) {
    var parts = uri._path.split("?");
    // Dot segments (RFC 3986 §5.2.4)
    if (/\/\.$|\/\.\.$/.test(parts[0])) parts[0] += "/";
    parts[0] = parts[0].split("/").reduce(function (all, segment) {
      if (segment === "..") return all.replace(/\/[^\/]*$/, "");
      return segment === "." ? all : all + "/" + segment;
    });
    uri._path = parts.join("?");
  }
  return uri;
}
