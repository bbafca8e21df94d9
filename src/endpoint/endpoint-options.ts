/**
 * The options that servers and clients share: memory, deadlines and observers, each limit with its name, its default
 * and what happens at it; and how they become the settings of a connection. This file does not know which role is
 * played.
 *
 * The bound of OWN-8, term by term, for an endpoint with `n` connections (`n ≤ maxConnections + maxTunnels`):
 *
 *     held by one connection  ≤  receiveBytes                    slabs of the receive buffer, leases on them included
 *                              + sendBytes                       slabs in which output is built, in flight included
 *     held by the endpoint    ≤  min(n · (receiveBytes + sendBytes), memoryBytes)
 *
 * A slab counts whole while any byte of it is pinned. A handoff needs no term of its own: what is unused stays in the
 * slab that receiving already counts. Bytes that the application lends (`send` of a long range) are the application's
 * and are bounded by the session's output limit; what a transport keeps below (a TLS engine, the kernel) is its own.
 */
import { type MachineObserver, observerRule } from '../machine/machine.js';
import { type Ledger, SlabPool } from '../memory/index.js';
import {
  callback,
  having,
  limit,
  limitRule,
  type OptionKind,
  type OptionRules,
  optionalRule,
  readOptions,
  requireOption,
  rulesOf,
  timeRule,
} from '../options.js';
import { type Deadlines, defaultDeadlines } from '../session/deadlines.js';
import type { Clock } from '../transport/clock.js';
import type { Platform } from '../transport/contract.js';
import type { ConnectionSettings } from './connection-settings.js';
import { requireRole } from './stack.js';
import { type Role, receiveBytesOf, type Steps, stepsOf } from './step.js';

export interface EndpointOptions {
  /** Bytes of a slab, and so the most that a head may have, within `maxHeadBytes`; default 16384. A longer head is answered with 431. */
  readonly slabBytes?: number;
  /** Most bytes of slabs that all connections together hold; default 64 MiB. At it reading waits, and answers are 503. */
  readonly memoryBytes?: number;
  /** A pool to use instead of one of the endpoint's own; the two options above and `ledger` are the pool's then. */
  readonly pool?: SlabPool;
  /**
   * Most bytes of slabs that one connection's receiving holds; default 4 slabs, and 3 at least: one that leases pin,
   * one that is full of body bytes, one to go on in. At it nothing more is read until leases come back. Of H2 the default
   * is what its windows may bring, three times the connection's and 8 slabs: there, not to read holds every stream up.
   */
  readonly receiveBytes?: number;
  /**
   * Most bytes of slabs that one connection's output holds; default 262144, and 16 slabs at least. At it the exchange
   * is broken off (WS-9), so it lies well above the mark at which a session calls a response not writable.
   */
  readonly sendBytes?: number;
  /**
   * Bytes that are read and thrown away behind the last answer, to within a slab; default 16 MiB: to throw away costs
   * little, and the linger deadline bounds it in time. Then nothing more is read, and the connection is let go of when
   * that deadline passes: a reset at once would cost the peer the answer (RFC 9112 §9.6).
   */
  readonly lingerBytes?: number;
  /** The ones to change; see `Deadlines` for each one's answer. */
  readonly deadlines?: Partial<Deadlines>;
  /** Sees every row that a machine of a connection takes. */
  readonly observer?: MachineObserver | null;
  /** Watches every act of memory; off by default. */
  readonly ledger?: Ledger | null;
  /**
   * Numbers connections; 1, 2, … for each endpoint by default. Endpoints that share a ledger or a trace share one, so
   * that no two owners look the same.
   */
  readonly nextId?: () => number;
}

/** 1, 2, … */
export function counting(): () => number {
  let count = 0;
  return () => {
    count += 1;
    return count;
  };
}

const leastReceiveSlabs = 3;
const leastDefaultSendBytes = 262_144;
const poolKind: OptionKind<SlabPool> = {
  what: 'a SlabPool',
  fits: (value): value is SlabPool => value instanceof SlabPool,
};

/** Those whose default is what it is whatever the others say; the pool's own are the pool's to judge. */
const rules: OptionRules<{
  readonly pool: SlabPool | undefined;
  readonly lingerBytes: number;
  readonly observer: MachineObserver | null;
  readonly nextId: (() => number) | undefined;
}> = {
  pool: optionalRule(poolKind, 'OWN-8'),
  lingerBytes: limitRule(16 * 1_048_576, 'RFC 9112 §9.6'),
  observer: observerRule,
  nextId: optionalRule(callback(), 'OWN-1'),
};
const platformKind: OptionKind<Platform> = {
  what: 'what a transport brings with it: a clock, and text routines',
  fits: (value): value is Platform => {
    const { clock, text } = (value ?? {}) as Partial<Platform>;
    return having<Clock>('', 'now', 'at', 'defer').fits(clock) && typeof text === 'object';
  },
};
const deadlineRules = rulesOf(defaultDeadlines, timeRule);

/** @throws MisuseError for a limit or another option that cannot work, LAY-1 for a stack that is not for this role */
export function connectionSettings(
  platform: Platform,
  stack: Steps,
  role: Role,
  options: EndpointOptions,
): ConnectionSettings {
  requireOption('platform', platform, platformKind, 'option-value', 'LAY-1');
  const steps = stepsOf(stack, 'stack');
  requireRole(steps, role);
  const { pool: given, lingerBytes, observer } = readOptions(rules, options);
  const pool = given ?? poolOf(options);
  const { slabBytes } = pool;
  return {
    clock: platform.clock,
    text: platform.text,
    pool,
    receiveBytes: bytesOf(
      'receiveBytes',
      options.receiveBytes,
      leastReceiveSlabs * slabBytes,
      Math.max(4 * slabBytes, receiveBytesOf(steps, slabBytes)),
    ),
    sendBytes: bytesOf(
      'sendBytes',
      options.sendBytes,
      slabBytes,
      Math.max(leastDefaultSendBytes, 16 * slabBytes),
    ),
    lingerBytes,
    deadlines: readOptions(deadlineRules, options.deadlines, 'deadlines.'),
    observer,
    steps,
  };
}

function poolOf({ slabBytes, memoryBytes, ledger }: EndpointOptions): SlabPool {
  if (memoryBytes !== undefined) requireOption('memoryBytes', memoryBytes, limit(1), 'limit-value', 'OWN-8');
  return new SlabPool({
    ...(slabBytes === undefined ? {} : { slabBytes }),
    ...(memoryBytes === undefined ? {} : { limitBytes: memoryBytes }),
    ...(ledger === undefined ? {} : { ledger }),
  });
}

/** A limit whose least, and whose default, go by the slab. */
function bytesOf(name: string, given: number | undefined, least: number, fallback: number): number {
  if (given === undefined) return fallback;
  requireOption(name, given, limit(least), 'limit-value', 'OWN-8');
  return given;
}
