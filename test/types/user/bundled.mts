import { esp_websocket_client_init, type Client } from "esp-websocket-client/espruino";
import { esp_websocket_client_init as initOnJerryScript } from "esp-websocket-client/jerryscript";
import WebSocket, { type MessageEvent } from "esp-websocket-client/espruino/websocket";

same<ReturnType<typeof esp_websocket_client_init>, Client | null>();
initOnJerryScript({ uri: "ws://host/" })?.on("data", (event) => print(event.data_ptr));
const socket = new WebSocket("ws://host/");
socket.onmessage = (event) => same<typeof event, MessageEvent>();
