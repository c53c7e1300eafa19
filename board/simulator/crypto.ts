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
  const complain = (error: string): undefined => void board.print(`ERROR: ${error}`);
  const aes =
    (make: typeof createCipheriv | typeof createDecipheriv) => (message: unknown, key: unknown, options?: Plain) => {
      const iv = Buffer.alloc(16);
      let mode: string | undefined = "cbc";
      if (typeof options === "object" && options !== null) {
        if (options.iv !== undefined) bytes(options.iv).copy(iv);
        if (options.mode !== undefined) mode = MODES[String(options.mode)];
        if (mode === undefined) throw realm.error("Error", `Unknown Crypto mode ${JSON.stringify(options.mode)}`);
      } else if (options !== undefined) return complain("'options' must be undefined, or an Object");
      if (message === undefined || key === undefined) return undefined;
      const plain = bytes(message);
      const secret = bytes(key);
      if (![16, 24, 32].includes(secret.length)) return complain("Unknown error: -0x20");
      if (mode === "ofb") return complain("Feature unavailable");
      if (mode === "cbc" && plain.length % 16 > 0) return complain("Invalid input length");
      // What the firmware makes of these is nothing that belongs to what was encrypted.
      if (make === createDecipheriv && (mode === "ctr" || mode === "cfb8"))
        throw realm.error("Error", "The simulator does not decrypt CTR and CFB: on Espruino the result is of no use");
      // It counts from zero in mode CTR, whatever the iv.
      if (mode === "ctr") iv.fill(0);
      const whole = mode === "ecb" ? plain.subarray(0, plain.length & -16) : plain;
      const cipher = make(`aes-${secret.length * 8}-${mode}`, secret, mode === "ecb" ? null : iv).setAutoPadding(false);
      const rest = Buffer.alloc(plain.length - whole.length);
      return realm.arrayBuffer(Buffer.concat([cipher.update(whole), cipher.final(), rest]));
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
