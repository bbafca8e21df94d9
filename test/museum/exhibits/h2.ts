/** Accounts and lives of HTTP/2: credit, frames, streams, header blocks, and work. */
import { overH2 } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const h2Exhibits: readonly Exhibit[] = [
  {
    id: 'credit-of-padding-lost',
    label:
      'Padding counts against the window, but was never credited: connections with padded DATA came to a stop.',
    source: 'hyperium/h2 #867, #869',
    rules: ['CON-4'],
    mutations: [
      {
        file: 'src/session/h2/inbound-messages.ts',
        within: 'beginData(',
        find: 'connection.window.credit(padding);',
        replace: '',
      },
    ],
    shown: [{ check: 'creditByModel', over: overH2 }],
  },
  {
    id: 'credit-of-reset-streams-lost',
    label:
      'DATA that came for a stream which had been reset was thrown away without giving its credit back to the connection.',
    source: 'hyperium/h2 #32, #183, golang/go #20469',
    rules: ['CON-4'],
    mutations: [
      {
        file: 'src/session/h2/inbound-messages.ts',
        within: 'takeData(count: number): void {',
        find: 'if (stream === null) connection.window.credit(count);',
        replace: 'if (stream === null) connection.window.credit(0);',
      },
    ],
    shown: [{ check: 'creditByModel', over: overH2 }],
  },
  {
    id: 'credit-of-ended-streams-lost',
    label:
      'Content that an application still held when its stream ended was credited to nobody when it let go.',
    source: 'hyperium/h2 #334, golang/go #16481, netty #7040',
    rules: ['CON-4'],
    mutations: [
      {
        file: 'src/session/h2/connection.ts',
        within: 'credited(stream: H2Stream, bytes: number): void {',
        find: 'this.window.credit(bytes);',
        replace: 'if (!stream.discarding) this.window.credit(bytes);',
      },
    ],
    shown: [{ check: 'creditByModel', over: overH2 }],
  },
  {
    id: 'padding-left-in-the-buffer',
    label:
      'Only the data of a padded frame was consumed; its padding was read as the header of the next frame.',
    source: 'HAProxy #3354 †',
    rules: ['CON-1'],
    mutations: [
      {
        file: 'src/session/h2/frame-intake.ts',
        within: 'private readFrame(input: ReceiveBuffer): number {',
        find: 'this.skipLeft = view.next - view.bodyEnd;',
        replace: '',
      },
    ],
    shown: [{ check: 'declaredIsDelivered', over: overH2 }],
  },
  {
    id: 'pad-length-underflows',
    label:
      'A pad length that is not less than the length of the frame was let by, and what is left of the frame became negative.',
    source: 'Varnish #2349',
    rules: ['WIRE-1', 'CON-1'],
    mutations: [
      {
        file: 'src/session/h2/frames-reader.ts',
        within: 'private padded(',
        find: 'if (padLength > this.length - fixed) return this.refuse(FRAME.padding);',
        replace: 'if (padLength > this.length) return this.refuse(FRAME.padding);',
      },
    ],
    shown: [
      { check: 'paddingFits', over: overH2 },
      { check: 'framesByModel', over: ['h2 frame reader'] },
    ],
  },
  {
    id: 'less-content-than-declared',
    label:
      'DATA was held to Content-Length while it came, but nobody looked whether all of it had come when the stream ended.',
    source: 'Varnish VSV00007, HAProxy d12edebe4',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h2/inbound-messages.ts',
        within: 'private complete(',
        find: 'if (stream.declaredLength > stream.receivedBytes) {',
        replace: 'if (false) {',
      },
    ],
    shown: [{ check: 'declaredIsDelivered', over: overH2 }],
  },
  {
    id: 'queued-twice',
    label: 'A stream that waited already was put into the queue of those that send once more.',
    source: 'HAProxy 4087346da',
    rules: ['SCHED-1'],
    mutations: [
      {
        file: 'src/session/h2/scheduler.ts',
        within: 'add(stream: S): void {',
        find: 'if (stream.queued) return;',
        replace: '',
      },
    ],
    shown: [
      { check: 'turnsAreShared', over: overH2 },
      { check: 'queuedOnce', over: ['h2 scheduler'] },
    ],
  },
  {
    id: 'freed-within-a-callback',
    label:
      'What an application sent from within a callback freed the stream that the caller was still working on.',
    source: 'Node.js CVE-2021-22930',
    rules: ['OWN-9', 'OWN-7'],
    mutations: [
      {
        file: 'src/session/h2/connection.ts',
        within: 'breakOff(stream: H2Stream, reason: UndercoatError): void {',
        find: 'this.touch(stream);',
        replace: 'if (this.dataStream === stream) this.sendReset(stream, reason); else this.touch(stream);',
      },
    ],
    shown: [
      { check: 'quiescence', over: ['h2', 'proxy-v2+h2'] },
      { check: 'simulated', over: ['simulated h2c-upgrade'] },
    ],
  },
  {
    id: 'block-of-a-killed-stream-dropped',
    label:
      'A stream was reset while its header block was open, and the rest of the block was dropped without a connection error: the compression tables were not the same any more.',
    source: 'Varnish, 2026',
    rules: ['CON-5'],
    mutations: [
      {
        file: 'src/session/h2/inbound-messages.ts',
        within: 'block(): UndercoatError | undefined {',
        find: 'const isFresh =',
        replace: 'if (stream === undefined && streams.wasReset(streamId)) return undefined; const isFresh =',
      },
    ],
    shown: [{ check: 'blocksAreDecoded', over: overH2 }],
  },
  {
    id: 'table-entry-without-size',
    label:
      'An entry of the compression table was counted by its octets alone: empty ones cost nothing, and their number ran over what the table had been made for.',
    source: 'HAProxy CVE-2020-11100',
    rules: ['CON-5'],
    mutations: [
      {
        file: 'src/session/h2/hpack/decoder-table.ts',
        within: 'add(entry: TableEntry): void {',
        find: 'const size = entry.size;',
        replace: 'const size = entry.size - 32;',
      },
    ],
    shown: [
      { check: 'tablesAreKept', over: overH2 },
      { check: 'hpackDecoderByModel', over: ['hpack'] },
    ],
  },
  {
    id: 'length-in-too-few-bits',
    label:
      'The length of a header field was kept in too few bits: what did not fit ran over into the number beside it.',
    source: 'HAProxy CVE-2021-40346',
    rules: ['WIRE-4', 'WS-8'],
    mutations: [
      {
        file: 'src/session/h2/hpack/encoder.ts',
        find: 'this.integer(0x00, 0x7f, text.length);',
        replace: 'this.integer(0x00, 0x7f, text.length & 0xff);',
      },
      {
        file: 'src/session/h2/hpack/encoder.ts',
        find: 'this.integer(0x80, 0x7f, coded);',
        replace: 'this.integer(0x80, 0x7f, coded & 0xff);',
      },
    ],
    shown: [
      { check: 'tablesAreKept', over: overH2 },
      { check: 'hpackEncoderByModel', over: ['hpack'] },
    ],
  },
  {
    id: 'rapid-reset',
    label:
      'A peer may open a stream and reset it at once, over and over, which costs it two frames and us a request each time.',
    source: 'CVE-2023-44487',
    rules: ['WORK-1', 'OWN-8'],
    mutations: [
      {
        file: 'src/session/h2/inbound.ts',
        within: 'private peerReset(',
        find: 'return connection.resets.spend(connection.now)',
        replace: 'return connection.resets.spend(connection.now) || true',
      },
    ],
    shown: [{ check: 'floodsEnd', over: overH2 }],
  },
  {
    id: 'made-you-reset',
    label: 'The same with resets that the peer makes us send, by errors of its own.',
    source: 'CVE-2025-8671',
    rules: ['WORK-1', 'OWN-8'],
    mutations: [
      {
        file: 'src/session/h2/connection.ts',
        within: 'streamFault(stream: H2Stream, error: UndercoatError)',
        find: 'if (!this.resets.spend(this.now)) return',
        replace: 'if (false) return',
      },
    ],
    shown: [{ check: 'floodsEnd', over: overH2 }],
  },
  {
    id: 'continuation-flood',
    label:
      'The frames of one header block were not counted: a peer that sends empty ones without end is never told to stop.',
    source: 'CVE-2024-27316, CVE-2024-27919',
    rules: ['WORK-1', 'OWN-8'],
    mutations: [
      {
        file: 'src/session/h2/frame-intake.ts',
        within: 'private readContinuation(input: ReceiveBuffer): number {',
        find: 'this.continuations += 1;',
        replace: '',
      },
    ],
    shown: [{ check: 'floodsEnd', over: overH2 }],
  },
  {
    id: 'settings-move-the-connection-window',
    label:
      'A changed initial window size was applied to the window of the connection, too, which it does not concern.',
    source: 'okhttp #3920',
    rules: ['CON-4'],
    mutations: [
      {
        file: 'src/session/h2/inbound.ts',
        within: 'private applySettings(',
        find: 'if (difference !== 0) {',
        replace: 'if (difference !== 0) { outbound.window.add(difference);',
      },
    ],
    shown: [{ check: 'windowsAreKept', over: overH2 }],
  },
];
