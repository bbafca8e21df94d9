// What heads may not say in H2 though an application gives it: Content-Length where there is no content to have one (RFC 9110
// §8.6), TE in a response (RFC 9113 §8.2.2), and a Host beside `:authority` (§8.3.1).
import { describe, expect, it } from 'vitest';
import type { FieldList, RequestOptions, ServerExchange } from '../../src/stream/contract.js';
import { get, H2Bed, headers } from '../support/h2-bed.js';

const none = new Uint8Array(0);
const connect: [string, string][] = [
  [':method', 'CONNECT'],
  [':authority', 'a.test:1'],
];

function answered(fields: [string, string][], answer: (exchange: ServerExchange) => void): string[] {
  const bed = new H2Bed('server');
  bed.feed(headers(1, fields, fields !== connect));
  answer(bed.exchange);
  const said = bed.frames();
  bed.close();
  return said;
}

describe('an answer without content', () => {
  const given: FieldList = [
    ['a', 'b'],
    ['Content-Length', '0'],
  ];
  it.each<[string, [string, string][], (exchange: ServerExchange) => void, string]>([
    ['an interim one', get(), (it) => it.inform(103, given), 'HEADERS 1 | :status: 103 | a: b'],
    ['204', get(), (it) => it.respond(204, given, { end: true }), 'HEADERS 1 END | :status: 204 | a: b'],
    ['204 at once', get(), (it) => it.reply(204, given, none), 'HEADERS 1 END | :status: 204 | a: b'],
    ['that to a CONNECT', connect, (it) => it.upgrade(() => {}, given), 'HEADERS 1 | :status: 200 | a: b'],
  ])('%s does not say Content-Length', (_, fields, answer, due) => {
    expect(answered(fields, answer)[0]).toBe(due);
    expect(given).toHaveLength(2);
  });

  it('any other says it, and that to HEAD says the length of what GET would have', () => {
    const head = get().map(([name, value]): [string, string] => [name, name === ':method' ? 'HEAD' : value]);
    expect(answered(head, (it) => it.respond(200, [['content-length', '7']], { end: true }))).toEqual([
      'HEADERS 1 END | :status: 200 | content-length: 7',
    ]);
    expect(answered(get(), (it) => it.reply(200, given, none))).toEqual([
      'HEADERS 1 END | :status: 200 | a: b | content-length: 0',
    ]);
  });
});

it('TE is of requests alone', () => {
  const te: FieldList = [['te', 'trailers']];
  for (const answer of [
    (it: ServerExchange) => it.inform(103, te),
    (it: ServerExchange) => it.respond(200, te),
    (it: ServerExchange) => it.reply(200, te, none),
  ]) {
    expect(answered(get(), (it) => expect(() => answer(it)).toThrow('field-framing'))).toEqual([]);
  }
  expect(answered(connect, (it) => expect(() => it.upgrade(() => {}, te)).toThrow('field-framing'))).toEqual(
    [],
  );
  const bed = new H2Bed('client');
  const listener = { response: () => {}, failed: () => {} };
  bed.client.request({ authority: 'a.test', fields: te }, listener);
  expect(bed.frames()).toEqual([
    'HEADERS 1 END | :method: GET | :scheme: http | :authority: a.test | :path: / | te: trailers',
  ]);
  bed.close();
});

describe('Host that a request is given', () => {
  function asked(options: RequestOptions): string[] {
    const bed = new H2Bed('client');
    const listener = { response: () => {}, failed: () => {} };
    try {
      bed.client.request(options, listener);
      // The next one is not taken for it.
      bed.client.request({ authority: 'a.test' }, listener);
      return bed.frames().map((it) => it.split(' | :').slice(2).join());
    } finally {
      bed.close();
    }
  }
  const next = 'scheme: http,authority: a.test,path: /';

  it('is the authority, as it is in H1, and said once', () => {
    expect(
      asked({
        authority: 'a.test',
        fields: [
          ['Host', 'b.test:1'],
          ['c', 'd'],
        ],
      }),
    ).toEqual(['scheme: http,authority: b.test:1,path: / | c: d', next]);
    expect(asked({ authority: 'a.test', fields: [['host', 'a.test']] })).toEqual([next, next]);
  });

  it('is not where a CONNECT goes if that has a target', () => {
    const fields: FieldList = [['host', 'b.test:2']];
    const bed = new H2Bed('client');
    const listener = { response: () => {}, failed: () => {} };
    bed.client.request({ method: 'CONNECT', authority: 'a.test:1', target: 'c.test:3', fields }, listener);
    bed.client.request({ method: 'CONNECT', authority: 'a.test:1', fields }, listener);
    expect(bed.frames()).toEqual([
      'HEADERS 1 | :method: CONNECT | :authority: c.test:3',
      'HEADERS 3 | :method: CONNECT | :authority: b.test:2',
    ]);
    bed.close();
  });

  it('is judged as one, and comes once', () => {
    expect(() => asked({ authority: 'a.test', fields: [['host', 'user@b.test']] })).toThrow('authority');
    const twice: FieldList = [
      ['host', 'a.test'],
      ['Host', 'a.test'],
    ];
    expect(() => asked({ authority: 'a.test', fields: twice })).toThrow('field-framing');
  });
});
