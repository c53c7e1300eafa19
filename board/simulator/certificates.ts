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
    if (typeof given === "string" && given.length <= LONGEST_FILE_NAME)
      board.print(`WARNING: File ${JSON.stringify(given)} not found`);
    return bytesOf(asByteString(board, given ?? value));
  };
  const certificate = (field: string): X509Certificate | undefined => {
    const der = read(field);
    if (!der) return undefined;
    try {
      if (der[0] !== SEQUENCE) throw new Error("not DER");
      return new X509Certificate(der);
    } catch {
      throw board.realm.error(
        "InternalError",
        `HTTPS init failed! mbedtls_x509_crt_parse of '${field}': ${der.length ? "Invalid format" : "-0x1"}`
      );
    }
  };
  certificate("ca");
  const own = certificate("cert");
  const der = read("key");
  const key = der && privateKey(der);
  if (der && !key)
    throw board.realm.error(
      "InternalError",
      `HTTPS init failed! mbedtls_pk_parse_key: ${der.length ? "Invalid format" : "-0x1"}`
    );
  // A certificate without a key is not shown to the server.
  if (key && own) identity.cert = own.toString();
  if (key && own) identity.key = key.export({ type: "pkcs8", format: "pem" }).toString();
  return identity;
}

/** The private key in some DER bytes: PKCS #8, PKCS #1 (RSA) or SEC 1 (EC). */
function privateKey(der: Buffer): KeyObject | undefined {
  if (der[0] !== SEQUENCE) return undefined;
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return createPrivateKey({ key: der, format: "der", type });
    } catch {
      // Not this one; the next may fit.
    }
  }
  return undefined;
}
