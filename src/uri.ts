import * as board from "./board";

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

/** A path with a leading slash, and percent-codes for what may not stand in a request line; codes in it stay. */
export function encodePath(path: string): string {
  // Not encodeURIComponent: Espruino's gives wrong bytes above 0x7f.
  return board._utf8((path.charAt(0) === "/" ? "" : "/") + path).replace(/[^\x21-\x7e]/g, function (character) {
    var code = character.charCodeAt(0);
    return (code < 16 ? "%0" : "%") + code.toString(16);
  });
}

function decode(text: string): string {
  return board._utf8(text).replace(/%[0-9a-fA-F][0-9a-fA-F]/g, function (code) {
    return String.fromCharCode(parseInt(code.substr(1), 16));
  });
}

/** The index of the first of `characters` in `text` from `index` on; the text's length if there is none. */
function find(text: string, characters: string, index: number): number {
  while (index < text.length && characters.indexOf(text.charAt(index)) < 0) index++;
  return index;
}

/** Splits an absolute URI. Returns undefined if it has no scheme or host, a bad port, a space or a control character. */
export function parseUri(uri: string): Uri | undefined {
  var start = uri.indexOf("://");
  if (start < 1 || /[\x00-\x20\x7f]/.test(uri)) return undefined;
  var scheme = uri.substr(0, start).toLowerCase();
  uri = uri.substring(start + 3, find(uri, "#", 0));
  var end = find(uri, "/?", 0);
  var path = uri.substr(end);
  uri = uri.substr(0, end);
  var at = uri.lastIndexOf("@");
  var user = uri.substr(0, at < 0 ? 0 : at);
  var host = uri.substr(at + 1);
  var colon = host.charAt(0) === "[" ? host.indexOf("]") + 1 : find(host, ":", 0);
  var port = host.substr(colon);
  host = host.substr(0, colon);
  // Only an address in brackets may hold a colon; what it holds is for the board to look up.
  if (host.charAt(0) === "[") host = host.substr(1, colon - 2);
  else if (/[\[\]]/.test(host)) return undefined;
  if (!host || /[^:0-9]/.test(port) || port.lastIndexOf(":") > 0 || (port && port.charAt(0) !== ":")) return undefined;
  port = port.substr(1);
  if (port && !(+port > 0 && +port < 65536)) return undefined;
  end = find(user, ":", 0);
  return {
    _scheme: scheme,
    _host: host.toLowerCase(),
    _port: +port,
    _path: path && encodePath(path),
    _username: at < 0 ? undefined : decode(user.substr(0, end)),
    _password: decode(user.substr(end + 1)),
  };
}

/** True if the scheme is one of RFC 6455 §3. */
export function isWebSocket(uri: Uri): boolean {
  return uri._scheme === "ws" || uri._scheme === "wss";
}

/** Resolves a `Location` against `base` (`scheme://authority`) and `path` of the request that it answers (RFC 3986 §5.2). */
export function resolveUri(base: string, path: string, reference: string): string {
  if (find(reference, ":", 0) < find(reference, "/?#", 0)) return reference;
  if (reference.substr(0, 2) === "//") return base.substr(0, base.indexOf("/")) + reference;
  var first = reference.charAt(0);
  path = path.substr(0, find(path, "?", 0));
  if (first === "?") reference = path + reference;
  else if (first !== "/") reference = path.substr(0, path.lastIndexOf("/") + 1) + reference;
  var end = find(reference, "?#", 0);
  var segments: string[] = [];
  reference
    .substr(0, end)
    .split("/")
    .forEach(function (segment, index, all) {
      // Dot segments (RFC 3986 §5.2.4)
      var dots = segment === "." || segment === "..";
      if (segment === "..") segments.pop();
      if (dots ? index === all.length - 1 : index) segments.push(dots ? "" : segment);
    });
  return base + "/" + segments.join("/") + reference.substr(end);
}
