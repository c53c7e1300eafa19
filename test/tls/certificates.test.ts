import { X509Certificate } from "node:crypto";
import { authority, signed } from "./certificates";

test.each(["rsa", "ecdsa"] as const)("an authority signs, with %s", async (algorithm) => {
  const ca = new X509Certificate((await authority("authority", algorithm)).cert);
  const identity = await signed("server", "authority", algorithm);
  const server = new X509Certificate(identity.cert);
  expect(ca.ca).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.verify(ca.publicKey)).toBe(true);
  expect(server.checkHost("server")).toBe("server");
  expect(identity.certDer.equals(server.raw)).toBe(true);
  expect(await signed("server", "authority", algorithm)).toBe(identity);
});
