/**
 * Which octets a field name and a field value may have in HTTP/2, as tables. This file does not know fields.
 */

/** Octets of a name in lower case: `tchar` of RFC 9110 §5.6.2 without A to Z (RFC 9113 §8.2.1). */
export const NAME_OCTET: Uint8Array = octets((octet) => /[a-z0-9!#$%&'*+.^_`|~-]/.test(charOf(octet)));

/** `field-vchar`, space and tab (RFC 9110 §5.5): so also without CR, LF and NUL (RFC 9113 §8.2.1). */
export const VALUE_OCTET: Uint8Array = octets((octet) => octet === 0x09 || (octet >= 0x20 && octet !== 0x7f));

export const COLON = 0x3a;
export const SPACE = 0x20;
export const TAB = 0x09;

function octets(has: (octet: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (has(octet) ? 1 : 0));
}

function charOf(octet: number): string {
  return String.fromCharCode(octet);
}
