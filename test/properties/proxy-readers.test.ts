/**
 * The readers of PROXY headers against their models, at every length, before every payload, on any bytes.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelV1, modelV2 } from '../../models/proxy-header.js';
import { UndercoatError } from '../../src/errors.js';
import { byteEdits, editBytes } from '../../src/kit/arbitraries/byte-edits.js';
import { proxyV1Header, proxyV2Header } from '../../src/kit/arbitraries/proxy-header.js';
import { encodeProxyHeader, proxyHeaderSize } from '../../src/session/proxy/encode.js';
import type { ProxyHeader, ProxyRead, ProxyReadLimits } from '../../src/session/proxy/header.js';
import { proxyReadLimits, readProxyHeader } from '../../src/session/proxy/read.js';
import { readProxyV1 } from '../../src/session/proxy/read-v1.js';
import { readProxyV2 } from '../../src/session/proxy/read-v2.js';
import { concat, latin1, nearlyIpv6, wire } from '../support/proxy-headers.js';

const limits = proxyReadLimits();
const anyByte = fc.integer({ min: 0, max: 255 });
const junk = fc.array(anyByte, { maxLength: 30 }).map((bytes) => Uint8Array.from(bytes));
const lineByte = fc.constantFrom(...latin1(' \r\n0123456789abfAF:.PROXYTCUNKW%g/\0\xff'));

/** Lines that the encoder never writes: IPv6 as nobody's canonical form, UNKNOWN with a rest, long ones. */
const oddLine = fc.oneof(
  fc.tuple(nearlyIpv6, nearlyIpv6).map(([from, to]) => latin1(`PROXY TCP6 ${from} ${to} 0 65535\r\n`)),
  fc
    .tuple(
      fc.constantFrom(
        '1:2:3:4:5:6:7::',
        '::2:3:4:5:6:7:8',
        '0:0:0:0:0:0:0:0',
        'FFFF:ffff:FFFF:ffff:FFFF:ffff:255.255.255.255',
        '0001:02:003:4:5:6:7:8',
        '::1.2.3.4',
        '64:ff9b::192.0.2.33',
        '1:2:3:4:5:6:1.2.3.4',
        '1:2:3:4:5::1.2.3.4',
        '::',
      ),
      fc.constantFrom('::1', 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'A::b'),
      fc.constantFrom('0 0', '65535 65535', '1 443'),
    )
    .map(([from, to, ports]) => latin1(`PROXY TCP6 ${from} ${to} ${ports}\r\n`)),
  fc
    .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 255 }))
    .map(([length, fill]) => latin1(`PROXY UNKNOWN ${String.fromCharCode(fill).repeat(length)}\r\n`)),
);

/** Bytes that begin like version 1: right, odd, or edited. */
const v1Bytes = fc
  .tuple(
    fc.oneof(proxyV1Header.map(wire), oddLine),
    byteEdits(fc.oneof({ weight: 4, arbitrary: lineByte }, { weight: 1, arbitrary: anyByte })),
  )
  .map(([bytes, changes]) => editBytes(bytes, changes));

/** Bytes that begin like version 2: right, edited, or with a block of anything. */
const v2Bytes = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(proxyV2Header.map(wire), byteEdits(anyByte))
      .map(([bytes, changes]) => editBytes(bytes, changes)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(0x20, 0x21, 0x21, 0x21, 0x22, 0x31), anyByte, fc.nat({ max: 300 }), junk)
      .map(([command, family, length, block]) =>
        concat(
          latin1('\r\n\r\n\0\r\nQUIT\n'),
          Uint8Array.of(command, family, length >> 8, length & 255),
          block,
        ),
      ),
  },
);

const anyBytes = fc.oneof(v1Bytes, v2Bytes, junk);

/** What was read, as plain data that can be compared. */
function plain(read: ProxyRead): unknown {
  if (read.kind !== 'error') return read;
  return { kind: 'error', at: read.at, code: read.error.code, fault: read.error.fault };
}

/** Reads `bytes` where they stand inside a larger buffer, between `before` and `after`. */
function readInside(bytes: Uint8Array, before: Uint8Array, after: Uint8Array, given = limits): ProxyRead {
  const buffer = concat(before, bytes, after);
  return readProxyHeader(buffer, before.length, before.length + bytes.length, given);
}

/** How long a prefix is needed before the reader says more than that it needs data, or -1. */
function decidedAt(bytes: Uint8Array): number {
  for (let n = 0; n <= bytes.length; n++) {
    if (readProxyHeader(bytes, 0, n, limits).kind !== 'need-data') return n;
  }
  return -1;
}

describe('readers of PROXY headers', () => {
  it('CON-6: say the same however the bytes are cut, and never take back what they said', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const whole = plain(readProxyHeader(bytes, 0, bytes.length, limits));
        const decided = decidedAt(bytes);
        for (let n = 0; n <= bytes.length; n++) {
          const read = readProxyHeader(bytes, 0, n, limits);
          if (decided < 0 || n < decided) {
            expect(read.kind).toBe('need-data');
            if (read.kind === 'need-data') expect(read.atLeast).toBeGreaterThan(n);
          } else {
            expect(plain(read)).toEqual(whole);
          }
          if (read.kind === 'complete') expect(read.length).toBe(decided);
          if (read.kind === 'error') expect(read.at).toBeLessThan(decided);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('CON-6: promise no more bytes than the header has', () => {
    fc.assert(
      fc.property(fc.oneof(proxyV1Header, proxyV2Header).map(wire), (bytes) => {
        for (let n = 0; n < bytes.length; n++) {
          const read = readProxyHeader(bytes, 0, n, limits);
          expect(read.kind === 'need-data' && read.atLeast <= bytes.length).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('OWN-6: what stands before, behind, or beyond the end changes nothing', () => {
    fc.assert(
      fc.property(anyBytes, junk, junk, fc.boolean(), (bytes, before, after, isPayload) => {
        const alone = readProxyHeader(bytes, 0, bytes.length, limits);
        expect(plain(readInside(bytes, before, after))).toEqual(plain(alone));
        if (isPayload && alone.kind !== 'need-data') {
          expect(plain(readInside(concat(bytes, after), before, new Uint8Array()))).toEqual(plain(alone));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('OWN-6: a header before a payload that reads like more TLVs ends where it says', () => {
    const lures = fc.constantFrom(
      Uint8Array.of(0x04, 0x00, 0x00, 0x04, 0x00, 0x00),
      Uint8Array.of(0x00, 0x01, 0x41, 0x01, 0x00, 0x02, 0x68, 0x32),
      latin1('GET / HTTP/1.1\r\n\r\n'),
      new Uint8Array(300),
    );
    fc.assert(
      fc.property(
        fc.oneof(proxyV1Header, proxyV2Header).map(wire),
        byteEdits(anyByte),
        lures,
        (bytes, changes, lure) => {
          const header = editBytes(bytes, changes);
          const alone = readProxyHeader(header, 0, header.length, limits);
          fc.pre(alone.kind !== 'need-data');
          expect(plain(readInside(concat(header, lure), new Uint8Array(), lure))).toEqual(plain(alone));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('LAY-2, OWN-4, OWN-5: read without writing, and keep nothing that was read', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const before = bytes.slice();
        const read = readProxyHeader(bytes, 0, bytes.length, limits);
        expect(bytes).toEqual(before);
        const said = structuredClone(plain(read));
        bytes.fill(0xa5);
        expect(plain(read)).toEqual(said);
      }),
      { numRuns: 200 },
    );
  });

  it('OWN-6, WORK-1: look at no byte outside, and at few of them until the header is complete', () => {
    fc.assert(
      fc.property(anyBytes, junk, junk, (bytes, before, after) => {
        const start = before.length;
        const end = start + bytes.length;
        const seen = spy(concat(before, bytes, after));
        const read = readProxyHeader(seen.bytes, start, end, limits);
        if (seen.count > 0) expect(seen.low).toBeGreaterThanOrEqual(start);
        expect(seen.high).toBeLessThan(read.kind === 'complete' ? start + read.length : end);
        const most = bytes[0] === 0x50 ? 3 * Math.min(bytes.length, 107) + 3 : 20;
        if (read.kind === 'need-data') expect(seen.count).toBeLessThanOrEqual(most);
        else expect(seen.count).toBeLessThanOrEqual(10 * bytes.length + 20);
      }),
      { numRuns: 200 },
    );
  });

  it('WIRE-3: are total on any bytes, whichever version is accepted', () => {
    const versions = fc.constantFrom(1 as const, 2 as const, 'either' as const);
    fc.assert(
      fc.property(
        anyBytes,
        versions,
        fc.integer({ min: 107, max: 300 }),
        fc.nat({ max: 3 }),
        (bytes, v, max, tlvs) => {
          const given: ProxyReadLimits = { versions: v, maxHeaderBytes: max, maxTlvs: tlvs };
          for (const read of [
            readProxyHeader(bytes, 0, bytes.length, given),
            readProxyV1(bytes, 0, bytes.length),
            readProxyV2(bytes, 0, bytes.length, given),
          ]) {
            if (read.kind === 'error') {
              expect(read.error).toBeInstanceOf(UndercoatError);
              expect(read.error.code).toMatch(/^proxy-/);
              expect(read.error.answer).toEqual({ kind: 'close' });
              expect(read.at).toBeGreaterThanOrEqual(0);
            }
            if (read.kind === 'complete') {
              expect(read.length).toBeLessThanOrEqual(bytes.length);
              if (read.header.version === 2) expect(read.length).toBeLessThanOrEqual(max);
              expect(read.header.tlvs.length).toBeLessThanOrEqual(tlvs);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('WIRE-1: version 1 is accepted exactly when the grammar accepts it', () => {
    fc.assert(
      fc.property(v1Bytes, junk, (line, payload) => {
        const bytes = concat(line, payload);
        const model = modelV1(String.fromCharCode(...bytes));
        const read = readProxyV1(bytes, 0, bytes.length);
        if (model !== undefined && model.length <= 107) {
          expect(read).toEqual({ kind: 'complete', ...model });
        } else {
          expect(read.kind).not.toBe('complete');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('WIRE-2: version 1 fails at the first byte after which no line can be right', () => {
    fc.assert(
      fc.property(v1Bytes, (line) => {
        const read = readProxyV1(line, 0, line.length);
        const text = String.fromCharCode(...line);
        const from = read.kind === 'error' ? read.at : read.kind === 'complete' ? read.length : line.length;
        if (from < 106) {
          expect(isViable(text.slice(0, from))).toBe(true);
          if (read.kind === 'error') expect(isViable(text.slice(0, from + 1))).toBe(false);
        }
        if (read.kind === 'need-data') expect(line.length).toBeLessThan(107);
      }),
      { numRuns: 400 },
    );
  });

  it('WIRE-1: version 2 is accepted exactly when the model accepts it', () => {
    const bounds = fc.tuple(fc.constantFrom(107, 250, 4096), fc.constantFrom(0, 1, 3, 64));
    fc.assert(
      fc.property(v2Bytes, junk, bounds, (header, payload, [maxHeaderBytes, maxTlvs]) => {
        const bytes = concat(header, payload);
        const read = readProxyV2(bytes, 0, bytes.length, { versions: 2, maxHeaderBytes, maxTlvs });
        const model = modelV2(bytes, maxHeaderBytes, maxTlvs);
        if (model.kind === 'complete') expect(read).toEqual(model);
        else expect(read.kind).toBe(model.kind);
      }),
      { numRuns: 600 },
    );
  });

  it('WIRE-4: what is encoded decodes to the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(proxyV1Header, proxyV2Header),
        junk,
        fc.nat({ max: 20 }),
        (header, payload, offset) => {
          const size = proxyHeaderSize(header);
          const bytes = new Uint8Array(offset + size + payload.length).fill(0x5a);
          expect(encodeProxyHeader(header, bytes, offset)).toBe(size);
          expect(bytes.subarray(0, offset).every((byte) => byte === 0x5a)).toBe(true);
          expect(bytes.subarray(offset + size).every((byte) => byte === 0x5a)).toBe(true);
          bytes.set(payload, offset + size);
          const read = readProxyHeader(bytes, offset, bytes.length, { ...limits, maxHeaderBytes: 65551 });
          expect(read.kind).toBe('complete');
          if (read.kind !== 'complete') return;
          expect(read.length).toBe(size);
          expect(withoutChecksum(read.header)).toEqual(withoutChecksum(header));
          expect(wire(read.header)).toEqual(bytes.slice(offset, offset + size));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('CRC32C: any one changed bit of a summed header is refused or changes no meaning', () => {
    fc.assert(
      fc.property(proxyV2Header, fc.nat(), fc.nat({ max: 7 }), (header, place, bit) => {
        const bytes = wire(header);
        const sums = header.tlvs.some((tlv) => tlv.kind === 'crc32c');
        fc.pre(sums && header.source?.family !== 'unspec');
        const at = 16 + (place % (bytes.length - 16));
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const read = readProxyHeader(bytes, 0, bytes.length, limits);
        // A change can hide the checksum itself by turning its type, or a length before it, into another.
        if (read.kind === 'complete')
          expect(read.header.tlvs.some((tlv) => tlv.kind === 'crc32c')).toBe(false);
        else expect(read.kind).toBe('error');
      }),
      { numRuns: 300 },
    );
  });
});

function withoutChecksum(header: ProxyHeader): ProxyHeader {
  return {
    ...header,
    tlvs: header.tlvs.map((tlv) => (tlv.kind === 'crc32c' ? { ...tlv, checksum: 0 } : tlv)),
  };
}

/** Whether some line, however long, begins with this text: tries to finish each field in all ways that matter. */
function isViable(text: string): boolean {
  if (!/^PROXY TCP[46]/.test(text)) {
    const samples = ['PROXY UNKNOWN\r\n', 'PROXY TCP4 0', 'PROXY TCP6 0'];
    if (samples.some((sample) => sample.startsWith(text))) return true;
    return ['', '\n', '\r\n'].some((rest) => modelV1(text + rest)?.length === text.length + rest.length);
  }
  const fields = text.split(' ').length;
  const address = text[9] === '4' ? ' 0.0.0.0' : ' ::';
  if (fields > 6) return false;
  const remaining = address.repeat(Math.max(0, 4 - fields)) + ' 0'.repeat(Math.min(2, 6 - fields));
  const groups = Array.from({ length: 8 }, (_, n) => ':0'.repeat(n));
  const endings = [
    '',
    '.0',
    '.0.0',
    '.0.0.0',
    '0',
    '0.0',
    '0.0.0',
    '0.0.0.0',
    ' 0.0.0.0',
    ' ::',
    '::',
    ...groups,
    ...groups.map((g) => `0${g}`),
    ...groups.map((g) => `:${g}`),
    '\n',
  ];
  return endings.some((ending) =>
    [`${text}${ending}${remaining}\r\n`, `${text}${ending}`, `${text}${ending}\r\n`].some(
      (line) => modelV1(line)?.length === line.length,
    ),
  );
}

/** The same bytes, recording which of them are looked at. */
function spy(target: Uint8Array): { bytes: Uint8Array; low: number; high: number; count: number } {
  const seen = { bytes: target, low: Number.POSITIVE_INFINITY, high: -1, count: 0 };
  const look = (from: number, to: number) => {
    seen.low = Math.min(seen.low, from);
    seen.high = Math.max(seen.high, to - 1);
    seen.count += to - from;
  };
  seen.bytes = new Proxy(target, {
    get(bytes, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) {
        look(Number(key), Number(key) + 1);
        return bytes[Number(key)];
      }
      if (key === 'slice') {
        return (from: number, to: number) => {
          look(from, to);
          return bytes.slice(from, to);
        };
      }
      if (key === 'length') return bytes.length;
      throw new Error(`the spy does not know ${String(key)}`);
    },
  });
  return seen;
}
