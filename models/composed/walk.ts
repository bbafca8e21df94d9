/**
 * Walks a composition along what was recorded of a real run: each row and each act must be a step that the composition
 * has, from some state in which it may be by then. So the composition is shown to allow what really happens. Where the
 * record does not say which place is meant, all that fit are followed.
 *
 * This file does not know how the record came about.
 */
import type { ActRecord } from '../../src/memory/index.js';
import { begin, leave, unitOf } from './language.js';
import type { Place } from './places.js';
import type { ComposedState, ComposedSystem, Step } from './system.js';

/** A machine of the run, whatever it is: told apart by identity. */
export interface SeenMachine {
  readonly table: object;
}

export type Seen =
  | {
      readonly machine: SeenMachine;
      readonly row: number;
      /** Where the record says which exchange it is: machines of one stand at one place, those of others do not. */
      readonly exchange?: number | undefined;
      readonly act?: undefined;
    }
  | {
      readonly act: ActRecord;
      /** The same, of a lease that is taken. */
      readonly exchange?: number | undefined;
    };

/** The leases at one place: what a lease was split into is still there, and ends with the last of its parts. */
interface Parts {
  readonly place: number;
  readonly slab: number;
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

interface Standing {
  readonly place: Place;
  readonly exchange: number | undefined;
}

interface Candidate {
  readonly state: ComposedState;
  readonly machines: ReadonlyMap<SeenMachine, Standing>;
  readonly leases: readonly Parts[];
}

function isUnseen({ part }: Place, event: string): boolean {
  return part.unseen === true || event === begin || event === leave;
}

const slabActs: ReadonlySet<string> = new Set(['acquire', 'return']);

export class Walk {
  private readonly system: ComposedSystem;
  private readonly eager: boolean;
  private readonly numbers: Map<SeenMachine, number>;
  private candidates: readonly Candidate[];
  /** Where it was: keys of states. */
  readonly visited: Set<string>;

  /**
   * @param system without the reduction by which copies act in order
   * @param eager whatever may come unseen is followed as soon as it may; otherwise only when nothing else fits, which is
   * faster and enough as a rule
   */
  constructor(system: ComposedSystem, eager: boolean) {
    this.eager = eager;
    this.system = system;
    this.numbers = new Map();
    this.visited = new Set();
    this.candidates = this.settled([{ state: system.initial, machines: new Map(), leases: [] }], eager);
  }

  /** @returns false when no state that the walk may be in has such a step */
  step(seen: Seen): boolean {
    // Slabs are no units, and foreign bytes no leases.
    if (seen.act !== undefined && (seen.act.slab < 0 || slabActs.has(seen.act.act))) return true;
    const { candidates } = this;
    let next = candidates.flatMap((from) => this.after(from, seen));
    if (next.length === 0 && !this.eager) {
      next = this.settled(candidates, true).flatMap((from) => this.after(from, seen));
    }
    this.candidates = this.settled(next, this.eager);
    return next.length > 0;
  }

  /** Nothing is due any more, and it is over: in one of the states in which the walk may be. */
  get isOver(): boolean {
    return this.candidates.some(({ state }) => this.system.isFinal(state));
  }

  /** The states in which the walk may be, for people. */
  describe(): string {
    return this.candidates.map(({ state }) => this.system.describe(state)).join('\n');
  }

  private byRow(
    from: Candidate,
    machine: SeenMachine,
    row: number,
    exchange: number | undefined,
  ): Candidate[] {
    const { machines } = from;
    const stands = machines.get(machine)?.place;
    const next: Candidate[] = [];
    const isOfTable = ({ part }: Place): boolean => part.table === machine.table && part.unseen !== true;
    for (const { row: taken, place, to } of this.system.steps(from.state, isOfTable)) {
      if (taken !== row) continue;
      if (stands === undefined ? !isFree(machines, place, exchange) : stands !== place) continue;
      const more = stands === undefined ? new Map(machines).set(machine, { place, exchange }) : machines;
      next.push({ ...from, state: to, machines: more });
    }
    return next;
  }

  private after(from: Candidate, seen: Seen): Candidate[] {
    if (seen.act !== undefined) return this.afterAct(from, seen.act, seen.exchange);
    return this.byRow(from, seen.machine, seen.row, seen.exchange);
  }

  private afterAct(
    from: Candidate,
    { act, unit, slab, start, end }: ActRecord,
    exchange: number | undefined,
  ): Candidate[] {
    if (act === 'take') {
      // Places of one part, and of one exchange, that are free cannot be told apart: one will do.
      const steps = this.stepsOf(from.state, unit, act).filter(({ place }) =>
        isBeside(from, place, exchange),
      );
      const parts = steps.map(({ place }) => place.part);
      return steps
        .filter(({ place }, at) => parts.indexOf(place.part) === at)
        .map(({ place, to }) => ({
          ...from,
          state: to,
          leases: [...from.leases, { place: place.index, slab, start, end, count: 1 }],
        }));
    }
    const next: Candidate[] = [];
    for (const [index, parts] of from.leases.entries()) {
      if (parts.slab !== slab || parts.start > start || parts.end < end) continue;
      const of = this.system.places.all[parts.place] as Place;
      if (unitOf(of.part) !== unit) continue;
      if (act === 'release' && parts.count > 1) {
        next.push({ ...from, leases: from.leases.with(index, { ...parts, count: parts.count - 1 }) });
        continue;
      }
      const count = act === 'split' ? parts.count + 1 : parts.count;
      for (const { place, to } of this.stepsOf(from.state, unit, act)) {
        if (place !== of) continue;
        const leases =
          act === 'release' ? from.leases.toSpliced(index, 1) : from.leases.with(index, { ...parts, count });
        next.push({ ...from, state: to, leases });
      }
    }
    return next;
  }

  private stepsOf(state: ComposedState, unit: string, event: string): Step[] {
    return [...this.system.steps(state, (place, of) => of === event && unitOf(place.part) === unit)];
  }

  /** With all that comes and goes unseen, each state once. */
  private settled(candidates: readonly Candidate[], eager: boolean): readonly Candidate[] {
    const found = new Map<string, Candidate>();
    const open = [...candidates];
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      const key = this.keyOf(from);
      if (found.has(key)) continue;
      found.set(key, from);
      this.visited.add(this.system.key(from.state));
      for (const { place, event, by, to } of this.system.steps(from.state, isUnseen)) {
        if (event !== leave && (eager || by === 'due')) open.push({ ...from, state: to });
        if (event === leave) open.push({ ...from, state: to, machines: this.without(from, place) });
      }
    }
    return [...found.values()];
  }

  private without({ machines }: Candidate, gone: Place): ReadonlyMap<SeenMachine, Standing> {
    const line = this.system.places.of(gone.part.name);
    const left = new Map<SeenMachine, Standing>();
    for (const [machine, { place, exchange }] of machines) {
      if (place === gone) continue;
      const isBehind = place.part === gone.part && (place.exchange ?? 0) > (gone.exchange ?? 0);
      const up = gone.part.queues === true && isBehind ? line[(place.exchange as number) - 1] : place;
      left.set(machine, { place: up as Place, exchange });
    }
    return left;
  }

  private keyOf({ state, machines, leases }: Candidate): string {
    const bound = [...machines].map(([machine, { place }]) => `${this.numberOf(machine)}:${place.index}`);
    const held = leases.map(({ place, slab, start, count }) => `${place}:${slab}:${start}:${count}`);
    return `${this.system.key(state)} ${bound.join()} ${held.join()}`;
  }

  private numberOf(machine: SeenMachine): number {
    const number = this.numbers.get(machine) ?? this.numbers.size;
    this.numbers.set(machine, number);
    return number;
  }
}

/** As far as is known whose it is. */
function isBeside({ machines }: Candidate, place: Place, exchange: number | undefined): boolean {
  if (exchange === undefined || place.exchange === undefined) return true;
  for (const other of machines.values()) {
    if (other.exchange === exchange) return other.place.exchange === place.exchange;
  }
  return true;
}

/** Nobody stands there, and whoever is of the same exchange stands beside it. */
function isFree(
  machines: ReadonlyMap<SeenMachine, Standing>,
  place: Place,
  exchange: number | undefined,
): boolean {
  for (const other of machines.values()) {
    if (other.place === place) return false;
    if (exchange === undefined || other.exchange === undefined || place.exchange === undefined) continue;
    if ((other.exchange === exchange) !== (other.place.exchange === place.exchange)) return false;
  }
  return true;
}
