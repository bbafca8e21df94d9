/**
 * HTTP2-Settings (RFC 7540 §3.2.1): the payload of a SETTINGS frame as text, in base64url without padding, written and
 * judged. This file does not know the message whose field it is.
 */
import { FRAME_HEADER_BYTES, SETTING_BYTES } from './frames-codes.js';
import { SettingsValues } from './frames-settings.js';
import { type OutgoingSettings, writeSettings } from './frames-writer.js';

/** RFC 4648 §5. A setting's six octets are eight characters, so there is nothing to pad. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SETTING_CHARACTERS = 8;

/** The payload that says `settings`. */
export function settingsPayload(settings: OutgoingSettings): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + settings.length * SETTING_BYTES);
  writeSettings(settings, frame, 0, frame.length);
  return frame.subarray(FRAME_HEADER_BYTES);
}

/** The value of the field for a payload. */
export function encodeHttp2Settings(payload: Uint8Array): string {
  let text = '';
  for (let i = 0; i < payload.length; i += 3) {
    const bits =
      ((payload[i] as number) << 16) | ((payload[i + 1] as number) << 8) | (payload[i + 2] as number);
    for (let shift = 18; shift >= 0; shift -= 6) text += ALPHABET.charAt((bits >> shift) & 63);
  }
  return text;
}

/**
 * The payload that a client's value stands for.
 * @param maxSettings entries that a SETTINGS frame may have
 * @returns undefined when it is no payload of whole settings, all of them valid, or has too many
 */
export function decodeHttp2Settings(value: string, maxSettings: number): Uint8Array | undefined {
  const { length } = value;
  const count = length / SETTING_CHARACTERS;
  // The field is a token68, which is not empty (RFC 9110 §11.2).
  if (!(count >= 1 && count <= maxSettings && Number.isInteger(count))) return undefined;
  const payload = new Uint8Array(count * SETTING_BYTES);
  for (let i = 0, at = 0; i < length; i += 4) {
    let bits = 0;
    for (let j = i; j < i + 4; j++) {
      const digit = ALPHABET.indexOf(value.charAt(j));
      if (digit < 0) return undefined;
      bits = (bits << 6) | digit;
    }
    payload[at++] = bits >> 16;
    payload[at++] = bits >> 8;
    payload[at++] = bits;
  }
  return new SettingsValues().apply(payload, 0, payload.length, false) === undefined ? payload : undefined;
}
