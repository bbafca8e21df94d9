// The kit's properties of acceptance, over an H1 that is right and grammars that are not: each disagreement is found, by WIRE-1.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type RequestGrammar,
  type ResponseGrammar,
  requestAcceptance,
  responseAcceptance,
} from '../../src/kit/properties/acceptance.js';
import { PropertyFailure } from '../../src/kit/properties/require.js';
import { h1Stack } from '../../src/kit/stack-under-test.js';
import { octets } from '../support/h1.js';

const stack = h1Stack();

function failureOf(property: fc.IRawProperty<unknown>): PropertyFailure | undefined {
  const { failed, errorInstance } = fc.check(property, {
    numRuns: 3,
    endOnFailure: true,
  }) as fc.RunDetails<unknown>;
  if (!failed) return undefined;
  expect(errorInstance).toBeInstanceOf(PropertyFailure);
  return errorInstance as PropertyFailure;
}

describe('WIRE-1: a server', () => {
  const message = 'PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
  const grammar = (due: RequestGrammar['due'], text = message): RequestGrammar => ({
    messages: fc.constant(octets(text)),
    due,
  });
  const right = { method: 'PUT', target: '/a', content: octets('hi') };

  it('that gives its application what the grammar says passes', () => {
    expect(
      failureOf(
        requestAcceptance(
          stack,
          grammar(() => right),
        ),
      ),
    ).toBeUndefined();
  });

  it.each([
    ['is given though it is refused', undefined],
    ['is another request', { ...right, target: '/b' }],
    ['has other content', { ...right, content: octets('ho') }],
    ['is whole though it is not', { ...right, content: 'incomplete' as const }],
  ])('is refused for what %s', (_, due) => {
    expect(
      failureOf(
        requestAcceptance(
          stack,
          grammar(() => due),
        ),
      )?.rule,
    ).toBe('WIRE-1');
  });

  it('may refuse what is no matter of grammar, and nothing else', () => {
    const wrong = grammar(() => right, 'PUT /a HTTP/1.1\r\n\r\n');
    expect(failureOf(requestAcceptance(stack, wrong))?.rule).toBe('WIRE-1');
    expect(failureOf(requestAcceptance(stack, { ...wrong, mayRefuse: () => true }))).toBeUndefined();
  });
});

describe('WIRE-1: a client', () => {
  const grammar = (text: string, due: ResponseGrammar['due']): ResponseGrammar => ({
    messages: fc.constant(octets(text)),
    methods: ['GET'],
    due,
  });
  const empty = 'HTTP/1.1 204 x\r\n\r\n';
  const waits = 'HTTP/1.1 200 x\r\nContent-Length: 3\r\n\r\n';

  it('that gives its application what the grammar says passes', () => {
    const due = { status: 204, endsWithHead: true };
    expect(
      failureOf(
        responseAcceptance(
          stack,
          grammar(empty, () => due),
        ),
      ),
    ).toBeUndefined();
    const open = { status: 200, endsWithHead: false };
    expect(
      failureOf(
        responseAcceptance(
          stack,
          grammar(waits, () => open),
        ),
      ),
    ).toBeUndefined();
  });

  it.each([
    ['is given though it is refused', empty, undefined],
    ['has another status', empty, { status: 200, endsWithHead: true }],
    ['waits for content that there is none of', waits, { status: 200, endsWithHead: true }],
  ])('is refused for what %s', (_, text, due) => {
    expect(
      failureOf(
        responseAcceptance(
          stack,
          grammar(text, () => due),
        ),
      )?.rule,
    ).toBe('WIRE-1');
  });
});
