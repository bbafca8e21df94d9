/**
 * A layer's behaviour as a transition table: states, events, guards and rows, checked when it is defined and
 * indexed densely, so that a step is one array read. The rows are the one source: dispatcher, charts,
 * coverage and models read them here. This file does not know who steps through a table, or when.
 */
import { MisuseError } from '../errors.js';
import { type Row, rowName } from './row.js';

/** A condition on the context that a step is given. Pure: it changes nothing (LAY-2). */
export type Guard<C> = (context: C) => boolean;

/** What `defineTable` is given. */
export interface TableDefinition<C, S extends string, E extends string, G extends string> {
  /** Unique among the tables of a program; lower case and hyphens, it names the chart's file. */
  readonly name: string;
  /** One line for people; the name, if absent. */
  readonly title?: string;
  readonly states: readonly S[];
  readonly events: readonly E[];
  readonly initial: NoInfer<S>;
  readonly guards?: { readonly [K in G]: Guard<C> };
  /** Among rows of one (from, event) the first whose guard holds is taken. */
  readonly rows: readonly Row<NoInfer<S>, NoInfer<E>, NoInfer<G>>[];
}

/** No row: what a cell of the index, or a choice among guards, says when nothing may be taken. */
export const noRow = -1;

/**
 * A defined table. `C` is the context that guards read. Immutable, shared by all machines that run it; states
 * and events are small integers here, to be had by name from `state` and `event`.
 */
export class Table<C, S extends string = string, E extends string = string> {
  readonly name: string;
  readonly title: string;
  readonly states: readonly S[];
  readonly events: readonly E[];
  readonly rows: readonly Row<S, E>[];
  readonly guards: Readonly<Record<string, Guard<C>>>;
  /** Index of the state in which every machine starts. */
  readonly initial: number;
  /** Index of each state, by name. */
  readonly state: { readonly [K in S]: number };
  /** Index of each event, by name. */
  readonly event: { readonly [K in E]: number };
  /** The state that each row leads to. */
  readonly target: Int16Array;
  /** 1 for states that no row leaves. */
  readonly final: Uint8Array;
  /** Number of events: the cell of a state and an event is `state * width + event`. */
  readonly width: number;
  /**
   * By cell: `noRow`; or the state that the only, unguarded row leads to; or, for rows with guards, `-2 - g`
   * where `g` is an index into `groups`. The state stands here, not the row, to spare the common step a read.
   */
  readonly next: Int16Array;
  /** By cell: the only, unguarded row; `noRow` otherwise. */
  readonly rowAt: Int16Array;
  /** The guarded rows of one cell, in the order of the table. */
  private readonly groups: readonly GuardedRow<C>[][];

  constructor(definition: TableDefinition<C, S, E, string>) {
    checkNames(definition);
    const { states, events, rows } = definition;
    this.name = definition.name;
    this.title = definition.title ?? definition.name;
    this.states = Object.freeze([...states]);
    this.events = Object.freeze([...events]);
    this.rows = Object.freeze([...rows]);
    this.guards = Object.freeze({ ...definition.guards });
    this.state = numbered(states);
    this.event = numbered(events);
    this.initial = this.state[definition.initial];
    checkRows(this);
    this.width = events.length;
    this.target = new Int16Array(rows.length);
    this.final = new Uint8Array(states.length).fill(1);
    this.next = new Int16Array(states.length * events.length).fill(noRow);
    this.rowAt = new Int16Array(states.length * events.length).fill(noRow);
    const groups: GuardedRow<C>[][] = [];
    for (const [index, row] of rows.entries()) {
      const from = this.state[row.transition.fromState];
      const to = this.state[row.transition.toState];
      const cell = from * this.width + this.event[row.transition.event];
      const others = this.next[cell] as number;
      this.target[index] = to;
      this.final[from] = 0;
      if (others === noRow && row.guard === null) {
        this.next[cell] = to;
        this.rowAt[cell] = index;
        continue;
      }
      const guarded = { row: index, guard: row.guard === null ? null : (this.guards[row.guard] as Guard<C>) };
      if (others === noRow) {
        this.next[cell] = -2 - groups.length;
        groups.push([guarded]);
      } else {
        (groups[-2 - others] as GuardedRow<C>[]).push(guarded);
      }
    }
    this.groups = groups;
    checkReach(this);
  }

  /**
   * The guarded row to take, or `noRow`: the first whose guard holds. Pure. `code` is a negative value of
   * `next`.
   */
  choose(code: number, context: C): number {
    if (code === noRow) return noRow;
    const group = this.groups[-2 - code] as GuardedRow<C>[];
    for (let i = 0; i < group.length; i++) {
      const { row, guard } = group[i] as GuardedRow<C>;
      if (guard === null || guard(context)) return row;
    }
    return noRow;
  }
}

/** Any table, whatever its context: for charts, coverage and models, which evaluate no guard. */
export type AnyTable = Table<never>;

/**
 * Defines a table: `defineTable<Context>()({ name, states, events, initial, guards, rows })`, curried so that
 * the context is stated and the names are inferred. Without guards the context is left out:
 * `defineTable()({ … })`. Throws `bad-table` (LAY-3) for a state that cannot be reached, an event or guard that
 * no row uses, a name that is not declared, two rows of one (from, event, guard), and a row that hides later
 * ones because it is unguarded and not the last of its (from, event).
 */
export function defineTable<C = void>(): <
  const S extends string,
  const E extends string,
  G extends string = never,
>(
  definition: TableDefinition<C, S, E, G>,
) => Table<C, S, E> {
  return (definition) => new Table(definition);
}

interface GuardedRow<C> {
  readonly row: number;
  readonly guard: Guard<C> | null;
}

// They become property names of `state` and `event`, and must not end a line of a chart early.
const identifier = /^[a-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$/;
const tableName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
// Rows and cells are indexed by 16 bits.
const mostRows = 0x7ff0;

function refuse(table: string, why: string): never {
  throw new MisuseError('bad-table', 'LAY-3', `table ${table}: ${why}`);
}

function checkNames(definition: TableDefinition<never, string, string, string>): void {
  const { name, states, events, initial, guards } = definition;
  if (!tableName.test(name)) refuse(name, 'a name is lower case, words joined by hyphens');
  if (definition.rows.length > mostRows) refuse(name, `more than ${mostRows} rows`);
  for (const [kind, names] of [
    ['state', states],
    ['event', events],
    ['guard', Object.keys(guards ?? {})],
  ] as const) {
    for (const [index, word] of names.entries()) {
      if (!identifier.test(word))
        refuse(name, `${kind} "${word}" is not a word of letters, digits and hyphens`);
      if (names.indexOf(word) !== index) refuse(name, `${kind} ${word} is declared twice`);
    }
  }
  if (!states.includes(initial)) refuse(name, `the initial state ${initial} is not declared`);
}

/** Every name in a row is declared, every event and guard is used, and no row hides another. */
function checkRows({ name, states, events, guards, rows }: AnyTable): void {
  const seen = new Map<string, (string | null)[]>();
  for (const row of rows) {
    const { fromState, event, toState } = row.transition;
    for (const state of [fromState, toState]) {
      if (!states.includes(state)) refuse(name, `${rowName(row)}: state ${state} is not declared`);
    }
    if (!events.includes(event)) refuse(name, `${rowName(row)}: event ${event} is not declared`);
    if (row.guard !== null && !Object.hasOwn(guards, row.guard)) {
      refuse(name, `${rowName(row)}: guard ${row.guard} is not declared`);
    }
    const key = `${fromState} ${event}`;
    const earlier = seen.get(key) ?? [];
    if (earlier.includes(row.guard)) refuse(name, `${rowName(row)} stands there twice`);
    if (earlier.includes(null)) refuse(name, `${rowName(row)} is hidden by an unguarded row before it`);
    seen.set(key, [...earlier, row.guard]);
  }
  for (const event of events) {
    if (!rows.some((row) => row.transition.event === event)) refuse(name, `no row has event ${event}`);
  }
  for (const guard of Object.keys(guards)) {
    if (!rows.some((row) => row.guard === guard)) refuse(name, `no row has guard ${guard}`);
  }
}

function checkReach({ name, states, initial, rows }: AnyTable): void {
  const reached = new Set([states[initial]]);
  for (const state of reached) {
    for (const { transition } of rows) {
      // A set that is being walked visits what is added meanwhile: this is the whole closure.
      if (transition.fromState === state) reached.add(transition.toState);
    }
  }
  for (const state of states) {
    if (!reached.has(state)) refuse(name, `state ${state} cannot be reached from ${states[initial]}`);
  }
}

function numbered<K extends string>(names: readonly K[]): { readonly [P in K]: number } {
  return Object.freeze(Object.fromEntries(names.map((name, index) => [name, index]))) as {
    readonly [P in K]: number;
  };
}
