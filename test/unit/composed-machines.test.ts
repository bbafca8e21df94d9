// Every state of the composed machines within small bounds: transport, connection, sessions, exchanges, streams and leases,
// from the tables that run. That this can fail is shown in composed-mistakes.test.ts.
import { describe, expect, test } from 'vitest';
import { coverage } from '../../models/composed/coverage.js';
import { compositions, type Entry } from '../../models/composed/index.js';
import { findingText, type Result, search } from '../../models/composed/search.js';
import { ComposedSystem } from '../../models/composed/system.js';
import { connectionTable } from '../../src/endpoint/table.js';
import { type AnyTable, type Row, rowName } from '../../src/machine/index.js';
import { h1ClientTable, h1ServerTable } from '../../src/session/h1/tables.js';
import { prefaceTable } from '../../src/session/h2/preface-table.js';
import { h2ConnectionTable, h2StreamTable } from '../../src/session/h2/tables.js';
import { proxyReceiverTable } from '../../src/session/proxy/receiver-table.js';
import { proxySenderTable } from '../../src/session/proxy/sender-table.js';
import { clientExchangeTable, serverExchangeTable } from '../../src/stream/tables.js';
import { transportTable } from '../../src/transport/table.js';

const results = new Map<Entry, Result>();

function resultOf(entry: Entry): Result {
  const result = results.get(entry) ?? search(new ComposedSystem(entry.compose(), entry.small));
  results.set(entry, result);
  return result;
}

describe('OWN-1, OWN-2, OWN-4, OWN-5, OWN-7, CON-2, CON-3, LAY-3, LAY-4, LAY-6, LAY-7, WS-8, WIRE-1: the composed machines', () => {
  test.each(compositions)('$name: every state goes on to the end, and keeps the rules', (entry) => {
    const result = resultOf(entry);
    process.stdout.write(
      ` ${entry.name}: ${result.states} states, ${result.moves} moves, depth ${result.depth}\n`,
    );
    expect(result.finding && findingText(result.finding)).toBeUndefined();
    expect(result.states).toBeGreaterThan(entry.leastStates.small);
    expect(result.finals).toBeGreaterThan(1);
  });

  test.each(compositions)('$name: every row is taken, but for those that it says are not', (entry) => {
    const found = coverage(entry.compose(), entry.small, resultOf(entry).shown, entry.outOfBounds);
    expect(found).toEqual({ missing: [], unexpected: [] });
  });

  const tables: readonly AnyTable[] = [
    transportTable,
    connectionTable,
    h1ServerTable,
    h1ClientTable,
    h2ConnectionTable,
    h2StreamTable,
    prefaceTable,
    proxyReceiverTable,
    proxySenderTable,
    serverExchangeTable,
    clientExchangeTable,
  ];

  test('every row of every table is taken in one composition at least', () => {
    const taken = new Set<string>();
    for (const entry of compositions) {
      for (const { name, table } of entry.compose().parts) {
        for (const row of table.rows) {
          if (resultOf(entry).shown.has(`${name}: ${rowName(row)}`))
            taken.add(`${table.name}: ${rowName(row)}`);
        }
      }
    }
    const all = tables.flatMap(({ name, rows }) => rows.map((row) => `${name}: ${rowName(row as Row)}`));
    const left = all.filter((row) => !taken.has(row));
    // It starts in the turn in which it begins.
    const never = ['proxy-receiver: idle --fail--> closed', 'proxy-sender: idle --fail--> closed'];
    expect(new Set(left)).toEqual(new Set(never));
  });
});
