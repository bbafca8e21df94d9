/**
 * A connection script over a real transport: both ends driven by the endpoint's own driver, on the transport's own
 * clock. What the session pair does by hand happens here by itself; so there is less to choose, and more that takes part.
 * This file does not know which transport carries the bytes, nor what is spoken.
 */
import type { Application, Role } from '../endpoint/step.js';
import { type CarriedEndOptions, CarriedEnds, type CarriedPair } from './carried-ends.js';
import { ClientPlayer } from './client-player.js';
import type { ExchangeRecord } from './exchange-record.js';
import type { ConnectionScript } from './exchange-script.js';
import { requireThat } from './properties/require.js';
import { requireGenuine } from './run-connection.js';
import { ServerPlayer } from './server-player.js';
import type { Later } from './session-pair.js';
import type { StackUnderTest } from './stack-under-test.js';

/** Tears one end down when the pair was run so many times. */
export interface CarriedFault {
  readonly of: Role;
  readonly at: number;
}

/** What the ends have, and what happens to one of them. */
export interface CarriedOptions {
  readonly server?: CarriedEndOptions;
  readonly client?: CarriedEndOptions;
  readonly fault?: CarriedFault;
}

export interface CarriedRun {
  readonly server: readonly ExchangeRecord[];
  readonly client: readonly ExchangeRecord[];
  /** How many times the pair was run. */
  readonly turns: number;
  readonly faulted: boolean;
}

/** Plays the script over the pair, to the end of both connections, and disposes of it. @throws what did not hold */
export async function carryConnection(
  stack: StackUnderTest,
  script: ConnectionScript,
  pair: CarriedPair,
  options: CarriedOptions = {},
): Promise<CarriedRun> {
  try {
    return await carry(stack, script, pair, options);
  } finally {
    await pair.dispose?.();
  }
}

async function carry(
  stack: StackUnderTest,
  script: ConnectionScript,
  pair: CarriedPair,
  options: CarriedOptions,
): Promise<CarriedRun> {
  const { fault } = options;
  const later: Later = { tasks: [] };
  const players = { server: new ServerPlayer(script, later), client: new ClientPlayer(script, later) };
  const applications: Readonly<Record<Role, Application>> = {
    client: { role: 'client', ready: (session) => players.client.ready(session) },
    server: { role: 'server', exchange: players.server.listener, httpDate: undefined },
  };
  const ends = new CarriedEnds(stack, pair, applications, options);
  const { client } = ends;
  let faulted = false;
  let isClosing = false;
  const task = (): (() => void) | undefined => {
    // Before there are two ends there is nothing to break between them.
    if (fault !== undefined && !faulted && ends.turns >= fault.at && ends.server !== undefined) {
      faulted = true;
      (fault.of === 'client' ? client : ends.server).connection.abort();
    }
    const due = later.tasks.shift();
    if (due !== undefined || isClosing || !players.client.over) return due;
    isClosing = true;
    return () => client.connection.shutdown();
  };
  while (!ends.over) await ends.turn(task);
  for (let due = later.tasks.shift(); due !== undefined; due = later.tasks.shift()) due();
  const records = { server: players.server.records, client: players.client.records };
  for (const { closed, lent, returned, index, bug } of [...records.server, ...records.client]) {
    if (bug !== undefined) throw bug;
    requireThat('OWN-7', closed !== undefined, () => `exchange ${index} was never closed`);
    requireThat('OWN-4', lent === returned, () => `exchange ${index}: ${lent} lent, ${returned} came back`);
  }
  requireGenuine(stack, script, records.server, records.client);
  players.server.keepsakes.settle();
  players.client.keepsakes.settle();
  ends.finish();
  return { ...records, turns: ends.turns, faulted };
}
