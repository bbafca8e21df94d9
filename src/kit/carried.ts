/**
 * A connection script over a real transport: both ends driven by the endpoint's own driver, on the transport's own
 * clock. What the session pair does by hand happens here by itself; so there is less to choose, and more that takes part.
 * This file does not know which transport carries the bytes, nor what is spoken.
 */
import { Connection } from '../endpoint/connection.js';
import type { ConnectionKeeper } from '../endpoint/connection-settings.js';
import { connectionSettings } from '../endpoint/endpoint-options.js';
import type { Application, Role, Steps } from '../endpoint/step.js';
import { ActAudit } from '../machine/index.js';
import { CheckedLedger, SlabPool } from '../memory/index.js';
import type { Platform, Transport } from '../transport/contract.js';
import { ClientPlayer } from './client-player.js';
import type { PipePair } from './conformance/pipe.js';
import type { ExchangeRecord } from './exchange-record.js';
import type { ConnectionScript } from './exchange-script.js';
import { PropertyFailure, requireThat } from './properties/require.js';
import { requireGenuine } from './run-connection.js';
import { ServerPlayer } from './server-player.js';
import type { Later } from './session-pair.js';
import type { StackUnderTest } from './stack-under-test.js';

/** A pipe whose left end is the client's, with the clock that it runs on. */
export interface CarriedPair extends PipePair {
  readonly platform: Platform;
}

/** Tears one end down when the pair was run so many times. */
export interface CarriedFault {
  readonly of: Role;
  readonly at: number;
}

export interface CarriedRun {
  readonly server: readonly ExchangeRecord[];
  readonly client: readonly ExchangeRecord[];
  /** How many times the pair was run. */
  readonly turns: number;
  readonly faulted: boolean;
}

/** Turns of a pair that is not live in which nothing more happens: it hangs. */
const mostIdleTurns = 1000;

class End implements ConnectionKeeper<Connection> {
  readonly ledger: CheckedLedger;
  readonly pool: SlabPool;
  readonly thrown: unknown[] = [];
  readonly connection: Connection;
  isClosed = false;
  private readonly audit: ActAudit;

  constructor(
    transport: Transport,
    platform: Platform,
    stack: StackUnderTest,
    steps: Steps,
    application: Application,
  ) {
    const ledger: CheckedLedger = new CheckedLedger({ onAct: (record) => audit.act(record) });
    const audit = new ActAudit(ledger, stack.observer ?? null);
    this.ledger = ledger;
    this.audit = audit;
    this.pool = new SlabPool({ slabBytes: stack.capabilities.roomyBytes, ledger });
    const { pool } = this;
    const settings = connectionSettings(platform, steps, application.role, { pool, observer: audit });
    this.connection = new Connection(transport, settings, application, this, 1);
  }

  tunnelled(): void {}

  closed(): void {
    this.isClosed = true;
  }

  threw(error: unknown): void {
    this.thrown.push(error);
  }

  /** @throws what escaped, RuleViolation, PropertyFailure OWN-7 */
  finish(): void {
    const [thrown] = this.thrown;
    if (thrown !== undefined) throw thrown;
    this.audit.settled();
    this.ledger.assertQuiescent();
    const [violation] = this.ledger.violations;
    if (violation !== undefined) throw violation;
    requireThat('OWN-7', this.pool.heldBytes === 0, () => `${this.pool.heldBytes} bytes are held`);
  }
}

/** Plays the script over the pair, to the end of both connections, and disposes of it. @throws what did not hold */
export async function carryConnection(
  stack: StackUnderTest,
  script: ConnectionScript,
  pair: CarriedPair,
  fault?: CarriedFault,
): Promise<CarriedRun> {
  try {
    return await carry(stack, script, pair, fault);
  } finally {
    await pair.dispose?.();
  }
}

async function carry(
  stack: StackUnderTest,
  script: ConnectionScript,
  pair: CarriedPair,
  fault: CarriedFault | undefined,
): Promise<CarriedRun> {
  const later: Later = { tasks: [] };
  const players = { server: new ServerPlayer(script, later), client: new ClientPlayer(script, later) };
  const client = new End(pair.left, pair.platform, stack, stack.client, {
    role: 'client',
    ready: (session) => players.client.ready(session),
  });
  client.connection.start();
  let server: End | undefined;
  void Promise.resolve(pair.right).then((transport) => {
    server = new End(transport, pair.platform, stack, stack.server, {
      role: 'server',
      exchange: players.server.listener,
      httpDate: undefined,
    });
    server.connection.start();
  });
  let turns = 0;
  let faulted = false;
  let idle = 0;
  let isClosing = false;
  while (!client.isClosed || server?.isClosed !== true) {
    await pair.run();
    turns += 1;
    // Before there are two ends there is nothing to break between them.
    if (fault !== undefined && !faulted && turns >= fault.at && server !== undefined) {
      faulted = true;
      (fault.of === 'client' ? client : server).connection.abort();
    }
    const task = later.tasks.shift();
    task?.();
    if (task === undefined && !isClosing && players.client.over) {
      isClosing = true;
      client.connection.shutdown();
      continue;
    }
    idle = task === undefined ? idle + 1 : 0;
    if (pair.live !== true && idle > mostIdleTurns) {
      throw new PropertyFailure('LAY-4', 'nothing more happens, and the connection is not over');
    }
  }
  for (let task = later.tasks.shift(); task !== undefined; task = later.tasks.shift()) task();
  const records = { server: players.server.records, client: players.client.records };
  for (const { closed, lent, returned, index, bug } of [...records.server, ...records.client]) {
    if (bug !== undefined) throw bug;
    requireThat('OWN-7', closed !== undefined, () => `exchange ${index} was never closed`);
    requireThat('OWN-4', lent === returned, () => `exchange ${index}: ${lent} lent, ${returned} came back`);
  }
  requireGenuine(stack, script, records.server, records.client);
  players.server.keepsakes.settle();
  players.client.keepsakes.settle();
  client.finish();
  server.finish();
  return { ...records, turns, faulted };
}
