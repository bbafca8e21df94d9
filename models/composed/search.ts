/**
 * A search through every state that a system can reach, breadth first, so that what it finds has a shortest path. It
 * proves that no invariant breaks, that every state goes on or is final, that from every state a final one can be
 * reached, and that without anybody's help every run ends. This file does not know what a state is.
 */

/** What is searched. A move that cannot be told from another by its label is no harm: labels are for people. */
export interface System<S> {
  readonly initial: S;
  /** Equal for equal states, and for no others. */
  key(state: S): string;
  moves(state: S): Iterable<Move<S>>;
  isFinal(state: S): boolean;
  /** What is wrong with the state; undefined if nothing is. */
  fault(state: S): Fault | undefined;
  /** The run may stay here for as long as somebody outside likes. */
  mayWait(state: S): boolean;
}

export interface Move<S> {
  readonly label: string;
  readonly to: S;
  /** Comes by itself: nobody outside has to do anything. */
  readonly unaided: boolean;
  /** What the move shows to be possible, if that is counted. */
  readonly shows: string | undefined;
}

export interface Fault {
  readonly rule: string;
  readonly says: string;
}

/** Where the search found what must not be, and how one gets there. */
export interface Finding extends Fault {
  readonly path: readonly string[];
}

export interface Result {
  readonly states: number;
  readonly moves: number;
  readonly finals: number;
  /** Length of the longest of the shortest paths. */
  readonly depth: number;
  /** Undefined when everything holds. */
  readonly finding: Finding | undefined;
  /** Keys of the states. */
  readonly reached: ReadonlySet<string>;
  /** What the moves show. */
  readonly shown: ReadonlySet<string>;
}

interface Found<S> {
  readonly state: S;
  /** Number of the state before, and the move from there; -1 for the initial one. */
  readonly from: number;
  readonly label: string;
  readonly depth: number;
}

/** @throws RangeError when there are more than `mostStates`: the bounds are too wide, or the system has none */
export function search<S>(system: System<S>, mostStates = 5_000_000): Result {
  const { initial } = system;
  const found: Found<S>[] = [{ state: initial, from: -1, label: '', depth: 0 }];
  const numbers = new Map([[system.key(initial), 0]]);
  /** By state: where its moves lead, and where those do that come by themselves. */
  const next: number[][] = [];
  const unaided: number[][] = [];
  const shown = new Set<string>();
  let moves = 0;
  const finish = (at: number | undefined, fault?: Fault): Result => ({
    states: found.length,
    moves,
    finals: found.reduce((sum, { state }) => sum + (system.isFinal(state) ? 1 : 0), 0),
    depth: found.reduce((most, { depth }) => Math.max(most, depth), 0),
    finding: fault === undefined ? undefined : { ...fault, path: pathTo(found, at as number) },
    reached: new Set(numbers.keys()),
    shown,
  });
  for (let at = 0; at < found.length; at++) {
    const { state, depth } = found[at] as Found<S>;
    const fault = system.fault(state);
    if (fault !== undefined) return finish(at, fault);
    const all: number[] = [];
    const own: number[] = [];
    for (const move of system.moves(state)) {
      moves += 1;
      if (move.shows !== undefined) shown.add(move.shows);
      const key = system.key(move.to);
      let to = numbers.get(key);
      if (to === undefined) {
        to = found.length;
        if (to >= mostStates) throw new RangeError(`more than ${mostStates} states`);
        numbers.set(key, to);
        found.push({ state: move.to, from: at, label: move.label, depth: depth + 1 });
      }
      all.push(to);
      if (move.unaided && to !== at) own.push(to);
    }
    if (all.length === 0 && !system.isFinal(state)) {
      return finish(at, { rule: 'OWN-7', says: 'a deadlock: nothing can happen, and it is not over' });
    }
    next.push(all);
    unaided.push(own);
  }
  const states = found.map(({ state }) => state);
  const lost = firstThatCannotReach(next, (number) => system.isFinal(states[number] as S));
  if (lost !== undefined) return finish(lost, { rule: 'OWN-7', says: 'the end cannot be reached any more' });
  const rests = (number: number): boolean => {
    const state = states[number] as S;
    return system.isFinal(state) || system.mayWait(state);
  };
  const hung = firstThatHangs(unaided, rests);
  if (hung !== undefined) {
    return finish(hung, {
      rule: 'LAY-4',
      says: 'with everybody silent it neither ends nor rests where it may',
    });
  }
  return finish(undefined);
}

function pathTo<S>(found: readonly Found<S>[], at: number): string[] {
  const path: string[] = [];
  for (let number = at; number > 0; ) {
    const { from, label } = found[number] as Found<S>;
    path.push(label);
    number = from;
  }
  return path.reverse();
}

/** The first state from which no state with `isGoal` can be reached. */
function firstThatCannotReach(
  next: readonly (readonly number[])[],
  isGoal: (number: number) => boolean,
): number | undefined {
  const before: number[][] = next.map(() => []);
  for (const [from, targets] of next.entries()) for (const to of targets) before[to]?.push(from);
  const reaches = next.map((_, number) => isGoal(number));
  const open = [...reaches.keys()].filter((number) => reaches[number]);
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    for (const from of before[number] as number[]) {
      if (reaches[from]) continue;
      reaches[from] = true;
      open.push(from);
    }
  }
  const lost = reaches.indexOf(false);
  return lost < 0 ? undefined : lost;
}

/**
 * The first state that goes on for ever, or comes to a stop where it may not rest: what is left when the states are taken
 * away, one after the other, all of whose moves lead to such as were taken away before.
 */
function firstThatHangs(
  next: readonly (readonly number[])[],
  rests: (number: number) => boolean,
): number | undefined {
  const left = next.map((targets) => targets.length);
  const before: number[][] = next.map(() => []);
  for (const [from, targets] of next.entries()) for (const to of targets) before[to]?.push(from);
  const ends = next.map(() => false);
  const open: number[] = [];
  for (const [number, targets] of next.entries()) {
    if (targets.length > 0 || !rests(number)) continue;
    ends[number] = true;
    open.push(number);
  }
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    for (const from of before[number] as number[]) {
      left[from] = (left[from] as number) - 1;
      if (left[from] !== 0 || ends[from]) continue;
      ends[from] = true;
      open.push(from);
    }
  }
  const hung = ends.indexOf(false);
  return hung < 0 ? undefined : hung;
}

/** What was found as text: the rule, and the way there, a move a line. */
export function findingText({ rule, says, path }: Finding): string {
  return [
    `${rule}: ${says}`,
    ...path.map((label, index) => `${String(index + 1).padStart(4)}  ${label}`),
  ].join('\n');
}
