// What is said of a request before there is a connection for it: a right one passes, whatever came before it, and a wrong
// one is refused, however often it comes and however much of it was right before.
import { expect, test } from 'vitest';
import type { RequestOptions } from '../../src/stream/contract.js';
import { requireAuthority, requireRequest } from '../../src/stream/require-request.js';
import { refusal } from '../support/memory.js';

const authority = 'a.b:80';
const right: readonly RequestOptions[] = [
  { authority: 'localhost' },
  { authority },
  { authority, method: 'PUT', target: '/a?b', length: 0 },
  { authority, method: 'OPTIONS', target: '*' },
  { authority, method: 'CONNECT', target: 'c:1' },
  { authority, method: 'CONNECT', protocol: 'x', target: '/' },
  { authority, fields: [] },
  { authority, fields: [['X', 'y']] },
  // Then nobody sends the authority.
  { authority: 'a b', fields: [['Host', 'c']] },
];

const wrong: readonly [string, RequestOptions][] = [
  ['method RFC 9110 §9.1', { authority, method: 'P T' }],
  ['target RFC 9112 §3.2', { authority, target: 'a' }],
  ['target RFC 9112 §3.2', { authority, target: '*' }],
  ['target RFC 9112 §3.2', { authority, method: 'CONNECT', target: '/' }],
  ['authority RFC 9112 §3.2', { authority: 'a b' }],
  ['authority RFC 9112 §3.2', { authority: 'a b', fields: [['X', 'y']] }],
  ['length RFC 9110 §8.6', { authority, length: 0.5 }],
  ['protocol RFC 8441 §4', { authority, protocol: 'x' }],
  ['target RFC 9113 §8.3.1', { authority, method: 'CONNECT', protocol: 'x', target: 'c:1' }],
  ['field-name RFC 9110 §5.1', { authority, fields: [['X y', 'z']] }],
];

const said = (options: RequestOptions): string => refusal(() => requireRequest(options));

test.each(right)('%j passes, twice, and behind each other one', (options) => {
  requireRequest(options);
  for (const other of right) {
    requireRequest(other);
    requireRequest(options);
  }
});

test.each(wrong)('%s: %j, twice, and behind each right one', (says, options) => {
  expect(said(options)).toBe(says);
  for (const other of right) {
    requireRequest(other);
    expect(said(options)).toBe(says);
    expect(said(options)).toBe(says);
  }
});

test('fields that are judged again are judged as they are now', () => {
  const fields: [string, string][] = [['X', 'y']];
  for (let time = 0; time < 3; time++) requireRequest({ authority, fields });
  fields[0] = ['Host', 'c'];
  requireRequest({ authority: 'a b', fields });
  fields[0] = ['X', 'y'];
  expect(said({ authority: 'a b', fields })).toBe('authority RFC 9112 §3.2');
});

test.each([undefined, {}, { authority: 5 }])('RFC 9112 §3.2: %j has no authority', (options) => {
  expect(refusal(() => requireAuthority(options as never))).toBe('authority RFC 9112 §3.2');
});
