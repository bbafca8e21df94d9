// What really runs is what the composed machines allow: every row and every act of both ends of a connection, as recorded
// from production's drivers over a memory pair, is a path of the composition that the exhaustive search goes through.
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { h1Client } from '../../models/composed/h1-client.js';
import { h1Server } from '../../models/composed/h1-server.js';
import { h2Client, h2Server } from '../../models/composed/h2.js';
import { h2cClient } from '../../models/composed/h2c-client.js';
import { h2cServer } from '../../models/composed/h2c-server.js';
import type { Composition } from '../../models/composed/language.js';
import { prefaceH1Server, prefaceH2Server } from '../../models/composed/preface.js';
import { proxyH1Client, proxyH1Server, proxyH2Client, proxyH2Server } from '../../models/composed/proxy.js';
import { proxySwapH2Client, proxySwapH2Server } from '../../models/composed/swap.js';
import { ComposedSystem } from '../../models/composed/system.js';
import { type Seen, Walk } from '../../models/composed/walk.js';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import { proxy, proxySend } from '../../src/endpoint/proxy.js';
import type { Steps } from '../../src/endpoint/step.js';
import { connectionScript } from '../../src/kit/arbitraries/connection-script.js';
import type { ConnectionScript } from '../../src/kit/exchange-script.js';
import { type Row, rowName } from '../../src/machine/index.js';
import type { ActRecord } from '../../src/memory/index.js';
import type { ProxyHeader } from '../../src/session/proxy/header.js';
import { type Recorded, type RecordedFault, recordConnection } from '../support/recorded-connection.js';
import { turnedOverStep } from '../support/swapped.js';

// A script has three exchanges at most, and no body of it so many pieces that more leases are out at once.
const many = { exchanges: 3, leases: 16, outputs: 16, queues: 0 };
/** With what waits at a stream, of which the search knows one. */
const one = { ...many, exchanges: 1, queues: 1 };

interface Stack {
  readonly name: string;
  readonly slabBytes: number;
  readonly server: Steps;
  readonly client: Steps;
  /** The scripts that it is for; all of them by default. */
  readonly script?: (script: ConnectionScript) => ConnectionScript;
  readonly composed: { readonly server: Composition; readonly client: Composition };
  readonly bounds?: typeof many;
}

const pipelined = h1({ maxPipelined: 2 });
const h2Composed = { server: h2Server(), client: h2Client() };
const lending = h2({ copyBelowBytes: 100, lendFromBytes: 16 });
const header: ProxyHeader = {
  version: 2,
  command: 'proxy',
  transport: 'stream',
  source: { family: 'ipv4', address: '192.0.2.7', port: 40_000 },
  destination: { family: 'ipv4', address: '198.51.100.1', port: 443 },
  tlvs: [],
};
const either = byPreface({ h1: h1(), h2: h2() });
const stacks: readonly Stack[] = [
  {
    name: 'h1',
    slabBytes: 2048,
    server: pipelined,
    client: pipelined,
    composed: { server: h1Server(), client: h1Client() },
  },
  {
    name: 'proxy+h1',
    slabBytes: 2048,
    server: proxy({ trust: ['memory'] }).then(h1()),
    client: proxySend(header).then(h1()),
    composed: { server: proxyH1Server(), client: proxyH1Client() },
  },
  {
    name: 'proxy+h2',
    slabBytes: 18_000,
    server: proxy({ trust: ['memory'] }).then(h2()),
    client: proxySend(header).then(h2()),
    composed: { server: proxyH2Server(), client: proxyH2Client() },
  },
  {
    name: 'preface+h1',
    slabBytes: 18_000,
    server: either,
    client: h1(),
    composed: { server: prefaceH1Server(), client: h1Client() },
  },
  {
    name: 'preface+h2',
    slabBytes: 18_000,
    server: either,
    client: h2(),
    composed: { server: prefaceH2Server(), client: h2Client() },
  },
  {
    name: 'proxy+swap+h2',
    slabBytes: 18_000,
    server: proxy({ trust: ['memory'] })
      .then(turnedOverStep())
      .then(h2()),
    client: proxySend(header).then(turnedOverStep()).then(h2()),
    // The upper transport is a decorator here, without a machine of its own.
    composed: {
      server: unseen(proxySwapH2Server(), 'transport'),
      client: unseen(proxySwapH2Client(), 'transport'),
    },
  },
  {
    name: 'h2c',
    slabBytes: 18_000,
    server: h1({ h2c: true }),
    client: h1({ h2c: true }),
    script: asking,
    composed: { server: h2cServer(), client: h2cClient() },
  },
  { name: 'h2', slabBytes: 18_000, server: h2(), client: h2(), composed: h2Composed },
  { name: 'h2, lending', slabBytes: 18_000, server: lending, client: lending, composed: h2Composed },
  {
    name: 'h2, one stream',
    slabBytes: 18_000,
    server: h2(),
    client: h2(),
    composed: h2Composed,
    bounds: one,
  },
  {
    name: 'h2, one stream, lending',
    slabBytes: 18_000,
    server: lending,
    client: lending,
    composed: h2Composed,
    bounds: one,
  },
];

/** The first request may ask for an upgrade. */
function asking({ exchanges: [first, ...others], ...script }: ConnectionScript): ConnectionScript {
  const asks = first && { ...first, method: 'GET', request: undefined, fields: [] };
  return { ...script, exchanges: asks === undefined ? others : [asks, ...others] };
}

function unseen(composition: Composition, name: string): Composition {
  const parts = composition.parts.map((part) =>
    part.name === name ? { ...part, unseen: true as const } : part,
  );
  return { ...composition, parts };
}

/** H2 numbers its exchanges; those of H1 go by the connection's. DATA that is taken is of the stream to which it came last. */
function seen(records: readonly Recorded[], isH2: boolean): readonly Seen[] {
  let receiving: number | undefined;
  return records.map((record) => {
    if (!isH2) return record;
    if (record.act !== undefined) return { ...record, exchange: receiving };
    const { table, owner } = record.machine;
    const isStream = table.name === 'h2-stream';
    if (isStream && table.rows[record.row]?.transition.event === 'receive-data') receiving = owner.id;
    return isStream || table.name.endsWith('-exchange') ? { ...record, exchange: owner.id } : record;
  });
}

function text(record: Recorded): string {
  if (record.act !== undefined) {
    const { act, unit, owner, start, end } = record.act;
    return `${act} ${unit} ${start}..${end} of ${owner}`;
  }
  return `${record.machine.owner}: ${rowName(record.machine.table.rows[record.row] as Row)}`;
}

/** Where the record leaves the composition; undefined if it never does. */
function astray(system: ComposedSystem, records: readonly Recorded[], isH2: boolean): string | undefined {
  const all = seen(records, isH2);
  for (const eager of [false, true]) {
    const walk = new Walk(system, eager);
    let at = 0;
    let before = walk.describe();
    while (at < records.length && walk.step(all[at] as Seen)) {
      at += 1;
      if (eager) before = walk.describe();
    }
    if (at === records.length && walk.isOver) return undefined;
    if (!eager) continue;
    const path = records.slice(0, at + 1).map(text);
    return `no step of the composition:\n${path.join('\n')}\nin one of\n${before}`;
  }
  return undefined;
}

const fault = fc.option(
  fc.record<RecordedFault>({
    at: fc.nat(24),
    kind: fc.constantFrom('lose', 'abort', 'shutdown'),
    end: fc.constantFrom('server', 'client'),
  }),
  { nil: undefined },
);

const rows = new Set<string>();
afterAll(() => {
  process.stdout.write(` composed machines: real runs took ${rows.size} different rows\n`);
  expect(rows.size).toBeGreaterThan(60);
});

describe.each(stacks)(
  '$name',
  ({ server, client, slabBytes, composed, name, bounds = many, script: of = (it) => it }) => {
    const isH2 = /\bh2/.test(name);
    const systems = {
      server: new ComposedSystem(composed.server, bounds, false),
      client: new ComposedSystem(composed.client, bounds, false),
    };

    it('LAY-3, OWN-2: every run of both ends is a path of the composed machines, to the end', () => {
      fc.assert(
        fc.property(
          connectionScript({ manner: 'wild', maxExchanges: bounds.exchanges }),
          fault,
          fc.constantFrom(64, 64, 20, 6),
          (script, broken, slabs) => {
            const run = recordConnection(of(script), { server, client, slabBytes, slabs, fault: broken });
            for (const end of ['server', 'client'] as const) {
              for (const record of run[end]) {
                if (record.act === undefined) rows.add(`${record.machine.table.name} ${record.row}`);
              }
              const where = astray(systems[end], run[end], isH2);
              if (where !== undefined) throw new Error(`${end}: ${where}`);
            }
          },
        ),
        { numRuns: 10 },
      );
    });

    it('LAY-3, OWN-5: a run in which a row or a release is missing is none', () => {
      fc.assert(
        fc.property(connectionScript({ manner: 'orderly', maxExchanges: 1 }), fc.nat(), (script, pick) => {
          const { server: records } = recordConnection(of(script), { server, client, slabBytes });
          const telling = records.filter(
            ({ act, ...row }) =>
              (act?.act === 'release' && !isRetained(act, records)) ||
              (act === undefined && 'machine' in row && leavesItsState(row)),
          );
          const gone = telling[pick % telling.length];
          const rest = records.filter((record) => record !== gone);
          expect(astray(systems.server, rest, isH2)).toBeDefined();
        }),
        { numRuns: 5 },
      );
    });
  },
);

/** What the application retained by name it may keep: nothing says that it must be released. */
function isRetained({ slab, start, end }: ActRecord, records: readonly Recorded[]): boolean {
  return records.some(
    ({ act }) => act?.act === 'retain' && act.slab === slab && act.start < end && start < act.end,
  );
}

function leavesItsState({
  machine,
  row,
}: {
  machine: { table: { rows: readonly Row[] } };
  row: number;
}): boolean {
  const { transition } = machine.table.rows[row] as Row;
  return transition.fromState !== transition.toState;
}
