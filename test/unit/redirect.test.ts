/** Redirects (row: no limit, the old path is kept, relative `Location` resets the port) and providers. */
import * as ws from "../../src/api/esp_websocket_client";
import { idle, pass, Rig } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Answers the latest attempt with a redirect, and lets the idle loop follow it. */
function redirect(rig: Rig, location: string, status = 302): void {
  rig.connection.listener.opened();
  rig.respond(`${status} Moved`, ["Location: " + location]);
  idle();
}

/** Where the latest attempt goes. */
function target(rig: Rig): string {
  const { host, port, tls } = rig.connection.address;
  if (!rig.connection.written.length) rig.connection.listener.opened();
  return `${tls ? "wss" : "ws"}://${host}:${port}${/^GET (.*) HTTP/.exec(rig.request())![1]}`;
}

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])(
    "%d with Location: followed at once, new BEFORE_CONNECT, no error events",
    (status) => {
      const rig = new Rig().start();
      const first = rig.connection;
      rig.take();
      redirect(rig, "ws://other:81/elsewhere", status);
      expect(rig.take()).toEqual([`HEADER_RECEIVED: Location: ws://other:81/elsewhere hs=${status}`, "BEFORE_CONNECT"]);
      expect(first.closes).toBe(1);
      expect(target(rig)).toBe("ws://other:81/elsewhere");
      rig.accept();
      expect(rig.take().pop()).toBe("CONNECTED hs=101");
    }
  );

  test.each([300, 304, 305, 306, 309, 200, 404])("%d is none", (status) => {
    const rig = new Rig().start();
    redirect(rig, "ws://other/", status);
    expect(rig.take().slice(-2)).toEqual([`ERROR et=3 hs=${status}`, `DISCONNECTED et=3 hs=${status}`]);
  });

  test("without Location it is a refusal", () => {
    const rig = new Rig().start();
    rig.connection.listener.opened();
    rig.respond("302 Found");
    expect(rig.take().slice(-2)).toEqual(["ERROR et=3 hs=302", "DISCONNECTED et=3 hs=302"]);
  });

  // RFC 3986 §5.2, from ws://server:8080/a/b?q
  test.each([
    ["ws://other/x", "ws://other:80/x"],
    ["wss://other", "wss://other:443/"],
    ["http://other:81/x", "ws://other:81/x"],
    ["https://other/x", "wss://other:443/x"],
    ["//other:82/x", "ws://other:82/x"],
    ["/x?y", "ws://server:8080/x?y"],
    ["x", "ws://server:8080/a/x"],
    ["./x", "ws://server:8080/a/x"],
    ["../x", "ws://server:8080/x"],
    ["../../../x", "ws://server:8080/x"],
    ["x/./y/../z", "ws://server:8080/a/x/z"],
    ["..", "ws://server:8080/"],
    [".", "ws://server:8080/a/"],
    ["?y", "ws://server:8080/a/b?y"],
    ["/x#fragment", "ws://server:8080/x"],
    ["x:y", "refused"],
    ["/a?b=/../c", "ws://server:8080/a?b=/../c"],
  ])("%s is resolved by RFC 3986 to %s", (location, wanted) => {
    const rig = new Rig({ uri: "ws://server:8080/a/b?q" }).start();
    redirect(rig, location);
    if (wanted === "refused") expect(rig.take().pop()).toMatch(/^DISCONNECTED et=3/);
    else expect(target(rig)).toBe(wanted);
  });

  test("a relative one, from a URI without a path: RFC 3986 §5.2.3", () => {
    for (const location of ["x", "?y"]) {
      const rig = new Rig({ uri: "ws://server:8080" }).start();
      redirect(rig, location);
      expect(target(rig)).toBe("ws://server:8080/" + location);
    }
  });

  test.each(["ftp://other/", "mailto:someone@server", "ws://", "ws://other:99999/", "ws://a b/"])(
    "to what is no WebSocket URI (%s) fails the handshake",
    (location) => {
      const rig = new Rig().start();
      redirect(rig, location);
      expect(rig.take().slice(-2)).toEqual(["ERROR et=3 hs=302", "DISCONNECTED et=3 hs=302"]);
      expect(rig.network.connections).toHaveLength(1);
    }
  );

  test("from wss to ws is refused, also as http", () => {
    for (const location of ["ws://server/", "http://server/"]) {
      const rig = new Rig({ uri: "wss://server/" }).start();
      redirect(rig, location);
      expect(rig.take().slice(-2)).toEqual(["ERROR et=3 hs=302", "DISCONNECTED et=3 hs=302"]);
      expect(rig.network.connections).toHaveLength(1);
    }
  });

  test.each([
    [undefined, 5],
    [2, 2],
    [0, 0],
  ])("max_redirects %p: %d are followed, then the handshake fails", (max, followed) => {
    const rig = new Rig({ max_redirects: max, reconnect_timeout_ms: 5000 }).start();
    for (let i = 0; i <= followed; i++) redirect(rig, "/again" + i);
    expect(rig.network.connections).toHaveLength(followed + 1);
    expect(rig.take().slice(-2)).toEqual(["ERROR et=3 hs=302", "DISCONNECTED et=3 hs=302"]);
    // The next attempt begins at the configured URI, with all its redirects before it.
    pass(5000);
    expect(target(rig)).toBe("ws://server:8080/path");
    for (let i = 0; i < followed; i++) redirect(rig, "/again" + i);
    expect(rig.network.connections).toHaveLength(2 * (followed + 1));
  });

  test("holds for this attempt only", () => {
    const rig = new Rig().start();
    redirect(rig, "ws://other/");
    rig.accept();
    rig.drop();
    pass(10000);
    expect(target(rig)).toBe("ws://server:8080/path");
  });

  test("also where the redirected attempt fails", () => {
    const rig = new Rig().start();
    redirect(rig, "ws://other/");
    rig.drop();
    pass(10000);
    expect(target(rig)).toBe("ws://server:8080/path");
  });

  test("stop between a redirect and its attempt", () => {
    const rig = new Rig().start();
    rig.connection.listener.opened();
    rig.respond("302 Found", ["Location: ws://other/"]);
    expect(ws.esp_websocket_client_stop(rig.client)).toBe(ws.ESP_OK);
    pass(60000);
    expect(rig.take().pop()).toMatch(/^FINISH/);
    expect(rig.network.connections).toHaveLength(1);
  });
});

describe("Authorization", () => {
  /** The credentials that the redirected request carries. */
  function carried(config: ws.Config, location: string): string[] {
    const rig = new Rig(config).start();
    redirect(rig, location);
    rig.connection.listener.opened();
    return rig.request().match(/\r\nauthorization:[^\r]*/gi) ?? [];
  }

  const here = "ws://user:pass@server:8080/";
  const headers = "A: 1\r\nauthorization: Bearer one\r\nB: 2\r\nAuthorization: Bearer two\r\n";

  test.each(["ws://other:8080/", "ws://server:8081/", "//other/", "wss://server:8443/", "ws://server.evil:8080/"])(
    "is not carried to another origin (%s)",
    (location) => {
      expect(carried({ uri: here }, location)).toEqual([]);
      expect(carried({ uri: "ws://server:8080/", headers }, location)).toEqual([]);
      expect(carried({ uri: "ws://server:8080/", headers_provider: () => headers }, location)).toEqual([]);
    }
  );

  test.each(["/elsewhere", "ws://server:8080/elsewhere", "ws://SERVER:8080/", "//server:8080/x"])(
    "is carried where the origin stays (%s)",
    (location) => {
      expect(carried({ uri: here }, location)).toEqual(["\r\nAuthorization: Basic " + btoa("user:pass")]);
      expect(carried({ uri: "ws://server:8080/", headers: "Authorization: Bearer one\r\n" }, location)).toHaveLength(1);
    }
  );

  test("is carried to the origin that uri_provider gave, and not from it to the configured one", () => {
    const provided = { uri: "ws://other/", uri_provider: () => "ws://user:pass@server/" };
    expect(carried({ ...provided, headers: "A: 1\r\n" }, "/elsewhere")).toHaveLength(1);
    expect(carried({ ...provided, headers }, "ws://other/")).toEqual([]);
  });

  test("is not carried any more where a redirect leads home from another origin", () => {
    const rig = new Rig({ uri: here, headers }).start();
    redirect(rig, "ws://other/");
    redirect(rig, here);
    expect(target(rig)).toBe("ws://server:8080/");
    expect(rig.request()).not.toMatch(/authorization/i);
  });

  test("the user of a Location is not used", () => {
    expect(carried({ uri: "ws://server:8080/" }, "ws://eve:secret@server:8080/")).toEqual([]);
    expect(carried({ uri: "ws://server:8080/" }, "ws://eve:secret@other/")).toEqual([]);
  });

  test("is sent again by the next attempt at home", () => {
    const rig = new Rig({ uri: here }).start();
    redirect(rig, "ws://other/");
    rig.drop();
    pass(10000);
    rig.connection.listener.opened();
    expect(rig.request()).toContain("Authorization: Basic");
  });
});

describe("header lines of the user's", () => {
  const KEPT = "Cookie: a\r\nX-Api-Key: b\r\n";
  /** The requests of an attempt that is redirected to each location in turn. */
  function requests(config: ws.Config, ...locations: string[]): string[] {
    const rig = new Rig({ uri: "ws://user:pass@server:8080/", ...config }).start();
    for (const location of locations) redirect(rig, location);
    rig.connection.listener.opened();
    return rig.network.connections.map(({ written }) => Buffer.from(written[0]).toString("latin1"));
  }

  test.each([
    ["another host", "ws://other:8080/"],
    ["another port", "ws://server:8081/"],
    ["another scheme", "wss://server:8080/"],
    ["another scheme's default port", "wss://server/"],
  ])("none goes to another origin: %s", (_name, location) => {
    let asked = 0;
    const provider = (): string => (asked++, KEPT);
    for (const config of [{ headers: KEPT }, { headers_provider: provider }]) {
      const [home, away] = requests({ ...config, allow_unverified_tls: true }, location);
      expect(home).toMatch(/\r\nCookie: a\r\nX-Api-Key: b\r\n\r\n$/);
      expect(away).toMatch(/^GET [^]*\r\nSec-WebSocket-Key: .{24}\r\n\r\n$/);
      expect(away).not.toMatch(/cookie|api|authorization/i);
    }
    // Tokens are not even made for it.
    expect(asked).toBe(1);
  });

  test("from ws to wss of one host is another origin: what went in clear text is not believed any more", () => {
    const config = { uri: "ws://user:pass@server/", headers: KEPT, allow_unverified_tls: true };
    expect(requests(config, "wss://server/")[1]).not.toMatch(/cookie|authorization/i);
  });

  test("none goes to a second place of another origin", () => {
    const [, , second] = requests({ headers: KEPT }, "ws://other/", "/second");
    expect(second).toMatch(/^GET \/second /);
    expect(second).not.toMatch(/cookie|authorization/i);
  });

  test("nor home again by way of it", () => {
    const [, , home] = requests({ headers: KEPT }, "ws://other/", "ws://server:8080/");
    expect(home).toMatch(/\r\nHost: server:8080\r\n/);
    expect(home).not.toMatch(/cookie|authorization/i);
  });

  test("what append_header added stays, too; Host is the other's own", () => {
    const rig = new Rig({ headers: "Host: virtual\r\n" });
    ws.esp_websocket_client_append_header(rig.client, "Proxy-Authorization", "secret");
    rig.start();
    redirect(rig, "ws://other/");
    rig.connection.listener.opened();
    expect(rig.request()).toMatch(/\r\nHost: other\r\n/);
    expect(rig.request()).not.toMatch(/virtual|secret/);
  });

  test("all go along within the origin", () => {
    const [, moved] = requests({ headers: KEPT }, "/elsewhere");
    expect(moved).toMatch(/\r\nAuthorization: Basic .*\r\nCookie: a\r\nX-Api-Key: b\r\n\r\n$/);
  });
});

describe("uri_provider", () => {
  test("is called before each attempt, and gives its URI", () => {
    let calls = 0;
    const rig = new Rig({ uri_provider: () => `ws://server${++calls}:${9000 + calls}/token/${calls}` }).start();
    for (let attempt = 1; attempt < 4; attempt++) {
      expect(target(rig)).toBe(`ws://server${attempt}:${9000 + attempt}/token/${attempt}`);
      rig.drop();
      pass(10000);
    }
    expect(calls).toBe(4);
  });

  test("explicit parts beat it as they beat the URI", () => {
    expect(target(new Rig({ uri: "ws://x/", path: "/fixed", uri_provider: () => "ws://server/a" }).start())).toBe(
      "ws://server:80/fixed"
    );
  });

  test.each([null, undefined])("%p: the configured URI", (value) => {
    expect(target(new Rig({ uri_provider: () => value }).start())).toBe("ws://server:8080/path");
  });

  test("start needs no host where there is a provider", () => {
    const rig = new Rig({ host: "x", uri_provider: () => "ws://server/a" });
    expect(target(rig.start())).toBe("ws://x:80/a");
  });

  test.each(["no uri", "http://server/", "ws://server:99999/", 8080 as never])(
    "%j fails the attempt, not the client",
    (value) => {
      let bad = true;
      const rig = new Rig({ uri_provider: () => (bad ? value : "ws://good/") }).start();
      expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
      expect(rig.last(ws.WEBSOCKET_EVENT_ERROR).data_ptr).toBe(
        "uri or uri_provider must give ws:// or wss:// with a host"
      );
      expect(rig.network.connections).toHaveLength(0);
      bad = false;
      pass(10000);
      expect(target(rig)).toBe("ws://good:80/");
    }
  );

  test("one that throws: the attempt fails, the exception is reported", () => {
    const oops = new Error("Oops");
    const rig = new Rig({
      uri_provider: () => {
        throw oops;
      },
    }).start();
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
    expect(rig.board.reported).toEqual([oops]);
    pass(10000);
    expect(rig.take()).toEqual(["BEFORE_CONNECT", "ERROR et=1", "DISCONNECTED et=1"]);
  });

  test.each(["stop", "destroy"] as const)("one that calls %s", (call) => {
    const rig = new Rig({
      uri_provider: () => {
        ws[`esp_websocket_client_${call}`](rig.client);
        return "ws://server/";
      },
    });
    rig.start();
    pass(60000);
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "FINISH"]);
    expect(rig.network.connections.filter(({ closes }) => !closes)).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("headers_provider", () => {
  const extra = (rig: Rig): string => {
    rig.connection.listener.opened();
    return rig.request().replace(/^[^]*==\r\n/, "");
  };

  test("is called for each attempt, and gives its headers: an expired token is renewed after a 401", () => {
    let token = 0;
    const rig = new Rig({ headers: "Old: 1\r\n", headers_provider: () => `Authorization: Bearer ${++token}` }).start();
    expect(extra(rig)).toBe("Authorization: Bearer 1\r\n\r\n");
    rig.respond("401 Unauthorized");
    pass(10000);
    expect(extra(rig)).toBe("Authorization: Bearer 2\r\n\r\n");
    rig.respond("101 X", rig.upgrade());
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
  });

  test.each([null, undefined])("%p: the configured headers", (value) => {
    expect(extra(new Rig({ headers: "Old: 1\r\n", headers_provider: () => value }).start())).toBe("Old: 1\r\n\r\n");
  });

  test("the empty string: none", () => {
    expect(extra(new Rig({ headers: "Old: 1\r\n", headers_provider: () => "" }).start())).toBe("\r\n");
  });

  test.each(["no header", "A: 1\r\n\r\nB", "A: 1\rB: 2", 8080 as never])(
    "%j: the attempt fails, nothing is sent",
    (value) => {
      const rig = new Rig({ headers_provider: () => value }).start();
      rig.take();
      rig.connection.listener.opened();
      expect(rig.take()).toEqual(["ERROR et=3", "DISCONNECTED et=3"]);
      expect(rig.connection.written).toHaveLength(0);
      expect(rig.connection.closes).toBe(1);
    }
  );

  test("one that throws: the attempt fails, the exception is reported", () => {
    const oops = new Error("Oops");
    const rig = new Rig({
      headers_provider: () => {
        throw oops;
      },
    }).start();
    rig.take();
    rig.connection.listener.opened();
    expect(rig.take()).toEqual(["ERROR et=3", "DISCONNECTED et=3"]);
    expect(rig.board.reported).toEqual([oops]);
  });

  test.each(["stop", "destroy"] as const)("one that calls %s", (call) => {
    const rig = new Rig({
      headers_provider: () => {
        ws[`esp_websocket_client_${call}`](rig.client);
        return "A: 1";
      },
    });
    rig.start();
    rig.connection.listener.opened();
    pass(60000);
    expect(rig.take()).toEqual(["BEGIN", "BEFORE_CONNECT", "FINISH"]);
    expect(rig.connection.written).toHaveLength(0);
    expect(rig.connection.closes).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
