// The fields of heads that are sent, judged once while they stay the same: the same judgement for the same strings, and
// another one for any other.
import { describe, expect, it } from 'vitest';
import { Content, FieldJudge, requireAuthority } from '../../src/session/h2/outgoing.js';
import { refusal } from '../support/memory.js';

const pairs = (count: number, from = 0): [string, string][] =>
  Array.from({ length: count }, (_, i) => [`name${from + i}`, `value${from + i}`]);

describe('the list that was judged last', () => {
  it('is known again by its strings', () => {
    const judge = new FieldJudge(true);
    for (const count of [1, 3, 2]) {
      const judgement = judge.judge(pairs(count));
      expect(judge.judge(pairs(count))).toBe(judgement);
      expect(judge.judge(pairs(count))).toBe(judgement);
    }
  });

  it.each<[what: string, fields: [string, string][]]>([
    ['the first name', [['other', 'value0'], ...pairs(1, 1)]],
    ['the first value', [['name0', 'other'], ...pairs(1, 1)]],
    ['the last name', [...pairs(1), ['other', 'value1']]],
    ['the last value', [...pairs(1), ['name1', 'other']]],
    ['a field less', pairs(1)],
    ['a field more', pairs(3)],
  ])('is another with %s', (_, fields) => {
    const judge = new FieldJudge(true);
    const judgement = judge.judge(pairs(2));
    expect(judge.judge(fields)).not.toBe(judgement);
    const again = judge.judge(pairs(2));
    expect(again).not.toBe(judgement);
    expect(judge.judge(pairs(2))).toBe(again);
  });

  it('has 32 fields at most; longer lists, and empty ones, leave it as it was', () => {
    const judge = new FieldJudge(true);
    const judgement = judge.judge(pairs(32));
    expect(judge.judge(pairs(32))).toBe(judgement);
    const long = judge.judge(pairs(33));
    expect(judge.judge(pairs(33))).not.toBe(long);
    expect(judge.judge([])).toEqual({ contentLength: -1, hasDate: false, host: undefined });
    expect(judge.judge(pairs(32))).toBe(judgement);
  });
});

describe('what is refused', () => {
  it('as a field of the connection, whatever it says', () => {
    for (const name of ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']) {
      const act = () => new FieldJudge(true).judge([[name, 'trailers']]);
      expect(refusal(act)).toBe('field-framing RFC 9113 §8.2.2');
      expect(act).toThrow(`${name} is a field of an H1 connection`);
    }
  });

  it('as content, once the declared length is reached', () => {
    const content = new Content(3, false, false);
    content.add(3, false);
    expect(refusal(() => content.add(1, false))).toBe('length-overrun RFC 9110 §8.6');
    content.add(0, true);
  });

  it('as an authority, and what would be one', () => {
    expect(() => requireAuthority('a', true)).toThrow('"a" is not a host with a port');
    expect(() => requireAuthority('a b', false)).toThrow('"a b" is not a host with an optional port');
  });
});
