// WIRE-1 over the H1 of a stack: the kit's property, with the grammar of messages as it is written in the RFCs.
import { modelChunked, modelRequest, modelResponse } from '../../../models/h1-grammar.js';
import { requestAcceptance, responseAcceptance } from '../../../src/kit/properties/acceptance.js';
import type { Reached } from '../../../src/kit/reached.js';
import type { StackUnderTest } from '../../../src/kit/stack-under-test.js';
import { characters, octets } from '../h1.js';
import { h1Bodies, h1Requests, h1Responses } from './h1-grammar.js';

/** What a server may answer to a request that is one (RFC 9110 §15): too much of something, or not implemented. */
const otherwiseRefused = /^HTTP\/1\.1 (?:413|414|417|431|501|505) /;

/** Heads, right and wrong. */
export function requestsAreServed(stack: StackUnderTest, before: Uint8Array, reached?: Reached) {
  const grammar = {
    messages: h1Requests.map(octets),
    due: (bytes: Uint8Array) => modelRequest(characters(bytes)),
    before,
    mayRefuse: (written: Uint8Array) => otherwiseRefused.test(characters(written)),
  };
  return requestAcceptance(stack, grammar, reached);
}

const chunked = 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

/** Chunked bodies, right and wrong, behind a head that is right. */
export function bodiesAreServed(stack: StackUnderTest, before: Uint8Array, reached?: Reached) {
  const grammar = {
    messages: h1Bodies.map((text) => octets(chunked + text)),
    due: (bytes: Uint8Array) => {
      const model = modelChunked(characters(bytes, chunked.length));
      const content = model === undefined ? ('incomplete' as const) : octets(model.data);
      return { method: 'PUT', target: '/', content };
    },
    before,
  };
  return requestAcceptance(stack, grammar, reached);
}

/** Heads of final responses, right and wrong; behind one without content the exchange is over. */
export function responsesAreTaken(stack: StackUnderTest, reached?: Reached) {
  const isFinal = (text: string): boolean => (modelResponse(text, 'GET')?.status ?? 200) >= 200;
  const grammar = {
    messages: h1Responses.filter(isFinal).map(octets),
    methods: ['GET', 'HEAD'],
    due: (bytes: Uint8Array, method: string) => {
      const model = modelResponse(characters(bytes), method);
      return model && { status: model.status, endsWithHead: model.framing === 'none' };
    },
  };
  return responseAcceptance(stack, grammar, reached);
}
