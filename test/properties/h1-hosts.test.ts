/** uri-host with an optional port against RFC 3986's own rows (WIRE-1). */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHost } from '../../models/h1-grammar.js';
import { HOST_INVALID, judgeHost, judgeHostText } from '../../src/session/host.js';
import { octets } from '../support/h1.js';

/** Judged where it stands between octets that would make it longer, and as a text, which must come to the same. */
function judged(text: string): boolean {
  const judgements = [':1]', 'a0'].map((rest) => judgeHost(octets(`1:${text}${rest}`), 2, 2 + text.length));
  expect([text, judgements, judgeHostText(text)]).toEqual([
    text,
    [judgements[0], judgements[0]],
    judgements[0],
  ]);
  return judgements[0] !== HOST_INVALID;
}

const group = fc.constantFrom('0', 'a', 'fF', '123', '1234', 'ffff', '12345', 'g', '');
const quad = fc.constantFrom(
  '1.2.3.4',
  '255.255.255.255',
  '256.1.1.1',
  '01.2.3.4',
  '1.2.3',
  '1.2.3.4.5',
  '0.0.0.0',
  '1..2.3',
);
const address = fc
  .tuple(
    fc.array(group, { maxLength: 9 }),
    fc.option(quad, { nil: undefined }),
    fc.nat({ max: 12 }),
    fc.nat({ max: 12 }),
  )
  .map(([groups, last, elideAt, again]) => {
    const all: string[] = [
      ...groups.filter((_, i) => i !== 3 || again > 2),
      ...(last === undefined ? [] : [last]),
    ];
    if (elideAt <= all.length) all.splice(elideAt, 0, elideAt === 0 || elideAt === all.length ? ':' : '');
    return all.join(':');
  });
const literal = fc.oneof(
  { weight: 4, arbitrary: address },
  {
    weight: 1,
    arbitrary: fc.constantFrom('v1.a', 'vF.:', 'v.a', 'v1a', 'v1.', 'vg.a', 'V0.!$', '::1%25en0', ''),
  },
);
const host = fc.oneof(
  { weight: 3, arbitrary: literal.map((inside) => `[${inside}]`) },
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.constantFrom(...'a0.-_~2fF!@/[]:# ', '%2f', '%F0', '%', '%g0', '%0g', '\x7f', 'é'),
      maxLength: 8,
    }),
  },
);
const port = fc.constantFrom(
  '',
  '',
  ':',
  ':0',
  ':65535',
  ':65536',
  ':000080',
  ':9',
  ':8x',
  ':-1',
  '::',
  ' ',
  'x',
  '%41',
);

describe('WIRE-1: hosts', () => {
  it('are accepted exactly when the grammar accepts them', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(host, port, (name, rest) => {
        const text = name + rest;
        if (isHost(text)) accepted++;
        else refused++;
        expect(judged(text)).toBe(isHost(text));
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(40);
  });

  it('every number of groups, with an elision at every place', () => {
    for (let groups = 0; groups <= 9; groups++) {
      for (const last of ['', '1.2.3.4']) {
        for (let elideAt = -1; elideAt <= groups; elideAt++) {
          const parts = [...new Array<string>(groups).fill('f'), ...(last === '' ? [] : [last])];
          const text =
            elideAt < 0
              ? `[${parts.join(':')}]`
              : `[${parts.slice(0, elideAt).join(':')}::${parts.slice(elideAt).join(':')}]`;
          expect([text, judged(text)]).toEqual([text, isHost(text)]);
          const twice = text.replace(/f:f/, 'f::f');
          expect([twice, judged(twice)]).toEqual([twice, isHost(twice)]);
        }
      }
    }
  });

  it('a character beyond one octet is none of a host, whatever its lower octet is', () => {
    for (const text of ['\u0161', 'a\u0161', 'a\u0161:80', '[::\u0131]']) {
      expect([text, judgeHostText(text)]).toEqual([text, HOST_INVALID]);
    }
  });
});
