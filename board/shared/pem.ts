import * as board from "../../src/board";

/** DER, in a byte string, as PEM: a certificate or an unencrypted private key. `Board._pem` of boards that take PEM. */
export function pem(der: string, key: boolean): string {
  // After the outer header, and a key's version in three octets, comes what tells the kinds of keys apart: a number
  // (RFC 8017 §A.1.2), an octet string (RFC 5915 §3), or else a sequence (RFC 5958 §2).
  var size = der.charCodeAt(1);
  var tag = der.charCodeAt((size > 127 ? size - 126 : 2) + 3);
  var label = !key ? "CERTIFICATE" : (tag === 2 ? "RSA " : tag === 4 ? "EC " : "") + "PRIVATE KEY";
  // RFC 7468 §2: lines of 64 characters, and none that is empty, which OpenSSL takes for the end of headers.
  var text = board._base64(der).replace(/.{1,64}/g, "$&\n");
  return "-----BEGIN " + label + "-----\n" + text + "-----END " + label + "-----\n";
}
