// A PROXY header in front of what it announces, over a whole server: it is taken exactly when the model takes it, for what
// the model says of it (WIRE-1), whatever stands behind it (OWN-6), and any other bytes end the connection (WIRE-3).
import fc from 'fast-check';
import { modelV1, modelV2 } from '../../../models/proxy-header.js';
import { proxyV1Header, proxyV2Header } from '../../../src/kit/arbitraries/proxy-header.js';
import { give } from '../../../src/kit/by-hand.js';
import { requireContained, requireEqual, requireNoneThrown } from '../../../src/kit/properties/require.js';
import { SessionEnd } from '../../../src/kit/session-end.js';
import type { StackUnderTest } from '../../../src/kit/stack-under-test.js';
import { PREFACE } from '../../../src/session/h2/frames-preface.js';
import { get, headers, settings } from '../h2-bed.js';
import { concat, latin1, wire } from '../proxy-headers.js';
import { sorted, v1Bytes, v2Bytes } from './proxy-readers.js';

/** A frame's greatest payload, and more. */
const slabBytes = 20_000;

/** A server behind a header of one version, and a request in its protocol. */
export interface Announced {
  readonly stack: StackUnderTest;
  readonly version: 1 | 2;
  readonly speaks: 'h1' | 'h2';
}

const request = {
  h1: latin1('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  h2: concat(PREFACE, settings(), headers(1, get())),
};

/** What the first request that is served says of its connection; undefined if none is. */
function factsBehind({ stack }: Announced, pieces: readonly Uint8Array[], tail = 0xdb): unknown {
  let facts: unknown;
  const end = new SessionEnd(
    stack.server,
    {
      role: 'server',
      httpDate: undefined,
      exchange: (exchange) => {
        facts ??= exchange.facts.proxy ?? 'no header';
      },
    },
    { slabBytes, tail, poison: tail },
  );
  for (const piece of pieces) give(end, piece);
  end.lose();
  requireNoneThrown('WIRE-3', end.thrown);
  end.assertQuiescent();
  return facts;
}

export function headersByModel(it: Announced) {
  return fc.property(it.version === 1 ? v1Bytes : v2Bytes, (header) => {
    const bytes = concat(header, request[it.speaks]);
    const facts = requireContained('WIRE-3', () => factsBehind(it, [bytes]));
    const model = modelOf(it.version, bytes);
    // What the model leaves may be no request: then nothing is served, and nothing is known.
    const isLeft = model !== undefined && starts(bytes, model.length, request[it.speaks]);
    if (model === undefined) requireEqual('WIRE-1', facts, undefined, 'served behind what is no header');
    else if (isLeft) requireEqual('WIRE-1', sorted(facts), sorted(model.header), 'what is known');
  });
}

/** OWN-6: what came with the header, or stands in the memory behind it, changes nothing. */
export function headersAmidAnything(it: Announced) {
  const whole = (it.version === 1 ? proxyV1Header : proxyV2Header).map(wire);
  return fc.property(
    fc.oneof(whole, it.version === 1 ? v1Bytes : v2Bytes),
    fc.constantFrom(0x00, 0x04, 0x20),
    (header, tail) => {
      const pieces = [header, request[it.speaks]];
      const apart = factsBehind(it, pieces, 0xff);
      requireEqual('OWN-6', sorted(factsBehind(it, pieces, tail)), sorted(apart), 'amid others');
      const joined = factsBehind(it, [concat(...pieces)], tail);
      requireEqual('OWN-6', sorted(joined), sorted(apart), 'in one piece');
    },
  );
}

function modelOf(version: 1 | 2, bytes: Uint8Array) {
  if (version === 1) {
    const model = modelV1(String.fromCharCode(...bytes));
    return model !== undefined && model.length <= 107 ? model : undefined;
  }
  const model = modelV2(bytes, 4096, 64);
  return model.kind === 'complete' ? model : undefined;
}

function starts(bytes: Uint8Array, at: number, what: Uint8Array): boolean {
  return bytes.length - at === what.length && what.every((octet, i) => bytes[at + i] === octet);
}
