/** Handlers that throw, that call the API, and events that arise in handlers. */
import * as ws from "../../src/api/esp_websocket_client";
import { closeBody, idle, pass, Rig, serverFrame } from "./rig";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

interface Emitter {
  on(name: string, handler: (data: ws.EventData, id: number) => void): void;
}

const EVENTS = [
  "BEGIN",
  "BEFORE_CONNECT",
  "HEADER_RECEIVED",
  "CONNECTED",
  "DATA",
  "ERROR",
  "DISCONNECTED",
  "CLOSED",
  "FINISH",
] as const;

/** A life in which every event comes. */
function live(rig: Rig): void {
  rig.start().accept([], serverFrame(0x81, "a"));
  rig.frame(0x82, "b");
  rig.drop();
  pass(10000);
  rig.accept();
  rig.frame(0x89, "c");
  rig.frame(0x88, closeBody(1000));
  rig.drop();
}

describe("a handler that throws", () => {
  const whole = (): string[] => {
    const rig = new Rig();
    live(rig);
    return rig.take().map((line) => line.replace(/Accept: .*=/, "Accept"));
  };

  test.each(EVENTS)("in %s: reported, not re-entered, and harms nothing", (name) => {
    const wanted = whole();
    const rig = new Rig();
    const oops = new Error("Oops");
    let calls = 0;
    let after = 0;
    ws.esp_websocket_register_events(rig.client, ws[`WEBSOCKET_EVENT_${name}`], () => {
      calls++;
      throw oops;
    });
    ws.esp_websocket_register_events(rig.client, ws[`WEBSOCKET_EVENT_${name}`], () => after++);
    live(rig);
    expect(rig.take().map((line) => line.replace(/Accept: .*=/, "Accept"))).toEqual(wanted);
    expect(calls).toBeGreaterThan(0);
    expect(after).toBe(calls);
    expect(rig.board.reported).toEqual(Array(calls).fill(oops));
    expect(jest.getTimerCount()).toBe(0);
  });

  test("in every event, of every kind of handler, undefined thrown", () => {
    const wanted = whole();
    const rig = new Rig();
    const fails = (): never => {
      throw undefined;
    };
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_ANY, fails);
    for (const name of ["any", "drain", ...EVENTS.map((event) => event.toLowerCase())]) {
      (rig.client as unknown as Emitter).on(name, fails);
    }
    live(rig);
    expect(rig.take().map((line) => line.replace(/Accept: .*=/, "Accept"))).toEqual(wanted);
    expect(rig.board.reported).toHaveLength(wanted.length * 3);
  });
});

describe("an event that arises in a handler", () => {
  test("is told when all have heard of the present one", () => {
    const rig = Rig.connected({ disable_auto_reconnect: true });
    const heard: string[] = [];
    const names = ["first", "second"];
    for (const name of names) {
      ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_ANY, (_arg, _base, id) => {
        heard.push(`${name} ${id}`);
        if (id === ws.WEBSOCKET_EVENT_DATA && name === "first") ws.esp_websocket_client_stop(rig.client);
      });
    }
    rig.frame(0x81, "x");
    expect(heard).toEqual(["first 3", "second 3", "first 7", "second 7"]);
  });

  test("a send that fails in a handler: ERROR and DISCONNECTED behind the present event", () => {
    const rig = Rig.connected();
    rig.connection.onWrite = () => {
      throw new Error("This socket is closed");
    };
    const results: number[] = [];
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, () => {
      results.push(ws.esp_websocket_client_send_text(rig.client, "echo"));
      results.push(ws.esp_websocket_client_send_text(rig.client, "echo"));
    });
    rig.frame(0x81, "x");
    expect(results).toEqual([-1, -1]);
    expect(rig.take()).toEqual(['DATA(1,1,1/1@0) "x"', "ERROR et=1 hs=101", "DISCONNECTED et=1 hs=101"]);
    pass(10000);
    expect(rig.take()).toEqual(["BEFORE_CONNECT"]);
  });

  test("stop and start in one handler: one run ends, the next begins", () => {
    const rig = Rig.connected();
    let done = false;
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, () => {
      if (done) return;
      done = true;
      expect(ws.esp_websocket_client_stop(rig.client)).toBe(ws.ESP_OK);
      expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_OK);
    });
    rig.receive(Buffer.concat([serverFrame(0x81, "a"), serverFrame(0x81, "of the old run")]));
    const old = rig.connection;
    pass(0);
    expect(rig.take()).toEqual(['DATA(1,1,1/1@0) "a"', "FINISH", "BEGIN", "BEFORE_CONNECT"]);
    old.listener.received(serverFrame(0x81, "of the old run"));
    old.listener.drained();
    old.listener.closed();
    expect(rig.take()).toEqual([]);
    rig.accept();
    expect(rig.take().pop()).toBe("CONNECTED hs=101");
    expect(rig.network.connections).toHaveLength(2);
  });

  test("an answer in DATA, a close in the answer's handler, in order on the wire", () => {
    const rig = Rig.connected();
    (rig.client as unknown as Emitter).on("data", (data) => {
      if (data.op_code !== 1) return;
      ws.esp_websocket_client_send_text(rig.client, data.data_ptr as string);
      if (data.data_ptr === "end") ws.esp_websocket_client_close(rig.client);
    });
    rig.receive(Buffer.concat(["a", "b", "end", "c"].map((payload) => serverFrame(0x81, payload))));
    expect(rig.connection.takeWire()).toEqual(["81(1) a", "81(1) b", "81(3) end", "88(0)"]);
  });
});

describe("registration in a handler", () => {
  test("a handler registered in an event hears the next one, not this one", () => {
    const rig = Rig.connected();
    const heard: string[] = [];
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, (_arg, _base, _id, data) => {
      heard.push("old " + data.data_ptr);
      if (data.data_ptr === "1") {
        ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, (_a, _b, _c, next) => {
          heard.push("new " + next.data_ptr);
        });
      }
    });
    rig.frame(0x81, "1");
    rig.frame(0x81, "2");
    expect(heard).toEqual(["old 1", "old 2", "new 2"]);
  });

  test("a handler that takes itself back hears no more; the others hear all", () => {
    const rig = Rig.connected();
    const heard: string[] = [];
    const once: ws.EventHandler = (_arg, _base, _id, data) => {
      heard.push("once " + data.data_ptr);
      ws.esp_websocket_unregister_events(rig.client, ws.WEBSOCKET_EVENT_DATA, once);
    };
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, once);
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, (_arg, _base, _id, data) => {
      heard.push("all " + data.data_ptr);
    });
    rig.frame(0x81, "1");
    rig.frame(0x81, "2");
    expect(heard).toEqual(["once 1", "all 1", "all 2"]);
  });
});

describe("destroy_on_exit", () => {
  test("the client is destroyed once it has finished, and FINISH is told before", () => {
    const rig = Rig.connected();
    expect(ws.esp_websocket_client_destroy_on_exit(rig.client)).toBe(ws.ESP_OK);
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
    rig.frame(0x88, closeBody(1000));
    rig.drop();
    expect(rig.take().pop()).toBe("FINISH et=4 hs=101 cc=1000");
    idle();
    expect(jest.getTimerCount()).toBe(0);
    expect(Object.keys(rig.client)).toEqual([]);
    expect(ws.esp_websocket_client_start(rig.client)).toBe(ws.ESP_ERR_INVALID_ARG);
  });

  test("a failure that is followed by a reconnect is no exit", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_destroy_on_exit(rig.client);
    rig.drop();
    pass(10000);
    rig.accept();
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
  });

  test("a start in FINISH keeps it alive until its next end", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_destroy_on_exit(rig.client);
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_FINISH, () => {
      if (rig.network.connections.length < 2) ws.esp_websocket_client_start(rig.client);
    });
    ws.esp_websocket_client_stop(rig.client);
    idle();
    rig.accept();
    expect(ws.esp_websocket_client_is_connected(rig.client)).toBe(true);
    ws.esp_websocket_client_stop(rig.client);
    idle();
    expect(Object.keys(rig.client)).toEqual([]);
  });

  test("called in FINISH", () => {
    const rig = Rig.connected();
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_FINISH, () => {
      expect(ws.esp_websocket_client_destroy_on_exit(rig.client)).toBe(ws.ESP_OK);
    });
    ws.esp_websocket_client_stop(rig.client);
    idle();
    expect(Object.keys(rig.client)).toEqual([]);
  });

  test("FINISH told from within another event's handler", () => {
    const rig = Rig.connected();
    ws.esp_websocket_client_destroy_on_exit(rig.client);
    ws.esp_websocket_register_events(rig.client, ws.WEBSOCKET_EVENT_DATA, () => {
      ws.esp_websocket_client_stop(rig.client);
    });
    rig.frame(0x81, "x");
    expect(rig.take()).toEqual(['DATA(1,1,1/1@0) "x"', "FINISH"]);
    idle();
    expect(Object.keys(rig.client)).toEqual([]);
  });
});
