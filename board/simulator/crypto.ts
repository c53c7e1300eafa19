import { createHash, pbkdf2Sync } from "node:crypto";
import { asByteString } from "./bytes";
import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";
import { bytesOf } from "./strings";

const HASHES: Record<string, string> = {
  SHA1: "sha1",
  SHA224: "sha224",
  SHA256: "sha256",
  SHA384: "sha384",
  SHA512: "sha512",
};

/** The object that `require("crypto")` gives: the hashes and the key derivation, without AES. */
export function cryptoModule(board: Interpreter): Plain {
  const { realm } = board;
  const bytes = (value: unknown): Buffer => bytesOf(asByteString(board, value));
  const module = realm.object();
  for (const name of Object.keys(HASHES)) {
    realm.put(module, name, (message: unknown) =>
      message === undefined
        ? undefined
        : realm.arrayBuffer(
            createHash(HASHES[name] as string)
              .update(bytes(message))
              .digest()
          )
    );
  }
  realm.put(module, "PBKDF2", (passphrase: unknown, salt: unknown, options: Plain = realm.object()) => {
    const hasher = options.hasher === undefined ? "SHA1" : String(options.hasher);
    const hash = HASHES[hasher];
    if (hash === undefined) throw realm.error("Error", `Unknown Hasher "${hasher}"`);
    const words = Math.trunc(Number(options.keySize)) > 0 ? Math.trunc(Number(options.keySize)) : 4;
    const iterations = Math.max(1, Math.trunc(Number(options.iterations) || 0));
    return realm.arrayBuffer(pbkdf2Sync(bytes(passphrase), bytes(salt), iterations, words * 4, hash));
  });
  return module;
}
