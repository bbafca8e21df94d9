/**
 * WS-9: with memory from a single byte upwards on either end, an exchange succeeds or its failure is handled: nothing
 * escapes, everybody is told once, nothing is held, whoever is told of success has the whole content, and what came of it
 * is what was sent.
 */
import fc from 'fast-check';
import { pipePlan, scarceMemory } from '../arbitraries/connection-memory.js';
import { connectionScript } from '../arbitraries/connection-script.js';
import type { ExchangeRecord } from '../exchange-record.js';
import { type ConnectionScript, contentOf, type ExchangeScript } from '../exchange-script.js';
import { Reached } from '../reached.js';
import { runConnection } from '../run-connection.js';
import { observed, type StackUnderTest } from '../stack-under-test.js';
import { requireContained, requireThat } from './require.js';

/**
 * Orderly scripts with slabs from one byte upwards at the server, and at the client at times.
 * @returns a property for `fc.assert`, which fails with PropertyFailure WS-9 or OWN-4, or with what the run found
 */
export function exhaustion(stack: StackUnderTest, reached = new Reached()): fc.IPropertyWithHooks<unknown[]> {
  return fc.property(
    connectionScript({ manner: 'orderly' }),
    scarceMemory(),
    fc.option(scarceMemory(), { nil: undefined }),
    pipePlan(),
    pipePlan(),
    (script, serverMemory, scarce, toServer, toClient) => {
      const clientMemory = scarce ?? {};
      const run = requireContained('WS-9', () =>
        runConnection(stack, script, {
          server: observed(stack, serverMemory),
          client: observed(stack, clientMemory),
          toServer,
          toClient,
        }),
      );
      requireHandled(script, run, reached);
      // A client that lacks nothing sees how each exchange went that the server was done with; but the reset of a connection
      // whose next answer was cut takes with it what was still in flight.
      if (scarce !== undefined) return;
      for (const { closed, index } of run.server) {
        const isReset = run.server.some((other) => other.index > index && other.closed !== 'ok');
        if (isReset && !stack.capabilities.interleaves) continue;
        requireThat('WS-9', closed !== 'ok' || run.client[index]?.closed === 'ok', () => {
          return `exchange ${index}: the server was told ok, the client ${run.client[index]?.closed}`;
        });
      }
    },
  );
}

/** Whoever was told of success has all of it, and what came is what was sent. @throws PropertyFailure WS-9, OWN-4 */
export function requireHandled(
  script: ConnectionScript,
  { server, client }: BothEnds,
  reached: Reached,
): void {
  for (const { closed } of [...server, ...client]) {
    reached.mark(closed === 'ok' ? 'memory sufficed' : 'memory ran out');
  }
  for (const record of client) requireWhole(record, script.exchanges[record.index], 'response');
  for (const record of server) requireWhole(record, script.exchanges[record.index], 'request');
}

interface BothEnds {
  readonly server: readonly ExchangeRecord[];
  readonly client: readonly ExchangeRecord[];
}

/** What came of a body is what was sent; of one that ended well nothing is missing. */
function requireWhole(
  record: ExchangeRecord,
  script: ExchangeScript | undefined,
  side: 'request' | 'response',
): void {
  if (script === undefined) return;
  const answered = record.head.some((head) => head.startsWith(String(script.status)));
  // An error answer of the peer's has no content of the script's.
  if (side === 'response' && !answered) return;
  const body = side === 'request' ? script.request : script.method === 'HEAD' ? undefined : script.response;
  let due = '';
  if (body !== undefined) for (const octet of contentOf(body)) due += String.fromCharCode(octet);
  requireThat('OWN-4', due.startsWith(record.body), () => {
    return `exchange ${record.index}: what came of a ${side} is not what was sent`;
  });
  if (record.ended === undefined) return;
  requireThat('WS-9', record.body.length === due.length, () => {
    return `exchange ${record.index}: ${record.body.length} of ${due.length} bytes of a ${side} passed for all`;
  });
}
