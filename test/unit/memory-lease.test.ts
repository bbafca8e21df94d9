// Leases: one owner, released exactly once, nothing works through a dead handle (OWN-1, OWN-2, OWN-5, OWN-7).
import { describe, expect, test } from 'vitest';
import { Lease, Slab } from '../../src/memory/index.js';
import {
  application,
  checkedWorkspace,
  kinds,
  refusal,
  session,
  some,
  stream,
  text,
  write,
} from '../support/memory.js';

describe.each(kinds)('a lease (%s)', (_, kind) => {
  const make = (ascii: string) => {
    const checked = checkedWorkspace(32, kind);
    const { workspace } = checked;
    const unit = some(workspace.allocate(0));
    workspace.closeInto(unit, write(workspace.reserveAll(), ascii));
    return { ...checked, lease: workspace.leasePrefix(unit, ascii.length, stream, 'head') };
  };

  const ends: readonly (readonly [name: string, end: (lease: Lease) => unknown])[] = [
    ['release', (lease) => lease.release()],
    ['transfer', (lease) => lease.transfer(application)],
    ['split', (lease) => lease.split(1)],
  ];
  const uses: readonly (readonly [name: string, use: (lease: Lease) => unknown])[] = [
    ['bytes', (lease) => lease.bytes],
    ['start', (lease) => lease.start],
    ['end', (lease) => lease.end],
    ['view', (lease) => lease.view()],
    ['copy', (lease) => lease.copy()],
    ['transfer', (lease) => lease.transfer(session)],
    ['split', (lease) => lease.split(1)],
    ['retain', (lease) => lease.retain('log')],
    ['release', (lease) => lease.release()],
  ];

  test.each(ends.flatMap(([end, ending]) => uses.map(([use, using]) => [use, end, using, ending] as const)))(
    'OWN-5: %s after %s is refused',
    (_use, _end, using, ending) => {
      const { lease } = make('abcd');
      ending(lease);
      expect(refusal(() => using(lease))).toBe('lease-ended OWN-5');
      expect(lease.live).toBe(false);
      expect(lease.length).toBe(4);
    },
  );

  test('OWN-5: a handle from an earlier life of its slab is dead', () => {
    const slab = new Slab(1, 8, { returned: () => {} });
    const lease = new Lease(slab, 0, 4, stream, 'head', { leased: 0 });
    expect(lease.length).toBe(4);
    slab.generation += 1;
    expect(refusal(() => lease.bytes)).toBe('lease-ended OWN-5');
    expect(refusal(() => lease.release())).toBe('lease-ended OWN-5');
  });

  test('OWN-5: a slab given back more often than it was pinned is refused', () => {
    const slab = new Slab(1, 8, { returned: () => {} });
    slab.pin();
    slab.unpin();
    expect(refusal(() => slab.unpin())).toBe('slab-at-home OWN-5');
  });

  test('OWN-2: transfer gives the same bytes to the new owner, under the name it chooses', () => {
    const { lease } = make('abcd');
    const next = lease.transfer(application, 'body');
    expect([text(next), next.owner, next.unit, next.live]).toEqual(['abcd', application, 'body', true]);
    next.release();
  });

  test.each([0, 4, -1, 1.5, Number.NaN])('OWN-2: a lease of 4 bytes has no split at %d', (at) => {
    const { lease, ledger } = make('abcd');
    expect(refusal(() => lease.split(at))).toBe('lease-split-range OWN-2');
    expect([text(lease), ledger.outstanding.leases]).toEqual(['abcd', 1]);
  });

  test('OWN-2: split divides the range, and each part lives on its own', () => {
    const { lease, workspace, pool } = make('abcd');
    const [head, tail] = lease.split(1);
    workspace.retire();
    expect([text(head), text(tail)]).toEqual(['a', 'bcd']);
    head.release();
    expect([text(tail), pool.heldBytes]).toEqual(['bcd', 32]);
    tail.release();
    expect(pool.heldBytes).toBe(0);
  });

  test('whoever had the handle finds who goes on for it', () => {
    const { lease } = make('abcd');
    expect(lease.heirs).toEqual([]);
    const next = lease.transfer(application);
    expect(lease.heirs).toEqual([next]);
    const [head, tail] = next.split(2);
    expect(next.heirs).toEqual([head, tail]);
    head.release();
    tail.release();
    expect([head.heirs, tail.heirs]).toEqual([[], []]);
  });

  test('view is the range in place, copy is the caller’s own and counted', () => {
    const { lease, ledger } = make('abcd');
    const before = ledger.copiedBytes;
    const copy = lease.copy();
    expect(ledger.copiedBytes - before).toBe(4);
    expect(lease.view().buffer).toBe(lease.bytes.buffer);
    lease.release();
    expect(String.fromCharCode(...copy)).toBe('abcd');
  });

  test('OWN-7: a retained lease outlives its exchange under its name and is reported', () => {
    const { lease, workspace, ledger } = make('abcd');
    expect(lease.retainedAs).toBeUndefined();
    lease.retain('access-log');
    workspace.retire();
    expect(lease.retainedAs).toBe('access-log');
    expect([...ledger.retained.values()]).toEqual(['access-log']);
    ledger.assertQuiescent();
    lease.release();
    expect(ledger.retained.size).toBe(0);
    expect(ledger.outstanding).toEqual({ slabs: 0, leases: 0, frozen: 0 });
  });

  test('OWN-7: both parts of a retained lease are retained; a transferred one is not', () => {
    const { lease, ledger } = make('abcd');
    lease.retain('log');
    const [head, tail] = lease.split(2);
    expect([head.retainedAs, tail.retainedAs]).toEqual(['log', 'log']);
    expect(new Set(ledger.retained.keys())).toEqual(new Set([head, tail]));
    const given = head.transfer(session);
    expect(given.retainedAs).toBeUndefined();
    expect(new Set(ledger.retained.keys())).toEqual(new Set([tail]));
    given.release();
    tail.release();
  });

  test('CON-4: whoever is charged is told of the bytes when they are released, by part and by heir, once', () => {
    const { lease } = make('abcdef');
    const credited: number[] = [];
    expect(lease.charged).toBe(false);
    lease.chargeTo({ credit: (bytes) => credited.push(bytes) });
    expect(lease.charged).toBe(true);
    const [head, tail] = lease.split(2);
    const given = tail.transfer(application);
    expect([head.charged, given.charged, credited]).toEqual([true, true, []]);
    head.release();
    expect(credited).toEqual([2]);
    given.release();
    expect(credited).toEqual([2, 4]);
  });

  test('CON-4: nobody is told when the charge went along with a copy', () => {
    const { lease } = make('ab');
    const credited: number[] = [];
    lease.chargeTo({ credit: (bytes) => credited.push(bytes) });
    lease.chargeTo(null);
    expect(lease.charged).toBe(false);
    lease.release();
    expect(credited).toEqual([]);
  });

  test('transfer keeps the name of the bytes unless it is given another', () => {
    const { lease } = make('ab');
    const next = lease.transfer(application);
    expect([next.unit, next.owner]).toEqual(['head', application]);
    next.release();
  });
});
