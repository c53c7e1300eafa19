/** Certificates that are made when tests run, and kept for as long: nothing secret lies in the repository. */
import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

const ALGORITHMS = {
  rsa: {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  },
  ecdsa: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
};
export type Algorithm = keyof typeof ALGORITHMS;

/** A certificate and its private key in all the forms that a configuration takes. */
export interface Identity {
  cert: string;
  certDer: Buffer;
  /** PKCS #8. */
  key: string;
  keyDer: Buffer;
  /** PKCS #1 of an RSA key, SEC 1 of an ECDSA one. */
  oldKey: string;
  oldKeyDer: Buffer;
  /** PKCS #8, encrypted. */
  encryptedKey: string;
  encryptedKeyDer: Buffer;
  /** The older way to encrypt: PKCS #1 or SEC 1 in a PEM with headers. */
  oldEncryptedKey: string;
}

interface Issuer {
  identity: Identity;
  certificate: x509.X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

const DAY = 86400000;
let serial = 1;
const made = new Map<string, Promise<Issuer>>();

function make(name: string, algorithm: Algorithm, issuer?: string): Promise<Issuer> {
  const id = [name, algorithm, issuer].join();
  let promise = made.get(id);
  if (!promise) made.set(id, (promise = makeNow(name, algorithm, issuer)));
  return promise;
}

async function makeNow(name: string, algorithm: Algorithm, issuerName?: string): Promise<Issuer> {
  const signingAlgorithm = ALGORITHMS[algorithm];
  const issuer = issuerName === undefined ? undefined : await make(issuerName, algorithm);
  const keys = (await webcrypto.subtle.generateKey(signingAlgorithm, true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(2, "0"),
    subject: `CN=${name}`,
    issuer: issuer ? issuer.certificate.subject : `CN=${name}`,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 30 * DAY),
    signingAlgorithm,
    publicKey: keys.publicKey as never,
    signingKey: (issuer ?? { keys }).keys.privateKey as never,
    extensions: [
      new x509.BasicConstraintsExtension(!issuer, undefined, true),
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: name },
        { type: "ip", value: "127.0.0.1" },
      ]),
    ],
  });
  const keyDer = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: keyDer, format: "der", type: "pkcs8" });
  const old = algorithm === "rsa" ? "pkcs1" : "sec1";
  const secret = { cipher: "aes-128-cbc", passphrase: "secret" };
  const identity: Identity = {
    cert: certificate.toString("pem") + "\n",
    certDer: Buffer.from(certificate.rawData),
    key: key.export({ type: "pkcs8", format: "pem" }) as string,
    keyDer,
    oldKey: key.export({ type: old as "pkcs1", format: "pem" }) as string,
    oldKeyDer: key.export({ type: old as "pkcs1", format: "der" }),
    encryptedKey: key.export({ type: "pkcs8", format: "pem", ...secret }) as string,
    encryptedKeyDer: key.export({ type: "pkcs8", format: "der", ...secret }),
    oldEncryptedKey: key.export({ type: old as "pkcs1", format: "pem", ...secret }) as string,
  };
  return { identity, certificate, keys };
}

/** A certificate authority. */
export async function authority(name = "authority", algorithm: Algorithm = "rsa"): Promise<Identity> {
  return (await make(name, algorithm)).identity;
}

/** A certificate for `name`, for 127.0.0.1 too, signed by an authority. */
export async function signed(name: string, by = "authority", algorithm: Algorithm = "rsa"): Promise<Identity> {
  return (await make(name, algorithm, by)).identity;
}
