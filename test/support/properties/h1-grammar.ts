// WIRE-1: the readers of H1 against their grammar: what it accepts is accepted, with that framing, and nothing else.
import fc from 'fast-check';
import { modelChunked, modelRequest, modelResponse } from '../../../models/h1-grammar.js';
import { h1ChunkedBody } from '../../../src/kit/arbitraries/h1-chunked-body.js';
import { h1RequestHead, h1ResponseHead } from '../../../src/kit/arbitraries/h1-head.js';
import { h1Mutation, mutateH1 } from '../../../src/kit/arbitraries/h1-mutation.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { readChunked, readHead } from '../h1.js';

/** How often the grammar accepted and refused: a run that hardly did one of them shows little. */
export interface Verdicts {
  accepted: number;
  refused: number;
}

const mistakes = (atMost: number) => fc.array(h1Mutation(), { minLength: 1, maxLength: atMost });
const withMistakes = (head: fc.Arbitrary<string>) =>
  fc.tuple(head, mistakes(3)).map(([text, list]) => mutateH1(text, list));

/** Heads, three of four with mistakes. */
export const h1Requests = fc.oneof(
  { weight: 1, arbitrary: h1RequestHead() },
  { weight: 3, arbitrary: withMistakes(h1RequestHead()) },
);
export const h1Responses = fc.oneof(
  { weight: 1, arbitrary: h1ResponseHead() },
  { weight: 3, arbitrary: withMistakes(h1ResponseHead()) },
);

/** Right, but for one line: what frames the next octets, or what comes behind data. */
const spoilt = fc
  .tuple(
    h1ChunkedBody(),
    fc.constantFrom(
      ['\r\n', '\n'],
      ['\r\n', '\rX'],
      ['\r\n', 'XX'],
      ['\r\n', ' \r\n'],
      ['\r\n', ';\r\n'],
      ['\r\n', ';a=\r\n'],
      ['\r\n', ';a\n\r\n'],
      ['\r\n', ';a="\n"\r\n'],
      ['\r\n', ';a="b\r\n'],
      ['\r\n', ';a="b\\\r\n'],
      ['\r\n', ' ; a = b\r\n'],
      ['', '+'],
      ['', '0x'],
      ['', ' '],
      ['', '-'],
      ['', 'g'],
      ['', '100000000'],
      ['', '20000000000000'],
      ['', '10000000000000000'],
    ),
    fc.nat({ max: 5 }),
  )
  .map(([{ text }, [from = '', to = ''], nth]) => {
    let at = 0;
    for (let i = 0; i < nth; i++) at = Math.max(0, text.indexOf(from === '' ? '\r\n' : from, at) + 2);
    const found = text.indexOf(from, at);
    return found < 0 ? text : text.slice(0, found) + to + text.slice(found + from.length);
  });

/** Chunked bodies, two of three with mistakes. */
export const h1Bodies = fc.oneof(
  h1ChunkedBody().map(({ text }) => text),
  fc.tuple(h1ChunkedBody(), mistakes(2)).map(([body, list]) => mutateH1(body.text, list)),
  spoilt,
);

export function requestsByGrammar(verdicts: Verdicts = { accepted: 0, refused: 0 }) {
  return fc.property(h1Requests, (text) => {
    requireSame(modelRequest(text), readHead(text, [text.length]), verdicts);
  });
}

export function responsesByGrammar(verdicts: Verdicts = { accepted: 0, refused: 0 }) {
  return fc.property(h1Responses, fc.constantFrom('GET', 'HEAD', 'CONNECT'), (text, requestMethod) => {
    const read = readHead(text, [text.length], { role: 'response', requestMethod });
    requireSame(modelResponse(text, requestMethod), read, verdicts);
  });
}

export function bodiesByGrammar(verdicts: Verdicts = { accepted: 0, refused: 0 }) {
  return fc.property(h1Bodies, (text) => {
    requireSame(modelChunked(text), readChunked(text, [text.length]), verdicts);
  });
}

/** What the grammar says of a message is what the reader says of it. */
function requireSame(model: object | undefined, read: { readonly kind: string }, verdicts: Verdicts): void {
  if (model === undefined) {
    verdicts.refused += 1;
    requireThat('WIRE-1', read.kind !== 'complete', () => 'what the grammar refuses was accepted');
    return;
  }
  verdicts.accepted += 1;
  const said = new Map(Object.entries(read));
  const found = Object.fromEntries(Object.keys(model).map((key) => [key, said.get(key)]));
  requireEqual('WIRE-1', { kind: read.kind, ...found }, { kind: 'complete', ...model }, 'read');
}
