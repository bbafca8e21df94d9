/** Further mistakes of the field with owners, accounts and layers, each from a public issue. */
import { behindProxyV2, everyStack, except, overH1, overH2, overTunnels } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const foundOwnerExhibits: readonly Exhibit[] = [
  {
    id: 'view-kept-over-a-read',
    label:
      'What a consumer was given was a view of the buffer that the connection reads into, and not a range of his own: the next read could change it under him.',
    source: 'jetty #372',
    rules: ['OWN-3', 'WS-10'],
    mutations: [
      {
        file: 'src/session/h1/message-head.ts',
        find: "this.lease = input.take(reader.length, owner, 'head');",
        replace:
          "const kept = new FieldsView(input.bytes, input.start + reader.fieldsAt, input.start + reader.length, text); this.lease = input.take(reader.length, owner, 'head');",
      },
      {
        file: 'src/session/h1/message-head.ts',
        find: 'this.text = text; this.view = null;',
        replace: 'this.text = text; this.view = kept;',
      },
    ],
    shown: [{ check: 'sameUnderEmulation', over: overH1 }],
  },
  {
    id: 'buffer-in-the-pool-twice',
    label:
      'A buffer was released on an error path and again behind it, and so stood in the pool twice: two connections were given the same one.',
    source: 'jetty #4936, #4937',
    rules: ['OWN-1'],
    mutations: [
      {
        file: 'src/memory/slab-pool.ts',
        find: 'this.spare.push(slab);',
        replace: 'this.spare.push(slab, slab);',
      },
    ],
    shown: [{ check: 'roundTrip', over: everyStack }],
  },
  {
    id: 'given-back-before-it-was-written',
    label:
      'A buffer went back to whoever had lent it when the write had begun, and not when it had ended: what was sent was what he put there next.',
    source: 'titanium-web-proxy #546',
    rules: ['OWN-4'],
    mutations: [
      {
        file: 'src/memory/send-buffer.ts',
        within: 'take(): readonly Segment[] {',
        find: 'this.takenBytes += length;',
        replace: "this.takenBytes += length; gone.push(() => segment.returned?.('written'));",
      },
      {
        file: 'src/memory/send-buffer.ts',
        within: 'take(): readonly Segment[] {',
        find: 'let empty = 0;',
        replace: 'let empty = 0; const gone: (() => void)[] = [];',
      },
      {
        file: 'src/memory/send-buffer.ts',
        within: 'take(): readonly Segment[] {',
        find: 'if (empty === 0) return queued;',
        replace: 'for (const tell of gone) tell(); if (empty === 0) return queued;',
      },
    ],
    shown: [
      {
        check: 'roundTrip',
        over: ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1', 'h2 (lending)', 'h2c', 'proxy-v2+h2'],
      },
    ],
  },
  {
    id: 'released-again-for-who-threw',
    label:
      'When a consumer threw, the buffer that he had been given was released for him, though he had released it before he threw.',
    source: 'reactor-netty #3347',
    rules: ['OWN-5'],
    mutations: [
      {
        file: 'src/stream/incoming.ts',
        within: 'deliver(lease: Lease): void {',
        find: 'this.track(lease); this.port.applicationFailed(error);',
        replace: 'lease.release(); this.port.applicationFailed(error);',
      },
    ],
    shown: [{ check: 'quiescence', over: everyStack }],
  },
  {
    id: 'addresses-beyond-the-header',
    label:
      'A PROXY header whose length is too little for the addresses of its family was read all the same: the addresses are what happens to lie behind it.',
    source: 'apache/httpd #683',
    rules: ['OWN-6'],
    mutations: [
      {
        file: 'src/session/proxy/read-v2.ts',
        within: 'export function readProxyV2(',
        find: 'if (!isLocal && blockLength < (V2_ADDRESS_BYTES[family] as number)) {',
        replace: 'if (false) {',
      },
    ],
    shown: [
      { check: 'headersAmidAnything', over: behindProxyV2 },
      { check: 'proxyAmidAnything', over: ['proxy reader'] },
    ],
  },
  {
    id: 'terminated-beyond-the-end',
    label:
      'What had been received was ended with a NUL for whoever takes it for a string: one byte beyond the room that there was.',
    source: 'zephyr #112427',
    rules: ['WS-5', 'WS-1'],
    mutations: [
      {
        file: 'src/memory/send-buffer.ts',
        within: 'commit(count: number): void {',
        find: 'this.acceptedBytes += count;',
        replace:
          'this.acceptedBytes += count; const built = this.unit as Region; built.bytes[built.end] = 0;',
      },
    ],
    shown: [{ check: 'roundTrip', over: everyStack }],
  },
  {
    id: 'lent-and-never-told',
    label:
      'When a connection died, the callbacks of writes that still waited in its queue were never called: whoever had lent bytes waited for them for ever.',
    source: 'nodejs/node #1047, oven-sh/bun #33401',
    rules: ['OWN-4'],
    mutations: [
      {
        file: 'src/memory/send-buffer.ts',
        within: 'fail(): void {',
        find: 'for (const segment of queued) giveBackUntaken(segment);',
        replace: 'for (const segment of queued) segment.lease?.release();',
      },
    ],
    shown: [
      {
        check: 'quiescence',
        over: ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1', 'h2 (lending)', 'h2c', 'proxy-v2+h2'],
      },
    ],
  },
  {
    id: 'header-takes-what-follows',
    label:
      'All that had come with the line of a PROXY header was taken for the header: what the client had sent behind it was gone.',
    source: 'nats-server #7962',
    rules: ['CON-3', 'CON-1'],
    mutations: [
      {
        file: 'src/session/proxy/receiver.ts',
        within: 'private complete(header: ProxyHeader, length: number): Verdict {',
        find: "input.take(length, this.owner, 'header').release();",
        replace:
          "input.take(header.version === 1 ? input.pendingBytes : length, this.owner, 'header').release();",
      },
    ],
    shown: [
      { check: 'proxyHandsOver', over: ['proxy receiver'] },
      { check: 'sameAtAnyCut', over: ['proxy-v1+h1'] },
    ],
    except: except(behindProxyV2, 'the mistake is one with lines, which version 2 has none of'),
  },
  {
    id: 'upgrade-takes-a-byte-too-many',
    label:
      'Of what follows the head that agrees to an upgrade the first byte was still taken for HTTP: the other protocol began with its second.',
    source: 'nodejs/node #17789',
    rules: ['CON-3'],
    mutations: [
      {
        file: 'src/session/h1/connection.ts',
        within: 'handoff(): Handoff {',
        find: 'const unused = this.input.handOff(this.owner);',
        replace:
          'this.input.consume(Math.min(1, this.input.pendingBytes)); const unused = this.input.handOff(this.owner);',
      },
    ],
    shown: [{ check: 'agreement', over: overTunnels }],
  },
  {
    id: 'credit-behind-goaway-lost',
    label:
      'DATA on streams behind the last one that a GOAWAY had said to be taken was ignored, its credit for the connection with it: the streams before that came to a stop.',
    source: 'hyperium/h2 #895',
    rules: ['CON-4'],
    mutations: [
      {
        file: 'src/session/h2/inbound-messages.ts',
        within: 'takeData(count: number): void {',
        find: 'if (stream === null) connection.window.credit(count);',
        replace:
          'if (stream === null) connection.window.credit(connection.streams.wasReset(this.intake.streamId) ? count : 0);',
      },
    ],
    shown: [{ check: 'creditByModel', over: overH2 }],
  },
  {
    id: 'padding-of-unwanted-data-lost',
    label:
      'Padding of DATA that came for a stream which had been reset was not credited with it: each such frame cost the connection its padding and one byte more.',
    source: 'hyperium/h2 #894',
    rules: ['CON-4'],
    mutations: [
      {
        file: 'src/session/h2/inbound-messages.ts',
        within: 'beginData(',
        find: 'connection.window.credit(padding);',
        replace:
          'connection.window.credit(connection.streams.live.get(streamId) === undefined ? 0 : padding);',
      },
    ],
    shown: [{ check: 'creditByModel', over: overH2 }],
  },
  {
    id: 'update-within-a-block',
    label:
      'A change of the compression table’s size was taken anywhere in a header block, and not only where it begins.',
    source: 'netty #12981',
    rules: ['CON-5'],
    mutations: [
      {
        file: 'src/session/h2/hpack/decoder.ts',
        within: 'private run(',
        find: 'if (first >= 0x20 && first < 0x40) return this.fail(HPACK.updateLate);',
        replace:
          'if (first >= 0x20 && first < 0x40) { const size = this.integer(bytes, p, p, end, 0x1f); if (size < 0) return p; this.table.resize(size); p = this.after; continue; }',
      },
    ],
    shown: [
      { check: 'tablesAreKept', over: overH2 },
      { check: 'hpackDamagedByModel', over: ['hpack'] },
    ],
  },
  {
    id: 'streams-without-deadlines',
    label:
      'The deadline for an answer held over HTTP/1 alone: over HTTP/2 a server that took the request and said nothing more was waited for for ever.',
    source: 'fluxzy.core #722',
    rules: ['LAY-4'],
    mutations: [
      {
        file: 'src/session/h2/session.ts',
        within: 'deadline(): number {',
        find: 'let due = connection.streams.due;',
        replace: 'let due = Number.POSITIVE_INFINITY;',
      },
    ],
    shown: [{ check: 'quiescence', over: overH2 }],
  },
  {
    id: 'rest-kept-over-starttls',
    label:
      'What had been read behind the answer that agrees to STARTTLS stayed with the session: it stood before the first words that came encrypted, as if it were a part of them.',
    source: 'nodemailer #1835',
    rules: ['LAY-6'],
    mutations: [
      {
        file: 'src/endpoint/session-run.ts',
        within: 'detach(): {',
        find: 'this.unused = new UnusedBytes(undefined);',
        replace: 'this.unused = unused;',
      },
      {
        file: 'src/endpoint/session-run.ts',
        within: 'detach(): {',
        find: 'return { unused, inputEnded, output };',
        replace: 'return { unused: new UnusedBytes(undefined), inputEnded, output };',
      },
    ],
    shown: [{ check: 'handoffKeepsBytes', over: ['endpoint, transport swapped'] }],
    except: except(
      everyStack,
      'no transport is put between here: one that follows a session is what the driver of connections is shown with',
    ),
  },
  {
    id: 'carried-out-twice',
    label:
      'A GOAWAY was taken to mean that no request had been carried out, and all were sent again: one that had been came a second time.',
    source: 'kolmafia #725',
    rules: ['WIRE-5'],
    mutations: [
      {
        file: 'src/session/h2/inbound.ts',
        find: 'if (stream.id <= last || !connection.streams.isOurs(stream.id)) continue;',
        replace: 'if (!connection.streams.isOurs(stream.id)) continue;',
      },
    ],
    shown: [
      { check: 'retriesAreSafe', over: overH2 },
      { check: 'simulated', over: ['simulated h2'] },
    ],
  },
];
