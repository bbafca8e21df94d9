// What a message that H2 sends may say, rule by rule: each refused with its code and section before anything is written.
import { describe, expect, it } from 'vitest';
import {
  Content,
  declaredLength,
  FieldJudge,
  judgeTrailers,
  noContent,
  requireAuthority,
  requireListFits,
  requireMethod,
  requirePath,
  requireProtocol,
  requireScheme,
  without,
} from '../../src/session/h2/outgoing.js';
import type { FieldList } from '../../src/session/h2/writer.js';
import { refusal } from '../support/memory.js';

const framing = 'field-framing RFC 9113 §8.2.2';
const length = 'field-framing RFC 9110 §8.6';
const said = (name: string, value: string, ofRequests = true): string =>
  refusal(() =>
    new FieldJudge(ofRequests).judge([
      ['a', 'b'],
      [name, value],
    ]),
  );

describe('fields', () => {
  it.each<[name: string, value: string, says: string]>([
    ['', 'x', 'field-name RFC 9110 §5.1'],
    ['a b', 'x', 'field-name RFC 9110 §5.1'],
    [':path', 'x', 'field-name RFC 9110 §5.1'],
    ['é', 'x', 'field-name RFC 9110 §5.1'],
    ["X!#$%&'*+-.^_`|~9", 'x', 'nothing'],
    ['a', '', 'nothing'],
    ['a', '!', 'nothing'],
    ['a', 'x \t~\x80\xff', 'nothing'],
    ['a', ' x', 'field-value RFC 9113 §8.2.1'],
    ['a', 'x ', 'field-value RFC 9113 §8.2.1'],
    ['a', '\tx', 'field-value RFC 9113 §8.2.1'],
    ['a', 'x\t', 'field-value RFC 9113 §8.2.1'],
    ['a', 'x\x1fy', 'field-value RFC 9113 §8.2.1'],
    ['a', 'x\ny', 'field-value RFC 9113 §8.2.1'],
    ['a', 'x\x7fy', 'field-value RFC 9113 §8.2.1'],
    ['a', 'x\u0100y', 'field-value RFC 9113 §8.2.1'],
    ['Connection', 'close', framing],
    ['keep-alive', 'x', framing],
    ['Proxy-Connection', 'x', framing],
    ['transfer-encoding', 'chunked', framing],
    ['Upgrade', 'x', framing],
    ['TE', 'trailers', 'nothing'],
    ['te', 'gzip', framing],
    ['Content-Length', '0', 'nothing'],
    ['content-length', '999999999999999', 'nothing'],
    ['content-length', '1000000000000000', length],
    ['content-length', '', length],
    ['content-length', '1x', length],
    ['content-length', 'x1', length],
    ['content-length', '-1', length],
  ])('%s: %j says %s', (name, value, says) => {
    expect(said(name, value)).toBe(says);
  });

  it('TE is of requests, and some come once', () => {
    expect(said('te', 'trailers', false)).toBe(framing);
    const judge = new FieldJudge(true);
    for (const name of ['content-length', 'host']) {
      for (const value of ['0', '1']) {
        expect(
          refusal(() =>
            judge.judge([
              [name, value],
              [name.toUpperCase(), value],
            ]),
          ),
        ).toBe(name === 'host' ? 'field-framing RFC 9113 §8.3.1' : length);
      }
    }
  });

  it('in trailers nothing frames or routes', () => {
    const trailers = (name: string, value: string) =>
      refusal(() =>
        judgeTrailers([
          ['a', 'b'],
          [name, value],
        ]),
      );
    for (const name of ['content-length', 'Host'])
      expect([name, trailers(name, '1')]).toEqual([name, 'field-framing RFC 9110 §6.5.1']);
    for (const [name, value] of [
      ['TE', 'trailers'],
      ['connection', '1'],
    ] as const)
      expect([name, trailers(name, value)]).toEqual([name, framing]);
    expect(trailers('date', 'x')).toBe('nothing');
    expect(trailers('x y', 'z')).toBe('field-name RFC 9110 §5.1');
  });

  it('say a length, a date and a host, each list for itself', () => {
    const judge = new FieldJudge(true);
    const nothing = { contentLength: -1, hasDate: false, host: undefined };
    const lists: [FieldList, object][] = [
      [[], nothing],
      [[['Content-Length', '007']], { ...nothing, contentLength: 7 }],
      [[['Date', 'x']], { ...nothing, hasDate: true }],
      [[['Host', 'A:1']], { ...nothing, host: 'A:1' }],
      [
        [
          ['content-length', '0'],
          ['date', 'x'],
          ['host', ''],
        ],
        { contentLength: 0, hasDate: true, host: '' },
      ],
      [[['X', 'y']], nothing],
      [Array.from({ length: 40 }, (_, i) => [`x${i}`, 'y'] as const), nothing],
    ];
    for (const [fields, expected] of [...lists, ...lists.toReversed()]) {
      for (let i = 0; i < 3; i++) expect(judge.judge(fields)).toEqual(expected);
    }
  });

  it('that were judged are judged again when they have changed in place', () => {
    const judge = new FieldJudge(true);
    const list: [string, string][] = [
      ['content-length', '1'],
      ['x', 'y'],
    ];
    expect(judge.judge(list).contentLength).toBe(1);
    (list[0] as [string, string])[1] = '2';
    expect(judge.judge(list).contentLength).toBe(2);
    (list[1] as [string, string])[0] = 'date';
    expect(judge.judge(list).hasDate).toBe(true);
    list.pop();
    expect(judge.judge(list)).toMatchObject({ contentLength: 2, hasDate: false });
    list.push(['x', '\n']);
    expect(refusal(() => judge.judge(list))).toBe('field-value RFC 9113 §8.2.1');
    expect(refusal(() => judge.judge(list))).toBe('field-value RFC 9113 §8.2.1');
  });

  it('but those of a name', () => {
    expect(
      without('host', [
        ['Host', 'a'],
        ['x', 'b'],
        ['HOST', 'c'],
        ['hosts', 'd'],
      ]),
    ).toEqual([
      ['x', 'b'],
      ['hosts', 'd'],
    ]);
  });
});

describe('content', () => {
  const overrun = 'length-overrun RFC 9110 §8.6';
  const underrun = 'length-underrun RFC 9110 §8.6';
  const forbidden = 'content-forbidden RFC 9110 §6.4';
  const add = (content: Content, bytes: number, last = false) => refusal(() => content.add(bytes, last));

  it('of a declared length is neither more nor less', () => {
    const content = new Content(5, false, false);
    expect([add(content, 6), add(content, 4, true), add(content, 3), add(content, 3)]).toEqual([
      overrun,
      underrun,
      'nothing',
      overrun,
    ]);
    content.takeBack(1);
    expect([add(content, 2, true), add(content, 3, true), add(content, 0, true)]).toEqual([
      underrun,
      'nothing',
      'nothing',
    ]);
  });

  it('says how much is missing', () => {
    expect(() => new Content(5, false, false).add(2, true)).toThrow('leaves 3 bytes to be sent');
  });

  it('that is only counted may be less, and not more', () => {
    const content = new Content(5, true, false);
    expect([add(content, 6, true), add(content, 2, true)]).toEqual([overrun, 'nothing']);
  });

  it('of no declared length is any; where there is none, none', () => {
    const any = new Content(-1, false, false);
    any.takeBack(5);
    expect([add(any, 1000), add(any, 0, true)]).toEqual(['nothing', 'nothing']);
    expect([add(noContent, 1), add(noContent, 0, true), noContent.silent]).toEqual([
      forbidden,
      'nothing',
      false,
    ]);
    expect(add(new Content(5, false, true), 5)).toBe(forbidden);
  });

  it('is declared by the call, or by the fields', () => {
    expect(declaredLength(-1, -1, false)).toBe(-1);
    expect(declaredLength(-1, -1, true)).toBe(0);
    expect(declaredLength(0, -1, false)).toBe(0);
    expect(declaredLength(-1, 0, false)).toBe(0);
    expect(declaredLength(7, -1, true)).toBe(7);
    expect(declaredLength(-1, 7, true)).toBe(7);
    expect(declaredLength(7, 7, false)).toBe(7);
    for (const [fields, call] of [
      [0, 5],
      [5, 0],
      [5, 6],
    ] as const) {
      expect(refusal(() => declaredLength(fields, call, false))).toBe('length-conflict RFC 9110 §8.6');
    }
  });
});

describe('where a request goes', () => {
  it.each<[what: string, says: string, act: (value: string) => void, well: string[], not: string[]]>([
    ['a method', 'method RFC 9110 §9.1', requireMethod, ['GET', 'x', '!~'], ['', 'G T', 'G(', 'é']],
    [
      'a path',
      'target RFC 9113 §8.3.1',
      (path) => requirePath('GET', path),
      ['/', '/!~', '/a|"?'],
      ['', 'a', '*', '/ ', '/a#', '/\x7f', '/\x1f', '/é'],
    ],
    [
      'a path of OPTIONS',
      'target RFC 9113 §8.3.1',
      (path) => requirePath('OPTIONS', path),
      ['/', '*'],
      ['**', 'a'],
    ],
    [
      'an authority',
      'authority RFC 9113 §8.3.1',
      (authority) => requireAuthority(authority, false),
      ['a', 'a:1', 'a:', '[::1]'],
      ['', 'u@a', 'a b', 'a:x'],
    ],
    [
      'the authority of a tunnel',
      'authority RFC 9113 §8.3.1',
      (authority) => requireAuthority(authority, true),
      ['a:1', '[::1]:1'],
      ['', 'a', 'a:', 'a:x'],
    ],
    [
      'a scheme',
      'scheme RFC 3986 §3.1',
      requireScheme,
      ['http', 'A', 'a1+.-'],
      ['', '1a', 'a b', 'a/', ' a', '-'],
    ],
    [
      'a protocol',
      'protocol RFC 8441 §4',
      (protocol) => requireProtocol(protocol, 'CONNECT'),
      ['websocket', 'x'],
      ['', 'a b'],
    ],
    [
      'a protocol of GET',
      'protocol RFC 8441 §4',
      (protocol) => requireProtocol(protocol, 'GET'),
      [],
      ['websocket'],
    ],
  ])('%s', (_, says, act, well, not) => {
    for (const value of well) expect([value, refusal(() => act(value))]).toEqual([value, 'nothing']);
    for (const value of not) expect([value, refusal(() => act(value))]).toEqual([value, says]);
  });
});

describe('the header list that the peer takes (RFC 9113 §6.5.2)', () => {
  const says = 'peer-header-list RFC 9113 §6.5.2';
  const fits = (limit: number, more: object = {}, fields: FieldList = [['abc', 'de']]) =>
    refusal(() => requireListFits({ status: 0, pseudo: [], fields, ...more }, limit));

  it.each<[what: string, size: number, more: object]>([
    ['a field', 37, {}],
    ['a status', 37 + 42, { status: 200 }],
    ['pseudo-header fields', 37 + 40, { pseudo: [[':path', '/ab']] }],
    ['a date', 37 + 45, { date: 'Sun, 06 N' }],
    ['a length', 37 + 48, { contentLength: 12 }],
    ['a length of 0', 37 + 47, { contentLength: 0 }],
    ['a long length', 37 + 62, { contentLength: 9_007_199_254_740_991 }],
    ['all of these', 37 + 42 + 45 + 48, { status: 200, date: 'Sun, 06 N', contentLength: 12 }],
  ])('counts %s, and 32 for each', (_, size, more) => {
    expect(fits(size, more)).toBe('nothing');
    expect(fits(size - 1, more)).toBe(says);
    expect(fits(size + 100, more)).toBe('nothing');
    expect(fits(Number.POSITIVE_INFINITY, more)).toBe('nothing');
    // What has no field of the application's goes whatever the limit is.
    expect(fits(0, more, [])).toBe('nothing');
  });

  it('is told as a limit, which nobody is answered by but with a 500', () => {
    expect(() => requireListFits({ status: 0, pseudo: [], fields: [['a', 'b']] }, 33)).toThrow(
      expect.objectContaining({
        limit: 'SETTINGS_MAX_HEADER_LIST_SIZE',
        answer: { kind: 'status', status: 500 },
        message: expect.stringContaining('count 34 bytes, and the peer takes 33'),
      }),
    );
  });
});
