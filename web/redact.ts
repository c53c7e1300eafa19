/** Keeps secrets out of what is shown. */

const MASK = "•••";

/** Puts a mask in the place of secrets in a text that comes in pieces; a secret may be cut anywhere. */
export class Redactor {
  private secrets: string[] = [];
  private held = "";

  constructor(private readonly pass: (text: string) => void) {}

  /** The secrets from now on, each also as it stands in a script and in JSON. */
  hide(secrets: string[]): void {
    const forms = secrets.filter((secret) => secret !== "").flatMap((s) => [s, JSON.stringify(s).slice(1, -1)]);
    // The longest first: one may be part of another.
    this.secrets = [...new Set(forms)].sort((one, other) => other.length - one.length);
  }

  take(text: string): void {
    let ready = this.held + text;
    for (const secret of this.secrets) ready = ready.replaceAll(secret, MASK);
    const keep = Math.max(0, ...this.secrets.map((secret) => beginningAtEnd(ready, secret)));
    this.held = ready.slice(ready.length - keep);
    ready = ready.slice(0, ready.length - keep);
    if (ready !== "") this.pass(ready);
  }
}

/** How many characters at the end of a text are the beginning of a secret. */
function beginningAtEnd(text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}
