/** Certificates made at run time: as little X.509 as a TLS server and client need (RFC 5280 §4.1). */
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

/** A certificate and its key, as PEM and as DER. */
export interface Identity {
  certificate: string;
  key: string;
  certificateDer: Buffer;
  /** PKCS #8. */
  keyDer: Buffer;
  /** PKCS #1. */
  rsaKeyDer: Buffer;
}

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (...bytes: number[]): Buffer => der(0x06, Buffer.from(bytes));
const SHA256_WITH_RSA = sequence(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b), der(0x05));
const COMMON_NAME = oid(0x55, 0x04, 0x03);
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);

const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));

function time(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`));
}

const DAY = 86400000;

/** Makes an identity, signed by `issuer`, or by itself and then fit to be an issuer. */
export function makeIdentity(name: string, issuer?: Identity & { name: string }): Identity & { name: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const now = Date.now();
  const extensions = sequence(
    sequence(
      BASIC_CONSTRAINTS,
      der(0x01, Buffer.from([255])),
      der(0x04, sequence(...(issuer ? [] : [der(1, Buffer.from([255]))])))
    )
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    SHA256_WITH_RSA,
    nameOf(issuer?.name ?? name),
    sequence(time(new Date(now - DAY)), time(new Date(now + 30 * DAY))),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions)
  );
  const signer: KeyObject = issuer ? createPrivateKey(issuer.key) : privateKey;
  const signature = sign("sha256", body, signer);
  const certificateDer = sequence(body, SHA256_WITH_RSA, der(0x03, Buffer.from([0]), signature));
  const base64 = certificateDer.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    name,
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    certificateDer,
    keyDer: privateKey.export({ type: "pkcs8", format: "der" }),
    rsaKeyDer: privateKey.export({ type: "pkcs1", format: "der" }),
  };
}
