// Node's own parser: llhttp in C behind the binding that node:http uses, driven as node:http drives it. The binding
// is not public; `_http_common` is where it can be had without a flag.
import { createRequire } from 'node:module';
import type { ParserPeer } from './contestants.js';

interface Binding {
  initialize(type: number, resource: object): void;
  execute(bytes: Uint8Array): number | Error;
  [event: number]: ((...args: never[]) => unknown) | undefined;
}

interface BindingClass {
  new (): Binding;
  readonly REQUEST: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

export function llhttpBinding(): ParserPeer {
  const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common') as {
    HTTPParser: BindingClass;
    methods: readonly string[];
  };
  const parser = new HTTPParser();
  const peer: ParserPeer = {
    name: "node's llhttp binding",
    requests: 0,
    bodyBytes: 0,
    method: '',
    target: '',
    feed(bytes: Uint8Array): void {
      const result = parser.execute(bytes);
      if (typeof result !== 'number') throw result;
    },
  };
  // It comes with method, url and the fields as strings; the fields are there whether they are read or not.
  const headersComplete = (
    _major: number,
    _minor: number,
    _fields: string[],
    method: number,
    url: string,
  ): number => {
    peer.method = methods[method] as string;
    peer.target = url;
    return 0;
  };
  const body = (bytes: Uint8Array): void => {
    peer.bodyBytes += bytes.length;
  };
  const messageComplete = (): void => {
    peer.requests += 1;
  };
  parser[HTTPParser.kOnHeadersComplete] = headersComplete;
  parser[HTTPParser.kOnBody] = body;
  parser[HTTPParser.kOnMessageComplete] = messageComplete;
  parser.initialize(HTTPParser.REQUEST, {});
  return peer;
}
