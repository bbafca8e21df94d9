/**
 * Runs a connection script over a stack, both ends, to the end of everything, and sees that what must hold after any
 * connection holds after this one. This file does not know what a property wants of it besides.
 */
import { ClientPlayer } from './client-player.js';
import type { ExchangeRecord } from './exchange-record.js';
import type { ConnectionScript } from './exchange-script.js';
import { broken } from './rule-broken.js';
import { ServerPlayer } from './server-player.js';
import { type Later, type PairOptions, SessionPair } from './session-pair.js';
import type { StackUnderTest } from './stack-under-test.js';

/**
 * What came of a run: the two ends as they are left, what each application saw, and all octets that went either way.
 */
export interface ConnectionRun {
  readonly pair: SessionPair;
  readonly server: readonly ExchangeRecord[];
  readonly client: readonly ExchangeRecord[];
  /** What the server and the client wrote, to the last byte. */
  readonly fromServer: Uint8Array;
  readonly fromClient: Uint8Array;
}

/** @throws RuleViolation, MisuseError or whatever escaped, when something did not hold */
export function runConnection(
  stack: StackUnderTest,
  script: ConnectionScript,
  options: PairOptions = {},
): ConnectionRun {
  const later: Later = { tasks: [] };
  const server = new ServerPlayer(script, later);
  const client = new ClientPlayer(script, later);
  const pair = new SessionPair(
    stack.server,
    stack.client,
    server.listener,
    (it) => client.ready(it),
    later,
    options,
  );
  try {
    pair.run(() => client.over);
  } finally {
    for (const end of [pair.server, pair.client]) end.assertNoViolation();
  }
  requireGenuine(stack, script, server.records, client.records);
  assertEnd(pair, [...server.records, ...client.records]);
  server.keepsakes.settle();
  client.keepsakes.settle();
  for (const end of [pair.server, pair.client]) {
    end.assertQuiescent();
    if (end.pool.heldBytes > 0) throw broken('OWN-7', `${end.pool.heldBytes} bytes are held`);
  }
  return {
    pair,
    server: server.records,
    client: client.records,
    fromServer: pair.server.sent,
    fromClient: pair.client.sent,
  };
}

/** Universal: nothing escaped, everybody was told once, and nothing is held but what was retained by name. */
function assertEnd(pair: SessionPair, records: readonly ExchangeRecord[]): void {
  const [thrown] = pair.thrown;
  if (thrown !== undefined) throw thrown;
  for (const { closed, lent, returned, index, bug } of records) {
    if (bug !== undefined) throw bug;
    if (closed === undefined) throw broken('OWN-7', `exchange ${index} was never closed`);
    if (lent !== returned) throw broken('OWN-4', `exchange ${index}: ${lent} lent, ${returned} came back`);
  }
  for (const end of [pair.server, pair.client]) end.assertQuiescent();
}

/**
 * CON-1, WIRE-2: what an application is given as a message was sent as one. Whatever is left out, each request is the
 * next one that was made, and each final answer is the script's or an error's.
 */
export function requireGenuine(
  stack: StackUnderTest,
  script: ConnectionScript,
  server: readonly ExchangeRecord[],
  client: readonly ExchangeRecord[],
): void {
  const { interleaves } = stack.capabilities;
  let before = -1;
  for (const [i, { head, index }] of server.entries()) {
    // Where exchanges run side by side one may be left out.
    const at = interleaves && index > before ? index : i;
    before = index;
    const due = `${script.exchanges[at]?.method} /${at} `;
    if (!head[0]?.startsWith(due)) throw broken('CON-1', `${head[0]} came where ${due} is due`);
  }
  for (const { head, index } of client) {
    for (const text of head) {
      const status = Number(text.slice(0, 3));
      const exchange = script.exchanges[index];
      const said = status === exchange?.status || exchange?.informs.includes(status) || status === 100;
      const fault = status >= 400 && (interleaves || text.includes('Connection: close'));
      if (!said && !fault) throw broken('CON-1', `exchange ${index} was answered with ${text}`);
    }
  }
}
