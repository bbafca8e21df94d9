/** PROXY headers, handoffs from one layer to the next, and who may touch what. */
import { behindProxy, behindProxyV2, everyStack, except, overTunnels } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const handoffExhibits: readonly Exhibit[] = [
  {
    id: 'header-pins-the-buffer',
    label:
      'A region that was allocated before the handoff from one protocol to the next stayed, and pinned the receive buffer of the first for as long as the second lived: what had fitted did not fit any more.',
    source: 'Varnish CVE-2026-40394',
    rules: ['OWN-8', 'WS-3'],
    mutations: [
      {
        file: 'src/session/proxy/receiver.ts',
        within: 'private complete(header: ProxyHeader, length: number): Verdict {',
        find: "input.take(length, this.owner, 'header').release();",
        replace: "input.take(length, this.owner, 'header');",
      },
    ],
    shown: [{ check: 'roundTrip', over: behindProxy }],
  },
  {
    id: 'head-pins-the-buffer',
    label:
      'The same handoff from HTTP/1 to HTTP/2: the head that asked for it stayed, and pinned the buffer of the first protocol for as long as the second lived.',
    source: 'Varnish CVE-2026-40394',
    rules: ['OWN-8', 'OWN-7', 'WS-3', 'LAY-3'],
    mutations: [
      {
        file: 'src/session/h1/server-session.ts',
        within: 'private advanceExchange(): boolean {',
        find: 'this.machine.take(event.upgrade);',
        replace: 'this.machine.take(event.upgrade); this.head = null;',
      },
    ],
    shown: [
      { check: 'roundTrip', over: ['h2c'] },
      { check: 'agreement', over: ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1'] },
    ],
  },
  {
    id: 'tlvs-run-on',
    label:
      'The reader of TLVs was bounded by what had come and not by the length of the header: it went on into the payload.',
    source: 'HAProxy 7209c204b',
    rules: ['OWN-6'],
    mutations: [
      {
        file: 'src/session/proxy/read-v2.ts',
        within: 'function block(',
        find: 'limits: ProxyReadLimits, ): ProxyRead { const headerEnd = start + length;',
        replace: 'limits: ProxyReadLimits, headerEnd: number): ProxyRead {',
      },
      {
        file: 'src/session/proxy/read-v2.ts',
        within: 'export function readProxyV2(',
        find: 'return block(bytes, start, length, family, transport, limits);',
        replace: 'return block(bytes, start, length, family, transport, limits, start + have);',
      },
    ],
    shown: [
      { check: 'headersAmidAnything', over: behindProxyV2 },
      { check: 'proxyBeforeLures', over: ['proxy reader'] },
      { check: 'proxyAmidAnything', over: ['proxy reader'] },
    ],
  },
  {
    id: 'local-has-no-addresses',
    label: 'A header of the command LOCAL carries no addresses; they were read all the same.',
    source: 'Envoy CVE-2024-23327',
    rules: ['WIRE-3'],
    mutations: [
      {
        file: 'src/session/proxy/receiver.ts',
        within: 'private complete(header: ProxyHeader, length: number): Verdict {',
        find: 'this.header = header;',
        replace: "this.header = header.source.family === 'unix' ? { ...header } : header;",
      },
    ],
    shown: [{ check: 'anyHeaderIsTaken', over: behindProxyV2 }],
    except: except(
      ['proxy-v1+h1'],
      'a line of version 1 knows no LOCAL; one that is UNKNOWN has addresses of no family',
    ),
  },
  {
    id: 'header-of-another-connection',
    label:
      'The PROXY header of one connection was kept and sent on others too, which then spoke for somebody else.',
    source: 'Envoy #13659',
    rules: ['LAY-1'],
    mutations: [
      {
        file: 'src/session/proxy/sender.ts',
        within: 'export function proxySender(options: ProxySenderOptions)',
        find: 'return (context) => new ProxySender(context, options.header, next);',
        replace:
          'let kept: ProxyHeader | undefined; return (context) => new ProxySender(context, (facts) => (kept ??= options.header(facts)), next);',
      },
    ],
    shown: [{ check: 'headerOfItsOwn', over: behindProxy }],
  },
  {
    id: 'leftover-lost',
    label: 'Bytes that came in one read with the PROXY header, behind it, were lost.',
    source: 'go-proxyproto #54',
    rules: ['CON-3', 'CON-1'],
    mutations: [
      {
        file: 'src/session/proxy/receiver.ts',
        within: 'private complete(header: ProxyHeader, length: number): Verdict {',
        find: 'this.unused = input.handOff(this.owner);',
        replace: 'input.handOff(this.owner)?.release();',
      },
    ],
    shown: [{ check: 'sameAtAnyCut', over: behindProxy }],
  },
  {
    id: 'leftover-cut',
    label:
      'Bytes behind the PROXY header were delivered as far as they fitted the first read that came after it, and no further.',
    source: 'go-proxyproto #142, which #116 had brought in',
    rules: ['CON-3', 'CON-1'],
    mutations: [
      {
        file: 'src/endpoint/unused-bytes.ts',
        within: 'into(room: ByteRange): number {',
        find: 'if (this.taken === lease.length) {',
        replace: 'if (this.taken > 0) {',
      },
    ],
    shown: [
      { check: 'handoffKeepsBytes', over: ['endpoint'] },
      {
        check: 'simulated',
        over: ['simulated h1', 'simulated h1-pipelined', 'simulated proxy-v1+h1', 'simulated proxy-v2+h1'],
      },
    ],
    except: {
      h2: 'no session comes before H2 here, and a tunnel in a stream has no rest of the connection',
      ...except(
        ['h2c', 'proxy-v2+h2'],
        'H2 asks for more room at once than is ever left over here, so that all of it fits the first read: not found in 400 simulated runs, nor in 200 of exhaustion and 120 of quiescence',
      ),
    },
  },
  {
    id: 'leftover-twice',
    label: 'Bytes behind the PROXY header were delivered, and then delivered again.',
    source: 'ours: a kind of mistake that a rest of bytes with a place of its own invites',
    rules: ['CON-3', 'CON-1'],
    mutations: [
      {
        file: 'src/endpoint/unused-bytes.ts',
        within: 'into(room: ByteRange): number {',
        find: 'this.taken += count;',
        replace: 'this.taken += Math.max(1, count - 1);',
      },
    ],
    shown: [
      { check: 'handoffKeepsBytes', over: ['endpoint'] },
      { check: 'sameAtAnyCut', over: [...behindProxy, 'h2c'] },
      { check: 'simulated', over: ['simulated h1', 'simulated h1-pipelined'] },
    ],
    except: {
      h2: 'no session comes before H2 here, and a tunnel in a stream has no rest of the connection',
    },
  },
  {
    id: 'plaintext-after-starttls',
    label:
      'Plaintext that had been received before the connection went over to TLS was used after it, as if it had been encrypted.',
    source: 'nginx CVE-2014-3556',
    rules: ['LAY-6'],
    mutations: [
      {
        file: 'src/endpoint/session-run.ts',
        within: 'detach(): {',
        find: 'this.unused = new UnusedBytes(undefined);',
        replace: 'this.unused = unused;',
      },
    ],
    shown: [{ check: 'handoffKeepsBytes', over: ['endpoint, transport swapped'] }],
    except: except(
      everyStack,
      'no transport is put between here: one that follows a session is what the driver of connections is shown with',
    ),
  },
  {
    id: 'under-the-transport',
    label:
      'A proxy that went over to copying bytes wrote to the raw descriptor, under the TLS that stood on it.',
    source: 'a proxy in pipe mode, 2026',
    rules: ['LAY-1'],
    mutations: [
      {
        file: 'src/endpoint/connection.ts',
        within: 'private flush(): void {',
        find: 'this.transport.write(batch);',
        replace: "('lower' in this.transport ? this.transport.lower : this.transport).write(batch);",
      },
    ],
    shown: [{ check: 'handoffKeepsBytes', over: ['endpoint, transport swapped'] }],
    except: except(everyStack, 'no transport is put between here: there is one, and nothing under it'),
  },
  {
    id: 'tunnel-before-the-request-is-complete',
    label: 'A tunnel was opened on the request alone: content that was still to come went into it.',
    source: 'Envoy CVE-2024-23326',
    rules: ['LAY-7'],
    mutations: [
      {
        file: 'src/session/h1/server-answers.ts',
        within: 'private requireComplete(): void {',
        find: 'if (this.requestComplete) return;',
        replace: 'if (true) return;',
      },
      {
        file: 'src/stream/tables.ts',
        find: "row('half-closed-remote', 'upgrade', 'upgraded',",
        replace:
          "row('open', 'upgrade', 'upgraded', { cites: 'LAY-7' }), row('half-closed-remote', 'upgrade', 'upgraded',",
      },
    ],
    shown: [{ check: 'agreement', over: overTunnels }],
  },
  {
    id: 'tunnel-without-agreement',
    label:
      'What was sent behind a request for an upgrade was passed on without waiting for the other side to agree with a 101.',
    source: 'Pingora CVE-2026-2833',
    rules: ['LAY-7'],
    mutations: [
      {
        file: 'src/session/h1/client-session.ts',
        find: 'reader.status === 101 || reader.framing === FRAMING_TUNNEL;',
        replace: '!interim && (reader.framing === FRAMING_TUNNEL || stream.asksUpgrade);',
      },
    ],
    shown: [{ check: 'agreement', over: overTunnels }],
  },
  {
    id: 'bytes-behind-upgrade-dropped',
    label: 'Bytes that had been received behind the head that agrees to an upgrade were dropped.',
    source: 'bun #28158 †, #43153',
    rules: ['CON-3'],
    mutations: [
      {
        file: 'src/session/h1/connection.ts',
        within: 'handoff(): Handoff {',
        find: 'const unused = this.input.handOff(this.owner);',
        replace: 'const unused = undefined; this.input.discard(this.input.pendingBytes);',
      },
    ],
    shown: [
      { check: 'agreement', over: overTunnels },
      { check: 'roundTrip', over: ['h2c'] },
    ],
  },
];
