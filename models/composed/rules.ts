/**
 * The rules of a composition, read once and bound to places: what may happen at which place, under which conditions, and
 * what is due after it. Every event of every table must be spoken of. This file does not know in which state anything is.
 */
import {
  type Agent,
  absent,
  begin,
  type Composition,
  leave,
  parseCondition,
  parseDue,
  type Quantifier,
  type Rule,
  unitOf,
} from './language.js';
import type { Place, Places } from './places.js';

/** By place: the number of its mode. */
export type ModesOf = readonly number[];

export type Check = (modes: ModesOf) => boolean;

/** One of several things that may be done about it. */
export interface Alternative {
  readonly place: Place;
  readonly event: string;
  /** The only state of the place in which it counts. */
  readonly from?: string | undefined;
}

/** What has to follow at once. */
export interface Due {
  readonly id: number;
  readonly alternatives: readonly Alternative[];
  readonly optional: boolean;
  /** Whose row demands it: that machine takes no other row before. */
  readonly of: Place | undefined;
}

/** Something that becomes due: what exactly depends on the state when a new place is needed. */
type Becomes = Due | { readonly fresh: readonly Fresh[]; readonly rest: readonly Alternative[] };

/** One of these places is to be found free when it happens. */
interface Fresh {
  readonly candidates: readonly Place[];
  readonly event: string;
}

/** A rule at a place. */
export interface Bound {
  readonly place: Place;
  readonly event: string;
  readonly by: Agent;
  /** It may come while something is due. */
  readonly comesWithin: boolean;
  readonly when: readonly Check[];
  readonly due: readonly Becomes[];
  /** What is broken when it comes and there is no row for it. */
  readonly breaks: string;
  /** It comes whether there is a row or not. */
  readonly comesAnyhow: boolean;
}

export class Rules {
  readonly bound: readonly Bound[];
  /** What comes whether there is a row for it or not; and of that, what comes in the middle of turns. */
  readonly imposed: readonly Bound[];
  readonly ofTurns: readonly Bound[];
  /** By place, then by event: the rules by which it happens because it is due. */
  readonly onDue: readonly ReadonlyMap<string, readonly Bound[]>[];
  /** By place and row: what the acts of the row make due. */
  private readonly byRow: readonly (readonly (readonly Due[])[])[];
  /** By place and row: when its guard holds; undefined for a row without one. */
  private readonly guards: readonly (readonly (Check | undefined)[])[];
  private readonly places: Places;
  private readonly dues: Due[];
  private readonly dueNumbers: Map<string, number>;

  /** @throws SyntaxError when a rule speaks of what is not there, or an event is not spoken of */
  constructor(composition: Composition, places: Places) {
    this.places = places;
    this.dues = [];
    this.dueNumbers = new Map();
    this.byRow = places.all.map((place) =>
      place.part.table.rows.map((_, row) => this.dueByRow(place, row, composition)),
    );
    this.bound = composition.rules.flatMap((rule) => this.bind(rule));
    this.imposed = this.bound.filter(({ comesAnyhow: comes }) => comes);
    this.ofTurns = this.imposed.filter(({ by }) => by === 'turn');
    const onDue = places.all.map(() => new Map<string, Bound[]>());
    for (const bound of this.bound) {
      if (bound.by !== 'due') continue;
      const at = onDue[bound.place.index] as Map<string, Bound[]>;
      at.set(bound.event, [...(at.get(bound.event) ?? []), bound]);
    }
    this.onDue = onDue;
    this.guards = places.all.map((place) =>
      place.part.table.rows.map(({ guard }) => this.guardOf(place, guard, composition)),
    );
    requireComplete(composition);
  }

  due(id: number): Due {
    return this.dues[id] as Due;
  }

  /** The row by which the place would take the event: as in a machine, the first one whose guard holds. */
  rowFor({ index, modes: of }: Place, modes: ModesOf, event: string): number | undefined {
    return of.rows[modes[index] as number]
      ?.get(event)
      ?.find((row) => this.guards[index]?.[row]?.(modes) ?? true);
  }

  afterRow(place: Place, row: number): readonly Due[] {
    return this.byRow[place.index]?.[row] ?? [];
  }

  /** What is due now by a rule that has just been applied; undefined when a new place is needed and none is left. */
  afterRule({ due }: Bound, modes: ModesOf): readonly Due[] | undefined {
    const dues: Due[] = [];
    for (const item of due) {
      if ('id' in item) {
        dues.push(item);
        continue;
      }
      const alternatives = [...item.rest];
      for (const { candidates, event } of item.fresh) {
        const free = candidates.find(({ index, modes: of }) => modes[index] === of.initial);
        if (free === undefined) return undefined;
        alternatives.push({ place: free, event });
      }
      dues.push(this.intern(alternatives, false));
    }
    return dues;
  }

  /** The same due after exchanges moved up. */
  moved({ alternatives, optional, of }: Due, to: (place: Place) => Place): Due {
    return this.intern(
      alternatives.map(({ place, event, from }) => ({ place: to(place), event, from })),
      optional,
      of === undefined ? undefined : to(of),
    );
  }

  /** @param place whose rule it is; undefined where it is of the whole */
  condition(text: string, place: Place | undefined): Check {
    const { quantifier, part, negated, states, takes } = parseCondition(text);
    const found = this.meant(part, quantifier, place);
    const nth = quantifier === 'first' ? 0 : quantifier === 'second' ? 1 : undefined;
    const places = nth === undefined ? found : found.slice(nth, nth + 1);
    const [first] = places;
    if (first === undefined) {
      // Bounds may leave no place for a second one, or for any.
      const isTrue =
        nth === undefined
          ? quantifier === 'every' || quantifier === 'no'
          : states.includes(absent) !== negated;
      return () => isTrue;
    }
    for (const state of states) {
      if (state !== absent && !first.part.table.states.includes(state)) {
        throw new SyntaxError(`"${text}": ${part} has no state ${state}`);
      }
    }
    if (places.length > 1 && quantifier === undefined) throw new SyntaxError(`"${text}": which of them?`);
    if (takes !== undefined) {
      requireEvent(text, first.part.table.events, takes, false);
      return (modes) => places.some((it) => this.rowFor(it, modes, takes) !== undefined);
    }
    const fits = first.modes.states.map((state) => states.includes(state) !== negated);
    const numbers = places.map(({ index }) => index);
    if (quantifier === 'every') return (modes) => numbers.every((at) => fits[modes[at] as number]);
    if (quantifier === 'no') return (modes) => !numbers.some((at) => fits[modes[at] as number]);
    return (modes) => numbers.some((at) => fits[modes[at] as number]);
  }

  private guardOf(place: Place, guard: string | null, { name, guards }: Composition): Check | undefined {
    if (guard === null) return undefined;
    const text = guards?.[`${place.part.name} ${guard}`];
    if (text === undefined) throw new SyntaxError(`${name} does not say when ${place.part.name} is ${guard}`);
    return this.condition(text, place);
  }

  private bind(rule: Rule): Bound[] {
    const [name = '', events = ''] = rule.on.split(' ');
    if (rule.by === 'nobody') {
      if (rule.why === undefined) throw new SyntaxError(`"${rule.on}" by nobody: why?`);
      return [];
    }
    return this.places.of(name).flatMap((place) =>
      events.split('|').map((event) => ({
        place,
        event,
        by: rule.by,
        comesWithin: (rule.by === 'turn' || rule.by === 'application') && rule.alone !== true,
        when: (rule.when ?? []).map((text) => this.condition(text, place)),
        breaks: rule.cites ?? (place.part.owner === undefined ? 'LAY-3' : 'OWN-2'),
        comesAnyhow: comesAnyhow(rule, event),
        due: (rule.due ?? []).flatMap((item) => this.becomes(item, place)),
      })),
    );
  }

  private becomes(item: string | readonly string[], at: Place): Becomes[] {
    const texts = typeof item === 'string' ? [item] : item;
    const fresh: Fresh[] = [];
    const rest: Alternative[] = [];
    let optional = false;
    for (const text of texts) {
      const due = parseDue(text);
      const found = this.meant(due.part, due.quantifier, at);
      optional ||= due.optional;
      for (const { part } of found) requireEvent(text, part.table.events, due.event, part.comes === true);
      if (due.quantifier === 'new') fresh.push({ candidates: found, event: due.event });
      else if (due.quantifier === 'each') {
        if (texts.length > 1) throw new SyntaxError(`"${text}": each is not one of several`);
        return found.map((place) => this.intern([{ place, event: due.event, from: due.from }], due.optional));
      } else {
        const places = due.quantifier === 'first' ? found.slice(0, 1) : found;
        if (places.length !== 1) throw new SyntaxError(`"${text}": which of ${places.length}?`);
        for (const place of places) rest.push({ place, event: due.event, from: due.from });
      }
    }
    return fresh.length > 0 ? [{ fresh, rest }] : [this.intern(rest, optional)];
  }

  /** Which places a sentence of a rule at `place` speaks of: the place itself, those of its exchange, or all. */
  private meant(part: string, quantifier: Quantifier, place: Place | undefined): readonly Place[] {
    if (place !== undefined && quantifier === undefined && place.part.name === part) return [place];
    return this.places.of(part, place?.exchange);
  }

  /** Acts that a row demands are due with it; so is the release of what settles with the row, if it is there. */
  private dueByRow(place: Place, row: number, composition: Composition): Due[] {
    const dues: Due[] = [];
    for (const { verb, unit, optional } of place.part.table.rows[row]?.acts ?? []) {
      if (verb === 'lend') continue;
      const known = composition.parts.filter((part) => unitOf(part) === unit);
      if (known.length === 0) {
        if (!composition.leavesOut.includes(unit)) {
          throw new SyntaxError(`${composition.name} has no part ${unit}, and does not leave it out`);
        }
        continue;
      }
      const own = known.find(({ owner }) => owner?.includes(place.part.name));
      const leases = own === undefined ? [] : this.places.of(own.name, place.exchange);
      const [lease] = leases;
      if (lease === undefined) continue;
      if (!optional) {
        if (leases.length > 1)
          throw new SyntaxError(`${place.part.name} demands "${verb} ${unit}": of which?`);
        dues.push(this.intern([{ place: lease, event: verb }], false, place));
      } else if (verb === 'release' && lease.part.settles === 'with-row') {
        for (const one of leases) dues.push(this.intern([{ place: one, event: verb }], true, place));
      }
    }
    return dues;
  }

  private intern(alternatives: readonly Alternative[], optional: boolean, of?: Place): Due {
    const key = `${alternatives.map(({ place, event, from }) => `${place.index} ${event} ${from}`).join('|')}${optional}${of?.index ?? ''}`;
    let id = this.dueNumbers.get(key);
    if (id === undefined) {
      id = this.dues.length;
      this.dueNumbers.set(key, id);
      this.dues.push({ id, alternatives, optional, of });
    }
    return this.dues[id] as Due;
  }
}

function comesAnyhow({ by, tries }: Rule, event: string): boolean {
  return by !== 'due' && tries !== true && event !== begin && event !== leave;
}

function requireEvent(text: string, events: readonly string[], event: string, comes: boolean): void {
  if (events.includes(event) || (comes && (event === begin || event === leave))) return;
  throw new SyntaxError(`"${text}": there is no event ${event}`);
}

function requireComplete({ name, parts, rules }: Composition): void {
  for (const { name: part, table, comes } of parts) {
    const spoken = new Set<string>();
    for (const { on } of rules) {
      const [of, events = ''] = on.split(' ');
      if (of === part) for (const event of events.split('|')) spoken.add(event);
    }
    for (const event of spoken) requireEvent(`${part} ${event}`, table.events, event, comes === true);
    for (const event of [...table.events, ...(comes === true ? [begin] : [])]) {
      if (!spoken.has(event)) throw new SyntaxError(`${name} says nothing of ${part} ${event}`);
    }
  }
}
