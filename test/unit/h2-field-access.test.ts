// The fields of an H2 message as an application reads them: by any case of a name, joined as RFC 9110 §5.3 and
// RFC 9113 §8.2.3 say, and only while their exchange lasts (OWN-5).
import { describe, expect, it } from 'vitest';
import { H2Fields, h2Trailers } from '../../src/stream/h2-fields.js';
import { refusal } from '../support/memory.js';

const list = [
  ...['accept', 'text/html'],
  ...['cookie', 'a=1'],
  ...['accept', 'text/plain'],
  ...['set-cookie', 'x=1'],
  ...['cookie', 'b=2'],
  ...['set-cookie', 'y=2'],
];
const fields = () => new H2Fields(list, ['cookie']);

describe('fields of H2', () => {
  it('are counted by lines', () => {
    expect(fields().count).toBe(6);
    expect(new H2Fields([]).count).toBe(0);
  });

  it('are joined by a comma; crumbs of a cookie by a semicolon; of set-cookie the first is given', () => {
    expect(fields().get('accept')).toBe('text/html, text/plain');
    expect(fields().get('cookie')).toBe('a=1; b=2');
    expect(fields().get('set-cookie')).toBe('x=1');
    expect(fields().get('host')).toBeUndefined();
  });

  it('are found by any case of their names, and not by their values', () => {
    expect(fields().get('Accept')).toBe('text/html, text/plain');
    expect(fields().getAll('SET-COOKIE')).toEqual(['x=1', 'y=2']);
    expect(fields().getAll('a=1')).toEqual([]);
    expect([fields().has('Set-Cookie'), fields().has('x=1'), fields().has('host')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('are given as lines, in their order', () => {
    const lines = fields().toArray();
    expect(lines).toEqual([
      ['accept', 'text/html'],
      ['cookie', 'a=1'],
      ['accept', 'text/plain'],
      ['set-cookie', 'x=1'],
      ['cookie', 'b=2'],
      ['set-cookie', 'y=2'],
    ]);
    expect([...fields()]).toEqual(lines);
  });

  it('say which came as never indexed; without a field there is none', () => {
    expect(fields().sensitive).toEqual(['cookie']);
    expect(new H2Fields(['a', 'b']).sensitive).toEqual([]);
    expect(new H2Fields([], ['cookie']).sensitive).toEqual([]);
  });

  it('OWN-5: end with their exchange, however they are read', () => {
    const over = fields();
    over.end();
    const reads: (() => unknown)[] = [
      () => over.count,
      () => over.sensitive,
      () => over.get('accept'),
      () => over.getAll('accept'),
      () => over.has('accept'),
      () => over.toArray(),
      () => [...over],
    ];
    expect(reads.map(refusal)).toEqual(reads.map(() => 'fields-over OWN-5'));
  });
});

describe('trailers of H2', () => {
  it('are none when there is none', () => {
    expect(h2Trailers(undefined, undefined)).toBeUndefined();
    expect(h2Trailers([], undefined)).toBeUndefined();
  });

  it('OWN-5: end when they are revoked', () => {
    const trailers = h2Trailers(['sum', '5'], ['sum']);
    expect(trailers?.fields.get('sum')).toBe('5');
    expect(trailers?.fields.sensitive).toEqual(['sum']);
    trailers?.revoke();
    expect(refusal(() => trailers?.fields.get('sum'))).toBe('fields-over OWN-5');
  });
});
