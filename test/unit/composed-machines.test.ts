// Every state of the composed machines within small bounds: transport, connection, sessions, exchanges, streams and leases,
// from the tables that run. And that this can fail: tables and rules with something left out are found out.
import { describe, expect, test } from 'vitest';
import type { Tables } from '../../models/composed/endpoint.js';
import { compositions, type Entry } from '../../models/composed/index.js';
import type { Composition, PartTable } from '../../models/composed/language.js';
import { type Finding, findingText, search } from '../../models/composed/search.js';
import { ComposedSystem } from '../../models/composed/system.js';
import { connectionTable } from '../../src/endpoint/table.js';
import { type Row, rowName } from '../../src/machine/index.js';
import { h1ClientTable, h1ServerTable } from '../../src/session/h1/tables.js';
import { h2ConnectionTable } from '../../src/session/h2/tables.js';
import { proxyReceiverTable } from '../../src/session/proxy/receiver-table.js';
import { transportTable } from '../../src/transport/table.js';

const entry = (name: string): Entry => compositions.find((it) => it.name === name) as Entry;

describe('OWN-1, OWN-2, OWN-4, OWN-5, OWN-7, CON-2, CON-3, LAY-3, LAY-4, LAY-7: the composed machines', () => {
  test.each(compositions)(
    '$name: every state goes on to the end, and keeps the rules',
    ({ compose, small, leastStates }) => {
      const result = search(new ComposedSystem(compose(), small));
      process.stdout.write(
        ` ${compose().name}: ${result.states} states, ${result.moves} moves, depth ${result.depth}\n`,
      );
      expect(result.finding && findingText(result.finding)).toBeUndefined();
      expect(result.states).toBeGreaterThan(leastStates);
      expect(result.finals).toBeGreaterThan(1);
    },
  );
});

/** The table with its rows changed; a row that becomes undefined is left out. */
function changed(table: PartTable, name: string, change: (row: Row) => Row | undefined): Tables {
  let found = 0;
  const rows = table.rows.flatMap((row) => {
    if (rowName(row) !== name) return [row];
    found += 1;
    const other = change(row);
    return other === undefined ? [] : [other];
  });
  expect(found, `rows ${name}`).toBe(1);
  return { [table.name]: { ...table, rows } };
}

const leftOut = (table: PartTable, name: string): Tables => changed(table, name, () => undefined);
const withoutActs = (table: PartTable, name: string, unit: string, verb: string): Tables =>
  changed(table, name, (row) => {
    const acts = row.acts.filter((act) => act.unit !== unit || act.verb !== verb);
    expect(acts.length).toBeLessThan(row.acts.length);
    return { ...row, acts };
  });

function findingOf({ compose, small }: Entry, tables: Tables, change = (it: Composition) => it): Finding {
  const { finding } = search(new ComposedSystem(change(compose(tables)), small));
  if (finding === undefined) throw new Error('nothing was found');
  return finding;
}

describe('LAY-3: what is broken is found', () => {
  test('a head that is not released when its exchange is over', () => {
    const tables = withoutActs(h1ServerTable, 'exchange --exchange-complete--> idle', 'head', 'release');
    const finding = findingOf(entry('h1-server'), tables);
    expect(finding).toMatchObject({ rule: 'OWN-7', says: expect.stringContaining('head in held') });
    expect(finding.path.at(-1)).toContain('exchange: leave');
  });

  test('a head that is released by a state that never had it', () => {
    const tables = changed(h1ServerTable, 'head --refuse--> closing', (row) => ({
      ...row,
      acts: [{ verb: 'release', unit: 'head', optional: false }],
    }));
    expect(findingOf(entry('h1-server'), tables)).toMatchObject({
      rule: 'LAY-3',
      says: expect.stringContaining('head release'),
    });
  });

  test('output that may not be given back when the pipe breaks', () => {
    const tables = withoutActs(connectionTable, 'running --closed--> closed', 'output', 'failed');
    expect(findingOf(entry('h1-server'), tables)).toMatchObject({
      rule: 'LAY-3',
      says: expect.stringContaining('output failed'),
    });
  });

  test.each([
    ['h1-server', 'exchange --transport-gone--> failed', h1ServerTable],
    ['h1-client', 'body --transport-gone--> failed', h1ClientTable],
    ['h2-server', 'open --transport-gone--> failed', h2ConnectionTable],
    ['proxy+h1-server', 'header --fail--> closed', proxyReceiverTable],
    ['h2-client', 'finishing --closed--> closed', connectionTable],
  ] as const)('%s without the row %s that ends it with the pipe', (name, row, table) => {
    expect(['OWN-7', 'LAY-3']).toContain(findingOf(entry(name), leftOut(table, row)).rule);
  });

  test.each([
    ['h1-server', 'exchange --timeout--> closing', h1ServerTable],
    ['proxy+h1-server', 'header --expire--> closed', proxyReceiverTable],
    ['h1-client', 'lingering --abort--> aborting', connectionTable],
  ] as const)('LAY-4: %s that waits for ever without the row %s', (name, row, table) => {
    // A deadline of the connection would end all of these, too: it is for output that nobody reads.
    const finding = findingOf(entry(name), leftOut(table, row), (it) => ({
      ...it,
      rules: it.rules.map((rule) =>
        rule.on === 'connection abort' && rule.by === 'clock'
          ? { ...rule, when: ['connection in opening|finishing|lingering'] }
          : rule,
      ),
    }));
    expect(finding.rule).toBe('LAY-4');
  });

  test('a deadlock: a pipe that cannot be torn down', () => {
    const tables = { transport: { ...transportTable, rows: transportTable.rows.filter(keeps) } };
    function keeps(row: Row): boolean {
      const { event } = row.transition;
      return event !== 'abort' && event !== 'fail';
    }
    const finding = findingOf(entry('h1-client'), tables);
    expect(finding).toMatchObject({ rule: 'OWN-7', says: expect.stringContaining('deadlock') });
    expect(finding.path.at(-1)).toContain('--abort--> aborting');
  });

  test('LAY-7: a tunnel that is handed over before both sides agreed', () => {
    const finding = findingOf(entry('h1-server'), {}, (it) => ({
      ...it,
      rules: it.rules.map((rule) => (rule.on === 'session upgrade' ? { ...rule, when: [] } : rule)),
    }));
    expect(finding.rule).toBe('LAY-7');
  });

  test('CON-3: a session that begins before the header is complete', () => {
    const finding = findingOf(entry('proxy+h1-server'), {}, (it) => ({
      ...it,
      rules: it.rules.map((rule) => (rule.on === 'connection handoff' ? { ...rule, when: [] } : rule)),
    }));
    expect(finding.rule).toBe('CON-3');
  });

  test('a composition that says nothing of an event is none', () => {
    const { compose, small } = entry('h2-server');
    const composition = compose();
    const rules = composition.rules.filter(({ on }) => on !== 'session settings');
    expect(() => new ComposedSystem({ ...composition, rules }, small)).toThrow('nothing of session settings');
  });
});
