/**
 * The head reader against its grammar (WIRE-1), at every segmentation (CON-6), with anything behind the end (OWN-6),
 * moved between calls, on any octets (WIRE-3).
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelRequest } from '../../models/h1-grammar.js';
import { h1RequestHead } from '../../src/kit/arbitraries/h1-head.js';
import { h1Mutation, mutateH1 } from '../../src/kit/arbitraries/h1-mutation.js';
import { segmentation, segmentEnds } from '../../src/kit/arbitraries/segmentation.js';
import { oneByOne, readHead, seen, TRUE_REST } from '../support/h1.js';
import {
  h1Requests,
  h1Responses,
  requestsByGrammar,
  responsesByGrammar,
} from '../support/properties/h1-grammar.js';

const mutations = fc.array(h1Mutation(), { minLength: 1, maxLength: 3 });
const mutated = (head: fc.Arbitrary<string>) =>
  fc.tuple(head, mutations).map(([text, list]) => mutateH1(text, list));
const requests = h1Requests;
const responses = h1Responses;
const surroundings = fc.record({
  offsets: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 3 }),
  fills: fc.array(fc.oneof(fc.constantFrom(TRUE_REST, 0x0a, 0x0d, 0x20, 0x3a), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 3,
  }),
});

describe('WIRE-1: a head is accepted exactly when the grammar accepts it, with that framing', () => {
  it('valid requests', () => {
    fc.assert(
      fc.property(h1RequestHead(), fc.string({ unit: 'binary-ascii', maxLength: 8 }), (head, rest) => {
        const text = head + rest;
        expect(readHead(text, [text.length])).toMatchObject({ ...modelRequest(text), length: head.length });
      }),
    );
  });

  it('requests with mistakes', () => {
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(requestsByGrammar(verdicts), { numRuns: 1000 });
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100);
  });

  it('responses, valid and with mistakes', () => {
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(responsesByGrammar(verdicts), { numRuns: 1000 });
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100);
  });

  it('nothing waits for more behind the end of a head', () => {
    fc.assert(
      fc.property(mutated(h1RequestHead()), (text) => {
        const complete = `${text}\r\n\r\n\r\n\r\n`;
        expect(readHead(complete, [complete.length]).kind).not.toBe('need-data');
      }),
    );
  });
});

describe('CON-6, OWN-6: segmentation, place and surroundings change nothing', () => {
  it('one octet at a time, each in another place', () => {
    fc.assert(
      fc.property(requests, surroundings, (text, around) => {
        const whole = readHead(text, [text.length]);
        const slow = readHead(text, oneByOne(text.length), { around });
        expect(seen(slow)).toBe(seen(whole));
        // Found at the octet that decides, neither before nor after it.
        if (slow.kind === 'error') expect(slow.end).toBe(slow.at + 1);
        if (slow.kind === 'complete') expect(slow.end).toBe(slow.length);
      }),
    );
  });

  it('two segments, cut at every place, with what a reader would like to see behind the first', () => {
    fc.assert(
      fc.property(requests, (text) => {
        const whole = readHead(text, [text.length]);
        for (const fill of [TRUE_REST, 0x0a, 0x20]) {
          for (let cut = 1; cut < text.length; cut++) {
            const around = { offsets: [0], fills: [fill] };
            const read = readHead(text, [cut, text.length], { around });
            expect(seen(read)).toBe(seen(whole));
            // Known as soon as the octet that decides has come, and not before.
            const decidedBy =
              whole.kind === 'complete' ? whole.length : whole.kind === 'error' ? whole.at + 1 : 0;
            if (read.kind !== 'need-data') expect(read.end).toBe(cut < decidedBy ? text.length : cut);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it('any segments', () => {
    fc.assert(
      fc.property(requests, segmentation(), surroundings, (text, sizes, around) => {
        const whole = readHead(text, [text.length]);
        expect(seen(readHead(text, segmentEnds(text.length, sizes), { around }))).toBe(seen(whole));
      }),
    );
  });

  it('responses', () => {
    fc.assert(
      fc.property(responses, segmentation(), surroundings, (text, sizes, around) => {
        const whole = readHead(text, [text.length], { role: 'response' });
        expect(seen(readHead(text, segmentEnds(text.length, sizes), { role: 'response', around }))).toBe(
          seen(whole),
        );
        expect(seen(readHead(text, oneByOne(text.length), { role: 'response', around }))).toBe(seen(whole));
      }),
    );
  });

  it('limits, reached anywhere', () => {
    const limits = fc.record({
      maxHeadBytes: fc.integer({ min: 10, max: 150 }),
      maxFieldLineBytes: fc.integer({ min: 5, max: 40 }),
      maxFields: fc.integer({ min: 0, max: 6 }),
      maxTargetBytes: fc.integer({ min: 1, max: 20 }),
      maxMethodBytes: fc.integer({ min: 1, max: 8 }),
      maxLeadingEmptyLines: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(requests, limits, segmentation(), surroundings, (text, small, sizes, around) => {
        const whole = readHead(text, [text.length], { limits: small });
        expect(seen(readHead(text, segmentEnds(text.length, sizes), { limits: small, around }))).toBe(
          seen(whole),
        );
        const slow = readHead(text, oneByOne(text.length), { limits: small, around });
        expect(seen(slow)).toBe(seen(whole));
        if (slow.kind === 'error') expect(slow.end).toBe(slow.at + 1);
      }),
    );
  });
});

describe('WIRE-3: any octets give a result', () => {
  it.each(['request', 'response'] as const)('%s', (role) => {
    const soup = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            'GET ',
            '/',
            ' HTTP/1.1',
            'HTTP/1.1 ',
            '200 OK',
            '\r\n',
            '\r',
            '\n',
            'Host: a',
            ':',
            'x',
            ' ',
            '%',
            '%2',
          ),
          fc.nat({ max: 255 }).map((code) => String.fromCharCode(code)),
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(soup, segmentation(), surroundings, (text, sizes, around) => {
        const whole = readHead(text, [text.length], { role });
        expect(['need-data', 'complete', 'error']).toContain(whole.kind);
        if (whole.kind === 'error') expect(whole.code).toMatch(/^h1-/);
        const cut = readHead(text, segmentEnds(text.length, sizes), { role, around });
        if (text.length > 0) expect(seen(cut)).toBe(seen(whole));
      }),
    );
  });
});
