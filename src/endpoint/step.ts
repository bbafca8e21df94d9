/**
 * The steps of which a connection's stack is made: sessions that hand over to one another, transports that stand on
 * transports, and choices that pick what follows. A step is plain data with one function, so that whoever writes
 * one, in this package or outside, needs nothing but its shape. This file does not know any of them.
 */

import { type OptionKind, requireOption } from '../options.js';
import type { Session, SessionContext } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { ClientSession, ServerExchange, ServerListener } from '../stream/contract.js';
import type { Transport } from '../transport/contract.js';

/** Which end of the connection we are. */
export type Role = 'server' | 'client';

/** What stands above the last session. */
export type Application =
  | {
      readonly role: 'server';
      /** Takes each exchange. Never throws. */
      readonly exchange: ServerListener;
      /** The value of the Date field now; undefined where the platform has no calendar. */
      readonly httpDate: (() => string) | undefined;
      /** Told of what application code threw in a callback when it was too late to break its exchange off. */
      readonly report?: (error: unknown, exchange: ServerExchange) => void;
    }
  | {
      readonly role: 'client';
      /** Told once, by the session that carries requests, before it is started. Must not call it at once (OWN-9). */
      readonly ready: (session: ClientSession) => void;
      /** The same as the server's. */
      readonly report?: (error: unknown) => void;
    };

/** One session of the chain. */
export interface SessionStep {
  readonly kind: 'session';
  readonly name: string;
  /** The only role in which it can be used; either, if absent. */
  readonly role?: Role;
  /** What its receiving may hold of slabs of this size while it still reads: the default of `receiveBytes` is no less. */
  readonly receiveBytes?: (slabBytes: number) => number;
  /** Client: whether a connection carries one request at a time, or many. Absent where it carries none, or may do either. */
  readonly requests?: 'one' | 'many';
  /** Makes the session of one connection. The driver starts it. */
  start(context: SessionContext, application: Application): Session;
}

/** A transport that stands on the one before: TLS. */
export interface TransportStep {
  readonly kind: 'transport';
  readonly name: string;
  readonly role?: Role;
  /** `lower` is idle, and the new transport opens it. What was received before and not used comes out of it first. */
  wrap(lower: Transport): Transport;
}

/**
 * Picks what follows by what is known when it is reached: by ALPN, by an address, or by what the session before
 * handed off to (a session that looks at the first bytes hands off to what it saw, with every byte unused).
 */
export interface ChoiceStep {
  readonly kind: 'choice';
  readonly name: string;
  readonly role?: Role;
  /** What it chooses among, where that is known: limits have to suffice for each. */
  readonly among?: readonly Steps[];
  /** `to` is the last handoff's; undefined when there was none. The steps stand before what follows the choice. */
  choose(facts: ConnectionFacts, to: string | undefined): Steps;
}

export type Step = SessionStep | TransportStep | ChoiceStep;

/** Anything that lists steps: a stack, a step alone, an array. */
export type Steps = Step | { readonly steps: readonly Step[] } | readonly Step[];

const stepsKind: OptionKind<Steps> = {
  what: 'a step, a stack, or an array of steps',
  fits: (value): value is Steps => {
    if (typeof value !== 'object' || value === null) return false;
    const listed: unknown = 'steps' in value ? value.steps : value;
    return Array.isArray(listed) ? listed.every(isStep) : isStep(listed);
  },
};

/** @throws MisuseError `not-a-step`; `name` is what they are called in it */
export function stepsOf(steps: Steps, name = 'what a stack is made of'): readonly Step[] {
  requireOption(name, steps, stepsKind, 'not-a-step', 'LAY-1');
  if ('steps' in steps) return steps.steps;
  return 'kind' in steps ? [steps] : steps;
}

function isStep(value: unknown): boolean {
  const { kind, start, wrap, choose } = (value ?? {}) as Partial<SessionStep & TransportStep & ChoiceStep>;
  const act =
    kind === 'session' ? start : kind === 'transport' ? wrap : kind === 'choice' ? choose : undefined;
  return typeof act === 'function';
}

/** The most that a session of these may hold of slabs of this size while it still reads. */
export function receiveBytesOf(steps: Steps, slabBytes: number): number {
  const needs = stepsOf(steps).flatMap((step) => {
    if (step.kind === 'session') return [step.receiveBytes?.(slabBytes) ?? 0];
    return step.kind === 'choice' ? (step.among ?? []).map((it) => receiveBytesOf(it, slabBytes)) : [];
  });
  return Math.max(0, ...needs);
}

/** Whether requests share a connection of these; undefined where only the connection will tell. */
export function sharesConnections(steps: Steps): boolean | undefined {
  for (const step of stepsOf(steps)) {
    if (step.kind === 'session' && step.requests !== undefined) return step.requests === 'many';
    if (step.kind !== 'choice') continue;
    const [first, ...others] = (step.among ?? []).map(sharesConnections);
    return others.every((it) => it === first) ? first : undefined;
  }
  return undefined;
}
