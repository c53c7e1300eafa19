/** Reports free memory when the server asks for it. Functions stand above their use: Espruino hoists none. */
import {
  type Client,
  type DataEvent,
  esp_websocket_client_close_with_code,
  esp_websocket_client_init,
  esp_websocket_client_send_text,
  esp_websocket_client_start,
  WS_TRANSPORT_OPCODES_TEXT,
} from "esp-websocket-client/espruino";
import { parseCommand, type Report } from "./messages";

const url = typeof WS_URL === "undefined" ? "ws://192.168.1.10:8080/" : WS_URL;

function report(client: Client, unit: Report["unit"]): void {
  const { free, total } = process.memory();
  const answer: Report = { free: unit === "percent" ? Math.round((100 * free) / total) : free, unit };
  esp_websocket_client_send_text(client, JSON.stringify(answer));
}

/** Commands are short: each comes in one piece. */
function onData({ client, data_ptr, data_len, op_code, payload_len }: DataEvent): void {
  if (op_code !== WS_TRANSPORT_OPCODES_TEXT || typeof data_ptr !== "string" || data_len < payload_len) return;
  const command = parseCommand(data_ptr);
  if (!command) print(`Not a command: ${data_ptr}`);
  else if (command.do === "report") report(client, command.unit);
  else {
    print(`Stopped because ${command.because}`);
    esp_websocket_client_close_with_code(client, 1000, "as told");
  }
}

const client = esp_websocket_client_init({ uri: url, reconnect_timeout_ms: 5000, reconnect_max_ms: 60000 });
if (client) {
  client.on("connected", () => print("Connected"));
  client.on("data", onData);
  client.on("error", ({ data_ptr }) => print(`Failed: ${data_ptr}`));
  client.on("finish", ({ close_status_code }) => print(`Finished with ${close_status_code}`));
  esp_websocket_client_start(client);
}
