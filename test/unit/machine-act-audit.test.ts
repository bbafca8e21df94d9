// The act auditor: what the rows of a machine say of acts, against what its owner does (LAY-3). Each way of being
// wrong is seen to fail.
import { describe, expect, test } from 'vitest';
import {
  type Act,
  ActAudit,
  actText,
  defineTable,
  Machine,
  type MachineObserver,
  row,
  rowName,
} from '../../src/machine/index.js';
import { CheckedLedger, Owner, ReceiveBuffer, SendBuffer, SlabPool } from '../../src/memory/index.js';
import { refusal, some, write } from '../support/memory.js';

const cites = 'OWN-2';
const table = defineTable()({
  name: 'reader',
  states: ['idle', 'head', 'answering', 'done'] as const,
  events: ['bytes', 'request', 'more', 'answer', 'end'] as const,
  initial: 'idle',
  rows: [
    row('idle', 'bytes', 'head', { cites, acts: ['lend head'] }),
    row('head', 'request', 'answering', { cites, acts: ['take head', 'split head?'] }),
    row('answering', 'more', 'answering', { cites, acts: ['take head'] }),
    row('answering', 'answer', 'answering', { cites, acts: ['transfer head?'] }),
    row('answering', 'end', 'done', { cites, acts: ['release head'] }),
  ],
});
const { bytes, request, more, answer, end } = table.event;

function bed(next: MachineObserver | null = null) {
  const said: string[] = [];
  const ledger: CheckedLedger = new CheckedLedger({
    onAct: (record) => audit.act(record),
    onViolation: ({ rule, message }) => said.push(`${rule}: ${message}`),
  });
  const audit = new ActAudit(ledger, next);
  const owner = new Owner('session', 'reader', 1);
  const other = new Owner('stream', 'other', 2);
  const pool = new SlabPool({ slabBytes: 64, ledger });
  const input = new ReceiveBuffer(pool, owner);
  const machine = new Machine(table, owner, audit);
  const take = (by = owner, unit = 'head') => {
    if (input.pendingBytes === 0) input.received(write(some(input.room()), '0123456789abcdef'));
    return input.take(4, by, unit);
  };
  const step = (...events: number[]) => {
    for (const event of events) machine.take(event);
  };
  return { said, ledger, audit, owner, other, pool, machine, take, step };
}

describe('what is right', () => {
  test('whoever observes behind it hears of each act, once after its row', () => {
    const heard: string[] = [];
    const observer: MachineObserver = {
      took: () => {},
      did: (row, act) => heard.push(`${rowName(row)}: ${actText(row.acts[act] as Act)}`),
    };
    const { take, step } = bed(observer);
    step(bytes, request);
    const parts = take().split(2);
    step(end);
    for (const lease of parts) lease.release();
    expect(heard).toEqual([
      'head --request--> answering: take head',
      'head --request--> answering: split head?',
      'answering --end--> done: release head',
    ]);
  });

  test('acts that the row allows, and all that it demands, break no rule', () => {
    const { said, audit, take, step, ledger } = bed();
    step(bytes, request);
    const [first, second] = take().split(2);
    step(answer, answer, end);
    first.release();
    second.release();
    audit.settled();
    expect(said).toEqual([]);
    expect(ledger.checks.get('LAY-3')).toBe(6);
  });

  test('units that no row names are nobody’s business', () => {
    const { said, audit, take, step, pool, owner } = bed();
    step(bytes);
    take(undefined, 'body').release();
    const out = new SendBuffer(pool, owner);
    out.append(new Uint8Array(3), 0, 3);
    out.take();
    out.written(3);
    audit.settled();
    expect(said).toEqual([]);
  });

  test('acts of other owners, and acts before the first step, are not this machine’s', () => {
    const { said, audit, take, step, other } = bed();
    take().release();
    step(bytes);
    take(other).release();
    audit.settled();
    expect(said).toEqual([]);
  });

  test('an act may be done more than once in a step, and an optional one not at all', () => {
    const { said, audit, take, step } = bed();
    step(bytes, request);
    const leases = [take(), take()];
    step(end);
    for (const lease of leases) lease.release();
    audit.settled();
    expect(said).toEqual([]);
  });

  test('keeping a lease by name changes no owner', () => {
    const { said, audit, take, step } = bed();
    step(bytes, request);
    take().retain('log');
    audit.settled();
    expect(said).toEqual([]);
  });

  test('a slab that comes and goes is no unit, whatever the rows name', () => {
    const { said, audit, owner } = bed();
    const keeper = defineTable()({
      name: 'keeper',
      states: ['idle'] as const,
      events: ['go'] as const,
      initial: 'idle',
      rows: [row('idle', 'go', 'idle', { cites, acts: ['take slab?'] })],
    });
    new Machine(keeper, owner, audit).take(keeper.event.go);
    const slab = { unit: 'slab', owner, slab: 0, start: 0, end: 64 };
    audit.act({ act: 'acquire', ...slab });
    audit.act({ act: 'return', ...slab });
    expect(said).toEqual([]);
    audit.act({ act: 'release', ...slab });
    expect(said).toHaveLength(1);
  });

  test('a row may have as many acts as there are bits, and no more', () => {
    const { audit, owner } = bed();
    const busy = (acts: number) =>
      defineTable()({
        name: 'busy',
        states: ['idle'] as const,
        events: ['go'] as const,
        initial: 'idle',
        rows: [
          row('idle', 'go', 'idle', {
            cites,
            acts: Array.from({ length: acts }, (_, i) => `release unit${i}` as const),
          }),
        ],
      });
    const go = (acts: number) => {
      const many = busy(acts);
      new Machine(many, owner, audit).take(many.event.go);
    };
    go(31);
    expect(refusal(() => go(32))).toBe('bad-table LAY-3');
  });

  test('whoever else observes is told of every step', () => {
    const told: number[] = [];
    const { step, take } = bed({ took: (_, index) => told.push(index) });
    step(bytes, request);
    take();
    step(end);
    expect(told).toEqual([0, 1, 4]);
  });
});

describe('each way of being wrong is seen', () => {
  test('an act that the row does not allow', () => {
    const { said, take, step } = bed();
    step(bytes);
    take();
    expect(said).toEqual([
      'LAY-3: reader of session:reader#1 did "take head" after idle --bytes--> head: it allows lend head [rule-violated, LAY-3]',
    ]);
  });

  test('another verb on a unit that the row names', () => {
    const { said, take, step } = bed();
    step(bytes, request);
    take().release();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(
      'did "release head" after head --request--> answering: it allows take head, split head?',
    );
  });

  test('an act that a row without acts cannot allow', () => {
    const { said, take, step, other } = bed();
    step(bytes, request);
    const lease = take();
    step(end);
    lease.transfer(other);
    expect(said[0]).toContain('did "transfer head" after answering --end--> done: it allows release head');
  });

  test('a transfer is the old owner’s act', () => {
    const { said, take, step, owner, other } = bed();
    step(bytes, request);
    const lease = take(other);
    lease.transfer(owner);
    expect(said).toEqual([]);
    step(answer);
    expect(said[0]).toContain('did not do "take head"');
  });

  test('a demand that is not met by the next step', () => {
    const { said, step } = bed();
    step(bytes, request);
    expect(said).toEqual([]);
    step(answer);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^LAY-3: .*did not do "take head" after head --request--> answering/);
  });

  test('what was done after one step does not count for the next', () => {
    const { said, take, step } = bed();
    step(bytes, request);
    take();
    step(more);
    take();
    step(more);
    expect(said).toEqual([]);
    step(more);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('did not do "take head" after answering --more--> answering');
  });

  test('a demand that is not met when everything has come to rest, told once, whatever follows', () => {
    const { said, audit, step } = bed();
    step(bytes, request);
    audit.settled();
    audit.settled();
    step(answer);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('did not do "take head" after head --request--> answering');
  });

  test('what the last row of a machine that ended demands, told once', () => {
    const { said, audit, step, take } = bed();
    step(bytes, request);
    const lease = take();
    step(end);
    audit.settled();
    audit.settled();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('did not do "release head" after answering --end--> done');
    // The machine has ended and is let go: its owner is judged no longer.
    lease.transfer(new Owner('stream', 'other', 2));
    expect(said).toHaveLength(1);
  });

  test('what each of several machines that ended left undone', () => {
    const { said, audit } = bed();
    for (const name of ['first', 'second', 'third']) {
      const machine = new Machine(table, new Owner('session', name, 1), audit);
      for (const event of [bytes, request, end]) machine.take(event);
    }
    expect(said.filter((text) => text.includes('take head'))).toHaveLength(3);
    audit.settled();
    expect(said.filter((text) => text.includes('release head'))).toHaveLength(3);
  });

  test('a machine and an owner that another auditor watches are not this one’s', () => {
    const mine = bed();
    const others = bed();
    // Of one owner, each auditor has a machine of its own; what the owner does is told to one of them.
    const twin = new Machine(table, mine.owner, others.audit);
    twin.take(bytes);
    mine.step(bytes);
    mine.take();
    expect(mine.said).toHaveLength(1);
    expect(others.said).toEqual([]);
  });

  test('two machines of one owner are both held to their rows', () => {
    const { said, audit, owner, step, take } = bed();
    const twin = new Machine(table, owner, audit);
    twin.take(bytes);
    step(bytes, request);
    take();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('after idle --bytes--> head');
  });

  test('another unit with the verb that the row allows', () => {
    const { said, audit, owner } = bed();
    const table = defineTable()({
      name: 'both',
      states: ['idle'] as const,
      events: ['head', 'body'] as const,
      initial: 'idle',
      rows: [
        row('idle', 'head', 'idle', { cites, acts: ['take head'] }),
        row('idle', 'body', 'idle', { cites, acts: ['take body'] }),
      ],
    });
    new Machine(table, owner, audit).take(table.event.head);
    audit.act({ act: 'take', unit: 'body', owner, slab: 0, start: 0, end: 1 });
    expect(said).toHaveLength(1);
  });

  test('any act on a unit that the rows name, after a row without acts', () => {
    const { said, audit, owner } = bed();
    const table = defineTable()({
      name: 'quiet',
      states: ['idle', 'done'] as const,
      events: ['go', 'end'] as const,
      initial: 'idle',
      rows: [
        row('idle', 'go', 'idle', { cites }),
        row('idle', 'end', 'done', { cites, acts: ['take head'] }),
      ],
    });
    new Machine(table, owner, audit).take(table.event.go);
    audit.act({ act: 'take', unit: 'head', owner, slab: 0, start: 0, end: 1 });
    expect(said[0]).toContain('it allows none');
  });

  test('what the very first row demands', () => {
    const { said, audit, owner } = bed();
    const table = defineTable()({
      name: 'eager',
      states: ['idle'] as const,
      events: ['go'] as const,
      initial: 'idle',
      rows: [row('idle', 'go', 'idle', { cites, acts: ['take head'] })],
    });
    new Machine(table, owner, audit).take(table.event.go);
    audit.settled();
    expect(said).toHaveLength(1);
  });

  test('of a machine that has come to rest and not ended, as before', () => {
    const { said, audit, step, take } = bed();
    step(bytes);
    audit.settled();
    take();
    expect(said).toHaveLength(1);
  });

  test('of a machine whose twin has ended and was let go', () => {
    const { said, audit, owner, step, take } = bed();
    const twin = new Machine(table, owner, audit);
    twin.take(bytes);
    step(bytes, request);
    audit.settled();
    step(end);
    audit.settled();
    expect(said.splice(0)).toHaveLength(2);
    take();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('after idle --bytes--> head');
  });

  test('of machines that ended, when their owner begins another, which is judged from then on', () => {
    const { said, audit, owner, take } = bed();
    const ended = [new Machine(table, owner, audit), new Machine(table, owner, audit)];
    for (const machine of ended) machine.take(bytes);
    for (const machine of ended) machine.take(request);
    take();
    for (const machine of ended) machine.take(end);
    expect(said).toEqual([]);
    new Machine(table, owner, audit).take(bytes);
    expect(said).toHaveLength(2);
    for (const one of said.splice(0)) expect(one).toContain('did not do "release head"');
    take();
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('after idle --bytes--> head');
  });

  test('each of several demands by itself, and nothing that is only allowed', () => {
    const { said, audit, owner } = bed();
    const table = defineTable()({
      name: 'many',
      states: ['idle'] as const,
      events: ['go'] as const,
      initial: 'idle',
      rows: [
        row('idle', 'go', 'idle', {
          cites,
          acts: ['take head?', 'lend head', 'take body', 'release head?', 'release body'],
        }),
      ],
    });
    const machine = new Machine(table, owner, audit);
    machine.take(table.event.go);
    audit.act({ act: 'take', unit: 'body', owner, slab: 0, start: 0, end: 1 });
    machine.take(table.event.go);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('did not do "release body"');
    audit.settled();
    expect(said.slice(1).map((text) => /did not do "([^"]*)"/.exec(text)?.[1])).toEqual([
      'take body',
      'release body',
    ]);
  });

  test.each([0, 1, 2])('of an owner’s next machine, with %i of others watched in between', (between) => {
    const { said, audit, owner, other, take } = bed();
    const run = (by: Owner, ...events: number[]) => {
      const machine = new Machine(table, by, audit);
      for (const event of events) machine.take(event);
      return machine;
    };
    // Two that end together, then another owner's or none, and the next one, which lets the first two go.
    const ended = [run(owner, bytes), run(owner, bytes)];
    for (let i = 0; i < between; i++) run(other, bytes);
    for (const machine of ended) machine.take(request);
    take().release();
    said.length = 0;
    for (const machine of ended) machine.take(end);
    const next = run(owner, bytes, request);
    said.length = 0;
    audit.settled();
    expect(said).toHaveLength(1);
    expect(said.splice(0)[0]).toContain('did not do "take head" after head --request--> answering');
    next.take(more);
    take().transfer(other);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('did "transfer head" after answering --more--> answering');
  });

  test('of an owner whose machine another auditor’s has ended beside', () => {
    const mine = bed();
    const others = bed();
    mine.step(bytes);
    // What the owner does is told to the auditor whose machine came last.
    const twin = new Machine(table, mine.owner, others.audit);
    twin.take(bytes);
    mine.step(request, end);
    mine.audit.settled();
    others.audit.act({ act: 'take', unit: 'head', owner: mine.owner, slab: 0, start: 0, end: 1 });
    expect(others.said).toHaveLength(1);
    expect(others.said[0]).toContain('after idle --bytes--> head');
  });
});
