// The checked ledger: every assertion is seen to fail on a deliberately wrong act.
import { describe, expect, test } from 'vitest';
import { CheckedLedger, RuleViolation, Slab } from '../../src/memory/index.js';
import { forged, home, slabOut, viewOf } from '../support/forged-memory.js';
import { session, stream } from '../support/memory.js';

/** A wrong act, what it breaks, and what the violation says. */
const wrongs: readonly (readonly [
  name: string,
  rule: string,
  says: RegExp,
  act: (ledger: CheckedLedger) => void,
])[] = [
  [
    'a slab is given out twice',
    'OWN-1',
    /slab 0 was given to .* while/,
    (l) => l.acquired(slabOut(l), stream),
  ],
  [
    'a byte of a slab is written while it is in the pool',
    'OWN-5',
    /byte 7 of slab 0 was written after/,
    (l) => {
      const slab = slabOut(l);
      l.returned(slab);
      slab.bytes[7] = 1;
      l.acquired(slab, session);
    },
  ],
  [
    'a byte of a slab at home is written, and nobody asks for it again',
    'OWN-5',
    /byte 31 of slab 0 was written after/,
    (l) => {
      const slab = slabOut(l);
      l.returned(slab);
      slab.bytes[31] = 1;
      l.assertQuiescent();
    },
  ],
  [
    'the canary is dead when a slab leaves the pool',
    'WS-1',
    /canary of slab 0/,
    (l) => {
      const slab = new Slab(0, 32, home);
      slab.bytes[32] = 0;
      l.acquired(slab, session);
    },
  ],
  [
    'the canary is dead when a slab comes back',
    'WS-1',
    /canary of slab 0/,
    (l) => {
      const slab = slabOut(l);
      slab.bytes[39] = 0;
      l.returned(slab);
    },
  ],
  [
    'the canary is dead when a workspace acts',
    'WS-1',
    /canary of slab 0/,
    (l) => {
      const slab = slabOut(l);
      slab.bytes[35] = 0;
      l.workspace(viewOf(slab, 0, 0), 'allocate');
    },
  ],
  [
    'a slab comes back twice',
    'OWN-5',
    /slab 0 came back twice/,
    (l) => {
      const slab = slabOut(l);
      l.returned(slab);
      l.returned(slab);
    },
  ],
  [
    'a slab comes back that never left',
    'OWN-5',
    /slab 3 came back twice/,
    (l) => l.returned(new Slab(3, 32, home)),
  ],
  [
    'a slab comes back with a lease on it',
    'OWN-5',
    /came back with 1 leases/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 0, 4));
      l.returned(slab);
    },
  ],
  ['free is negative', 'WS-1', /0 ≤ -1 ≤ 0 ≤ 32/, (l) => l.workspace(viewOf(slabOut(l), -1, 0), 'reset')],
  [
    'free is beyond the reservation',
    'WS-1',
    /0 ≤ 5 ≤ 4 ≤ 32/,
    (l) => l.workspace(viewOf(slabOut(l), 5, 4), 'close'),
  ],
  [
    'the reservation is beyond the end',
    'WS-1',
    /0 ≤ 0 ≤ 33 ≤ 32/,
    (l) => l.workspace(viewOf(slabOut(l), 0, 33), 'reserve'),
  ],
  [
    'a workspace believes that its slab is larger than it is',
    'WS-1',
    /0 ≤ 0 ≤ 0 ≤ 33/,
    (l) => l.workspace(viewOf(slabOut(l), 0, 0, 33), 'open'),
  ],
  [
    'a workspace begins in the middle of its slab',
    'WS-7',
    /begins with 3 bytes in use/,
    (l) => l.workspace(viewOf(slabOut(l), 3, 3), 'open'),
  ],
  [
    'a reservation is left open where a layer returns',
    'WS-2',
    /left a reservation open/,
    (l) => {
      l.workspace(viewOf(slabOut(l), 0, 32), 'reserve');
      l.assertNothingReserved();
    },
  ],
  [
    'a reservation overlaps a lease',
    'WS-3',
    /reserve by .* overlaps head bytes/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 8, 12));
      l.workspace(viewOf(slab, 10, 32), 'reserve');
    },
  ],
  [
    'a reset ends below a lease',
    'WS-3',
    /reset by .* overlaps head bytes/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 8, 12));
      l.workspace(viewOf(slab, 0, 0), 'reset');
    },
  ],
  [
    'a byte is written behind a closed reservation',
    'WS-5',
    /byte 4 of slab 0 .* outside a reservation/,
    (l) => {
      const slab = slabOut(l);
      slab.bytes[4] = 1;
      l.workspace(viewOf(slab, 4, 32), 'reserve');
    },
  ],
  [
    'a lease begins before its slab',
    'OWN-1',
    /lie outside their slab/,
    (l) => l.leased(forged(slabOut(l), -1, 4)),
  ],
  [
    'a lease ends behind its slab',
    'OWN-1',
    /lie outside their slab/,
    (l) => l.leased(forged(slabOut(l), 30, 33)),
  ],
  [
    'a lease overlaps another',
    'OWN-1',
    /body bytes of .* overlap head bytes/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 0, 8));
      l.leased(forged(slab, 7, 9, 'body'));
    },
  ],
  [
    'a lease is released that was released before',
    'OWN-5',
    /given up twice/,
    (l) => {
      const lease = forged(slabOut(l), 0, 8);
      l.leased(lease);
      l.released(lease);
      l.released(lease);
    },
  ],
  [
    'a lease is transferred that was released before',
    'OWN-5',
    /given up twice/,
    (l) => {
      const slab = slabOut(l);
      l.transferred(forged(slab, 0, 8), forged(slab, 0, 8));
    },
  ],
  [
    'a lease is split that was released before',
    'OWN-5',
    /given up twice/,
    (l) => {
      const slab = slabOut(l);
      l.split(forged(slab, 0, 8), forged(slab, 0, 4), forged(slab, 4, 8));
    },
  ],
  [
    'a split loses bytes at its end',
    'OWN-2',
    /a split of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.split(lease, forged(slab, 0, 4), forged(slab, 4, 7));
    },
  ],
  [
    'a split loses bytes at its beginning',
    'OWN-2',
    /a split of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.split(lease, forged(slab, 1, 4), forged(slab, 4, 8));
    },
  ],
  [
    'a split loses bytes in the middle',
    'OWN-2',
    /a split of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.split(lease, forged(slab, 0, 3), forged(slab, 4, 8));
    },
  ],
  [
    'a transfer loses bytes',
    'OWN-2',
    /a transfer of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.transferred(lease, forged(slab, 1, 8));
    },
  ],
  [
    'a transfer loses bytes at its end',
    'OWN-2',
    /a transfer of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.transferred(lease, forged(slab, 0, 7));
    },
  ],
  [
    'a lease is given up on a slab that was never seen',
    'OWN-5',
    /given up twice/,
    (l) => l.released(forged(new Slab(5, 32, home), 0, 8)),
  ],
  [
    'the first byte of a slab is written while it is in the pool',
    'OWN-5',
    /byte 0 of slab 0 was written after/,
    (l) => {
      const slab = slabOut(l);
      l.returned(slab);
      slab.bytes[0] = 1;
      l.acquired(slab, session);
    },
  ],
  [
    'the first byte of a slab is written outside of a reservation',
    'WS-5',
    /byte 0 of slab 0 .* outside a reservation/,
    (l) => {
      const slab = slabOut(l);
      slab.bytes[0] = 1;
      l.workspace(viewOf(slab, 0, 32), 'reserve');
    },
  ],
  [
    'a reservation is left open, whatever else was done',
    'WS-2',
    /left a reservation open/,
    (l) => {
      const view = viewOf(slabOut(l), 0, 32);
      l.workspace(view, 'reserve');
      l.workspace(view, 'snapshot');
      l.assertNothingReserved();
    },
  ],
  [
    'a lease ends before it begins',
    'OWN-1',
    /lie outside their slab/,
    (l) => l.leased(forged(slabOut(l), 5, 3)),
  ],
  [
    'a segment begins before its lease',
    'OWN-6',
    /goes beyond its lease/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 4, 8);
      l.leased(lease);
      l.frozen({ bytes: slab.bytes, start: 3, end: 8, lease }, session);
    },
  ],
  [
    'bytes of a slab are lent as foreign ones',
    'OWN-1',
    /lent bytes of a slab as foreign/,
    (l) => l.frozen({ bytes: slabOut(l).bytes, start: 0, end: 4, lease: undefined }, session),
  ],
  [
    'a segment is given to a transport twice',
    'OWN-4',
    /given to a transport twice/,
    (l) => {
      const segment = { bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined };
      l.frozen(segment, session);
      l.frozen(segment, session);
    },
  ],
  [
    'a lease is given to a transport in two segments',
    'OWN-4',
    /given to a transport twice/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: slab.bytes, start: 0, end: 4, lease }, session);
      l.frozen({ bytes: slab.bytes, start: 4, end: 8, lease }, session);
    },
  ],
  [
    'a segment goes beyond its lease',
    'OWN-6',
    /goes beyond its lease/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: slab.bytes, start: 0, end: 9, lease }, session);
    },
  ],
  [
    'a segment is of other bytes than its lease',
    'OWN-6',
    /goes beyond its lease/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: new Uint8Array(8), start: 0, end: 8, lease }, session);
    },
  ],
  [
    'a segment is written that no transport had',
    'CON-2',
    /was written that no transport had/,
    (l) => l.thawed({ bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined }, 'written', session),
  ],
  [
    'a segment fails twice',
    'CON-2',
    /was failed that no transport had/,
    (l) => {
      const segment = { bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined };
      l.frozen(segment, session);
      l.thawed(segment, 'failed', session);
      l.thawed(segment, 'failed', session);
    },
  ],
  [
    'bytes change while they are frozen',
    'OWN-4',
    /bytes 0\.\.4 of .* changed while they were frozen/,
    (l) => {
      const segment = { bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined };
      l.frozen(segment, session);
      segment.bytes[3] = 1;
      l.thawed(segment, 'written', session);
    },
  ],
  [
    'a lease is released while a transport has it',
    'OWN-4',
    /given up while a transport had them/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: slab.bytes, start: 0, end: 8, lease }, session);
      l.released(lease);
    },
  ],
  [
    'a lease is still there at the end',
    'OWN-7',
    /head bytes of stream.* are still leased/,
    (l) => {
      l.leased(forged(slabOut(l), 0, 8));
      l.assertQuiescent();
    },
  ],
  [
    'a slab is still out at the end',
    'OWN-7',
    /slab 0 acquired by session.* did not come back/,
    (l) => {
      slabOut(l);
      l.assertQuiescent();
    },
  ],
  [
    'a segment is still frozen at the end',
    'OWN-7',
    /1 segments are neither written nor failed/,
    (l) => {
      l.frozen({ bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined }, session);
      l.assertQuiescent();
    },
  ],
  [
    'a layer asserts what does not hold',
    'CON-4',
    /credit was lost/,
    (l) => l.assert('CON-4', false, () => 'credit was lost'),
  ],
];

describe('each assertion is seen to fail', () => {
  test.each(wrongs)('%s: %s', (_name, rule, says, act) => {
    const ledger = new CheckedLedger();
    let thrown: unknown;
    try {
      act(ledger);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RuleViolation);
    expect(thrown).toMatchObject({ rule, cites: rule, code: 'rule-violated', fault: 'api-misuse' });
    expect(String(thrown)).toMatch(says);
    expect(ledger.violations).toEqual([thrown]);
    expect(ledger.checks.get(rule)).toBeGreaterThan(0);
  });

  test('who wants to be told of violations is told, and nothing is thrown', () => {
    const told: string[] = [];
    const ledger = new CheckedLedger({ onViolation: ({ rule }) => told.push(rule) });
    for (const [, , , act] of wrongs) act(ledger);
    expect(new Set(told)).toEqual(new Set(wrongs.map(([, rule]) => rule)));
    expect(ledger.violations.map(({ rule }) => rule)).toEqual(told);
  });

  test('what is right breaks nothing: reservations that were closed or never made, empty leases, slabs of others', () => {
    const ledger = new CheckedLedger();
    const slab = slabOut(ledger);
    const view = viewOf(slab, 0, 32);
    ledger.workspace(view, 'reserve');
    ledger.workspace(view, 'close');
    ledger.workspace(viewOf(slab, 0, 0), 'reserve');
    ledger.workspace(viewOf(slab, 0, 32), 'allocate');
    ledger.assertNothingReserved();
    ledger.workspace(viewOf(new Slab(7, 32, home), 0, 0), 'allocate');
    expect(ledger.checks.has('WS-3')).toBe(false);
    ledger.leased(forged(slab, 3, 3));
    expect(ledger.violations).toEqual([]);
  });
});
