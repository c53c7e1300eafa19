import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync } from "node:crypto";
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

/** AES's modes by Espruino's names, as OpenSSL calls them. */
const MODES: Record<string, string> = { CBC: "cbc", CFB: "cfb8", CTR: "ctr", OFB: "ofb", ECB: "ecb" };

/** The object that `require("crypto")` gives. */
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
  const aes =
    (make: typeof createCipheriv | typeof createDecipheriv) => (message: unknown, key: unknown, options?: Plain) => {
      const secret = bytes(key);
      const mode = MODES[String(options?.mode ?? "CBC")];
      if (mode === undefined) throw realm.error("Error", `Unknown Crypto mode "${String(options?.mode)}"`);
      const iv = Buffer.alloc(16);
      if (options?.iv !== undefined) bytes(options.iv).copy(iv);
      const cipher = make(`aes-${secret.length * 8}-${mode}`, secret, mode === "ecb" ? null : iv).setAutoPadding(false);
      try {
        return realm.arrayBuffer(Buffer.concat([cipher.update(bytes(message)), cipher.final()]));
      } catch {
        board.print("ERROR: Invalid input length\n");
        return undefined;
      }
    };
  realm.put(module, "AES", realm.object({ encrypt: aes(createCipheriv), decrypt: aes(createDecipheriv) }));
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
