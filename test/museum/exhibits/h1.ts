/** What frames a message of HTTP/1, and what follows an error. */
import { overH1 } from '../carriers.js';
import type { Exhibit } from '../exhibit.js';

export const h1Exhibits: readonly Exhibit[] = [
  {
    id: 'chunk-size-wraps',
    label:
      'The size of a chunk was gathered in an integer that wraps: a large size was taken for a small one.',
    source: 'Varnish VSV00001',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/chunked-reader.ts',
        within: 'private readSize(',
        find: 'size = size * 16 + value;',
        replace: 'size = (size * 16 + value) >>> 0;',
      },
    ],
    shown: [
      { check: 'bodiesAreServed', over: overH1 },
      { check: 'bodiesByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'chunk-end-not-enforced',
    label:
      'Behind the data of a chunk two octets were skipped without a look at whether they are a line end.',
    source: 'Varnish VSV00016',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/chunked-reader.ts',
        within: 'read(bytes: Uint8Array, at: number, end: number): number {',
        find: 'if (end - p >= 2 && bytes[p] === 0x0d && bytes[p + 1] === 0x0a) {',
        replace: 'if (end - p >= 2) {',
      },
    ],
    shown: [
      { check: 'bodiesAreServed', over: overH1 },
      { check: 'bodiesByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'connection-kept-after-400',
    label:
      'A request that was refused with a 400 was answered, and the connection kept: what came behind it was taken for the next one.',
    source: 'Varnish VSV00015',
    rules: ['WIRE-2'],
    mutations: [
      {
        file: 'src/session/h1/server-session.ts',
        within: 'private readHead(): boolean {',
        find: 'this.endWithAnswer(event.refuse, reader.error as UndercoatError);',
        replace:
          'sendError(this.context.output, 400); input.discard(Math.min(input.pendingBytes, Math.max(1, reader.errorAt))); reader.reset();',
      },
    ],
    shown: [{ check: 'errorsClose', over: overH1 }],
  },
  {
    id: 'body-not-drained',
    label:
      'A request whose body nobody had read was answered, and the rest of its body was read as the next request.',
    source: 'Varnish VSV00008, Pingora CVE-2025-4366',
    rules: ['CON-1', 'WIRE-2'],
    mutations: [
      {
        file: 'src/session/h1/server-session.ts',
        within: 'private advanceExchange(): boolean {',
        find: 'if (!this.requestComplete) { if',
        replace:
          'if (this.responseComplete && !stream.takesBody) this.requestComplete = true; if (!this.requestComplete) { if',
      },
    ],
    shown: [{ check: 'quiescence', over: overH1 }],
  },
  {
    id: 'length-wins-over-coding',
    label:
      'A message with both Content-Length and Transfer-Encoding was accepted, and framed by the length: whoever is behind may frame it by the coding.',
    source: 'CL.TE request smuggling',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/field-section.ts',
        within: 'private understandCodings(',
        find: 'if (this.contentLength >= 0) return FIELDS.lengthAndCoding;',
        replace: 'if (this.contentLength >= 0) return null;',
      },
    ],
    shown: [
      { check: 'requestsAreServed', over: overH1 },
      { check: 'requestsByGrammar', over: ['h1 reader'] },
    ],
  },
  {
    id: 'coding-wins-over-length',
    label: 'A message with both Transfer-Encoding and Content-Length was accepted, and framed by the coding.',
    source: 'TE.CL request smuggling',
    rules: ['WIRE-1'],
    mutations: [
      {
        file: 'src/session/h1/field-section.ts',
        within: 'private understand(',
        find: 'if (this.codings !== CODINGS_NONE) return FIELDS.lengthAndCoding;',
        replace: '',
      },
    ],
    shown: [
      { check: 'requestsAreServed', over: overH1 },
      { check: 'requestsByGrammar', over: ['h1 reader'] },
    ],
  },
];
