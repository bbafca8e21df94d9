/**
 * The places of a composition: every part as often as the bounds say, with the modes that it can be in. A mode is a state
 * and the acts that the row allows by which it was reached: rows that do not differ in that are one. This file does not
 * know what follows from what.
 */
import { actText, type Row } from '../../src/machine/index.js';
import { absent, type Bounds, type Composition, type Part, unitOf } from './language.js';

/** One part at one place. */
export interface Place {
  readonly index: number;
  readonly part: Part;
  readonly modes: Modes;
  /** Number of the exchange that it belongs to, from 0; undefined for a part that is there once. */
  readonly exchange: number | undefined;
  /** For people: `exchange 2`, `body 1.2`. */
  readonly label: string;
}

export class Modes {
  readonly part: Part;
  /** The mode of each number: its state's name, and the acts allowed in it as `verb unit`. */
  readonly states: readonly string[];
  readonly allowed: readonly ReadonlySet<string>[];
  /** The mode in which it starts. */
  readonly initial: number;
  /** The mode in which it begins, for what comes later. */
  readonly begun: number;
  /** By row: the mode to which it leads. */
  readonly after: readonly number[];
  /** By mode: the rows of each event. */
  readonly rows: readonly ReadonlyMap<string, readonly number[]>[];
  /** By mode: no row leaves it. */
  readonly final: readonly boolean[];

  /** @param units what the part's rows have acts on that count here */
  constructor(part: Part, units: ReadonlySet<string>) {
    const { table } = part;
    this.part = part;
    const states: string[] = [];
    const allowed: ReadonlySet<string>[] = [];
    const numbers = new Map<string, number>();
    const mode = (state: string, row: Row | undefined): number => {
      const acts = (row?.acts ?? []).filter(({ verb, unit }) => verb !== 'lend' && units.has(unit));
      const key = [state, ...acts.map(actText).sort()].join(' ');
      let number = numbers.get(key);
      if (number === undefined) {
        number = states.length;
        numbers.set(key, number);
        states.push(state);
        allowed.push(new Set(acts.map(({ verb, unit }) => `${verb} ${unit}`)));
      }
      return number;
    };
    const first = table.states[table.initial] as string;
    this.initial = part.comes === true ? mode(absent, undefined) : mode(first, undefined);
    this.begun = mode(first, undefined);
    this.after = table.rows.map((row) => mode(row.transition.toState, row));
    this.states = states;
    this.allowed = allowed;
    this.rows = states.map((state) => {
      const byEvent = new Map<string, number[]>();
      for (const [number, { transition }] of table.rows.entries()) {
        if (transition.fromState !== state) continue;
        const of = byEvent.get(transition.event) ?? [];
        byEvent.set(transition.event, [...of, number]);
      }
      return byEvent;
    });
    this.final = states.map((_, number) => this.rows[number]?.size === 0);
  }
}

export class Places {
  readonly all: readonly Place[];
  private readonly byPart: ReadonlyMap<string, readonly Place[]>;

  constructor(composition: Composition, bounds: Bounds) {
    const all: Place[] = [];
    const byPart = new Map<string, Place[]>();
    for (const part of composition.parts) {
      const owned = composition.parts.filter(
        ({ owner, copies }) => owner?.includes(part.name) && (copies === undefined || bounds[copies] > 0),
      );
      const modes = new Modes(part, new Set(owned.map(unitOf)));
      const places: Place[] = [];
      const copies = part.copies === undefined ? 1 : bounds[part.copies];
      for (let exchange = 0; exchange < (part.each === undefined ? 1 : bounds.exchanges); exchange++) {
        for (let copy = 0; copy < copies; copy++) {
          const numbers = [
            ...(part.each === undefined ? [] : [exchange + 1]),
            ...(copies > 1 ? [copy + 1] : []),
          ];
          const place = {
            index: all.length,
            part,
            modes,
            exchange: part.each === undefined ? undefined : exchange,
            label: [part.name, ...(numbers.length > 0 ? [numbers.join('.')] : [])].join(' '),
          };
          all.push(place);
          places.push(place);
        }
      }
      byPart.set(part.name, places);
    }
    this.all = all;
    this.byPart = byPart;
  }

  /** The places of a part: those of `exchange`, if it is given and the part has one for each. @throws SyntaxError */
  of(part: string, exchange?: number): readonly Place[] {
    const places = this.byPart.get(part);
    if (places === undefined) throw new SyntaxError(`there is no part ${part}`);
    if (exchange === undefined || places[0]?.exchange === undefined) return places;
    return places.filter((place) => place.exchange === exchange);
  }
}
