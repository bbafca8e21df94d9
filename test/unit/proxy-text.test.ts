/** Addresses and strings as bytes and as text, and the checksum, against the platform and known vectors. */

import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6, slowCrc32c } from '../../models/proxy-header.js';
import { crc32c } from '../../src/session/proxy/crc32c.js';
import { formatIpv4, formatIpv6, IpScan, parseIpv4, parseIpv6 } from '../../src/session/proxy/ip-text.js';
import { decodeUtf8, encodeUtf8 } from '../../src/session/proxy/utf8.js';
import { nearlyIpv6 } from '../support/proxy-headers.js';

describe('WIRE-4: addresses as text', () => {
  // RFC 5952 §4 and §5.
  it.each([
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8:AAAA::', '2001:db8:aaaa::'],
    ['::ffff:c000:0280', '::ffff:192.0.2.128'],
    ['::1.2.3.4', '::102:304'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::0.1.2.3', '::1:203'],
    ['::ff00:102:304', '::ff00:102:304'],
    ['::ff:102:304', '::ff:102:304'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('writes %s as %s', (given, canonical) => {
    const bytes = parseIpv6(given);
    expect(bytes).toBeDefined();
    expect(formatIpv6(bytes as Uint8Array, 0)).toBe(canonical);
    expect(ipv6(given)).toBe(canonical);
  });

  it('accepts what the platform accepts, but for zones', () => {
    const piece = fc.constantFrom(
      ':',
      '::',
      '.',
      '0',
      '1',
      '9',
      '10',
      '255',
      '256',
      '00',
      'f',
      'ABCD',
      'ffff',
      '1.2.3.4',
      'g',
      '%',
      ' ',
    );
    const texts = fc.oneof(
      nearlyIpv6,
      fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join('')),
      fc
        .array(fc.constantFrom('0', '1', 'ff', '1.2.3.4', ''), { maxLength: 9 })
        .map((groups) => groups.join(':')),
      fc
        .array(fc.constantFrom('0', '1', '00', '255', '256', '3', ''), { maxLength: 5 })
        .map((octets) => octets.join('.')),
    );
    let accepted = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const four = parseIpv4(text);
        const sixteen = parseIpv6(text);
        expect(four !== undefined).toBe(isIPv4(text));
        expect(sixteen !== undefined).toBe(isIPv6(text) && !text.includes('%'));
        if (four !== undefined) expect(formatIpv4(four, 0)).toBe(text);
        if (sixteen !== undefined) expect(formatIpv6(sixteen, 0)).toBe(ipv6(text));
        if (four !== undefined || sixteen !== undefined) accepted++;
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it.each([
    ['::@', 'what stands before the letters'],
    ['::`', 'what stands before the small letters'],
    ['::g', 'what stands behind F'],
    ['::1::2', 'a second run of zeros'],
    ['::.1.2.3', 'a dot that no octet stands before'],
    ['1:2:3:4:5:6:.2.3.4', 'a dot behind a colon'],
    ['1:2:3:4:5:6:7::8', 'nine groups'],
  ])('refuses %s: %s', (text) => {
    expect(parseIpv6(text)).toBeUndefined();
    expect(isIPv6(text)).toBe(false);
  });

  it('LAY-2: a scan ends where it is told to, whatever stands behind', () => {
    const scan = new IpScan();
    const bytes = Uint8Array.from('::12', (c) => c.charCodeAt(0));
    expect(scan.ipv6(bytes, 0, 3)).toBe(3);
    expect(scan.complete).toBe(true);
    expect(formatIpv6(scan.address, 0)).toBe('::1');
  });

  it('refuses what is not ASCII', () => {
    expect(parseIpv4('1.2.3.4\u0134')).toBeUndefined();
    expect(parseIpv4('1.2.3.\u0134')).toBeUndefined();
    expect(parseIpv6('::\u0131')).toBeUndefined();
  });
});

describe('WIRE-4: CRC32C', () => {
  // RFC 3720 Appendix B.4 and the check value of the catalogues of CRCs.
  it.each([
    [Uint8Array.from('123456789', (c) => c.charCodeAt(0)), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    [new Uint8Array(), 0],
  ])('of %o', (bytes, sum) => {
    expect(crc32c(bytes, 0, bytes.length)).toBe(sum);
    expect(slowCrc32c(bytes)).toBe(sum);
  });

  it('counts the first four bytes as zeros', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5);
    expect(crc32c(bytes, 0, 5, 0)).toBe(slowCrc32c(Uint8Array.of(0, 0, 0, 0, 5)));
  });

  it('counts four bytes as zeros without touching them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 40 }), fc.nat(), (bytes, place) => {
        const at = 1 + (place % (bytes.length - 5));
        const kept = bytes.slice();
        const zeroed = bytes.slice(1).fill(0, at - 1, at + 3);
        expect(crc32c(bytes, 1, bytes.length, at)).toBe(slowCrc32c(zeroed));
        expect(bytes).toEqual(kept);
      }),
      { numRuns: 100 },
    );
  });
});

describe('WIRE-4: UTF-8', () => {
  const platform = (bytes: Uint8Array) => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return undefined;
    }
  };

  // RFC 3629 §3, §4: the edges of each length, and what is too long, a surrogate or beyond the last.
  it.each<[string, readonly number[], string | undefined]>([
    ['U+007F', [0x7f], '\x7f'],
    ['U+0080', [0xc2, 0x80], '\x80'],
    ['U+07FF', [0xdf, 0xbf], '\u07ff'],
    ['U+0800', [0xe0, 0xa0, 0x80], '\u0800'],
    ['U+D7FF', [0xed, 0x9f, 0xbf], '\ud7ff'],
    ['U+E000', [0xee, 0x80, 0x80], '\ue000'],
    ['U+FFFF', [0xef, 0xbf, 0xbf], '\uffff'],
    ['U+10000', [0xf0, 0x90, 0x80, 0x80], '\u{10000}'],
    ['U+10FFFF', [0xf4, 0x8f, 0xbf, 0xbf], '\u{10ffff}'],
    ['U+007F in two', [0xc1, 0xbf], undefined],
    ['U+07FF in three', [0xe0, 0x9f, 0xbf], undefined],
    ['U+FFFF in four', [0xf0, 0x8f, 0xbf, 0xbf], undefined],
    ['U+D800', [0xed, 0xa0, 0x80], undefined],
    ['U+DFFF', [0xed, 0xbf, 0xbf], undefined],
    ['U+110000', [0xf4, 0x90, 0x80, 0x80], undefined],
    ['a lead of five', [0xf8, 0x90, 0x80, 0x80], undefined],
    ['three of four', [0xf0, 0x90, 0x80], undefined],
  ])('reads and writes %s', (_, bytes, text) => {
    const given = Uint8Array.from(bytes);
    expect(decodeUtf8(given, 0, given.length)).toBe(text);
    if (text !== undefined) expect(encodeUtf8(text)).toEqual(given);
  });

  it('does not go on with what stands behind the end', () => {
    expect(decodeUtf8(Uint8Array.of(0xc3, 0xa9), 0, 1)).toBeUndefined();
  });

  it('decodes what the platform decodes', () => {
    const byte = fc.constantFrom(
      0x00,
      0x41,
      0x7f,
      0x80,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0x9f,
      0xa0,
      0xed,
      0xef,
      0xf0,
      0x90,
      0x8f,
      0xf4,
      0xf5,
      0xff,
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 8 }),
          fc.array(byte, { maxLength: 6 }).map((b) => Uint8Array.from(b)),
        ),
        (bytes) => {
          expect(decodeUtf8(bytes, 0, bytes.length)).toBe(platform(bytes));
        },
      ),
      { numRuns: 1000 },
    );
  });

  /** Any but a surrogate, as often of each length in UTF-8. fast-check's own go by a table of all of them, which takes seconds. */
  const character = fc
    .oneof(
      fc.integer({ min: 0, max: 0x7f }),
      fc.integer({ min: 0x80, max: 0x7ff }),
      fc.integer({ min: 0x800, max: 0xd7ff }),
      fc.integer({ min: 0xe000, max: 0xffff }),
      fc.integer({ min: 0x1_0000, max: 0x10_ffff }),
    )
    .map((code) => String.fromCodePoint(code));

  it('encodes what the platform encodes, and no lone surrogate', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 8 }), (text) => {
        const bytes = encodeUtf8(text);
        expect(bytes).toEqual(new TextEncoder().encode(text));
        expect(decodeUtf8(bytes as Uint8Array, 0, (bytes as Uint8Array).length)).toBe(text);
      }),
      { numRuns: 200 },
    );
    expect(encodeUtf8('a\ud800')).toBeUndefined();
    expect(encodeUtf8('\udfffa')).toBeUndefined();
  });
});
