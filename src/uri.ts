import { board } from "./board";

/** The parts of a URI that a client needs (RFC 6455 §3, RFC 3986 §3). A part that the URI lacks is "" (port: 0). */
export interface Uri {
  /** Lower case, without the colon. */
  _scheme: string;
  /** Lower-case name or address; an IPv6 address without its brackets. */
  _host: string;
  /** 1…65535, or 0. */
  _port: number;
  /** Path and query, percent-encoded, with a leading slash; the fragment is dropped. */
  _path: string;
  /** Before the `@`: user name and password, percent-codes decoded, as byte strings. Undefined without an `@`. */
  _username: string | undefined;
  _password: string;
}

/** Percent-encodes what may not stand in a request line; existing percent-codes stay. */
export function encodePath(path: string): string {
  // Not encodeURIComponent: Espruino's gives wrong bytes above 0x7f.
  return bytesOf(path).replace(/[^\x21-\x7e]/g, function (character) {
    var code = character.charCodeAt(0);
    return "%" + (code < 16 ? "0" : "") + code.toString(16).toUpperCase();
  });
}

/** The UTF-8 of a string as a byte string. */
export function bytesOf(text: string): string {
  var payload = board.payload(text);
  return board.byteString(board.join([], payload, 0, payload.length)).substr(0, payload.length);
}

function decode(text: string): string {
  return bytesOf(text).replace(/%[0-9a-fA-F][0-9a-fA-F]/g, function (code) {
    return String.fromCharCode(parseInt(code.substr(1), 16));
  });
}

/** The path from `from` on up to (not with) the first of `characters`; the whole rest if there is none. */
function indexOfAny(text: string, characters: string, from: number): number {
  while (from < text.length && characters.indexOf(text.charAt(from)) < 0) from++;
  return from;
}

/** Splits an absolute URI. Returns undefined if it has no scheme or host, a bad port, a space or a control character. */
export function parseUri(uri: string): Uri | undefined {
  var colon = uri.indexOf("://");
  if (colon < 1 || /[\x00-\x20\x7f]/.test(uri)) return undefined;
  var pathStart = indexOfAny(uri, "/?#", colon + 3);
  var authority = uri.substring(colon + 3, pathStart);
  var fragment = indexOfAny(uri, "#", pathStart);
  var path = uri.substring(pathStart, fragment);
  var at = authority.lastIndexOf("@");
  var user = at < 0 ? undefined : authority.substr(0, at);
  var host = authority.substr(at + 1);
  var bracket = host.indexOf("]");
  var portColon = host.indexOf(":", bracket < 0 ? 0 : bracket);
  var port = "";
  if (portColon >= 0) {
    port = host.substr(portColon + 1);
    host = host.substr(0, portColon);
  }
  if (bracket > 0 && host.charAt(0) === "[" && bracket === host.length - 1) host = host.substr(1, bracket - 1);
  else if (bracket >= 0) return undefined;
  if (!host || !/^[0-9]*$/.test(port) || +port > 65535 || (port && !+port)) return undefined;
  var userEnd = user ? indexOfAny(user, ":", 0) : 0;
  return {
    _scheme: uri.substr(0, colon).toLowerCase(),
    _host: host.toLowerCase(),
    _port: +port,
    _path: path && encodePath((path.charAt(0) === "/" ? "" : "/") + path),
    _username: user && decode(user.substr(0, userEnd)),
    _password: user ? decode(user.substr(userEnd + 1)) : "",
  };
}

/** Resolves a `Location` against the URI of the request that it answers (RFC 3986 §5.2). */
export function resolveUri(scheme: string, authority: string, path: string, reference: string): string {
  var end = indexOfAny(reference, "/?#", 0);
  if (reference.charAt(end - 1) === ":") return reference;
  if (reference.substr(0, 2) === "//") return scheme + ":" + reference;
  var base = path.substr(0, indexOfAny(path, "?", 0));
  var first = reference.charAt(0);
  if (!reference || first === "#") reference = path;
  else if (first === "?") reference = base + reference;
  else if (first !== "/") reference = base.substr(0, base.lastIndexOf("/") + 1) + reference;
  // Dot segments (RFC 3986 §5.2.4)
  var query = indexOfAny(reference, "?#", 0);
  var segments: string[] = [];
  reference
    .substr(0, query)
    .split("/")
    .forEach(function (segment, index, all) {
      if (segment === "..") {
        if (segments.length > 1) segments.pop();
      } else if (segment !== ".") segments.push(segment);
      if ((segment === ".." || segment === ".") && index === all.length - 1) segments.push("");
    });
  return scheme + "://" + authority + segments.join("/") + reference.substr(query);
}
