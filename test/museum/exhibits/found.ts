/** Further mistakes of the field, each from a public advisory or issue. */
import { behindProxyV2, overH1, overH2 } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const foundExhibits: readonly Exhibit[] = [
  {
    id: 'chunk-end-half-checked',
    label:
      'Of the two octets behind the data of a chunk not both were looked at: what follows them could begin elsewhere for whoever looked at both.',
    source: 'h11 CVE-2025-43859',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/chunked-reader.ts',
        within: 'read(bytes: Uint8Array, at: number, end: number): number {',
        find: 'case STATE_DATA_LF: if (bytes[p] !== LF) return this.fail(CHUNKED.dataEnd, p);',
        replace: 'case STATE_DATA_LF:',
      },
    ],
    shown: [
      { check: 'bodiesAreServed', over: overH1 },
      { check: 'bodiesByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'bare-lf-ends-a-size-line',
    label:
      'A bare line feed ended the line of a chunk’s size. With somebody in front who takes it for a part of an extension, requests can be smuggled.',
    source: 'golang/go #71988, CVE-2025-22871',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/chunked-reader.ts',
        within: 'private readSize(',
        find: 'if (octet === CR) {',
        replace:
          'if (octet === LF && size > 0) { this.state = STATE_DATA; return p + 1; } if (octet === CR) {',
      },
    ],
    shown: [
      { check: 'bodiesAreServed', over: overH1 },
      { check: 'bodiesByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'bare-lf-in-an-extension',
    label: 'A bare line feed within a chunk extension was read over, where others see the end of a line.',
    source: 'ASP.NET Core Kestrel CVE-2025-55315',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/chunked-reader.ts',
        within: 'private readExtensions(',
        find: 'const next = nextInExtension(this.state, octet);',
        replace: 'const next = octet === LF ? this.state : nextInExtension(this.state, octet);',
      },
    ],
    shown: [
      { check: 'bodiesAreServed', over: overH1 },
      { check: 'bodiesByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'coding-read-leniently',
    label: 'A Transfer-Encoding that is not what the grammar says was taken for chunked all the same.',
    source: 'Node.js CVE-2022-32213',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/field-values.ts',
        within: 'export function readTransferCodings(',
        find: 'if (chunked && afterParameters !== p) return CODINGS_PARAMETER;',
        replace: '',
      },
    ],
    shown: [
      { check: 'requestsAreServed', over: overH1 },
      { check: 'requestsByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'chunked-not-last',
    label: 'A request whose codings name chunked, but not as the last one, was framed as chunked.',
    source: 'Node.js CVE-2019-15605',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/field-values.ts',
        within: 'export function readTransferCodings(',
        find: 'chunked ? CODINGS_CHUNKED_TWICE : CODINGS_AFTER_CHUNKED;',
        replace: 'chunked ? CODINGS_CHUNKED_TWICE : CODINGS_CHUNKED;',
      },
    ],
    shown: [
      { check: 'requestsAreServed', over: overH1 },
      { check: 'requestsByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'second-coding-ignored',
    label:
      'Of two Transfer-Encoding fields the first was used and the second ignored; others do it the other way round.',
    source: 'Node.js CVE-2020-8287',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/field-section.ts',
        within: 'private understandCodings(',
        find: 'if (this.contentLength >= 0) return FIELDS.lengthAndCoding;',
        replace:
          'if (this.codings !== CODINGS_NONE) return null; if (this.contentLength >= 0) return FIELDS.lengthAndCoding;',
      },
    ],
    shown: [
      { check: 'requestsAreServed', over: overH1 },
      { check: 'requestsByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'spaces-within-a-length',
    label: 'Spaces within the value of Content-Length were read over: "1 2" was taken for 12.',
    source: 'Node.js CVE-2018-7159',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/field-values.ts',
        within: 'export function readContentLength(',
        find: 'if (digit < 0 || digit > 9) return -1;',
        replace: 'if (bytes[p] === SP) continue; if (digit < 0 || digit > 9) return -1;',
      },
    ],
    shown: [
      { check: 'requestsAreServed', over: overH1 },
      { check: 'requestsByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'space-before-the-colon',
    label:
      'White space between the name of a field and its colon was let by; whoever takes the space for a part of the name sees another field.',
    source: 'Go CVE-2019-16276',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/field-section.ts',
        within: 'read(bytes: Uint8Array, start: number, stop: number): number {',
        find: 'p = skipClass(tchar, bytes, p, lineStop);',
        replace: 'p = skipWhitespace(bytes, skipClass(tchar, bytes, p, lineStop), lineStop);',
      },
    ],
    shown: [
      { check: 'requestsAreServed', over: overH1 },
      { check: 'requestsByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'settings-flood',
    label:
      'Every SETTINGS frame demands an acknowledgement; a peer that sends them without end was never told to stop.',
    source: 'CVE-2019-9515',
    rules: ['WORK-1', 'OWN-8'],
    mutations: [
      {
        file: 'src/session/h2/inbound.ts',
        within: 'private takeSettings(',
        find: 'return connection.trifle() ?? connection.owed();',
        replace: 'return undefined;',
      },
    ],
    shown: [{ check: 'floodsEnd', over: overH2 }],
  },
  {
    id: 'ping-flood',
    label:
      'Every PING demands an answer, which costs the peer as little as SETTINGS do; nobody counted them.',
    source: 'CVE-2019-9512',
    rules: ['WORK-1', 'OWN-8'],
    mutations: [
      {
        file: 'src/session/h2/inbound.ts',
        within: 'private ping(): UndercoatError | undefined {',
        find: 'return connection.trifle() ?? connection.owed();',
        replace: 'return undefined;',
      },
    ],
    shown: [{ check: 'floodsEnd', over: overH2 }],
  },
  {
    id: 'empty-frames-flood',
    label:
      'DATA frames without data and without an end cost the peer nothing of its windows, and were read without end.',
    source: 'CVE-2019-9518',
    rules: ['WORK-1', 'OWN-8'],
    mutations: [
      {
        file: 'src/session/h2/inbound-messages.ts',
        within: 'beginData(',
        find: 'return isEmpty && !this.dataEnds ? connection.trifle() : undefined;',
        replace: 'return undefined;',
      },
    ],
    shown: [{ check: 'floodsEnd', over: overH2 }],
  },
  {
    id: 'content-of-a-304',
    label:
      'A 304 with a Content-Length was taken to have that much content: what it says is the length of what was not sent.',
    source: 'moonbitlang/async #615',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/head-reader.ts',
        within: 'private decideResponse(): MessageFault | null {',
        find: 'status === 204 || status === 304',
        replace: 'status === 204',
      },
    ],
    shown: [
      { check: 'responsesAreTaken', over: overH1 },
      { check: 'responsesByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'mapped-address-refused',
    label:
      'A PROXY line of TCP6 was refused when an address in it was an IPv4 one that is mapped into IPv6: its family was judged by its value, not by how it is written.',
    source: 'nats-server #8302',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/proxy/read-v1.ts',
        within: "private address(family: 'ipv4' | 'ipv6'): string | undefined {",
        find: 'if (!scan.complete || this.bytes[stop] !== SP) {',
        replace:
          "if (!scan.complete || this.bytes[stop] !== SP || (family === 'ipv6' && scan.address[11] === 0xff && scan.address[10] === 0xff && scan.address.subarray(0, 10).every((octet) => octet === 0))) {",
      },
    ],
    shown: [
      { check: 'headersByModel', over: ['proxy-v1+h1'] },
      { check: 'proxyV1ByGrammar', over: ['proxy reader'] },
    ],
  },
  {
    id: 'block-of-local-left',
    label:
      'Behind a PROXY header of the command LOCAL, which health checks send, the block of addresses was not skipped: it was taken for the first bytes of the connection.',
    source: 'go-proxyproto #12',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/proxy/read-v2.ts',
        within: 'export function readProxyV2(',
        find: "kind: 'complete', length, header:",
        replace: "kind: 'complete', length: V2_PREFIX_BYTES, header:",
      },
    ],
    shown: [
      { check: 'headersByModel', over: behindProxyV2 },
      { check: 'proxyV2ByModel', over: ['proxy reader'] },
    ],
  },
  {
    id: 'short-block-throws',
    label:
      'A PROXY header that says that it is shorter than its addresses was cut into pieces all the same, one of them of a negative length: that threw, and ended the process.',
    source: 'mastercactapus/proxyprotocol #1',
    rules: ['WIRE-3'],
    mutations: [
      {
        file: 'src/session/proxy/read-v2.ts',
        within: 'export function readProxyV2(',
        find: 'if (!isLocal && blockLength < (V2_ADDRESS_BYTES[family] as number)) {',
        replace: 'if (false) {',
      },
      {
        file: 'src/session/proxy/read-v2.ts',
        within: 'function block(',
        find: 'const reader = new TlvReader(bytes, limits.maxTlvs);',
        replace:
          'const region = new Uint8Array(headerEnd - tlvAt); const reader = new TlvReader(bytes, limits.maxTlvs);',
      },
    ],
    shown: [
      { check: 'headersByModel', over: behindProxyV2 },
      { check: 'proxyTotal', over: ['proxy reader'] },
    ],
  },
];
