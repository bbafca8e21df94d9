/**
 * The conformance suite for sessions: what must hold of one end of a connection, whatever it speaks, at any cut, in any
 * memory, after any fault.
 *
 * ```ts
 * for (const { name, run } of sessionConformance(mySession)) it(name, run);
 * ```
 *
 * This file does not know any protocol, nor who is at the other end.
 */
import fc from 'fast-check';
import { byteEdits, editBytes } from '../arbitraries/byte-edits.js';
import { roomyMemory, scarceMemory } from '../arbitraries/connection-memory.js';
import { segmentation } from '../arbitraries/segmentation.js';
import { requireEqual, requireThat } from '../properties/require.js';
import { Reached } from '../reached.js';
import { SessionEnd } from '../session-end.js';
import { type Played, play, SessionPlay } from '../session-play.js';
import type { SessionUnderTest } from '../session-under-test.js';
import { type CaseRules, type ConformanceCase, type PropertyOptions, propertyCase } from './case.js';

const defaultRuns = 50;
const defaultFloor = ['waits', 'failed damaged', 'heard'];
const whole = [1 << 30];
const roomiest = { slabBytes: 1 << 16 };
const faults = ['lose', 'reset', 'end', 'shutdown', 'expire'] as const;
/** Deadlines that may pass, one after the other, before whoever waits has given up. */
const mostExpirations = 100;

/** The cases, in order. */
export function sessionConformance(
  session: SessionUnderTest,
  options: PropertyOptions = {},
): readonly ConformanceCase[] {
  const { runs = defaultRuns, seed } = options;
  const { floor = defaultFloor, handsOn = false, exhausts = true } = session;
  const handed = handsOn ? ['handed on'] : [];
  const short = exhausts ? ['memory ran out'] : [];
  const made: readonly SuiteCase[] = [
    {
      rules: handsOn ? ['CON-6', 'CON-1', 'CON-3'] : ['CON-6', 'CON-1'],
      says: `any cut gives the same events, output${handsOn ? ', end and handoff' : ' and end'}`,
      make: (it) => sameCuts(session, it),
      met: ['cut in several', ...handed],
    },
    {
      rules: ['OWN-6', 'OWN-5'],
      says: 'neither the tail of a room nor dead bytes are read',
      make: (it) => sameTails(session, it),
      met: handed,
    },
    {
      rules: ['WS-10'],
      says: 'under emulation all is the same, exhaustion too',
      make: (it) => sameEmulated(session, it),
      met: short,
    },
    {
      rules: ['WIRE-2', 'WIRE-3'],
      says: 'any bytes give an event, a wait or a typed error, and nothing behind an error counts',
      make: (it) => total(session, it),
      met: floor.includes('failed damaged') ? ['bytes behind an error'] : [],
    },
    {
      rules: ['WS-9'],
      says: 'with too little memory it does the same, waits, or fails',
      make: (it) => scarce(session, it),
      met: ['memory sufficed', ...short],
    },
    {
      rules: ['OWN-7', 'LAY-4'],
      says: 'nothing is held, however it ends, and whoever waits gives up',
      make: (it) => ends(session, it),
      met: [...faults.map((fault) => `fault: ${fault}`), 'a deadline met'],
    },
    {
      rules: ['LAY-2'],
      says: 'being asked again without new bytes changes nothing',
      make: (it) => askedAgain(session, it),
      met: ['asked amid a conversation'],
    },
  ];
  return made.map(({ rules, says, make, met }) =>
    propertyCase(rules, says, make, [...floor, ...met], runs, seed),
  );
}

/** A property, and what its runs must have met besides what every one of the suite must. */
interface SuiteCase {
  readonly rules: CaseRules;
  readonly says: string;
  readonly make: (reached: Reached) => Property;
  readonly met: readonly string[];
}

type Property = fc.IPropertyWithHooks<unknown[]>;

interface Script {
  readonly bytes: Uint8Array;
  readonly damaged: boolean;
  readonly ends: boolean;
}

/** A conversation, whole or damaged, with or without the peer's end behind it. */
function script({ conversation, telling }: SessionUnderTest): fc.Arbitrary<Script> {
  return fc
    .record({
      said: conversation,
      edits: fc.oneof(fc.constant([]), byteEdits(octet(telling))),
      ends: fc.boolean(),
    })
    .map(({ said, edits, ends }) => ({ bytes: editBytes(said, edits), damaged: edits.length > 0, ends }));
}

/** Any octet, and often one that a reader looks for. */
function octet(telling: readonly number[]): fc.Arbitrary<number> {
  return fc.oneof(fc.constantFrom(...telling), fc.integer({ min: 0, max: 255 }));
}

/** What a session shows to which nobody has said anything; each session under test has its own. */
const silence = new WeakMap<SessionUnderTest, Played>();

function unheard(session: SessionUnderTest): Played {
  let due = silence.get(session);
  if (due === undefined) {
    due = play(session, new Uint8Array(0), whole, false, roomiest);
    silence.set(session, due);
  }
  return due;
}

function mark(session: SessionUnderTest, reached: Reached, played: Played, damaged: boolean): void {
  const { state, error, verdict, handedOn, seen, output } = played;
  const still = unheard(session);
  const isHeard = handedOn !== undefined || seen !== still.seen || output !== still.output;
  reached.mark('heard', !damaged && error === undefined && isHeard);
  reached.mark('waits', state === 'open' && verdict === 'need-data');
  reached.mark('closed', state !== 'open' && state !== 'tunnel' && error === undefined);
  reached.mark('failed', error !== undefined);
  reached.mark('failed damaged', error !== undefined && damaged);
  reached.mark('handed on', handedOn !== undefined);
}

function isSame(one: Played, two: Played): boolean {
  return JSON.stringify(one) === JSON.stringify(two);
}

function sameCuts(session: SessionUnderTest, reached: Reached): Property {
  return fc.property(
    script(session),
    segmentation(),
    roomyMemory(session.roomyBytes),
    ({ bytes, damaged, ends }, cuts, memory) => {
      const due = play(session, bytes, whole, ends, roomiest);
      mark(session, reached, due, damaged);
      reached.mark('cut in several', due.taken > 1);
      for (const way of [cuts, [1]]) {
        requireEqual('CON-6', play(session, bytes, way, ends, memory), due, `cut ${way}`);
      }
      const { handedOn } = due;
      if (handedOn === undefined) return;
      const said = String.fromCharCode(...bytes);
      requireThat(
        'CON-3',
        said.endsWith(handedOn),
        () => 'what was handed on is not the end of what was sent',
      );
    },
  );
}

function sameTails(session: SessionUnderTest, reached: Reached): Property {
  const { telling } = session;
  return fc.property(
    script(session),
    segmentation(),
    roomyMemory(session.roomyBytes),
    fc.constantFrom(...telling),
    fc.constantFrom(...telling),
    ({ bytes, damaged, ends }, cuts, memory, poison, tail) => {
      const due = play(session, bytes, cuts, ends, memory);
      mark(session, reached, due, damaged);
      const found = play(session, bytes, [1], ends, { ...memory, tail, ledger: 'off' });
      requireEqual('OWN-6', found, due, `tail of ${tail}`);
      const poisoned = play(session, bytes, cuts, ends, { ...memory, tail: poison, poison });
      requireEqual('OWN-5', poisoned, due, `dead bytes of ${poison}`);
    },
  );
}

function sameEmulated(session: SessionUnderTest, reached: Reached): Property {
  return fc.property(
    script(session),
    segmentation(),
    fc.oneof(scarceMemory(), roomyMemory(session.roomyBytes)),
    ({ bytes, damaged, ends }, cuts, memory) => {
      const due = play(session, bytes, cuts, ends, { ...memory, workspace: 'bump' });
      mark(session, reached, due, damaged);
      if ((memory.slabBytes ?? 0) < session.roomyBytes) {
        reached.mark('memory ran out', !isSame(due, play(session, bytes, cuts, ends, roomiest)));
      }
      const found = play(session, bytes, cuts, ends, { ...memory, workspace: 'emulated' });
      requireEqual('WS-10', found, due, 'emulated');
    },
  );
}

function total(session: SessionUnderTest, reached: Reached): Property {
  const anything = fc
    .array(octet(session.telling), { maxLength: 60 })
    .map((octets) => ({ bytes: Uint8Array.from(octets), damaged: true }));
  const said = script(session);
  return fc.property(
    fc.oneof(said, anything),
    fc.oneof(said, anything),
    segmentation(),
    ({ bytes, damaged }, more, cuts) => {
      const due = play(session, bytes, cuts, false, roomiest);
      mark(session, reached, due, damaged);
      if (due.error === undefined) return;
      reached.mark('bytes behind an error', more.bytes.length > 0);
      requireThat('WIRE-2', due.state !== 'open', () => `it goes on after ${due.error}`);
      const joined = Uint8Array.from([...bytes, ...more.bytes]);
      const { taken: _, ...found } = play(session, joined, cuts, false, roomiest);
      const { taken: __, ...expected } = due;
      requireEqual('WIRE-2', found, expected, 'bytes behind an error');
    },
  );
}

function scarce(session: SessionUnderTest, reached: Reached): Property {
  return fc.property(
    script(session),
    scarceMemory(),
    segmentation(),
    ({ bytes, damaged, ends }, memory, cuts) => {
      const due = play(session, bytes, cuts, ends, roomiest);
      mark(session, reached, due, damaged);
      const run = new SessionPlay(session, memory);
      run.deliver(bytes, cuts);
      if (ends) run.end.endInput();
      run.settle();
      const { outcome: found, waits, toldOfFailure } = run;
      const handled = found.error !== undefined || waits || toldOfFailure || found.taken < bytes.length;
      const sufficed = isSame(found, due);
      reached.mark(sufficed ? 'memory sufficed' : 'memory ran out');
      requireThat('WS-9', handled || sufficed, () => {
        return `neither done, nor waiting, nor failed: ${JSON.stringify(found)} instead of ${JSON.stringify(due)}`;
      });
      run.finish();
    },
  );
}

/** How much of a conversation has come when something happens: all of it, a beginning, or any part. */
const part = fc.oneof(fc.constant(undefined), fc.nat({ max: 40 }), fc.nat());

function cameOf(bytes: Uint8Array, place: number | undefined): number {
  return place === undefined ? bytes.length : place % (bytes.length + 1);
}

function ends(session: SessionUnderTest, reached: Reached): Property {
  return fc.property(
    script(session),
    part,
    fc.constantFrom(...faults),
    segmentation(),
    roomyMemory(session.roomyBytes),
    ({ bytes, damaged }, place, fault, cuts, memory) => {
      const run = new SessionPlay(session, memory);
      const { end } = run;
      run.deliver(bytes.subarray(0, cameOf(bytes, place)), cuts);
      mark(session, reached, run.outcome, damaged);
      reached.mark(`fault: ${fault}`, end.state === 'open');
      if (fault === 'lose') end.lose();
      else if (fault === 'reset') end.lose(SessionEnd.reset());
      else if (fault === 'end') end.endInput();
      else if (fault === 'shutdown') end.shutdown();
      run.settle();
      reached.mark('a deadline met', giveUp(run) > 0);
      run.finish();
    },
  );
}

/** LAY-4: time goes on until the session has given up. @returns how many deadlines passed */
function giveUp(run: SessionPlay): number {
  const { end } = run;
  let i = 0;
  for (; end.state === 'open'; i++) {
    const due = end.deadline();
    requireThat('LAY-4', Number.isFinite(due), () => `${end.session.name} waits for ever`);
    requireThat(
      'LAY-4',
      i < mostExpirations,
      () => `${end.session.name} lets one deadline after the other pass`,
    );
    // Before its time nothing happens.
    const before = JSON.stringify(run.outcome);
    end.now = Math.max(end.now, due - 1);
    if (end.now < due) end.expire();
    requireEqual('LAY-4', JSON.stringify(run.outcome), before, 'a deadline that is not due');
    end.now = due;
    end.expire();
    run.settle();
  }
  return i;
}

/** LAY-2: a session that is asked again, without new bytes, stands as it did. */
export function askedAgain(session: SessionUnderTest, reached = new Reached()): Property {
  return fc.property(
    script(session),
    part,
    segmentation(),
    roomyMemory(session.roomyBytes),
    ({ bytes, damaged }, place, cuts, memory) => {
      const run = new SessionPlay(session, memory);
      const came = cameOf(bytes, place);
      run.deliver(bytes.subarray(0, came), cuts);
      mark(session, reached, run.outcome, damaged);
      reached.mark('asked amid a conversation', run.end.state === 'open' && came > 0 && came < bytes.length);
      const standing = (): unknown => {
        const { receivedBytes, consumedBytes, discardedBytes, pendingBytes } = run.end.input;
        return [run.outcome, receivedBytes, consumedBytes, discardedBytes, pendingBytes, run.end.deadline()];
      };
      const before = standing();
      run.end.turn();
      run.settle();
      requireEqual('LAY-2', standing(), before, 'asked again');
      run.finish();
    },
  );
}
