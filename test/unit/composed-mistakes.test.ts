// That the search through the composed machines can fail: tables with one mistake in them, each found by the rule that it
// breaks. The rules of the compositions are left as they are.
import { describe, expect, test } from 'vitest';
import { coverage } from '../../models/composed/coverage.js';
import type { Tables } from '../../models/composed/endpoint.js';
import { compositions, type Entry } from '../../models/composed/index.js';
import type { PartTable } from '../../models/composed/language.js';
import { type Finding, search } from '../../models/composed/search.js';
import { ComposedSystem } from '../../models/composed/system.js';
import { connectionTable } from '../../src/endpoint/table.js';
import { type ActText, type Row, type RowData, row, rowName } from '../../src/machine/index.js';
import { h1ClientTable, h1ServerTable } from '../../src/session/h1/tables.js';
import { prefaceTable } from '../../src/session/h2/preface-table.js';
import { h2ConnectionTable, h2StreamTable } from '../../src/session/h2/tables.js';
import { proxyReceiverTable } from '../../src/session/proxy/receiver-table.js';
import { proxySenderTable } from '../../src/session/proxy/sender-table.js';
import { clientExchangeTable, serverExchangeTable } from '../../src/stream/tables.js';
import { transportTable } from '../../src/transport/table.js';

const entry = (name: string): Entry => compositions.find((it) => it.name === name) as Entry;

/** The table with rows changed; a row that becomes undefined is left out. */
function rows(table: PartTable, change: (row: Row, name: string) => Row | undefined): Tables {
  const changed = table.rows.flatMap((it) => change(it, rowName(it)) ?? []);
  expect(changed).not.toEqual(table.rows);
  return { [table.name]: { ...table, rows: changed } };
}

const leftOut = (table: PartTable, ...names: readonly string[]): Tables =>
  rows(table, (it, name) => (names.includes(name) ? undefined : it));

const added = (table: PartTable, more: Row): Tables => ({
  [table.name]: { ...table, rows: [...table.rows, more] },
});

const leadsTo = (table: PartTable, changed: string, toState: string): Tables =>
  rows(table, (it, name) => (name === changed ? { ...it, transition: { ...it.transition, toState } } : it));

/** An act is left out of the row, or of all. */
const withoutAct = (table: PartTable, act: ActText, of?: string): Tables =>
  rows(table, (it, name) => {
    if (of !== undefined && name !== of) return it;
    return { ...it, acts: it.acts.filter(({ verb, unit }) => `${verb} ${unit}` !== act) };
  });

const withAct = (table: PartTable, act: ActText, of: string): Tables => {
  const cites: RowData<never> = { cites: 'OWN-2', acts: [act] };
  const { acts } = row('any', 'any', 'any', cites);
  return rows(table, (it, name) => (name === of ? { ...it, acts: [...it.acts, ...acts] } : it));
};

const unguarded = (table: PartTable, guarded: string): Tables =>
  rows(table, (it, name) => (name === guarded ? { ...it, guard: null } : it));

function findingOf({ compose, small }: Entry, tables: Tables): Finding {
  const { finding } = search(new ComposedSystem(compose(tables), small));
  if (finding === undefined) throw new Error('nothing was found');
  return finding;
}

interface Mistake {
  readonly rule: string;
  readonly what: string;
  readonly in: string;
  readonly tables: Tables;
  readonly says?: string;
}

/** The composition in which leases of streams are looked at. */
const oneStream = (name: string): string => `${name}, one stream and its leases`;

const mistakes: readonly Mistake[] = [
  {
    rule: 'OWN-1',
    what: 'a head is taken again while it is held',
    in: 'h1-server',
    tables: withAct(h1ServerTable, 'take head', 'exchange --response-complete--> drain'),
    says: 'head take',
  },
  {
    rule: 'OWN-1',
    what: 'a request that H1 holds and H2 goes on without',
    in: 'h2c-server',
    tables: leadsTo(h2ConnectionTable, 'upgraded --error--> closing', 'draining'),
  },
  {
    rule: 'OWN-2',
    what: 'output that no row allows to fail with the pipe',
    in: 'h1-server',
    tables: withoutAct(connectionTable, 'failed output', 'running --closed--> closed'),
    says: 'output failed',
  },
  {
    rule: 'OWN-2',
    what: 'DATA that no row allows to wait',
    in: oneStream('h2-server'),
    tables: withoutAct(h2StreamTable, 'take body', 'open --receive-data--> open'),
    says: 'waiting 1 take',
  },
  {
    rule: 'OWN-2',
    what: 'DATA that waits and may not be given to whoever reads it when the stream is over',
    in: oneStream('h2-client'),
    tables: withoutAct(h2StreamTable, 'transfer body', 'half-closed-remote --receive-reset--> closed'),
    says: 'waiting 1 transfer',
  },
  {
    rule: 'OWN-2',
    what: 'DATA that waits and is not let go when its stream is reset',
    in: oneStream('h2-server'),
    tables: withoutAct(h2StreamTable, 'release body', 'half-closed-local --send-reset--> closed'),
    says: 'waiting 1 release',
  },
  {
    rule: 'OWN-2',
    what: 'a lease that waits for a window and may not go in parts',
    in: oneStream('h2-client'),
    tables: withoutAct(h2StreamTable, 'split output', 'idle --send-headers--> open'),
    says: 'unsent 1 split',
  },
  {
    rule: 'OWN-2',
    what: 'a lease that waits to be sent and is given to nobody',
    in: oneStream('h2-server'),
    tables: withoutAct(h2StreamTable, 'transfer output'),
    says: 'unsent 1 transfer',
  },
  {
    rule: 'OWN-7',
    what: 'a message that ends before what was given to it is sent',
    in: oneStream('h2-client'),
    tables: leadsTo(h2StreamTable, 'open --send-data--> open', 'half-closed-local'),
    says: 'unsent in held',
  },
  {
    rule: 'OWN-2',
    what: 'a header in flight below a swap that no row allows to fail with its pipe',
    in: 'proxy+swap+h2-client',
    tables: withoutAct(connectionTable, 'failed output', 'lingering --abort--> aborting'),
    says: 'header failed',
  },
  {
    rule: 'OWN-4',
    what: 'a connection that writes before its pipe is open',
    in: 'h1-server',
    tables: rows(connectionTable, (it, name) =>
      name === 'idle --open--> opening'
        ? row('idle', 'open', 'running', { cites: 'LAY-1', acts: ['take output?', 'freeze output?'] })
        : it,
    ),
  },
  {
    rule: 'OWN-5',
    what: 'a head that is released by a state that never had it',
    in: 'h1-server',
    tables: withAct(h1ServerTable, 'release head', 'head --refuse--> closing'),
    says: 'head release',
  },
  {
    rule: 'OWN-5',
    what: 'a head that goes back while its message is read',
    in: 'h1-server',
    tables: withAct(h1ServerTable, 'release head', 'exchange --response-complete--> drain'),
    says: 'head in held',
  },
  {
    rule: 'OWN-7',
    what: 'a head that is not released when its exchange is over',
    in: 'h1-server',
    tables: withoutAct(h1ServerTable, 'release head', 'exchange --exchange-complete--> idle'),
    says: 'head in held',
  },
  {
    rule: 'OWN-7',
    what: 'a connection that is over before its pipe is',
    in: 'h1-server',
    tables: leadsTo(connectionTable, 'finishing --flushed--> lingering', 'closed'),
  },
  {
    rule: 'OWN-7',
    what: 'an exchange that goes on after its session',
    in: 'h1-server',
    tables: leadsTo(h1ServerTable, 'exchange --response-complete--> drain', 'closing'),
  },
  {
    rule: 'OWN-7',
    what: 'a response that nobody waits for any more, and who did is not told',
    in: 'h1-client',
    tables: leadsTo(h1ClientTable, 'body --body-complete-more--> waiting', 'idle'),
  },
  {
    rule: 'OWN-7',
    what: 'streams that are not told when their connection is over',
    in: 'h2-server',
    tables: leadsTo(h2ConnectionTable, 'open --goaway-received--> draining', 'closing'),
  },
  {
    rule: 'CON-2',
    what: 'output that is never written',
    in: 'h1-server',
    tables: withoutAct(connectionTable, 'written output'),
    says: 'output written',
  },
  {
    rule: 'CON-2',
    what: 'a connection that lingers before everything is written',
    in: 'h1-server',
    tables: leadsTo(connectionTable, 'running --finish--> finishing', 'lingering'),
  },
  {
    rule: 'CON-3',
    what: 'bytes behind a PROXY header that are not taken along',
    in: 'proxy+h2-server',
    tables: withoutAct(proxyReceiverTable, 'take unused', 'header --complete--> handed-off'),
  },
  {
    rule: 'CON-3',
    what: 'first bytes that tell H2 from H1 and go to neither',
    in: 'preface+h2-server',
    tables: withoutAct(prefaceTable, 'take unused'),
  },
  {
    rule: 'CON-3',
    what: 'bytes that are passed on while they are looked at',
    in: 'preface+h1-server',
    tables: leadsTo(prefaceTable, 'looking --told--> handed-off', 'looking'),
  },
  {
    rule: 'CON-3',
    what: 'H2 that goes on before H1 has handed off',
    in: 'h2c-server',
    tables: leadsTo(h1ServerTable, 'exchange --upgrade--> handed-off', 'drain'),
  },
  {
    rule: 'CON-3',
    what: 'a tunnel without the bytes behind its request',
    in: 'h1-server',
    tables: withoutAct(h1ServerTable, 'take unused'),
  },
  {
    rule: 'CON-3',
    what: 'bytes behind an upgrade to H2 that are left in H1',
    in: 'h2c-server',
    tables: withoutAct(h1ServerTable, 'take unused'),
  },
  {
    rule: 'CON-3',
    what: 'bytes behind an agreement to go on in H2 that are left in H1',
    in: 'h2c-client',
    tables: withoutAct(h1ClientTable, 'take unused'),
  },
  {
    rule: 'OWN-7',
    what: 'a head that stays in H1 when H2 goes on with its request',
    in: 'h2c-server',
    tables: withoutAct(h1ServerTable, 'release head', 'exchange --upgrade--> handed-off'),
  },
  {
    rule: 'LAY-3',
    what: 'nobody who refuses a peer that is not trusted',
    in: 'proxy+h1-server',
    tables: leftOut(proxyReceiverTable, 'idle --start--> closed'),
    says: 'proxy start',
  },
  {
    rule: 'proxy-protocol.txt §5',
    what: 'whoever connects is trusted',
    in: 'proxy+h1-server',
    tables: unguarded(proxyReceiverTable, 'idle --start [trusted]--> header'),
  },
  {
    rule: 'proxy-protocol.txt §2',
    what: 'a header that need not come',
    in: 'proxy+h2-server',
    tables: rows(proxyReceiverTable, (it, name) =>
      name === 'idle --start [trusted]--> header'
        ? row('idle', 'start', 'handed-off', { cites: 'CON-3', acts: ['take unused?', 'release unused?'] })
        : it,
    ),
  },
  {
    rule: 'LAY-4',
    what: 'an exchange without a deadline',
    in: 'h1-server',
    tables: leftOut(h1ServerTable, 'exchange --timeout--> closing'),
  },
  {
    rule: 'LAY-4',
    what: 'a header that is waited for without one',
    in: 'proxy+h1-server',
    tables: leftOut(proxyReceiverTable, 'header --expire--> closed'),
  },
  {
    rule: 'LAY-4',
    what: 'a peer whose end is waited for without one',
    in: 'h1-client',
    tables: leftOut(connectionTable, 'lingering --abort--> aborting'),
  },
  {
    rule: 'LAY-6',
    what: 'a chain of sessions that reads on after the swap',
    in: 'proxy+swap+h2-server',
    tables: leadsTo(connectionTable, 'running --swap--> opening', 'running'),
  },
  {
    rule: 'OWN-2',
    what: 'bytes received before a swap that nobody takes to the upper transport',
    in: 'proxy+swap+h2-server',
    tables: withoutAct(proxyReceiverTable, 'take unused', 'header --complete--> handed-off'),
    says: 'unused take',
  },
  {
    rule: 'LAY-7',
    what: 'a tunnel that is agreed to before its request is complete',
    in: 'h1-server',
    tables: added(serverExchangeTable, row('open', 'upgrade', 'upgraded', { cites: 'LAY-7' })),
  },
  {
    rule: 'LAY-7',
    what: 'a tunnel that a server agrees to before all of the request was sent',
    in: 'h1-client',
    tables: added(clientExchangeTable, row('open', 'upgrade', 'upgraded', { cites: 'LAY-7' })),
  },
  {
    rule: 'LAY-7',
    what: 'a pipe that is handed over while its session goes on',
    in: 'h1-server',
    tables: leadsTo(h1ServerTable, 'exchange --upgrade--> handed-off', 'idle'),
  },
  {
    rule: 'WS-8',
    what: 'a session that goes on behind a header that was not built',
    in: 'proxy+h2-client',
    tables: unguarded(proxySenderTable, 'idle --start [sent]--> handed-off'),
  },
  {
    rule: 'WIRE-1',
    what: 'a head that is read where the body before it is not over',
    in: 'h1-server',
    tables: leadsTo(serverExchangeTable, 'answering --send-end--> half-closed-local', 'closed'),
  },
];

describe('OWN-1, OWN-2, OWN-4, OWN-5, OWN-7, CON-2, CON-3, LAY-3, LAY-4, LAY-6, LAY-7, WS-8, WIRE-1: a mistake in a table', () => {
  test.each(mistakes)('$rule: $what', ({ rule, in: name, tables, says = '' }) => {
    expect(findingOf(entry(name), tables)).toMatchObject({ rule, says: expect.stringContaining(says) });
  });
});

describe('LAY-3: rows', () => {
  test.each([
    ['h1-server', 'open --abort--> closed', transportTable, 'LAY-3'],
    ['h1-client', 'head --interim--> waiting', h1ClientTable, 'LAY-3'],
    ['h2-server', 'half-closed-remote --send-reset--> closed', h2StreamTable, 'LAY-3'],
    ['h2-client', 'finishing --closed--> closed', connectionTable, 'LAY-3'],
    ['proxy+h1-server', 'header --fail--> closed', proxyReceiverTable, 'LAY-3'],
    ['proxy+h1-server', 'handed-off --fail--> closed', proxyReceiverTable, 'LAY-3'],
    ['preface+h1-server', 'looking --transport-gone--> failed', prefaceTable, 'LAY-3'],
    // With one of these the end is not told to those who wait.
    ['h1-server', 'exchange --transport-gone--> failed', h1ServerTable, 'OWN-7'],
    ['h1-client', 'body --transport-gone--> failed', h1ClientTable, 'OWN-7'],
    ['h2-server', 'open --transport-gone--> failed', h2ConnectionTable, 'OWN-7'],
  ] as const)('%s without %s', (name, left, table, rule) => {
    expect(findingOf(entry(name), leftOut(table, left)).rule).toBe(rule);
  });

  test('one that nothing takes is seen', () => {
    const { compose, small } = entry('h1-server');
    const more = row('drain', 'shutdown', 'closed', { cites: 'OWN-7' });
    const composition = compose(added(h1ServerTable, more));
    const { finding, shown } = search(new ComposedSystem(composition, small));
    expect(finding).toBeUndefined();
    expect(coverage(composition, small, shown).missing).toEqual(['session: drain --shutdown--> closed']);
  });

  test('one that is said not to be taken, and is, is seen, and one that is not there', () => {
    const { compose, small } = entry('h1-server');
    const neverTaken = [
      { rows: ['session: idle --bytes--> head', 'session: idle --bytes--> drain'], why: 'it is' },
    ];
    const composition = { ...compose(), neverTaken: [...(compose().neverTaken ?? []), ...neverTaken] };
    const { shown } = search(new ComposedSystem(composition, small));
    expect(coverage(composition, small, shown)).toEqual({ missing: [], unexpected: neverTaken[0]?.rows });
  });

  test('an act that has another name is nobody’s', () => {
    const { compose, small } = entry(oneStream('h2-server'));
    const renamed = rows(h2StreamTable, (it) => ({
      ...it,
      acts: it.acts.map((act) => (act.unit === 'body' ? { ...act, unit: 'data' } : act)),
    }));
    expect(() => new ComposedSystem(compose(renamed), small)).toThrow('no part data');
  });

  test('a composition that says nothing of an event, or of a guard, is none', () => {
    const { compose, small } = entry('proxy+h2-server');
    const { guards, ...composition } = compose();
    const rules = composition.rules.filter(({ on }) => on !== 'session settings');
    expect(() => new ComposedSystem({ ...composition, rules, ...(guards && { guards }) }, small)).toThrow(
      'nothing of session settings',
    );
    expect(() => new ComposedSystem(composition, small)).toThrow('does not say when proxy is trusted');
  });
});
