/** The alerts that this side sends (RFC 5246 §7.2). */
export const CLOSE_NOTIFY = 0;
export const UNEXPECTED_MESSAGE = 10;
export const BAD_RECORD_MAC = 20;
export const RECORD_OVERFLOW = 22;
export const HANDSHAKE_FAILURE = 40;
export const ILLEGAL_PARAMETER = 47;
export const DECODE_ERROR = 50;
export const DECRYPT_ERROR = 51;
export const PROTOCOL_VERSION = 70;
export const INTERNAL_ERROR = 80;
export const NO_RENEGOTIATION = 100;
export const UNSUPPORTED_EXTENSION = 110;
/** Received: the server does not know the name, and goes on (RFC 6066 §3). */
export const UNRECOGNIZED_NAME = 112;

/**
 * An alert's name, or its number where it has none here. RFC 5246 §7.2, RFC 6066 §9, RFC 4279 §6, RFC 7301 §3.2,
 * RFC 7507 §4, RFC 8446 §6.
 */
export function alertName(alert: number): string {
  // Not a constant of the module, which would stay in the board's memory.
  var names =
    " 0:close_notify 10:unexpected_message 20:bad_record_mac 21:decryption_failed 22:record_overflow" +
    " 30:decompression_failure 40:handshake_failure 42:bad_certificate 43:unsupported_certificate" +
    " 44:certificate_revoked 45:certificate_expired 46:certificate_unknown 47:illegal_parameter 48:unknown_ca" +
    " 49:access_denied 50:decode_error 51:decrypt_error 70:protocol_version 71:insufficient_security 80:internal_error" +
    " 86:inappropriate_fallback 90:user_canceled 100:no_renegotiation 109:missing_extension" +
    " 110:unsupported_extension 112:unrecognized_name 115:unknown_psk_identity 116:certificate_required" +
    " 120:no_application_protocol";
  var found = names.split(" " + alert + ":")[1];
  return found ? found.split(" ")[0] : "" + alert;
}
