import { X509Certificate, createPrivateKey, type KeyObject } from "node:crypto";
import { asByteString } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Callable, Plain } from "./realm";
import type { TlsIdentity } from "./socket_messages";
import { bytesOf } from "./strings";

/** A string up to this length is taken for the name of a file with the certificate in it. */
const LONGEST_FILE_NAME = 100;
/** ASN.1: everything that certificates and keys are made of starts as a SEQUENCE. */
const SEQUENCE = 0x30;

/**
 * Reads the certificates and the key of `tls.connect`'s options as the firmware does: DER only, in
 * a byte string, an array of bytes, or a function that returns one of these. The `ca` is looked at
 * and then not used: the firmware verifies nothing.
 */
export function readIdentity(board: Interpreter, options: Plain): TlsIdentity {
  const identity: TlsIdentity = {};
  const read = (field: string): Buffer | undefined => {
    const value = options[field];
    if (value === undefined) return undefined;
    const given = typeof value === "function" ? (value as Callable).call(undefined) : value;
    if (typeof value === "string" && value.length <= LONGEST_FILE_NAME) {
      board.print(`WARNING: File ${JSON.stringify(value)} not found`);
      throw board.realm.error("Error", "Could not open file : UNKNOWN");
    }
    return bytesOf(asByteString(board, given ?? value));
  };
  const fail = (what: string, code: string): Error =>
    board.realm.error("InternalError", `HTTPS init failed! ${what}: ${code}`);
  const certificate = (field: string): X509Certificate | undefined => {
    const given = read(field);
    if (!given) return undefined;
    const what = `mbedtls_x509_crt_parse of '${field}'`;
    const der = element(given);
    if (!der) throw fail(what, "Invalid format");
    // A certificate's first part is a SEQUENCE too; -0x21e2 is mbedTLS's "invalid format, unexpected tag".
    if (der.content[0] !== SEQUENCE) throw fail(what, "-0x21e2");
    try {
      return new X509Certificate(der.whole);
    } catch {
      throw fail(what, "Invalid format");
    }
  };
  certificate("ca");
  const own = certificate("cert");
  const given = read("key");
  const der = given && element(given);
  const key = der && privateKey(der.whole);
  if (given && !key) throw fail("mbedtls_pk_parse_key", "Invalid format");
  // A certificate without a key is not shown to the server.
  if (key && own) {
    identity.cert = own.toString();
    identity.key = key.export({ type: "pkcs8", format: "pem" }).toString();
  }
  return identity;
}

/** The SEQUENCE that some bytes begin with, and what is in it; what follows is ignored. */
function element(bytes: Buffer): { whole: Buffer; content: Buffer } | undefined {
  if (bytes[0] !== SEQUENCE || bytes.length < 2) return undefined;
  const first = bytes[1] as number;
  const lengthBytes = first & 0x80 ? first & 0x7f : 0;
  if (lengthBytes > 4 || bytes.length < 2 + lengthBytes) return undefined;
  const start = 2 + lengthBytes;
  const end = start + (lengthBytes ? bytes.readUIntBE(2, lengthBytes) : first);
  return end > bytes.length ? undefined : { whole: bytes.subarray(0, end), content: bytes.subarray(start, end) };
}

/** The private key in some DER bytes: PKCS #8, PKCS #1 (RSA) or SEC 1 (EC). */
function privateKey(der: Buffer): KeyObject | undefined {
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return createPrivateKey({ key: der, format: "der", type });
    } catch {
      // Not this one; the next may fit.
    }
  }
  return undefined;
}
