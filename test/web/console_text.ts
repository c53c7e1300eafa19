// A program (Jest cannot import the modules of tools/flash): gives a text to ConsoleText, cut at every place, and prints
// as JSON all that came out, each result once.

async function main(text: string): Promise<string[]> {
  const { ConsoleText } = (await import("../../tools/flash/console_text.mjs" as string)) as {
    ConsoleText: new (print: (text: string) => void) => { take(bytes: Uint8Array): void };
  };
  const bytes = Buffer.from(text, "latin1");
  const run = (pieces: Buffer[]): string => {
    let printed = "";
    const console = new ConsoleText((more) => (printed += more));
    for (const piece of pieces) console.take(piece);
    return printed;
  };
  const results = new Set([run([bytes]), run([...bytes].map((byte) => Buffer.of(byte)))]);
  for (let cut = 1; cut < bytes.length; cut++) results.add(run([bytes.subarray(0, cut), bytes.subarray(cut)]));
  return [...results];
}

void main(process.argv[2]!).then((results) => console.log(JSON.stringify(results)));
