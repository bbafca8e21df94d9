/** Methods and request-targets as octets amid others, which are never looked at. */

import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/memory/text.js';
import { methodText } from '../../src/session/h1/methods.js';
import {
  authorityEnd,
  authorityStart,
  FORM_ABSOLUTE,
  FORM_ASTERISK,
  FORM_AUTHORITY,
  FORM_INVALID,
  FORM_ORIGIN,
  targetForm,
} from '../../src/session/h1/target.js';
import { octets } from '../support/h1.js';

/** The text in the middle of something else, in each of several surroundings. */
function amid<T>(text: string, read: (bytes: Uint8Array, at: number, end: number) => T): T {
  const results = ['', 'GET', '://', '*/[]', 'a:b//c'].map((around) =>
    read(octets(around + text + around), around.length, around.length + text.length),
  );
  expect(results.every((result) => result === results[0])).toBe(true);
  return results[0] as T;
}

describe('a method is the text that stands there', () => {
  it.each(['GET', 'SET', 'GAT', 'GEX', 'GE', 'G', 'GETS', 'get', 'HEAD', 'POST', 'QUERY', 'X'])(
    '%s',
    (method) => {
      const relative = (bytes: Uint8Array, at: number, end: number) => methodText(bytes, at, end, plainText);
      expect(amid(method, relative)).toBe(method);
    },
  );
});

describe('RFC 9112 §3.2: the form of a target', () => {
  it.each([
    ['GET', '/', FORM_ORIGIN],
    ['GET', '//', FORM_ORIGIN],
    ['OPTIONS', '/*', FORM_ORIGIN],
    ['OPTIONS', '*', FORM_ASTERISK],
    ['OPTIONS', '**', FORM_INVALID],
    ['OPTIONS', '*/', FORM_INVALID],
    ['OPTIONS', 'a', FORM_INVALID],
    ['GET', '*', FORM_INVALID],
    ['GET', '', FORM_INVALID],
    ['GET', 'a', FORM_INVALID],
    ['GET', 'a:80', FORM_INVALID],
    ['CONNECT', 'a:80', FORM_AUTHORITY],
    ['CONNECT', 'a', FORM_INVALID],
    ['CONNECT', '/', FORM_INVALID],
    ['CONNECT', 'a:80/', FORM_INVALID],
    ['CONNECT', 'http://a:80', FORM_INVALID],
    ['GET', 'http://a', FORM_ABSOLUTE],
    ['GET', 'http://a/b?c', FORM_ABSOLUTE],
    ['GET', 'http://a?c', FORM_ABSOLUTE],
    ['GET', 'http://[::1]:80/', FORM_ABSOLUTE],
    ['OPTIONS', 'http://a', FORM_ABSOLUTE],
    ['GET', 'aZz+-.09://a', FORM_ABSOLUTE],
    ['GET', 'Az://a', FORM_ABSOLUTE],
    ['GET', '0a://a', FORM_INVALID],
    ['GET', '+://a', FORM_INVALID],
    ['GET', '-://a', FORM_INVALID],
    ['GET', '.://a', FORM_INVALID],
    ['GET', '://a', FORM_INVALID],
    // Around each range of what a scheme is made of.
    ...['/', '@', '[', '`', '{', ',', '!', '_', '~', '%', ';'].map(
      (other) => ['GET', `a${other}://a`, FORM_INVALID] as const,
    ),
    ['GET', 'http:/a', FORM_INVALID],
    ['GET', 'http:a/', FORM_INVALID],
    ['GET', 'http:', FORM_INVALID],
    ['GET', 'http:/', FORM_INVALID],
    ['GET', 'http://', FORM_INVALID],
    ['GET', 'http:///a', FORM_INVALID],
    ['GET', 'http:?/a', FORM_INVALID],
    ['GET', 'http:/?a', FORM_INVALID],
    ['GET', 'http://a b', FORM_INVALID],
    ['GET', 'http://a@b/', FORM_INVALID],
    ['GET', 'http://a/[', FORM_INVALID],
    ['GET', 'http://a/]', FORM_INVALID],
    ['GET', 'http://a/b]c', FORM_INVALID],
    ['GET', 'http://a?[', FORM_INVALID],
    ['GET', 'http://a?]', FORM_INVALID],
  ] as const)('%s %s', (method, target, form) => {
    expect(amid(target, (bytes, at, end) => targetForm(bytes, at, end, method))).toBe(form);
  });

  it.each([
    ['http://a:80/b', 'a:80'],
    ['x://a?b/c', 'a'],
    ['x://a', 'a'],
    ['x:///a', ''],
  ])('the authority of %s is %j', (target, authority) => {
    expect(
      amid(target, (bytes, at, end) => {
        const start = authorityStart(bytes, at, end);
        return target.slice(start - at, authorityEnd(bytes, start, end) - at);
      }),
    ).toBe(authority);
  });
});
