/** Mistakes that we made ourselves, or of kinds that we made; the notes and the history tell of them. */
import { everyStack, except, overH1 } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const ownExhibits: readonly Exhibit[] = [
  {
    id: 'continue-by-what-is-buffered',
    label:
      '100 Continue was left out when content happened to be there already: what was sent depended on how the peer’s bytes had been cut.',
    source: 'ours: notes/h1-connections.md',
    rules: ['CON-6'],
    mutations: [
      {
        file: 'src/session/h1/server-answers.ts',
        find: 'if (this.continueDue && !this.responseStarted) {',
        replace: 'if (this.continueDue && !this.responseStarted && this.input.end === this.input.start) {',
      },
    ],
    shown: [{ check: 'sameAtAnyCut', over: overH1 }],
  },
  {
    id: 'drained-by-segments',
    label:
      'A drain stopped at the end of the read that went over its budget: a body in one piece was drained whole, the same body byte by byte was not.',
    source: 'ours: notes/h1-connections.md',
    rules: ['CON-6'],
    mutations: [
      {
        file: 'src/session/h1/body-reader.ts',
        within: 'private pass(',
        find: 'Math.min(allowed, this.drainBytes - this.discardedBytes);',
        replace: 'this.discardedBytes <= this.drainBytes ? allowed : 0;',
      },
    ],
    shown: [
      {
        check: 'sameAtAnyCut',
        over: [
          'h1 (short drain)',
          'h1 pipelined',
          'proxy-v1+h1 (short drain)',
          'proxy-v2+h1 (short drain)',
          'h2c (short drain)',
        ],
      },
    ],
  },
  {
    id: 'paused-consumer-loses-the-rest',
    label:
      'When the response was complete, the rest of a request whose consumer had paused was drained under him.',
    source: 'ours: notes/h1-connections.md',
    rules: ['WIRE-4', 'CON-1'],
    mutations: [
      {
        file: 'src/session/h1/server-session.ts',
        within: 'private readBody(stream: H1RequestSink): boolean {',
        find: 'if (!stream.takesBody && !this.draining)',
        replace: 'if (!stream.wantsBody && !this.draining)',
      },
    ],
    shown: [{ check: 'roundTrip', over: overH1 }],
  },
  {
    id: 'answer-before-its-request',
    label:
      'A response that had come before the request went out was taken for the answer to it: whoever can put one there answers for the server.',
    source: 'ours: notes/h1-connections.md',
    rules: ['CON-1'],
    mutations: [
      {
        file: 'src/session/h1/client-session.ts',
        within: 'private readHead(): boolean {',
        find: 'if (this.context.output.takenBytes <= (this.flight[0] as InFlight).sentAt)',
        replace: 'if (this.flight[0] === undefined)',
      },
    ],
    shown: [{ check: 'answersAreAskedFor', over: overH1 }],
  },
  {
    id: 'head-without-a-deadline',
    label: 'A connection that had begun a head and did not go on waited for ever.',
    source: 'ours: a deadline left out',
    rules: ['LAY-4'],
    mutations: [
      {
        file: 'src/session/h1/server-deadlines.ts',
        find: 'return this.since + deadlines.head;',
        replace: 'return Number.POSITIVE_INFINITY;',
      },
    ],
    shown: [{ check: 'quiescence', over: overH1 }],
  },
  {
    id: 'discard-not-counted',
    label: 'Bytes were discarded without a word in the account.',
    source: 'ours: an account with a hole',
    rules: ['CON-1'],
    mutations: [
      {
        file: 'src/memory/receive-buffer.ts',
        within: 'discard(count: number): void {',
        find: 'this.discardedBytes += count;',
        replace: '',
      },
    ],
    shown: [
      { check: 'quiescence', over: everyStack },
      { check: 'receiveByModel', over: ['receive buffer'] },
    ],
  },
  {
    id: 'unit-grows-over-a-snapshot',
    label:
      'A region that was older than a snapshot went on growing: the reset to it would have cut it, and given its tail to somebody else.',
    source: 'ours: notes/workspace-regions.md',
    rules: ['WS-6'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'closeInto(unit: Region, kept: number): void {',
        find: 'frame !== this.youngest ||',
        replace: '',
      },
    ],
    shown: [{ check: 'workspaceByModel', over: ['workspace'] }],
    except: except(
      everyStack,
      'no stack takes a snapshot, so that nothing is ever older than one: workspaces are open to whoever does',
    ),
  },
  {
    id: 'accepted-after-the-end',
    label: 'After the pipe had failed output was still accepted, and nobody would ever write it or fail it.',
    source: 'ours: notes/send-buffer-ends.md',
    rules: ['CON-2', 'OWN-7'],
    mutations: [
      {
        file: 'src/memory/send-buffer.ts',
        within: 'private lent(segment: Segment): void {',
        find: 'if (this.failed) {',
        replace: 'if (false) {',
      },
    ],
    shown: [{ check: 'sendByModel', over: ['send buffer'] }],
    except: except(
      everyStack,
      'a session is told of the broken pipe before its buffer is, and sends nothing from then on: not found in 500 runs of quiescence (H2: 120) and 400 simulated ones',
    ),
  },
  {
    id: 'empty-segment-given-out',
    label: 'Empty ranges were given to the transport; a batch of nothing else is never reported as written.',
    source: 'ours: notes/send-buffer-ends.md',
    rules: ['CON-2'],
    mutations: [
      {
        file: 'src/memory/send-buffer.ts',
        within: 'take(): readonly Segment[] {',
        find: 'return empty === queued.length ? noSegments : queued.filter((segment) => segment.end > segment.start);',
        replace: 'return queued;',
      },
    ],
    shown: [{ check: 'sendByModel', over: ['send buffer'] }],
    except: except(
      everyStack,
      'no session lends or builds an empty range by itself: not found in 80 round trips (H2: 60) and 400 simulated runs',
    ),
  },
  {
    id: 'head-not-given-back',
    label: 'The lease on a head was not given back when its exchange ended.',
    source: 'ours: a lease forgotten',
    rules: ['OWN-7', 'OWN-8', 'LAY-3'],
    mutations: [
      {
        file: 'src/session/h1/server-answers.ts',
        within: 'protected giveHeadBack(): void {',
        find: 'if (head !== null) head.giveBack();',
        replace: '',
      },
    ],
    shown: [{ check: 'roundTrip', over: overH1 }],
  },
  {
    id: 'slab-kept-while-idle',
    label:
      'A connection with nothing to do kept the memory of what it had done last: ten thousand of them held ten thousand slabs.',
    source: 'ours: an idle connection that holds memory',
    rules: ['OWN-8'],
    mutations: [
      {
        file: 'src/memory/receive-buffer.ts',
        within: 'settle(): void {',
        find: 'workspace.leased === 0',
        replace: 'workspace.leased < 0',
      },
    ],
    shown: [{ check: 'roundTrip', over: everyStack }],
  },
  {
    id: 'backlog-not-given-back',
    label: 'Content that waited for a consumer was not given back when its stream ended.',
    source: 'ours: a lease forgotten',
    rules: ['OWN-7', 'OWN-5'],
    mutations: [
      {
        file: 'src/session/h2/connection.ts',
        within: 'private forget(stream: H2Stream): void {',
        find: 'lease.release();',
        replace: '',
      },
    ],
    shown: [{ check: 'quiescence', over: ['h2', 'h2 (lending)', 'h2c', 'proxy-v2+h2'] }],
  },
];
