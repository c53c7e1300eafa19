import type { Interpreter } from "./interpreter";
import type { Plain } from "./realm";

/** The object `url` with `parse`, as the firmware cuts up addresses: user names and a `?` without a `/` it does not know. */
export function installUrl(board: Interpreter): void {
  const { realm } = board;
  const url = realm.object();
  realm.put(url, "parse", (address: unknown, parseQuery?: unknown): Plain => {
    const match = /^(?:([^/]*?:)\/\/)?([^/:]*)(?::(\d+))?(\/[^]*)?$/.exec(String(address));
    const [, protocol, host = "", port, path = "/"] = match ?? [];
    const question = path.indexOf("?");
    const search = question < 0 ? null : path.slice(question);
    const query = search === null ? null : search.slice(1);
    return realm.object({
      protocol,
      method: "GET",
      host,
      path,
      pathname: question < 0 ? path : path.slice(0, question),
      search,
      port: port === undefined ? null : Number(port),
      query: parseQuery && query !== null ? parts(board, query) : query,
    });
  });
  realm.put(realm.globals, "url", url);
}

function parts(board: Interpreter, query: string): Plain {
  const found = board.realm.object();
  for (const part of query.split("&")) {
    const [name, value = ""] = part.split("=");
    if (name) found[decodeURIComponent(name)] = decodeURIComponent(value.replaceAll("+", " "));
  }
  return found;
}
