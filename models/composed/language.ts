/**
 * The language in which a composition is stated: which machines run side by side, who makes which event happen and when,
 * and what has to follow at once. It is data; the tables themselves are those that run. Sentences are short strings:
 *
 *     condition   connection in running|finishing        exchange not in absent
 *                 some body in held        no exchange in open        every output in none
 *                 first exchange in open   second exchange in absent   (of exchanges that stand in line)
 *                 first exchange takes upgrade       there is a row for it
 *     due         session transport-gone                 it must follow, and must be possible
 *                 exchange reset?                        it must follow if it is possible
 *                 each body release?                     the same, for every one of them
 *                 each body release? from held       where it is in that state
 *                 new exchange begin                     the next free place; `begin` and `leave` are of every part that
 *                                                        is not there from the start
 *                 new body take                          the same, of any event
 *
 * A part that there is one of for each exchange is, in a rule about another such part, the one of the same exchange.
 *
 * This file does not know what the sentences mean to the layers.
 */
import type { AnyTable } from '../../src/machine/index.js';

/** What the composition needs of a table; a copy with a row left out will do, which no layer could be given. */
export type PartTable = Pick<AnyTable, 'name' | 'states' | 'events' | 'rows' | 'initial'>;

export interface Part {
  readonly name: string;
  readonly table: PartTable;
  /** There is one of it for each exchange. */
  readonly each?: 'exchange';
  /** So many of them, for each exchange or at all; 1 by default. */
  readonly copies?: 'leases' | 'outputs' | 'queues';
  /** It is not there from the start. */
  readonly comes?: true;
  /** Exchanges leave in the order in which they began, and what is of each moves up with them. */
  readonly queues?: true;
  /**
   * For leases: the parts whose rows name acts on them. An act happens only while the last row of one of them allows it.
   * Of leases of the application no row says anything.
   */
  readonly owner?: readonly string[];
  /** For leases: the unit by which rows name it; its own name by default. */
  readonly unit?: string;
  /** No machine stands for it: what it says is of the world, and no record of a run shows its rows. */
  readonly unseen?: true;
  /** For leases: an optional release of a row happens with the row if it can; otherwise at any time while the row lasts. */
  readonly settles?: 'with-row';
}

/**
 * Who makes an event happen. `due`: it only ever follows from something. `turn`: a part of any turn. `itself`: the layer
 * goes on when it can. `pipe`: the transport keeps a promise. `clock`: a deadline passes. These come without anybody's
 * help. `fault`: the pipe breaks. A `turn` and the `application`, which is called back in turns, may come while something
 * is due; all others wait.
 */
export type Agent =
  | 'due'
  | 'turn'
  | 'itself'
  | 'pipe'
  | 'clock'
  | 'peer'
  | 'application'
  | 'endpoint'
  | 'fault'
  | 'nobody';

export interface Rule {
  /** Part and event: `session refuse`. */
  readonly on: string;
  /** `nobody`: the event is not part of this composition; `why` says why. */
  readonly by: Agent;
  /** Only when nothing is due. */
  readonly alone?: true;
  /**
   * All of these hold before. Between turns this says enough: where they hold the event comes, wanted or not, so there has
   * to be a row that takes it, and of an act one of its owner's that names it.
   */
  readonly when?: readonly string[];
  /** It is asked for rather than comes: where there is no row, it is refused and nothing happens. */
  readonly tries?: true;
  /** Which rule it breaks when there is no row; LAY-3 by default, of an act OWN-2. */
  readonly cites?: string;
  /** Holds after it. Each is due, or one of each array is. */
  readonly due?: readonly (string | readonly string[])[];
  readonly why?: string;
}

/** What must hold in every state in which all of `when` does: one of `holds`. */
export interface Invariant {
  readonly rule: string;
  /** Only between turns, when nothing is due. */
  readonly atRest?: true;
  readonly when: readonly string[];
  readonly holds: readonly string[];
}

export interface Composition {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly rules: readonly Rule[];
  readonly invariants: readonly Invariant[];
  /** It is over when all of these hold and nothing is due. */
  readonly over: readonly string[];
  /** While one of these holds somebody outside may take his time for ever. */
  readonly waits: readonly string[];
  /** Units that rows name and the composition has no part for. */
  readonly leavesOut: readonly string[];
  /** By part and guard, `proxy trusted`: the condition under which the guard holds. */
  readonly guards?: { readonly [guard: string]: string };
  /** Rows of events that somebody makes happen, and that are never taken all the same. All others are. */
  readonly neverTaken?: readonly NeverTaken[];
}

export interface NeverTaken {
  /** `stream: idle --send-headers--> open` */
  readonly rows: readonly string[];
  readonly why: string;
}

export interface Bounds {
  readonly exchanges: number;
  /** Leases of one body at a time; segments of output at a time. */
  readonly leases: number;
  readonly outputs: number;
  /** 1 where what waits at a stream is looked at, 0 where it is not. */
  readonly queues: number;
}

export type Quantifier = 'some' | 'no' | 'every' | 'first' | 'second' | 'each' | 'new' | undefined;

export interface ConditionText {
  readonly quantifier: Quantifier;
  readonly part: string;
  readonly negated: boolean;
  readonly states: readonly string[];
  /** In place of states: an event that it has to have a row for. */
  readonly takes: string | undefined;
}

export interface DueText {
  readonly quantifier: Quantifier;
  readonly part: string;
  readonly event: string;
  readonly optional: boolean;
  /** The only state in which it is due. */
  readonly from: string | undefined;
}

/** Every part that comes later knows these two events, which no table has. */
export const begin = 'begin';
export const leave = 'leave';
/** The state of such a part while it is not there. */
export const absent = 'absent';
/**
 * What arrives is there with the step that makes it arrive: a lease from another owner, whose act it is, so that no row of the
 * new one names it; or the end of a message.
 */
export const arrive = 'arrive';

/** By which name rows speak of the part's leases. */
export function unitOf({ unit, name }: Part): string {
  return unit ?? name;
}

const conditionForm = /^(?:(some|no|every|first|second) )?([a-z0-9-]+) (not )?in ([\w-]+(?:\|[\w-]+)*)$/;
const takesForm = /^(?:(some|first|second) )?([a-z0-9-]+) takes ([\w-]+)$/;
const dueForm = /^(?:(first|each|new) )?([a-z0-9-]+) ([\w-]+)(\?)?(?: from ([\w-]+))?$/;

/** @throws SyntaxError when the sentence is none */
export function parseCondition(text: string): ConditionText {
  const taking = takesForm.exec(text);
  if (taking !== null) {
    const [, quantifier, part = '', takes] = taking;
    return { quantifier: quantifier as Quantifier, part, negated: false, states: [], takes };
  }
  const match = conditionForm.exec(text);
  if (match === null) throw new SyntaxError(`"${text}" is no condition`);
  const [, quantifier, part = '', not, states = ''] = match;
  return {
    quantifier: quantifier as Quantifier,
    part,
    negated: not !== undefined,
    states: states.split('|'),
    takes: undefined,
  };
}

/** @throws SyntaxError when the sentence is none */
export function parseDue(text: string): DueText {
  const match = dueForm.exec(text);
  if (match === null) throw new SyntaxError(`"${text}" says nothing that could be due`);
  const [, quantifier, part = '', event = '', optional, from] = match;
  return { quantifier: quantifier as Quantifier, part, event, optional: optional !== undefined, from };
}
