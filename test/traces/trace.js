/*
 * One line for each event, in the notation of the C client's recorded traces:
 *   DATA(op,fin,len/payload_len@payload_offset) content     CONNECTED hs=101     ERROR et=1 hs=101     CLOSED cc=1001
 * et is error_type, hs esp_ws_handshake_status_code, cc close_status_code; a field that is 0 is left out, and so is
 * hs=101 of DATA. CLOSED shows the reason. What an event carries that is not its own shows as "stray". A module in plain ES5: scripts on the board use it too.
 */
var traceNames = [
  "ERROR",
  "CONNECTED",
  "DISCONNECTED",
  "DATA",
  "CLOSED",
  "BEFORE_CONNECT",
  "BEGIN",
  "FINISH",
  "HEADER_RECEIVED",
  "DRAIN",
];

function traceHex(bytes) {
  var text = "";
  var i;
  for (i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? "0" : "") + bytes[i].toString(16);
  return text;
}

function traceLine(data, id) {
  var error = data.error_handle;
  var line = traceNames[id];
  var status = error.esp_ws_handshake_status_code;
  if (id === 3) {
    line += "(" + data.op_code + "," + (data.fin ? 1 : 0) + "," + data.data_len + "/" + data.payload_len;
    line += "@" + data.payload_offset + ")";
    if (data.data_len > 40) line += "";
    else if (typeof data.data_ptr === "string") line += ' "' + data.data_ptr + '"';
    else line += " " + (data.data_ptr.length ? traceHex(data.data_ptr) : "empty");
    if (status === 101) status = 0;
  } else {
    if (data.op_code !== 0x100 || data.fin !== false || data.payload_len !== 0 || data.payload_offset !== 0)
      line += " stray frame fields";
    if (id === 8) line += ": " + data.data_ptr;
    else if (id === 0)
      line += typeof data.data_ptr === "string" && data.data_ptr.length > 9 ? "" : " without a message";
    else if (id === 4 && data.data_ptr !== undefined && data.data_ptr.length) line += ' "' + data.data_ptr + '"';
    else if ((data.data_ptr !== undefined && data.data_ptr.length) || data.data_len !== 0) line += " stray data";
  }
  if (error.error_type) line += " et=" + error.error_type;
  if (status) line += " hs=" + status;
  if (data.close_status_code) line += " cc=" + data.close_status_code;
  if (error.esp_transport_sock_errno) line += " errno=" + error.esp_transport_sock_errno;
  if (error.esp_tls_stack_err) line += " tls=" + error.esp_tls_stack_err;
  return line;
}

exports.traceNames = traceNames;
exports.traceLine = traceLine;
