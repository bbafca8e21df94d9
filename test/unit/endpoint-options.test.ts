// Options that are wrong are refused at the call, as misuse, whoever is called; undefined stands for the default.
import { describe, expect, it } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { proxy } from '../../src/endpoint/proxy.js';
import { h1Settings } from '../../src/session/h1/options.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { codeOf } from '../support/h1-bench.js';

/** As a program without type checks gives them. */
const given = (value: unknown): never => value as never;

describe('the limits of h1()', () => {
  it.each([null, '5', -1, 0.5, Number.NaN, Number.NEGATIVE_INFINITY, {}, true, 5n])('are not %s', (value) => {
    for (const options of [
      { maxBodyBytes: value },
      { copyBelowBytes: value },
      { outputHighWaterBytes: value },
      { outputLimitBytes: value },
      { drainBytes: value },
      { maxPipelined: value },
      { maxInterim: value },
      { head: { maxFields: value } },
      { chunked: { maxTrailerBytes: value } },
    ]) {
      expect(codeOf(() => h1(given(options)))).toBe('limit-value');
    }
  });

  it('have their defaults where undefined is given, and may be infinite', () => {
    const none = { maxBodyBytes: undefined, head: { maxFields: undefined }, chunked: undefined };
    expect(h1Settings(given(none))).toEqual(h1Settings());
    expect(h1Settings({ maxBodyBytes: Number.POSITIVE_INFINITY, head: { maxFields: 0 } })).toMatchObject({
      maxBodyBytes: Number.POSITIVE_INFINITY,
      head: { maxFields: 0, maxMethodBytes: 32 },
    });
    expect(codeOf(() => h1(given({ date: 5 })))).toBe('option-value');
  });
});

it.each([undefined, {}, { trust: '127.0.0.1' }, { trust: [5] }])(
  'proxy(%j) does not say whom to believe',
  (options) => {
    expect(codeOf(() => proxy(given(options)))).toBe('proxy-trust');
  },
);

it.each([99_999, -1, 0.5, '80', undefined])('a port is not %s', (port) => {
  expect(codeOf(() => tcp(given({ port })))).toBe('port');
});
