// A user's script, bundled with the library by bench/echo_bundle.ts: only what it uses gets in.
import {
  esp_websocket_client_init,
  esp_websocket_client_send_text,
  esp_websocket_client_start,
} from "esp-websocket-client/espruino";

export function echo(uri) {
  var client = esp_websocket_client_init({ uri: uri });
  client.on("data", function (event) {
    if (event.op_code === 1) esp_websocket_client_send_text(client, event.data_ptr);
  });
  esp_websocket_client_start(client);
}
