// The heads that H2 sends for requests: what stands in them, and that one that is like the last in all but one thing is
// judged and made anew for that.
import { expect, test } from 'vitest';
import { FieldJudge } from '../../src/session/h2/outgoing.js';
import type { RequestOptions } from '../../src/stream/contract.js';
import { H2RequestHeads } from '../../src/stream/h2-request.js';
import { refusal } from '../support/memory.js';

const usual: RequestOptions = { method: 'PUT', target: '/a', authority: 'a.b:80', scheme: 'https' };
const heads = () => new H2RequestHeads(new FieldJudge(false));
const pseudoOf = (options: RequestOptions, made = heads()) =>
  made
    .build(options, true)
    .head.pseudo.map(([name, value]) => `${name} ${value}`)
    .join(' ');

test.each<[string, RequestOptions, string]>([
  ['what is left out', { authority: 'a' }, ':method GET :scheme http :authority a :path /'],
  ['all of it', usual, ':method PUT :scheme https :authority a.b:80 :path /a'],
  [
    'OPTIONS *',
    { method: 'OPTIONS', target: '*', authority: 'a' },
    ':method OPTIONS :scheme http :authority a :path *',
  ],
  ['a Host', { authority: 'a', fields: [['Host', 'b']] }, ':method GET :scheme http :authority b :path /'],
  ['CONNECT', { method: 'CONNECT', authority: 'a:1' }, ':method CONNECT :authority a:1'],
  [
    'CONNECT to its target',
    { method: 'CONNECT', authority: 'b', target: 'a:1' },
    ':method CONNECT :authority a:1',
  ],
  [
    'extended CONNECT',
    { method: 'CONNECT', protocol: 'websocket', authority: 'a' },
    ':method CONNECT :scheme http :authority a :path / :protocol websocket',
  ],
])('RFC 9113 §8.3.1: %s', (_, options, pseudo) => {
  expect(pseudoOf(options)).toBe(pseudo);
});

const connect: RequestOptions = { method: 'CONNECT', protocol: 'x', authority: 'a' };

test.each<[RequestOptions, RequestOptions]>([
  [usual, { ...usual, method: 'POST' }],
  [usual, { ...usual, target: '/b' }],
  [usual, { ...usual, authority: 'b' }],
  [usual, { ...usual, scheme: 'http' }],
  [connect, { ...connect, protocol: 'y' }],
  [connect, { method: 'CONNECT', authority: 'a:1' }],
  [
    { method: 'CONNECT', authority: 'a:1' },
    { ...connect, authority: 'a:1' },
  ],
])('%j, and then %j: each has its own, and the same again has the same', (one, other) => {
  const made = heads();
  for (const options of [one, other, other, one]) expect(pseudoOf(options, made)).toBe(pseudoOf(options));
  expect(made.build(one, true).head.pseudo).toBe(made.build(one, true).head.pseudo);
});

const wrong: readonly [string, string, RequestOptions][] = [
  ['method', 'method RFC 9110 §9.1', { ...usual, method: 'P T' }],
  ['path', 'target RFC 9113 §8.3.1', { ...usual, target: 'a' }],
  ['authority', 'authority RFC 9113 §8.3.1', { ...usual, authority: 'a b' }],
  ['scheme', 'scheme RFC 3986 §3.1', { ...usual, scheme: '1' as never }],
  ['protocol of another method', 'protocol RFC 8441 §4', { ...usual, protocol: 'x' }],
  ['protocol', 'protocol RFC 8441 §4', { ...connect, protocol: 'x y' }],
  ['port of a tunnel', 'authority RFC 9113 §8.3.1', { method: 'CONNECT', authority: 'a' }],
  ['Upgrade', 'no-upgrade RFC 9113 §8.6', { ...usual, upgrade: 'x' }],
  ['length', 'length RFC 9110 §8.6', { ...usual, length: -1 }],
  [
    'length that the fields gainsay',
    'length-conflict RFC 9110 §8.6',
    { ...usual, length: 1, fields: [['content-length', '2']] },
  ],
  ['length of nothing', 'length-conflict RFC 9110 §8.6', { ...usual, length: 1, end: true }],
  [
    'length of a tunnel',
    'connect-content RFC 9110 §9.3.6',
    { method: 'CONNECT', authority: 'a:1', length: 1 },
  ],
];

test.each(wrong)(
  'a wrong %s is refused, %s, also behind a right one, and changes nothing',
  (_, says, options) => {
    const made = heads();
    const right = pseudoOf(usual, made);
    for (let time = 0; time < 2; time++) {
      expect(refusal(() => made.build(options, true))).toBe(says);
    }
    expect(pseudoOf(usual, made)).toBe(right);
  },
);

test('RFC 8441 §3: extended CONNECT is refused where the peer does not take it', () => {
  expect(refusal(() => heads().build(connect, false))).toBe('extended-connect RFC 8441 §3');
});

const put = { method: 'PUT', authority: 'a' };
const saying = (length: string): RequestOptions => ({ ...put, fields: [['content-length', length]] });

test.each<[RequestOptions, { declared: number; ends: boolean; contentLength: number | undefined }]>([
  [put, { declared: -1, ends: true, contentLength: undefined }],
  [
    { ...put, end: true },
    { declared: -1, ends: true, contentLength: undefined },
  ],
  [
    { ...put, end: false },
    { declared: -1, ends: false, contentLength: undefined },
  ],
  [
    { ...put, length: 0 },
    { declared: 0, ends: true, contentLength: 0 },
  ],
  [
    { ...put, length: 0, end: false },
    { declared: 0, ends: false, contentLength: 0 },
  ],
  [
    { ...put, length: 5 },
    { declared: 5, ends: false, contentLength: 5 },
  ],
  [saying('0'), { declared: 0, ends: true, contentLength: undefined }],
  [saying('5'), { declared: 5, ends: false, contentLength: undefined }],
  [
    { ...saying('5'), length: 5 },
    { declared: 5, ends: false, contentLength: undefined },
  ],
  [
    { ...saying('0'), length: 0 },
    { declared: 0, ends: true, contentLength: undefined },
  ],
  [
    { method: 'CONNECT', authority: 'a:1' },
    { declared: -1, ends: false, contentLength: undefined },
  ],
  [
    { method: 'CONNECT', authority: 'a:1', length: 0 },
    { declared: -1, ends: false, contentLength: undefined },
  ],
  [
    { method: 'CONNECT', authority: 'a:1', end: true },
    { declared: -1, ends: false, contentLength: undefined },
  ],
])('RFC 9110 §8.6: %j declares %j', (options, said) => {
  const { declared, ends, head } = heads().build(options, true);
  expect({ declared, ends, contentLength: head.contentLength }).toEqual(said);
});

test('a Host is said once, as the authority; Expect only where content follows', () => {
  const fields = [
    ['Host', 'b'],
    ['X', 'y'],
  ] as const;
  expect(heads().build({ authority: 'a', fields }, true).head.fields).toEqual([['X', 'y']]);
  const plain = [['X', 'y']] as const;
  expect(heads().build({ authority: 'a', fields: plain }, true).head.fields).toBe(plain);
  const expecting = { ...put, fields: plain, expectContinue: true };
  expect(heads().build(expecting, true).head.fields).toBe(plain);
  expect(heads().build({ ...expecting, length: 5 }, true).head.fields).toEqual([
    ['X', 'y'],
    ['expect', '100-continue'],
  ]);
  expect(heads().build({ ...put, fields: plain, length: 5 }, true).head.fields).toBe(plain);
});
