/**
 * What a scenario is: named stacks, and one workload that all of them carry. A scenario is plain data in a file of
 * its user's; everything in it that is left open is chosen by the seed. This file does not know how a scenario is run,
 * and imports nothing of the platform.
 */
import type { Steps } from '../endpoint/step.js';
import type { MachineObserver } from '../machine/index.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { FieldList } from '../stream/contract.js';
import type { Clock } from '../transport/clock.js';
import type { Connectable, Listenable } from '../transport/contract.js';
import type { Address } from '../transport/facts.js';

export interface Scenario {
  /** Shown in reports. */
  readonly name: string;
  /** How many exchanges are drawn from the workload by weight; default 500. Those with `times` come on top. */
  readonly exchanges?: number;
  /** Most exchanges, or runs of pipelined ones, at a time; default 8. */
  readonly concurrency?: number;
  readonly stacks: readonly ScenarioStack[];
  readonly workload: readonly ExchangeKind[];
}

/** One composition of layers, both ends of it. */
export interface ScenarioStack {
  /** Unique in the scenario; `--stack` picks by it. */
  readonly name: string;
  /** Shown in reports: what carries the bytes, and what is spoken: `tcp`, `proxy-v2+h1`. */
  readonly transport: string;
  readonly session: string;
  /** `virtual` runs the stack on a clock that moves by itself: for transports in memory. Default `real`. */
  readonly time?: 'real' | 'virtual';
  /** Makes both ends, for one run. */
  compose(lab: Laboratory): Composition | Promise<Composition>;
}

/** What a stack's composition can ask for. */
export interface Laboratory {
  /** The clock of this run: for transports in memory. */
  readonly clock: Clock;
  /** For transports, so that a trace shows their steps too; null when none is written. */
  readonly observer: MachineObserver | null;
  /** A path for a Unix socket that nobody else uses; it goes away with the run. */
  readonly socketPath: () => string;
  /** A certificate for `localhost` and 127.0.0.1 that signs itself, and its key, as PEM. Made once a run. */
  readonly certificate: () => Promise<{ readonly key: string; readonly cert: string }>;
}

/** Both ends of a stack. */
export interface Composition {
  readonly listen: Listenable;
  readonly server: Steps;
  /** How to reach the server once it listens. By TCP or a Unix socket, whichever its address is, if absent. */
  readonly connect?: (address: Address) => Connectable;
  readonly client: Steps;
  /** Says what is wrong with what the server knows of a connection (a PROXY address, ALPN); undefined if nothing is. */
  readonly facts?: (facts: ConnectionFacts) => string | undefined;
}

/** Bytes: so many, or drawn from a least to a most, each order of magnitude as likely. */
export type Size = number | readonly [least: number, most: number];

/** A message's content; each byte of it is checked where it arrives. */
export interface MessageKind {
  /** Default 0. */
  readonly body?: Size;
  /** How the end of the content is told: `length` (the default) beforehand, `chunked` as it comes. */
  readonly coding?: 'length' | 'chunked';
  /** How many trailer fields follow; `chunked` only. */
  readonly trailers?: number;
  /** Fields besides those that the session and the laboratory send. */
  readonly fields?: FieldList;
}

/** One kind of exchange. What it says is what is sent, and what is expected to arrive. */
export interface ExchangeKind {
  readonly name: string;
  /** Share of the exchanges that are drawn; default 1, and 0 for a kind with `times`. */
  readonly weight?: number;
  /** Exactly so many, spread over the run. */
  readonly times?: number;
  /** Default GET, or PUT where the request has a body. */
  readonly method?: string;
  readonly request?: MessageKind;
  /** `status` is 200 by default. */
  readonly response?: MessageKind & { readonly status?: number };
  /** So many requests go out on one connection before the first is answered. */
  readonly pipelined?: number | readonly [least: number, most: number];
  /** `early`: the server answers before it reads the request's content, and reads none of it. */
  readonly answer?: 'after-request' | 'early';
  /** The client asks before it sends its content (Expect: 100-continue). */
  readonly expectContinue?: boolean;
  /** The client stops reading for `milliseconds` after every so many bytes. */
  readonly slowReader?: { readonly bytes: number; readonly milliseconds: number };
  /** Who breaks the exchange off in the middle of the response. Then the failure is what is expected. */
  readonly reset?: 'client' | 'server';
}

/** Helps an editor to check a scenario as it is written. It is checked again, value by value, when it is run. */
export function defineScenario(scenario: Scenario): Scenario {
  return scenario;
}

/** A scenario says what cannot be run. `where` is the path of the value: `workload[2].request.body`. */
export class ScenarioError extends Error {
  readonly where: string;

  constructor(where: string, message: string) {
    super(`${where}: ${message}`);
    this.name = 'ScenarioError';
    this.where = where;
  }
}
