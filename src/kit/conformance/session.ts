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
import { type ConformanceCase, type PropertyOptions, propertyCase } from './case.js';

const defaultRuns = 50;
const defaultFloor = ['waits', 'failed damaged', 'heard'];
const whole = [1 << 30];
const roomiest = { slabBytes: 1 << 16 };
/** Deadlines that may pass, one after the other, before whoever waits has given up. */
const mostExpirations = 100;

/** The cases, in order. */
export function sessionConformance(
  session: SessionUnderTest,
  options: PropertyOptions = {},
): readonly ConformanceCase[] {
  const { runs = defaultRuns, seed } = options;
  const { floor = defaultFloor } = session;
  const made: readonly (readonly [[string, ...string[]], string, (reached: Reached) => Property])[] = [
    [
      ['CON-6', 'CON-1', 'CON-3'],
      'any cut gives the same events, output, end and handoff',
      (it) => sameCuts(session, it),
    ],
    [
      ['OWN-6', 'OWN-5'],
      'neither the tail of a room nor dead bytes are read',
      (it) => sameTails(session, it),
    ],
    [['WS-10'], 'under emulation all is the same, exhaustion too', (it) => sameEmulated(session, it)],
    [
      ['WIRE-2', 'WIRE-3'],
      'any bytes give an event, a wait or a typed error, and nothing behind an error counts',
      (it) => total(session, it),
    ],
    [['WS-9'], 'with too little memory it does the same, waits, or fails', (it) => scarce(session, it)],
    [
      ['OWN-7', 'LAY-4'],
      'nothing is held, however it ends, and whoever waits gives up',
      (it) => ends(session, it),
    ],
    [['LAY-2'], 'being asked again without new bytes changes nothing', (it) => askedAgain(session, it)],
  ];
  return made.map(([rules, says, make]) => propertyCase(rules, says, make, floor, runs, seed));
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

function sameCuts(session: SessionUnderTest, reached: Reached): Property {
  return fc.property(
    script(session),
    segmentation(),
    roomyMemory(session.roomyBytes),
    ({ bytes, damaged, ends }, cuts, memory) => {
      const due = play(session, bytes, whole, ends, roomiest);
      mark(session, reached, due, damaged);
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
      requireThat('WS-9', handled || JSON.stringify(found) === JSON.stringify(due), () => {
        return `neither done, nor waiting, nor failed: ${JSON.stringify(found)} instead of ${JSON.stringify(due)}`;
      });
      run.finish();
    },
  );
}

const faults = ['lose', 'reset', 'end', 'shutdown', 'expire'] as const;

function ends(session: SessionUnderTest, reached: Reached): Property {
  return fc.property(
    script(session),
    fc.nat(),
    fc.constantFrom(...faults),
    segmentation(),
    roomyMemory(session.roomyBytes),
    ({ bytes, damaged }, place, fault, cuts, memory) => {
      const run = new SessionPlay(session, memory);
      const { end } = run;
      run.deliver(bytes.subarray(0, place % (bytes.length + 1)), cuts);
      if (fault === 'lose') end.lose();
      else if (fault === 'reset') end.lose(SessionEnd.reset());
      else if (fault === 'end') end.endInput();
      else if (fault === 'shutdown') end.shutdown();
      run.settle();
      mark(session, reached, run.outcome, damaged);
      giveUp(run);
      run.finish();
    },
  );
}

/** LAY-4: time goes on until the session has given up. */
function giveUp(run: SessionPlay): void {
  const { end } = run;
  for (let i = 0; end.state === 'open'; i++) {
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
}

/** LAY-2: a session that is asked again, without new bytes, stands as it did. */
export function askedAgain(session: SessionUnderTest, reached = new Reached()): Property {
  return fc.property(
    script(session),
    // How much of it has come when it is asked again: all of it, a beginning, or any part.
    fc.oneof(fc.constant(undefined), fc.nat({ max: 40 }), fc.nat()),
    segmentation(),
    roomyMemory(session.roomyBytes),
    ({ bytes, damaged }, place, cuts, memory) => {
      const run = new SessionPlay(session, memory);
      run.deliver(place === undefined ? bytes : bytes.subarray(0, place % (bytes.length + 1)), cuts);
      mark(session, reached, run.outcome, damaged);
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
