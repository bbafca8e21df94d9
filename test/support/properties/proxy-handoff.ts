// CON-3: the receiver of a PROXY header hands over what is not the header, at any cut, in any memory; or it closes where the
// header cannot fit (WS-9).
import fc from 'fast-check';
import { proxyV1Header, proxyV2Header } from '../../../src/kit/arbitraries/proxy-header.js';
import { requireEqual } from '../../../src/kit/properties/require.js';
import { BumpWorkspace, EmulatedWorkspace } from '../../../src/memory/index.js';
import { proxyReadLimits, readProxyHeader } from '../../../src/session/proxy/read.js';
import { proxyReceiver } from '../../../src/session/proxy/receiver.js';
import { Bench, type BenchOptions } from '../proxy-bench.js';
import { concat, wire } from '../proxy-headers.js';

export const proxyHeader = fc.oneof(proxyV1Header, proxyV2Header);
export const payload = fc
  .tuple(fc.constantFrom(0, 1, 3, 40, 600), fc.integer({ min: 0, max: 255 }))
  .map(([length, fill]) => new Uint8Array(length).fill(fill));
export const pieces = fc.oneof(
  fc.constant([1]),
  fc.constant([1 << 20]),
  fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 5 }),
);
export const memory = fc.record({
  slabBytes: fc.oneof(fc.integer({ min: 1, max: 130 }), fc.constantFrom(16, 28, 107, 256, 1024, 4096)),
  workspace: fc.constantFrom(BumpWorkspace, EmulatedWorkspace),
});

const receiver = proxyReceiver({ trust: ['127.0.0.0/8'], maxHeaderBytes: 4096 });
export const limits = proxyReadLimits({ maxHeaderBytes: 4096 });

/** A started session that waits for a header. */
export function waiting(options: BenchOptions): Bench {
  const bench = new Bench(receiver, options);
  requireEqual('LAY-3', bench.session.start(1000), 'need-data', 'verdict at the start');
  return bench;
}

/** What came of a connection, with the memory given back. */
export function outcome(bench: Bench, received: number): unknown {
  const { session } = bench;
  const verdict = bench.verdict;
  let result: unknown;
  if (verdict === 'handed-off') {
    const { to, unused, facts, inputEnded } = session.handoff();
    result = { verdict, to, header: facts.proxy, unused: unused?.copy(), inputEnded };
    unused?.release();
  } else {
    result = { verdict, code: session.error?.code, ending: session.ending, busy: session.busy };
    if (verdict === 'need-data') session.fail(undefined, 2000);
  }
  requireEqual('CON-1', bench.input.receivedBytes, received, 'bytes received');
  requireEqual('CON-2', bench.output.acceptedBytes, 0, 'bytes to be written');
  requireEqual('LAY-4', session.deadline(), Number.POSITIVE_INFINITY, 'deadline of a session that is over');
  bench.assertSettled();
  return result;
}

export function proxyHandsOver() {
  return fc.property(proxyHeader, payload, pieces, memory, (given, rest, cut, room) => {
    const bytes = concat(wire(given), rest);
    const size = bytes.length - rest.length;
    const bench = waiting(room);
    const received = bench.feed(bytes, cut);
    const got = outcome(bench, received);
    if (size > room.slabBytes) {
      const due = { verdict: 'closed', code: 'proxy-header-over-slab', ending: 'end', busy: false };
      requireEqual('WS-9', [got, received], [due, room.slabBytes], 'a header that does not fit');
      return;
    }
    const read = readProxyHeader(bytes, 0, bytes.length, limits);
    const due = {
      verdict: 'handed-off',
      to: 'next',
      header: read.kind === 'complete' ? read.header : 'none',
      unused: received <= size ? undefined : bytes.slice(size, received),
      inputEnded: false,
    };
    requireEqual('CON-3', [got, received >= size], [due, true], 'what was handed over');
  });
}
