/**
 * A composition as a system that can be searched, or walked along a recorded run: its states, and every step from each.
 * A step is one row of one machine, one act on one lease, or one exchange that comes or goes. What is due comes before
 * anything else, in any order, but for what an application does in between: it is called back in the middle of turns.
 *
 * This file does not know any layer.
 */
import { type Row, rowName } from '../../src/machine/index.js';
import {
  type Agent,
  arrive,
  type Bounds,
  begin,
  type Composition,
  leave,
  parseCondition,
  unitOf,
} from './language.js';
import { type Place, Places } from './places.js';
import { type Alternative, type Bound, type Check, type Due, type ModesOf, Rules } from './rules.js';
import type { Fault, Move, System } from './search.js';

export interface ComposedState {
  readonly modes: ModesOf;
  /** What is due, by number, ascending. */
  readonly dues: readonly number[];
}

export interface Step {
  readonly place: Place;
  /** Undefined when something comes or goes. */
  readonly row: number | undefined;
  readonly event: string;
  readonly by: Agent;
  readonly to: ComposedState;
}

const unaided: ReadonlySet<Agent> = new Set<Agent>(['due', 'turn', 'itself', 'pipe', 'clock']);

interface Holding {
  readonly rule: string;
  readonly says: string;
  readonly atRest: boolean;
  readonly when: readonly Check[];
  readonly holds: readonly Check[];
}

export class ComposedSystem implements System<ComposedState> {
  readonly places: Places;
  readonly initial: ComposedState;
  private readonly rules: Rules;
  private readonly over: readonly Check[];
  private readonly waits: readonly Check[];
  private readonly invariants: readonly Holding[];
  /** Of copies in the same mode only the first acts: they cannot be told apart. */
  private readonly reduces: boolean;

  /** @throws SyntaxError when the composition does not fit its tables */
  constructor(composition: Composition, bounds: Bounds, reduces = true) {
    this.places = new Places(composition, bounds);
    this.rules = new Rules(composition, this.places);
    this.reduces = reduces;
    const check = (text: string): Check => this.rules.condition(text, undefined);
    this.over = composition.over.map(check);
    this.waits = composition.waits.map(check);
    this.invariants = composition.invariants.flatMap(({ rule, atRest, when, holds }) => {
      const scopes = this.scopes([...when, ...holds]);
      return scopes.map((exchange) => ({
        rule,
        atRest: atRest === true,
        says: `while ${when.join(' and ') || 'anything'}: ${holds.join(' or ')}`,
        when: when.map((text) => this.rules.condition(text, exchange)),
        holds: holds.map((text) => this.rules.condition(text, exchange)),
      }));
    });
    this.initial = { modes: this.places.all.map(({ modes }) => modes.initial), dues: [] };
  }

  key({ modes, dues }: ComposedState): string {
    return String.fromCharCode(...modes, 0xffff, ...dues);
  }

  isFinal({ modes, dues }: ComposedState): boolean {
    return dues.length === 0 && this.over.every((holds) => holds(modes));
  }

  mayWait({ modes, dues }: ComposedState): boolean {
    return dues.length === 0 && this.waits.some((holds) => holds(modes));
  }

  *moves(state: ComposedState): Iterable<Move<ComposedState>> {
    for (const step of this.steps(state)) {
      yield { label: stepText(step), to: step.to, unaided: unaided.has(step.by), shows: rowText(step) };
    }
  }

  /** @param of only the steps at such places on such events */
  *steps(state: ComposedState, of?: (place: Place, event: string) => boolean): Iterable<Step> {
    const { modes, dues } = state;
    for (const id of dues) {
      for (const { place, event } of this.rules.due(id).alternatives) {
        if (of?.(place, event) === false) continue;
        for (const bound of this.rules.onDue[place.index]?.get(event) ?? [])
          yield* this.taken(state, bound, id);
      }
    }
    for (const bound of this.rules.bound) {
      if (bound.by === 'due' || of?.(bound.place, bound.event) === false) continue;
      if (dues.length > 0 && (!bound.comesWithin || this.isDue(dues, bound.place))) continue;
      if (this.reduces && this.hasTwin(modes, bound.place)) continue;
      if (bound.event === begin && this.isBehindFree(modes, bound.place)) continue;
      yield* this.taken(state, bound, undefined);
    }
  }

  fault(state: ComposedState): Fault | undefined {
    const { modes, dues } = state;
    for (const { rule, says, atRest, when, holds } of this.invariants) {
      if (atRest && dues.length > 0) continue;
      if (when.every((check) => check(modes)) && !holds.some((check) => check(modes))) return { rule, says };
    }
    const unanswered = this.unanswered(state);
    if (unanswered !== undefined || dues.length === 0) return unanswered;
    for (const step of this.steps(state)) if (step.by === 'due' || step.by === 'turn') return undefined;
    const all = dues.map((id) => this.rules.due(id));
    const what = all.map(({ alternatives }) => alternatives.map(text).join(' or ')).join('; ');
    return { rule: this.brokenBy(modes, all), says: `due, and impossible as things stand: ${what}` };
  }

  /** The state as people read it. */
  describe({ modes, dues }: ComposedState): string {
    const parts = this.places.all.map(
      ({ label, modes: of, index }) => `${label} ${of.states[modes[index] as number]}`,
    );
    return [
      ...parts,
      ...dues.map((id) => `due: ${this.rules.due(id).alternatives.map(text).join(' or ')}`),
    ].join(', ');
  }

  /** Something comes for which there is no row, or an act that no row names. In the middle of a turn only what is of it. */
  private unanswered({ modes, dues }: ComposedState): Fault | undefined {
    for (const { place, event, by, when, breaks } of dues.length > 0
      ? this.rules.ofTurns
      : this.rules.imposed) {
      if (!when.every((holds) => holds(modes)) || this.isDue(dues, place)) continue;
      if (this.rules.rowFor(place, modes, event) !== undefined && this.isAllowed(modes, place, event))
        continue;
      const at = place.modes.states[modes[place.index] as number];
      return {
        rule: breaks,
        says: `${place.label} ${event} comes (${by}) in ${at}, and there is no row for it`,
      };
    }
    return undefined;
  }

  /** An act that its lease is not ready for breaks what the lease's own rows cite; one that no row names, OWN-2. */
  private brokenBy(modes: ModesOf, dues: readonly Due[]): string {
    for (const { place, event } of dues.flatMap(({ alternatives }) => alternatives)) {
      if (place.part.owner === undefined) continue;
      if (this.rules.rowFor(place, modes, event) !== undefined) return 'OWN-2';
      const rows = place.part.table.rows.filter(({ transition }) => transition.event === event);
      return rows[0]?.cites.split(',')[0] ?? 'OWN-2';
    }
    return 'LAY-3';
  }

  private *taken(state: ComposedState, bound: Bound, discharged: number | undefined): Iterable<Step> {
    const { modes, dues } = state;
    const { place, event, when } = bound;
    if (dues.some((id) => id !== discharged && this.rules.due(id).of === place)) return;
    const mode = modes[place.index] as number;
    if (!when.every((holds) => holds(modes))) return;
    if (event === begin) {
      if (mode === place.modes.initial)
        yield* this.step(state, bound, undefined, place.modes.begun, discharged);
    } else if (event === leave) {
      if (place.modes.final[mode]) yield* this.step(state, bound, undefined, place.modes.initial, discharged);
    } else {
      const row = this.rules.rowFor(place, modes, event);
      if (row === undefined || !this.isAllowed(modes, place, event)) return;
      yield* this.step(state, bound, row, place.modes.after[row] as number, discharged);
    }
  }

  private *step(
    state: ComposedState,
    bound: Bound,
    row: number | undefined,
    mode: number,
    discharged: number | undefined,
  ): Iterable<Step> {
    const { place, event, by } = bound;
    let modes: number[] = [...state.modes];
    modes[place.index] = mode;
    const more = this.rules.afterRule(bound, modes);
    // More exchanges or leases at once than the bounds have places for.
    if (more === undefined) return;
    let dues = state.dues.filter((id) => id !== discharged).map((id) => this.rules.due(id));
    for (const due of more) {
      // Nothing can come between: what begins, or arrives, is there with the step that makes it do so.
      const there = due.alternatives.length === 1 ? this.atOnce(modes, due.alternatives[0]) : undefined;
      if (there === undefined) dues.push(due);
      else modes[there.place.index] = there.mode;
    }
    if (row !== undefined) dues.push(...this.rules.afterRow(place, row));
    if (event === leave && place.part.queues === true) [modes, dues] = this.movedUp(modes, dues, place);
    const left = dues.filter(
      (due) => !due.optional || due.alternatives.some((it) => this.isThere(modes, it)),
    );
    const numbers = [...new Set(left.map(({ id }) => id))].sort((a, b) => a - b);
    yield { place, row, event, by, to: { modes, dues: numbers } };
  }

  private atOnce(modes: ModesOf, due: Alternative | undefined): { place: Place; mode: number } | undefined {
    if (due === undefined || (due.event !== begin && due.event !== arrive)) return undefined;
    const { place, event } = due;
    if (event === begin)
      return modes[place.index] === place.modes.initial ? { place, mode: place.modes.begun } : undefined;
    const row = this.rules.rowFor(place, modes, event);
    return row === undefined ? undefined : { place, mode: place.modes.after[row] as number };
  }

  /** Whether something optional is still to be done: there is somebody to leave, or a row for it. */
  private isThere(modes: ModesOf, { place, event, from }: Alternative): boolean {
    const mode = modes[place.index] as number;
    if (from !== undefined && place.modes.states[mode] !== from) return false;
    if (event === leave) return mode !== place.modes.initial;
    if (event === begin) return mode === place.modes.initial;
    return this.rules.rowFor(place, modes, event) !== undefined;
  }

  /** Of a lease: whether its owner's last row allows the act. */
  private isAllowed(modes: ModesOf, place: Place, event: string): boolean {
    const { owner } = place.part;
    if (owner === undefined || event === arrive) return true;
    return owner.some((part) => {
      const [of] = this.places.of(part, place.exchange);
      return of?.modes.allowed[modes[of.index] as number]?.has(`${event} ${unitOf(place.part)}`) === true;
    });
  }

  /** Of exchanges that are not there the first begins: they cannot be told apart. */
  private isBehindFree(modes: ModesOf, { exchange = 0 }: Place): boolean {
    for (let before = 0; before < exchange; before++) {
      if (this.comers(before).every(({ index, modes: of }) => modes[index] === of.initial)) return true;
    }
    return false;
  }

  private comers(exchange: number): readonly Place[] {
    return this.places.all.filter((place) => place.exchange === exchange && place.part.comes === true);
  }

  private isDue(dues: readonly number[], place: Place): boolean {
    return dues.some((id) => this.rules.due(id).alternatives.some((it) => it.place === place));
  }

  private hasTwin(modes: ModesOf, place: Place): boolean {
    if (place.part.copies === undefined) return false;
    for (const other of this.places.of(place.part.name, place.exchange)) {
      if (other === place) return false;
      if (modes[other.index] === modes[place.index]) return true;
    }
    return false;
  }

  /** The first in line has left: those behind it take its place. */
  private movedUp(modes: readonly number[], dues: readonly Due[], gone: Place): [number[], Due[]] {
    const moved = [...modes];
    const at = gone.exchange as number;
    const next = ({ part, exchange = 0 }: Place, by: number): Place | undefined =>
      this.places.of(part.name)[exchange + by];
    for (const place of this.places.all) {
      if (place.part.queues !== true || (place.exchange as number) < at) continue;
      const behind = next(place, 1);
      moved[place.index] = behind === undefined ? place.modes.initial : (modes[behind.index] as number);
    }
    const up = (place: Place): Place =>
      place.part.queues === true && (place.exchange as number) > at ? (next(place, -1) as Place) : place;
    return [moved, dues.map((due) => this.rules.moved(due, up))];
  }

  /** A place of each exchange, where the sentences speak of one; or of none. */
  private scopes(conditions: readonly string[]): readonly (Place | undefined)[] {
    for (const text of conditions) {
      const { quantifier, part } = parseCondition(text);
      const places = this.places.of(part);
      if (quantifier === undefined && places[0]?.exchange !== undefined) return places;
    }
    return [undefined];
  }
}

function text({ place, event }: Alternative): string {
  return `${place.label} ${event}`;
}

function rowText({ place, row }: Step): string | undefined {
  return row === undefined ? undefined : `${place.part.name}: ${rowName(place.part.table.rows[row] as Row)}`;
}

function stepText({ place, row, event, by }: Step): string {
  const what = row === undefined ? event : rowName(place.part.table.rows[row] as Row);
  return `${by.padEnd(11)}  ${place.label}: ${what}`;
}
