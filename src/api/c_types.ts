/** The C header's type names, so that a C program's declarations can stay as they are. */
import type { Client } from "../client/client";
import type { ErrorHandle, EventData, EventHandler } from "../client/events";
import type { Config } from "../config/config";

/** A result: `ESP_OK` or an `ESP_ERR_…`. */
export type esp_err_t = number;
/** The base that handlers get: `WEBSOCKET_EVENTS`. */
export type esp_event_base_t = string;
/** A function for `esp_websocket_register_events`. */
export type esp_event_handler_t = EventHandler;
/** A time in RTOS ticks of `portTICK_PERIOD_MS` milliseconds. */
export type TickType_t = number;

/** What `esp_websocket_client_init` takes. */
export type esp_websocket_client_config_t = Config;
/** What `esp_websocket_client_init` returns: null where it failed. */
export type esp_websocket_client_handle_t = Client | null;
/** What a handler gets as its last argument. */
export type esp_websocket_event_data_t = EventData;
/** What is known about an error. */
export type esp_websocket_error_codes_t = ErrorHandle;
/** A `WEBSOCKET_EVENT_…`: a number, as in C. */
export type esp_websocket_event_id_t = number;
/** A `WEBSOCKET_ERROR_TYPE_…`: a number, as in C. */
export type esp_websocket_error_type_t = number;
/** A `WEBSOCKET_TRANSPORT_…`: a number, as in C. */
export type esp_websocket_transport_t = number;
/** A `WS_TRANSPORT_OPCODES_…`: a number, as in C. */
export type ws_transport_opcodes_t = number;
