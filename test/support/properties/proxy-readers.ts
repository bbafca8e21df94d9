// The readers of PROXY headers: against their models (WIRE-1), before any payload (OWN-6), on any bytes (WIRE-3), and
// the session that hands over what is behind the header (CON-3).
import fc from 'fast-check';
import { modelV1, modelV2 } from '../../../models/proxy-header.js';
import { UndercoatError } from '../../../src/errors.js';
import { byteEdits, editBytes } from '../../../src/kit/arbitraries/byte-edits.js';
import { proxyV1Header, proxyV2Header } from '../../../src/kit/arbitraries/proxy-header.js';
import { requireContained, requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import type { ProxyRead, ProxyReadLimits } from '../../../src/session/proxy/header.js';
import { proxyReadLimits, readProxyHeader } from '../../../src/session/proxy/read.js';
import { readProxyV1 } from '../../../src/session/proxy/read-v1.js';
import { readProxyV2 } from '../../../src/session/proxy/read-v2.js';
import { concat, latin1, nearlyIpv6, wire } from '../proxy-headers.js';

const limits = proxyReadLimits();
const anyByte = fc.integer({ min: 0, max: 255 });
export const junk = fc.array(anyByte, { maxLength: 30 }).map((bytes) => Uint8Array.from(bytes));
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
export const v1Bytes = fc
  .tuple(
    fc.oneof(proxyV1Header.map(wire), oddLine),
    byteEdits(fc.oneof({ weight: 4, arbitrary: lineByte }, { weight: 1, arbitrary: anyByte })),
  )
  .map(([bytes, changes]) => editBytes(bytes, changes));

/** What a header of version 2 begins with, up to its block. */
function v2Prefix(command: number, family: number, length: number): Uint8Array {
  return concat(latin1('\r\n\r\n\0\r\nQUIT\n'), Uint8Array.of(command, family, length >> 8, length & 255));
}

/** Bytes that begin like version 2: right, edited, with a block of anything, with one that is too short for its addresses, or LOCAL with one. */
export const v2Bytes = fc.oneof(
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
      .map(([command, family, length, block]) => concat(v2Prefix(command, family, length), block)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(0x11, 0x12, 0x21, 0x22, 0x31, 0x32), fc.nat({ max: 40 }), anyByte)
      .map(([family, length, fill]) =>
        concat(v2Prefix(0x21, family, length), new Uint8Array(length).fill(fill)),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(0x00, 0x11, 0x21), fc.nat({ max: 40 }), anyByte)
      .map(([family, length, fill]) =>
        concat(v2Prefix(0x20, family, length), new Uint8Array(length).fill(fill)),
      ),
  },
);

export const anyProxyBytes = fc.oneof(v1Bytes, v2Bytes, junk);

/** What was read, as plain data that can be compared. */
export function plainRead(read: ProxyRead): unknown {
  if (read.kind !== 'error') return read;
  return { kind: 'error', at: read.at, code: read.error.code, fault: read.error.fault };
}

/** Reads `bytes` where they stand inside a larger buffer, between `before` and `after`. */
function readInside(bytes: Uint8Array, before: Uint8Array, after: Uint8Array, given = limits): ProxyRead {
  const buffer = concat(before, bytes, after);
  return readProxyHeader(buffer, before.length, before.length + bytes.length, given);
}

/** OWN-6: what stands before, behind, or beyond the end changes nothing. */
export function proxyAmidAnything() {
  return fc.property(anyProxyBytes, junk, junk, fc.boolean(), (bytes, before, after, isPayload) => {
    const alone = readProxyHeader(bytes, 0, bytes.length, limits);
    requireEqual('OWN-6', plainRead(readInside(bytes, before, after)), plainRead(alone), 'amid others');
    if (!isPayload || alone.kind === 'need-data') return;
    const followed = readInside(concat(bytes, after), before, new Uint8Array());
    requireEqual('OWN-6', plainRead(followed), plainRead(alone), 'before a payload');
  });
}

/** OWN-6: a header before a payload that reads like more TLVs ends where it says. */
export function proxyBeforeLures() {
  const lures = fc.constantFrom(
    Uint8Array.of(0x04, 0x00, 0x00, 0x04, 0x00, 0x00),
    Uint8Array.of(0x00, 0x01, 0x41, 0x01, 0x00, 0x02, 0x68, 0x32),
    latin1('GET / HTTP/1.1\r\n\r\n'),
    new Uint8Array(300),
  );
  return fc.property(
    fc.oneof(proxyV1Header, proxyV2Header).map(wire),
    byteEdits(anyByte),
    lures,
    (bytes, changes, lure) => {
      const header = editBytes(bytes, changes);
      const alone = readProxyHeader(header, 0, header.length, limits);
      fc.pre(alone.kind !== 'need-data');
      const followed = readInside(concat(header, lure), new Uint8Array(), lure);
      requireEqual('OWN-6', plainRead(followed), plainRead(alone), 'before a lure');
    },
  );
}

/** WIRE-3: any bytes give a header, a wait for more, or a typed error, whichever version is accepted. */
export function proxyTotal() {
  const versions = fc.constantFrom(1 as const, 2 as const, 'either' as const);
  return fc.property(
    anyProxyBytes,
    versions,
    fc.integer({ min: 107, max: 300 }),
    fc.nat({ max: 3 }),
    (bytes, v, max, tlvs) => {
      const given: ProxyReadLimits = { versions: v, maxHeaderBytes: max, maxTlvs: tlvs };
      const reads = [
        () => readProxyHeader(bytes, 0, bytes.length, given),
        () => readProxyV1(bytes, 0, bytes.length),
        () => readProxyV2(bytes, 0, bytes.length, given),
      ];
      for (const read of reads) requireTyped(requireContained('WIRE-3', read), bytes, given);
    },
  );
}

function requireTyped(
  read: ProxyRead,
  bytes: Uint8Array,
  { maxHeaderBytes, maxTlvs }: ProxyReadLimits,
): void {
  if (read.kind === 'error') {
    const { error, at } = read;
    const isTyped = error instanceof UndercoatError && error.code.startsWith('proxy-');
    requireThat('WIRE-3', isTyped && error.answer.kind === 'close' && at >= 0, () => String(error));
  }
  if (read.kind === 'complete') {
    const { length, header } = read;
    requireThat('OWN-6', length <= bytes.length, () => `a header of ${length} of ${bytes.length} bytes`);
    requireThat('WORK-1', header.version !== 2 || length <= maxHeaderBytes, () => `${length} bytes`);
    requireThat('WORK-1', header.tlvs.length <= maxTlvs, () => `${header.tlvs.length} TLVs`);
  }
}

/** WIRE-1: version 1 is accepted exactly when the grammar accepts it. */
export function proxyV1ByGrammar() {
  return fc.property(v1Bytes, junk, (line, payload) => {
    const bytes = concat(line, payload);
    const model = modelV1(String.fromCharCode(...bytes));
    const read = readProxyV1(bytes, 0, bytes.length);
    if (model !== undefined && model.length <= 107) {
      requireEqual('WIRE-1', sorted(read), sorted({ kind: 'complete', ...model }), 'read');
    } else requireThat('WIRE-1', read.kind !== 'complete', () => 'what the grammar refuses was accepted');
  });
}

/** WIRE-1: version 2 is accepted exactly when the model accepts it. */
export function proxyV2ByModel() {
  const bounds = fc.tuple(fc.constantFrom(107, 250, 4096), fc.constantFrom(0, 1, 3, 64));
  return fc.property(v2Bytes, junk, bounds, (header, payload, [maxHeaderBytes, maxTlvs]) => {
    const bytes = concat(header, payload);
    const read = readProxyV2(bytes, 0, bytes.length, { versions: 2, maxHeaderBytes, maxTlvs });
    const model = modelV2(bytes, maxHeaderBytes, maxTlvs);
    if (model.kind === 'complete') requireEqual('WIRE-1', sorted(read), sorted(model), 'read');
    else requireEqual('WIRE-1', read.kind, model.kind, 'verdict');
  });
}

/** The same data with its keys in order; what is undefined is as good as not there. */
export function sorted(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, it]) => it !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, it]) => [key, sorted(it)]),
  );
}
