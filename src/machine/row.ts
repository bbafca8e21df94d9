/**
 * One row of a transition table: a `t(from, event, to)` value of typescript-fsm, and what the library has no
 * place for, kept beside it as data: the section that demands the row, its guard by name, its ownership acts.
 * This file does not know which states or events exist; `table.ts` checks the rows against each other.
 */
import { type ITransition, type SyncCallback, t } from 'typescript-fsm';
import { MisuseError } from '../errors.js';

type Rulebook = 'WS' | 'OWN' | 'CON' | 'WIRE' | 'WORK' | 'SCHED' | 'LAY';

/**
 * What demands a row: a section of an RFC, a section of HAProxy's proxy-protocol.txt, or a rule of the
 * rulebook. More citations may follow the first after a comma: `RFC 9112 §9.6, OWN-7`.
 */
export type Citation =
  | `RFC ${number} §${string}`
  | `proxy-protocol.txt §${string}`
  | `${Rulebook}-${number}`
  | `${Rulebook}-${number}, ${string}`;

const citation =
  /^(RFC \d+ §[\w.]+|proxy-protocol\.txt §[\w.]+|(WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+)(, (RFC \d+ §[\w.]+|proxy-protocol\.txt §[\w.]+|(WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+))*$/;

const verbs = ['lend', 'transfer', 'split', 'release', 'freeze', 'written', 'failed', 'take'] as const;

/** The named acts by which bytes change hands (OWN-2), `freeze` of OWN-4, and `take` for what is received. */
export type ActVerb = (typeof verbs)[number];

/** An act as a row states it: verb and unit, `release body`; a trailing `?` where it need not occur. */
export type ActText = `${ActVerb} ${string}`;

/** An act, parsed. `optional` says that a step over this row may do without it. */
export interface Act {
  readonly verb: ActVerb;
  readonly unit: string;
  readonly optional: boolean;
}

/** What a row says beside from, event and to. */
export interface RowData<G extends string> {
  readonly cites: Citation;
  /** Name of a guard of the table. A row with a guard is taken only if the guard holds. */
  readonly guard?: G;
  readonly acts?: readonly ActText[];
}

/** One row. `transition` is the library's value and the only place where from, event and to stand. */
export interface Row<S extends string = string, E extends string = string, G extends string = string> {
  readonly transition: Readonly<ITransition<S, E, SyncCallback>>;
  readonly cites: Citation;
  readonly guard: G | null;
  readonly acts: readonly Act[];
}

/**
 * A row of a table, for `defineTable`. Throws `bad-table` if the citation or an act is not of the stated form
 * (LAY-3).
 */
export function row<
  const From extends string,
  const E extends string,
  const To extends string,
  const G extends string = never,
>(from: From, event: E, to: To, data: RowData<G>): Row<From | To, E, G> {
  if (!citation.test(data.cites)) {
    throw new MisuseError('bad-table', 'LAY-3', `row ${from} --${event}--> ${to} cites "${data.cites}"`);
  }
  return Object.freeze({
    transition: Object.freeze(t<From | To, E, SyncCallback>(from, event, to)),
    cites: data.cites,
    guard: data.guard ?? null,
    acts: Object.freeze((data.acts ?? []).map(parseAct)),
  });
}

/** The row as one line, for errors, traces and reports: `idle --bytes [hasBody]--> head`. */
export function rowName(row: Row): string {
  const { fromState, toState } = row.transition;
  return `${fromState} --${eventLabel(row)}--> ${toState}`;
}

/** The event with its guard, as charts show it: `bytes [hasBody]`. */
export function eventLabel(row: Row): string {
  return row.guard === null ? row.transition.event : `${row.transition.event} [${row.guard}]`;
}

/** The act as a row states it. */
export function actText(act: Act): string {
  return `${act.verb} ${act.unit}${act.optional ? '?' : ''}`;
}

function parseAct(text: ActText): Act {
  const gap = text.indexOf(' ');
  const verb = verbs.find((known) => known === text.slice(0, gap));
  const optional = text.endsWith('?');
  const unit = text.slice(gap + 1, optional ? -1 : undefined);
  if (verb === undefined || unit.trim() === '') {
    throw new MisuseError(
      'bad-table',
      'OWN-2',
      `"${text}" is not an act: a verb of ${verbs.join(', ')} and a unit`,
    );
  }
  return Object.freeze({ verb, unit, optional });
}
