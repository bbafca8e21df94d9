/**
 * The readers of PROXY headers against their models, at every length, before every payload, on any bytes.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelV1 } from '../../models/proxy-header.js';
import { proxyV1Header, proxyV2Header } from '../../src/kit/arbitraries/proxy-header.js';
import { encodeProxyHeader, proxyHeaderSize } from '../../src/session/proxy/encode.js';
import type { ProxyHeader } from '../../src/session/proxy/header.js';
import { proxyReadLimits, readProxyHeader } from '../../src/session/proxy/read.js';
import { readProxyV1 } from '../../src/session/proxy/read-v1.js';
import {
  anyProxyBytes,
  junk,
  plainRead,
  proxyAmidAnything,
  proxyBeforeLures,
  proxyTotal,
  proxyV1ByGrammar,
  proxyV2ByModel,
  v1Bytes,
} from '../support/properties/proxy-readers.js';
import { concat, wire } from '../support/proxy-headers.js';

const limits = proxyReadLimits();

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
      fc.property(anyProxyBytes, (bytes) => {
        const whole = plainRead(readProxyHeader(bytes, 0, bytes.length, limits));
        const decided = decidedAt(bytes);
        for (let n = 0; n <= bytes.length; n++) {
          const read = readProxyHeader(bytes, 0, n, limits);
          if (decided < 0 || n < decided) {
            expect(read.kind).toBe('need-data');
            if (read.kind === 'need-data') expect(read.atLeast).toBeGreaterThan(n);
          } else {
            expect(plainRead(read)).toEqual(whole);
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
    fc.assert(proxyAmidAnything(), { numRuns: 300 });
  });

  it('OWN-6: a header before a payload that reads like more TLVs ends where it says', () => {
    fc.assert(proxyBeforeLures(), { numRuns: 300 });
  });

  it('LAY-2, OWN-4, OWN-5: read without writing, and keep nothing that was read', () => {
    fc.assert(
      fc.property(anyProxyBytes, (bytes) => {
        const before = bytes.slice();
        const read = readProxyHeader(bytes, 0, bytes.length, limits);
        expect(bytes).toEqual(before);
        const said = structuredClone(plainRead(read));
        bytes.fill(0xa5);
        expect(plainRead(read)).toEqual(said);
      }),
      { numRuns: 200 },
    );
  });

  it('OWN-6, WORK-1: look at no byte outside, and at few of them until the header is complete', () => {
    fc.assert(
      fc.property(anyProxyBytes, junk, junk, (bytes, before, after) => {
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
    fc.assert(proxyTotal(), { numRuns: 300 });
  });

  it('WIRE-1: version 1 is accepted exactly when the grammar accepts it', () => {
    fc.assert(proxyV1ByGrammar(), { numRuns: 500 });
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
    fc.assert(proxyV2ByModel(), { numRuns: 600 });
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

  it('WIRE-1: any one changed bit of a header with a CRC32C is refused or changes no meaning', () => {
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
