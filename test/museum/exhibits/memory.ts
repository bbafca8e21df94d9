/** Workspaces, and the receive buffer that stands on them. */
import { behindProxy, everyStack, except, overH1, overH2 } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const memoryExhibits: readonly Exhibit[] = [
  {
    id: 'resume-without-rollback',
    label:
      'A connection that had been parked was resumed without rolling its workspace back: what the request before had left there stood in the way of pipelined bytes.',
    source: 'Varnish CVE-2026-40396',
    rules: ['WS-7', 'CON-3'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'revive(slab: Slab, unit: Region): boolean {',
        find: 'this.freeAt = 0;',
        replace: '',
      },
      {
        file: 'src/memory/workspace.ts',
        within: 'revive(slab: Slab, unit: Region): boolean {',
        find: 'unit.start = 0; unit.end = 0;',
        replace: 'unit.start = this.freeAt; unit.end = this.freeAt;',
      },
    ],
    shown: [{ check: 'roundTrip', over: everyStack }],
  },
  {
    id: 'read-of-full-reservation',
    label:
      'After pipelined bytes a read was capped at the size of the whole reservation, not at what was left of it: it could run over the end of the workspace.',
    source: 'Varnish, 2026',
    rules: ['WS-1', 'OWN-6'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'reserveAll(): Region {',
        find: 'this.reservedTo = this.capacity;',
        replace: 'this.reservedTo = this.freeAt + this.capacity;',
      },
    ],
    shown: [{ check: 'roundTrip', over: everyStack }],
  },
  {
    id: 'reservation-kept-on-early-return',
    label: 'An error path returned early and kept the reservation that it had opened.',
    source: 'Varnish #4396',
    rules: ['WS-2', 'OWN-7'],
    mutations: [
      {
        file: 'src/session/h1/content-writer.ts',
        within: 'protected committed(room: Region | undefined, at: number): boolean {',
        find: 'if (room !== undefined) this.output.cancel();',
        replace: '',
      },
    ],
    shown: [{ check: 'exhaustion', over: overH1 }],
  },
  {
    id: 'reservation-kept-on-early-return-h2',
    label: 'The same mistake where H2 builds its header blocks.',
    source: 'Varnish #4396',
    rules: ['WS-2', 'OWN-7'],
    mutations: [
      {
        file: 'src/session/h2/writer.ts',
        within: 'private openBlock(',
        find: 'if (at < 0) { this.output.cancel(); return undefined; }',
        replace: 'if (at < 0) return undefined;',
      },
    ],
    shown: [{ check: 'exhaustion', over: ['h2', 'h2c', 'proxy-v2+h2'] }],
  },
  {
    id: 'receive-without-reservation',
    label: 'The receiving code was entered again after its reservation had been released.',
    source: 'Varnish #2539',
    rules: ['WS-2'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'reserveAll(): Region {',
        find: 'this.reservedTo = this.capacity;',
        replace: '',
      },
    ],
    shown: [{ check: 'roundTrip', over: everyStack }],
  },
  {
    id: 'overflow-forgotten-by-reset',
    label:
      'A reset cleared the mark that says that a workspace had overflowed: half a response went out and passed for a whole one.',
    source: 'Varnish #3194, #2645 †',
    rules: ['WS-7', 'WS-9'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'reset(snapshot: Snapshot): void {',
        find: 'this.vacate(snapshot.base);',
        replace: 'this.vacate(snapshot.base); this.overflow = false;',
      },
    ],
    shown: [{ check: 'workspaceByModel', over: ['workspace'] }],
    except: except(
      everyStack,
      'no stack takes a snapshot, so that none is ever reset: workspaces are open to whoever does',
    ),
  },
  {
    id: 'exhaustion-forgotten',
    label:
      'The same in the writer of messages: that there was no room for a head is forgotten, and the connection goes on as if it had been sent. The next answer is taken for it.',
    source: 'Varnish #3194, #2645 †',
    rules: ['WS-9', 'CON-1'],
    mutations: [
      {
        file: 'src/session/h1/content-writer.ts',
        within: 'protected committed(room: Region | undefined, at: number): boolean {',
        find: 'this.exhausted = true;',
        replace: '',
      },
    ],
    shown: [{ check: 'exhaustion', over: ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1'] }],
    except: except(
      ['h2c'],
      'behind the first answer the connection is H2, so that no next one is there to be taken for it: not found in 200 runs of exhaustion and 400 simulated ones',
    ),
  },
  {
    id: 'head-without-bound',
    label: 'A response head was built without asking whether it still fitted.',
    source: 'Varnish #2589',
    rules: ['WS-8', 'WS-1'],
    mutations: [
      {
        file: 'src/session/h1/encode-fields.ts',
        find: 'if (end - p < name.length + value.length + LINE_OVERHEAD) return -1;',
        replace: 'if (end - p < name.length + value.length) return -1;',
      },
    ],
    shown: [
      { check: 'headsInAnyRoom', over: ['h1 writer'] },
      { check: 'exhaustion', over: overH1 },
    ],
  },
  {
    id: 'empty-pipeline-not-null',
    label: 'A handoff without a byte left over gave an empty range where nothing was due.',
    source: 'Varnish #3037',
    rules: ['CON-3'],
    mutations: [
      {
        file: 'src/memory/receive-buffer.ts',
        within: 'handOff(owner: Owner): Lease | undefined {',
        find: 'if (count > 0) {',
        replace: 'if (count >= 0) {',
      },
      {
        file: 'src/memory/workspace.ts',
        within: 'leasePrefix(unit: Region, bytes: number, owner: Owner, label: string): Lease {',
        find: 'end > start',
        replace: 'end >= start',
      },
      {
        file: 'src/memory/workspace.ts',
        within: 'protected requirePrefix(unit: Region, bytes: number): void {',
        find: 'bytes > 0',
        replace: 'bytes >= 0',
      },
    ],
    shown: [
      { check: 'roundTrip', over: [...behindProxy, 'h2c'] },
      { check: 'agreement', over: ['h1', 'h1 pipelined'] },
    ],
    except: except(['h2'], 'a connection of H2 hands nothing off: its tunnels are streams'),
  },
  {
    id: 'peek-past-the-end',
    label:
      'Looking for the line feed behind a carriage return, a parser read one byte past what had been received, and saw one that an earlier request had left there.',
    source: 'Varnish CVE-2019-15892',
    rules: ['OWN-6'],
    mutations: [
      {
        file: 'src/session/h1/field-section.ts',
        within: 'read(bytes: Uint8Array, start: number, stop: number): number {',
        find: 'if (p + 1 === stop) return this.suspend(STATE_END, p + 1 - start);',
        replace: '',
      },
    ],
    shown: [{ check: 'sameInAnyTail', over: overH1 }],
  },
  {
    id: 'peek-past-the-end-h2',
    label:
      'The same mistake in a frame header: the last octet of the stream identifier is read before it has come.',
    source: 'Varnish CVE-2019-15892',
    rules: ['OWN-6'],
    mutations: [
      {
        file: 'src/session/h2/frames-reader.ts',
        within: 'readHead(',
        find: 'if (end - start < FRAME_HEADER_BYTES) return',
        replace: 'if (end - start < FRAME_HEADER_BYTES - 1) return',
      },
      {
        file: 'src/session/h2/frame-intake.ts',
        within: 'private readFrame(input: ReceiveBuffer): number {',
        find: 'if (input.end - at < FRAME_HEADER_BYTES) return INTAKE_NEED;',
        replace: 'if (input.end - at < FRAME_HEADER_BYTES - 1) return INTAKE_NEED;',
      },
    ],
    shown: [
      { check: 'framesInAnyTail', over: overH2 },
      { check: 'sameInAnyTail', over: ['h2', 'proxy-v2+h2'] },
    ],
  },
  {
    id: 'text-of-the-request-before',
    label:
      'The text of an error pointed into the workspace of the request before, which had been given back.',
    source: 'Varnish VSV00004',
    rules: ['OWN-5', 'WS-6'],
    mutations: [
      {
        file: 'src/session/h1/fields.ts',
        within: 'revoke(): void {',
        find: 'this.bytes = NO_BYTES; this.index = null; this.live = false;',
        replace: '',
      },
    ],
    shown: [{ check: 'quiescence', over: overH1 }],
  },
  {
    id: 'exhaustion-asserts',
    label: 'TLVs of a PROXY header that filled the workspace ended in an assertion, and with it the process.',
    source: 'Varnish CVE-2020-11653',
    rules: ['WS-9'],
    mutations: [
      {
        file: 'src/session/proxy/receiver.ts',
        within: 'private exhaust(): Verdict {',
        find: 'this.machine.take(exhausted, this);',
        replace: "if (this.machine.is(inHeader)) throw new Error('assertion failed');",
      },
    ],
    shown: [{ check: 'exhaustion', over: ['proxy-v1+h1', 'proxy-v2+h1', 'proxy-v2+h2'] }],
  },
  {
    id: 'compaction-of-the-wrong-length',
    label: 'When pending bytes were moved to the front of their buffer, the wrong number of them was copied.',
    source: 'HAProxy 27187ab56',
    rules: ['CON-1', 'CON-2'],
    mutations: [
      {
        file: 'src/memory/workspace.ts',
        within: 'protected moveToBirth(unit: Region): void {',
        find: 'this.slab.bytes.copyWithin(0, start, end);',
        replace: 'this.slab.bytes.copyWithin(0, start, end - 1);',
      },
    ],
    shown: [
      {
        check: 'exhaustion',
        over: ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1', 'h2', 'proxy-v2+h2'],
      },
      { check: 'simulated', over: ['simulated h2c-upgrade'] },
      { check: 'receiveByModel', over: ['receive buffer'] },
    ],
  },
  {
    id: 'carried-over-short',
    label:
      'The same where pending bytes are carried over to a fresh buffer, because something else still lives in the old one.',
    source: 'HAProxy 27187ab56',
    rules: ['CON-1', 'CON-2'],
    mutations: [
      {
        file: 'src/memory/receive-buffer.ts',
        within: 'private makeRoom(workspace: Workspace): Workspace {',
        find: 'unit.start, unit.end,',
        replace: 'unit.start, unit.end - 1,',
      },
    ],
    shown: [
      {
        check: 'exhaustion',
        over: ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1', 'h2 (lending)', 'h2c'],
      },
      { check: 'simulated', over: ['simulated proxy-v2+h2'] },
      { check: 'receiveByModel', over: ['receive buffer'] },
    ],
  },
  {
    id: 'output-shortened-wrongly',
    label:
      'Where the list of what is on its way out is shortened by what has arrived, one entry too many is dropped.',
    source: 'HAProxy 27187ab56',
    rules: ['CON-2', 'OWN-4'],
    mutations: [
      {
        file: 'src/memory/send-buffer.ts',
        within: 'private board(batch: Segment[]): void {',
        find: 'let i = 0;',
        replace: 'let i = 1;',
      },
    ],
    shown: [
      { check: 'sendByModel', over: ['send buffer'] },
      { check: 'roundTrip', over: everyStack },
    ],
  },
];
