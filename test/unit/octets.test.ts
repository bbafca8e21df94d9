// Classes of octets, runs of them and hosts, octet by octet: each class against its rule, each run at every place.
import { describe, expect, it } from 'vitest';
import { isHost } from '../../models/h1-grammar.js';
import { HOST_INVALID, HOST_PORT, judgeHost, judgeHostText } from '../../src/session/host.js';
import {
  FIELD_CONTENT,
  HEX_VALUE,
  octetsOf,
  PATH_QUERY,
  QDTEXT,
  QUOTABLE,
  REG_NAME,
  TARGET,
  TCHAR,
} from '../../src/session/octets.js';
import { skipClass } from '../../src/session/scan.js';

/** Every octet as a character, by its value. */
const every = (): string[] => {
  const characters = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet));
  expect(octetsOf(characters.join(''))).toEqual(Uint8Array.from({ length: 256 }, (_, octet) => octet));
  return characters;
};

describe('classes of octets', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['tchar (RFC 9110 §5.6.2)', TCHAR, /[!#$%&'*+\-.^_`|~0-9A-Za-z]/],
    ['field content (RFC 9110 §5.5)', FIELD_CONTENT, /[\t \x21-\x7e\x80-\xff]/],
    ['path and query (RFC 3986 §3.3, §3.4)', PATH_QUERY, /[0-9A-Za-z\-._~!$&'()*+,;=:@/?]/],
    ['any target', TARGET, /[0-9A-Za-z\-._~!$&'()*+,;=:@/?[\]]/],
    ['reg-name (RFC 3986 §3.2.2)', REG_NAME, /[0-9A-Za-z\-._~!$&'()*+,;=]/],
    ['qdtext (RFC 9110 §5.6.4)', QDTEXT, /[\t !\x23-\x5b\x5d-\x7e\x80-\xff]/],
    ['what may be quoted (RFC 9110 §5.6.4)', QUOTABLE, /[\t \x21-\x7e\x80-\xff]/],
  ])('%s', (_, table, rule) => {
    expect([...table]).toEqual(every().map((character) => (rule.test(character) ? 1 : 0)));
  });

  it('digits of both cases have their values, and no other octet has one', () => {
    const digit = (character: string) =>
      /[0-9A-Fa-f]/.test(character) ? Number.parseInt(character, 16) : 255;
    expect([...HEX_VALUE]).toEqual(every().map(digit));
  });
});

describe('a run of one class', () => {
  it('ends at the first other octet, or at the stop', () => {
    for (let length = 0; length <= 20; length++) {
      const ends = Array.from({ length: length + 1 }, (_, other) => {
        const bytes = octetsOf(`  ${'a'.repeat(other)} ${'a'.repeat(24)}`);
        return skipClass(REG_NAME, bytes, 2, 2 + length);
      });
      expect(ends).toEqual(Array.from(ends, (_, other) => 2 + other));
    }
  });
});

describe('WIRE-1: hosts of RFC 3986 §3.2.2', () => {
  it.each([
    ['[v1.a:b]', true],
    ['[v1ga]', false],
    ['[v1.a/]', false],
    ['[v1./]', false],
    ['[::9.99.199.9]', true],
    ['[::1.2.3.a]', false],
    ['[::1.2.3.4:]', false],
    ['[::1.2]', false],
    ['[::1.2.3.1234]', false],
    ['[::1', false],
    ['[::1]]', false],
    ['a%41', true],
    ['a%4', false],
    ['a%', false],
    ['a\x7f', false],
  ])('%s: %s', (text, valid) => {
    expect(isHost(text)).toBe(valid);
    expect(judgeHost(octetsOf(text), 0, text.length) !== HOST_INVALID).toBe(valid);
    expect(judgeHostText(text) !== HOST_INVALID).toBe(valid);
  });

  it.each([
    // [what stands there, where the host begins, where it ends]
    ['a%41:', 0, 3],
    ['a%41:', 0, 2],
    ['[::1]:8', 0, 4],
  ])('%s from %i to %i is none, whatever stands behind', (text, at, end) => {
    expect(judgeHost(octetsOf(text), at, end)).toBe(HOST_INVALID);
  });

  it('a bracket before a host is not its end', () => {
    expect(judgeHost(octetsOf('][::1]:8'), 1, 8)).toBe(HOST_PORT);
  });
});
