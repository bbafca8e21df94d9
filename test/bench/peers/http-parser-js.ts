// http-parser-js: the parser of node:http rewritten in JavaScript, driven in the same way.
import { createRequire } from 'node:module';
import type { ParserPeer } from './contestants.js';

interface Parser {
  execute(bytes: Uint8Array): number | Error;
  [event: number]: ((...args: never[]) => unknown) | undefined;
}

interface ParserClass {
  new (type: string): Parser;
  readonly REQUEST: string;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly methods: readonly string[];
}

interface Head {
  readonly method: number;
  readonly url: string;
}

export function httpParserJs(): ParserPeer {
  const { HTTPParser, methods } = createRequire(import.meta.url)('http-parser-js') as {
    HTTPParser: ParserClass;
    methods: readonly string[];
  };
  const parser = new HTTPParser(HTTPParser.REQUEST);
  const peer: ParserPeer = {
    name: 'http-parser-js',
    requests: 0,
    bodyBytes: 0,
    method: '',
    target: '',
    feed(bytes: Uint8Array): void {
      const result = parser.execute(bytes);
      if (typeof result !== 'number') throw result;
    },
  };
  const headersComplete = (head: Head): number => {
    peer.method = methods[head.method] as string;
    peer.target = head.url;
    return 0;
  };
  const body = (_bytes: Uint8Array, _start: number, length: number): void => {
    peer.bodyBytes += length;
  };
  const messageComplete = (): void => {
    peer.requests += 1;
  };
  parser[HTTPParser.kOnHeadersComplete] = headersComplete;
  parser[HTTPParser.kOnBody] = body;
  parser[HTTPParser.kOnMessageComplete] = messageComplete;
  return peer;
}
