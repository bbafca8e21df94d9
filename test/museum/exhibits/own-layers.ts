/** Mistakes of kinds that we made, for rules that a stack breaks seldom and nobody else had shown yet. */
import { everyStack, except, overH1, overH2 } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const ownLayerExhibits: readonly Exhibit[] = [
  {
    id: 'room-over-the-last-byte',
    label:
      'The end of what was received was counted one too low: the next room began on the last byte of the unit before, which somebody held.',
    source: 'ours: an end that is off by one',
    rules: ['WS-3'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'closeInto(unit: Region, kept: number): void {',
        find: 'this.freeAt = from + kept;',
        replace: 'this.freeAt = from + Math.max(0, kept - 1);',
      },
    ],
    shown: [{ check: 'roundTrip', over: ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1', 'h2c'] }],
    except: except(
      ['h2', 'proxy-v2+h2'],
      'H2 writes first over what lies behind the end, which is WS-5, and is found by that',
    ),
  },
  {
    id: 'last-byte-not-to-be-had',
    label: 'A reservation of exactly what was free was refused.',
    source: 'ours: a comparison that is off by one',
    rules: ['WS-4'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'reserve(bytes: number): Region | undefined {',
        find: 'if (bytes > this.capacity - this.freeAt) {',
        replace: 'if (bytes >= this.capacity - this.freeAt) {',
      },
    ],
    shown: [{ check: 'workspaceByModel', over: ['workspace'] }],
    except: {
      ...except(
        ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1'],
        'nothing asks there for exactly what is free: not found in 400 runs of exhaustion, 500 of quiescence and 400 simulated ones',
      ),
      ...except(
        overH2,
        'what gathers bodies goes on without the room that it was refused, and what escapes then names WS-9 or WIRE-3',
      ),
    },
  },
  {
    id: 'takes-more-than-came',
    label: 'Padding that had come in part was taken out of the buffer as a whole.',
    source: 'ours: a count that is of the frame and not of what came of it',
    rules: ['OWN-2'],
    mutations: [
      {
        file: 'src/session/h2/frame-intake.ts',
        within: 'read(input: ReceiveBuffer): number {',
        find: 'const count = Math.min(pending, this.skipLeft);',
        replace: 'const count = this.skipLeft;',
      },
    ],
    shown: [
      { check: 'declaredIsDelivered', over: overH2 },
      { check: 'sameAtAnyCut', over: ['h2', 'proxy-v2+h2'] },
    ],
  },
  {
    id: 'accepted-one-less',
    label:
      'What was built for writing was counted one byte short: more came to be written than was ever accepted.',
    source: 'ours: an account with a hole',
    rules: ['CON-2'],
    mutations: [
      {
        file: 'src/memory/send-buffer.ts',
        within: 'commit(count: number): void {',
        find: 'this.acceptedBytes += count;',
        replace: 'this.acceptedBytes += Math.max(0, count - 1);',
      },
    ],
    shown: [{ check: 'roundTrip', over: everyStack }],
  },
  {
    id: 'tunnel-doubles-a-byte',
    label:
      'A piece of a tunnel that its receiver took in parts was given on from the last byte of the part before: that byte came twice.',
    source: 'ours: a rest with a place of its own',
    rules: ['CON-3'],
    mutations: [
      {
        file: 'src/stream/h2-pipe.ts',
        within: 'private fill(room: ByteRange, lease: Lease): void {',
        find: 'const from = lease.start + this.offset;',
        replace: 'const from = lease.start + Math.max(0, this.offset - 1);',
      },
    ],
    shown: [{ check: 'streamAgreement', over: overH2 }],
  },
  {
    id: 'content-ahead-of-the-tunnel',
    label: 'A CONNECT over HTTP/2 took content while nobody had agreed to the tunnel yet.',
    source: 'ours: notes/h2-tunnels.md',
    rules: ['LAY-7'],
    mutations: [
      {
        file: 'src/stream/h2-client.ts',
        find: 'if (this.connects) throw byPipe();',
        replace: '',
      },
    ],
    shown: [{ check: 'streamAgreement', over: overH2 }],
  },
  {
    id: 'asked-again-from-elsewhere',
    label:
      'Whoever tells protocols apart by the first bytes went on from where it had stopped, and looked at the first bytes there: asked again, without a byte more, it gave another answer.',
    source: 'ours: a question that remembers what it was asked',
    rules: ['LAY-2'],
    mutations: [
      {
        file: 'src/session/h2/preface-session.ts',
        within: 'receive(_now: number): Verdict {',
        find: 'matchPreface(input.bytes, input.start + this.seen, input.end, this.seen);',
        replace: 'matchPreface(input.bytes, input.start, input.end, this.seen);',
      },
    ],
    shown: [{ check: 'askedAgain', over: ['h1 or h2'] }],
    except: except(
      overH2,
      'what is changed tells H1 from H2 by the first bytes, which is a stack of its own: these know what they speak',
    ),
  },
  {
    id: 'lost-to-the-limit',
    label:
      'What came in one read with the byte that went over a limit was not given on with the error: the same body in other pieces had come up to the limit.',
    source: 'ours: notes/h1-connections.md',
    rules: ['LAY-5'],
    mutations: [
      {
        file: 'src/session/h1/body-reader.ts',
        within: 'private pass(',
        find: '} else if (allowed > 0) {',
        replace: '} else if (allowed === count) {',
      },
    ],
    shown: [
      {
        check: 'sameAtAnyCut',
        over: [
          'h1 (short bodies)',
          'h1 pipelined (short bodies)',
          'proxy-v1+h1 (short bodies)',
          'proxy-v2+h1 (short bodies)',
          'h2c (short bodies)',
        ],
      },
    ],
  },
  {
    id: 'end-without-a-row',
    label:
      'A request that ended with its head was given on without the step that says so: the machine of its exchange stood where nothing of what came next is a row.',
    source: 'ours: a step left out',
    rules: ['LAY-3'],
    mutations: [
      {
        file: 'src/session/h1/server-session.ts',
        within: 'private begin(): void {',
        find: "this.machine.take(event['head-complete']);",
        replace: '',
      },
    ],
    shown: [{ check: 'roundTrip', over: overH1 }],
  },
];
