import * as ws from "esp-websocket-client";
import type { Client, ClientEvents, Config, DataEvent, EventData, Transport } from "esp-websocket-client";

const config: Config = { uri: "ws://host/", reconnect_timeout_ms: 1000, headers: "A: b\r\n" };
// @ts-expect-error: no such field
const unknownField: Config = { url: "ws://host/" };
// @ts-expect-error: a number
const wrongField: Config = { port: "80" };

const client = ws.esp_websocket_client_init(config);
same<typeof client, Client | null>();
// @ts-expect-error: init may have returned null
client.on("data", () => {});

if (client) {
  client.on("data", function (event, id) {
    same<typeof event, DataEvent>();
    same<typeof event.data_ptr, string | Uint8Array>();
    same<typeof id, number>();
    same<typeof this, Client>();
    same<typeof event.error_handle.error_type, number>();
    // @ts-expect-error: a Uint8Array has no charAt
    event.data_ptr.charAt(0);
  });
  client.on("error", (event) => same<typeof event.data_ptr, string>());
  client.on("header_received", (event) => same<typeof event.data_ptr, string>());
  client.on("closed", (event) => same<typeof event.data_ptr, string | undefined>());
  client.on("connected", (event) => same<typeof event.data_ptr, undefined>());
  client.on("drain", () => {});
  client.on("any", (event) => same<typeof event, EventData>());
  const listener = (event: EventData): void => print(event.client.tx_queued, event.client.subprotocol);
  client.on("finish", listener);
  client.removeListener("finish", listener);
  client.removeAllListeners("finish");
  client.removeAllListeners();
  // @ts-expect-error: no such event
  client.on("open", () => {});
  // @ts-expect-error: nothing private is published
  print(client._state);
}
same<
  keyof ClientEvents,
  | "any"
  | "before_connect"
  | "begin"
  | "closed"
  | "connected"
  | "data"
  | "disconnected"
  | "drain"
  | "error"
  | "finish"
  | "header_received"
>();

ws.esp_websocket_register_events(
  client,
  ws.WEBSOCKET_EVENT_ANY,
  (arg, base, id, data) => {
    same<typeof base, string>();
    same<typeof id, number>();
    same<typeof data, EventData>();
  },
  { any: "thing" }
);
same<ReturnType<typeof ws.esp_websocket_client_send_text>, number>();
ws.esp_websocket_client_send_text(client, "text", 4, ws.portMAX_DELAY);
ws.esp_websocket_client_send_bin(client, [1, 2, 3]);
ws.esp_websocket_client_send_bin(null, new Uint8Array(3).buffer);
// @ts-expect-error: neither text nor bytes
ws.esp_websocket_client_send_bin(client, 5);
// @ts-expect-error: no such function
ws.esp_websocket_client_send(client, "text");
// @ts-expect-error: constants are read-only
ws.ESP_OK = 1;
same<typeof ws.WEBSOCKET_EVENT_DATA, 3>();

const transport: Transport = {
  open(address, listener) {
    print(address.host, address.port, address.tls && address.tls.servername);
    listener.opened();
    return { write: (bytes) => listener.received(bytes), close: () => {} };
  },
};
ws.esp_websocket_client_init({ ext_transport: transport, uri_provider: () => "ws://host/" });

// The C header's names of types
const c_config: ws.esp_websocket_client_config_t = { uri: "ws://host/" };
const handle: ws.esp_websocket_client_handle_t = ws.esp_websocket_client_init(c_config);
// @ts-expect-error: as in C, the handle may be null
print(handle.tx_queued);
const on_event: ws.esp_event_handler_t = (
  arg: unknown,
  base: ws.esp_event_base_t,
  id: ws.esp_websocket_event_id_t,
  event: ws.esp_websocket_event_data_t
) => {
  const codes: ws.esp_websocket_error_codes_t = event.error_handle;
  const type: ws.esp_websocket_error_type_t = codes.error_type;
  const opcode: ws.ws_transport_opcodes_t = event.op_code;
  if (id === ws.WEBSOCKET_EVENT_ERROR && type === ws.WEBSOCKET_ERROR_TYPE_HANDSHAKE) print(base, opcode, arg);
};
const any_event: ws.esp_websocket_event_id_t = ws.WEBSOCKET_EVENT_ANY;
const over_ssl: ws.esp_websocket_transport_t = ws.WEBSOCKET_TRANSPORT_OVER_SSL;
const second: ws.TickType_t = 1000 / ws.portTICK_PERIOD_MS;
const result: ws.esp_err_t = ws.esp_websocket_register_events(handle, any_event, on_event, over_ssl);
ws.esp_websocket_client_close(handle, second + result);
same<ws.esp_websocket_client_config_t, Config>();
same<ws.esp_websocket_client_handle_t, ReturnType<typeof ws.esp_websocket_client_init>>();
same<ws.esp_websocket_event_data_t, EventData>();
same<ws.esp_websocket_error_codes_t, EventData["error_handle"]>();
// @ts-expect-error: an unknown field, as in C
const c_wrong: ws.esp_websocket_client_config_t = { url: "ws://host/" };
