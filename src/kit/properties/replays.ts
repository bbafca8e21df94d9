/**
 * Properties of one end that is played recorded bytes, whole or damaged:
 *  - `sameAtAnyCut` (CON-6, LAY-5): any cut and any memory that suffices give the same events, output and error, and no
 *    cut loses an event to the error behind it.
 *  - `sameInAnyTail` (OWN-6, OWN-5): what lies beyond what was received, and what dead bytes look like, changes nothing.
 *  - `sameUnderEmulation` (WS-10): with every allocation in a buffer of its own all is the same, exhaustion included.
 */
import fc from 'fast-check';
import { pipePlan, roomyMemory, scarceMemory } from '../arbitraries/connection-memory.js';
import { connectionScript } from '../arbitraries/connection-script.js';
import { segmentation } from '../arbitraries/segmentation.js';
import type { ConnectionScript } from '../exchange-script.js';
import { Reached } from '../reached.js';
import { type Replay, type ReplayOptions, replay } from '../replay.js';
import { runConnection } from '../run-connection.js';
import type { SessionEndOptions } from '../session-end.js';
import { observed, type StackUnderTest } from '../stack-under-test.js';
import { requireContained, requireEqual, requireRepeated } from './require.js';

interface Recording {
  readonly script: ConnectionScript;
  readonly role: 'server' | 'client';
  readonly ends: boolean;
  readonly damages: readonly unknown[];
}

/**
 * What is played: the bytes of an orderly run of the script's exchanges, with mistakes. A client gets no more
 * exchanges than it can have asked for before the first byte comes: else the bytes would answer nothing.
 */
function recording(stack: StackUnderTest): fc.Arbitrary<Recording> {
  const { concurrent, interleaves, maxBodyBytes } = stack.capabilities;
  return fc.constantFrom<'server' | 'client'>('server', 'client').chain((role) =>
    fc.record({
      script: connectionScript({
        manner: 'positional',
        pauses: !interleaves,
        maxExchanges: role === 'server' ? 3 : Math.min(3, concurrent),
        ...(maxBodyBytes === undefined ? {} : { beyond: maxBodyBytes }),
      }),
      role: fc.constant(role),
      ends: fc.boolean(),
      damages: fc.oneof(
        fc.constant([]),
        fc.array<unknown>(stack.capabilities.damage.arbitrary(), { maxLength: 3 }),
      ),
    }),
  );
}

function bytesOf(stack: StackUnderTest, { script, role, damages }: Recording): Uint8Array {
  const { fromClient, fromServer } = runConnection(stack, orderly(script), {
    server: observed(stack, {}),
    client: observed(stack, {}),
  });
  return stack.capabilities.damage.apply(role === 'server' ? fromClient : fromServer, damages);
}

/** The same messages, from applications that do what they should. */
function orderly(script: ConnectionScript): ConnectionScript {
  return {
    again: script.again,
    exchanges: script.exchanges.map((exchange) => ({
      ...exchange,
      answers: 'at-head',
      taking: dutiful,
      takingResponse: dutiful,
      breaks: 'never',
      clientBreaks: 'never',
    })),
  };
}

const dutiful = { mode: 'consume', leases: 'release', pauseEach: 0 } as const;

function play(
  stack: StackUnderTest,
  recorded: Recording,
  bytes: Uint8Array,
  cuts: readonly number[],
  end: SessionEndOptions,
): Replay {
  const options: ReplayOptions = {
    role: recorded.role,
    ends: recorded.ends,
    cuts,
    end: observed(stack, end),
    genuine: recorded.damages.length === 0,
  };
  // WIRE-3: any bytes give events, a wait for more, or a typed error.
  return requireContained('WIRE-3', () => replay(stack, recorded.script, bytes, options));
}

const whole = [1 << 30];

/**
 * Octets that were recorded, cut in any way and one by one, against all of them at once.
 * @returns a property for `fc.assert`, which fails with PropertyFailure CON-6, LAY-5 or WIRE-3, or with what the
 *   replay found
 */
export function sameAtAnyCut(
  stack: StackUnderTest,
  reached = new Reached(),
): fc.IPropertyWithHooks<unknown[]> {
  const memory = roomyMemory(stack.capabilities.roomyBytes);
  return fc.property(recording(stack), segmentation(), memory, (recorded, cuts, end) => {
    const bytes = bytesOf(stack, recorded);
    const due = play(stack, recorded, bytes, whole, { slabBytes: 1 << 16 });
    markReplay(reached, recorded, due);
    for (const way of [cuts, [1]]) {
      requireSameReplay(play(stack, recorded, bytes, way, end), due, `cut ${way}`);
    }
  });
}

/** CON-6; but where the same error ends both, and all that one saw is the beginning of what the other saw, LAY-5. */
function requireSameReplay(found: Replay, due: Replay, what: string): void {
  const isLost = found.error !== undefined && found.error === due.error && areCutShort(found, due);
  requireEqual(isLost ? 'LAY-5' : 'CON-6', found, due, what);
}

/** Events are missing in one of the two, and nothing else is different up to there. */
function areCutShort({ exchanges: one }: Replay, { exchanges: two }: Replay): boolean {
  const [less, more] = amount(one) < amount(two) ? [one, two] : [two, one];
  if (amount(less) === amount(more)) return false;
  return less.every(({ head, body }, i) => {
    const longer = more[i];
    return longer?.body.startsWith(body) === true && head.every((line, at) => line === longer.head[at]);
  });
}

/** How much an application was told. */
function amount(exchanges: Replay['exchanges']): number {
  let sum = 0;
  for (const { head, body, ended } of exchanges)
    sum += 1 + head.length + body.length + (ended === undefined ? 0 : 1);
  return sum;
}

/**
 * The same octets, with each telling octet behind what was received, and with dead bytes of one.
 * @returns a property for `fc.assert`, which fails with PropertyFailure OWN-6, OWN-5 or WIRE-3, or with what the
 *   replay found
 */
export function sameInAnyTail(
  stack: StackUnderTest,
  reached = new Reached(),
): fc.IPropertyWithHooks<unknown[]> {
  const memory = roomyMemory(stack.capabilities.roomyBytes);
  const { telling } = stack.capabilities;
  return fc.property(
    recording(stack),
    segmentation(),
    memory,
    fc.constantFrom(...telling),
    (recorded, cuts, end, poison) => {
      const bytes = bytesOf(stack, recorded);
      const due = play(stack, recorded, bytes, cuts, end);
      markReplay(reached, recorded, due);
      for (const tail of telling) {
        const again = () => play(stack, recorded, bytes, [1], { ...end, tail, ledger: 'off' });
        requireRepeated('OWN-6', again, due, `tail of ${tail}`);
      }
      const poisoned = play(stack, recorded, bytes, cuts, { ...end, tail: poison, poison });
      requireEqual('OWN-5', poisoned, due, `dead bytes of ${poison}`);
    },
  );
}

/**
 * The same octets in the same rooms, once in an arena and once with each allocation in a buffer of its own.
 * @returns a property for `fc.assert`, which fails with PropertyFailure WS-10 or WIRE-3, or with what the replay
 *   found
 */
export function sameUnderEmulation(
  stack: StackUnderTest,
  reached = new Reached(),
): fc.IPropertyWithHooks<unknown[]> {
  const memory = fc.oneof(scarceMemory(), roomyMemory(stack.capabilities.roomyBytes));
  return fc.property(recording(stack), pipePlan(), memory, (recorded, { cuts }, end) => {
    const bytes = bytesOf(stack, recorded);
    const due = play(stack, recorded, bytes, cuts, { ...end, workspace: 'bump' });
    markReplay(reached, recorded, due);
    if ((end.slabBytes ?? 0) < stack.capabilities.roomyBytes) {
      const roomy = play(stack, recorded, bytes, cuts, { slabBytes: 1 << 16 });
      reached.mark('memory ran out', JSON.stringify(roomy) !== JSON.stringify(due));
    }
    requireEqual(
      'WS-10',
      play(stack, recorded, bytes, cuts, { ...end, workspace: 'emulated' }),
      due,
      'emulated',
    );
  });
}

function markReplay(reached: Reached, { role, damages }: Recording, { error, exchanges }: Replay): void {
  reached.mark(role);
  reached.mark(damages.length > 0 ? 'damaged' : 'undamaged');
  reached.mark(error === undefined ? 'accepted' : 'refused');
  const isCut = exchanges.some(({ body, bodyFailed }) => body !== '' && bodyFailed === 'body-too-large');
  reached.mark('a body beyond its limit', isCut);
}
