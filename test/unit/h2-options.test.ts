// The options of an H2 session: what each is when nothing is said, and by what a wrong one is refused.
import { expect, test } from 'vitest';
import { connectionWindowOf, h2Settings, lentHighWaterBytes } from '../../src/session/h2/options.js';
import { refusal } from '../support/memory.js';

const slabBytes = 16_383;
const flood = 'limit-value RFC 9113 §10.5';

/** Its default, what it cannot be, what that is called. */
const options: Readonly<Record<string, readonly [usual: unknown, wrong: unknown, says: string]>> = {
  maxConcurrentStreams: [100, 2 ** 32, 'setting-value RFC 9113 §5.1.2'],
  maxUnreadStreams: [100, -1, 'limit-value OWN-8'],
  streamWindowBytes: [65_535, 0, 'window-size RFC 9113 §6.9'],
  connectionWindowBytes: [131_072, 65_534, 'window-size RFC 9113 §6.9'],
  headerTableBytes: [4096, 2 ** 32, 'setting-value RFC 9113 §6.5.2'],
  encoderTableBytes: [4096, 2 ** 32, 'setting-value RFC 7541 §4.2'],
  sensitiveFields: [[], 'cookie', 'option-value RFC 7541 §7.1.3'],
  maxHeaderListBytes: [16_384, 2 ** 32, 'setting-value RFC 9113 §6.5.2'],
  maxFields: [100, -1, 'limit-value RFC 6585 §5'],
  maxContinuations: [16, -1, flood],
  maxSettings: [32, -1, flood],
  maxBodyBytes: [2 ** 30, -1, 'limit-value RFC 9110 §15.5.14'],
  copyBelowBytes: [2048, -1, 'limit-value OWN-8'],
  // A quarter of a slab, rounded up.
  lendFromBytes: [4096, -1, 'limit-value OWN-8'],
  outputHighWaterBytes: [131_072, -1, 'limit-value OWN-8'],
  outputLimitBytes: [1_048_576, -1, 'limit-value OWN-8'],
  owedLimitBytes: [16_384, -1, flood],
  maxIdlePriorities: [100, -1, 'limit-value RFC 9218 §7.1'],
  extendedConnect: [true, 1, 'option-value RFC 8441 §3'],
  resets: [{ burst: 200, perSecond: 20 }, { burst: -1 }, flood],
  trifles: [{ burst: 1000, perSecond: 100 }, { perSecond: -1 }, flood],
};

test('what is not said is the default, of all or of some', () => {
  const usual = Object.fromEntries(Object.entries(options).map(([name, [value]]) => [name, value]));
  expect(h2Settings(undefined, slabBytes)).toEqual(usual);
  expect(h2Settings({}, slabBytes)).toEqual(usual);
  expect(h2Settings({ maxFields: 5, lendFromBytes: 0, resets: { burst: 1 } }, slabBytes)).toEqual({
    ...usual,
    maxFields: 5,
    lendFromBytes: 0,
    resets: { burst: 1, perSecond: 20 },
  });
});

test.each(Object.entries(options))('a wrong %s says what it breaks', (name, [, wrong, says]) => {
  expect(refusal(() => h2Settings({ [name]: wrong }, slabBytes))).toBe(says);
});

test.each(['maxConcurrentStreams', 'headerTableBytes', 'encoderTableBytes', 'maxHeaderListBytes'])(
  '%s is as large as a setting can be',
  (name) => {
    expect(h2Settings({ [name]: 2 ** 32 - 1 }, slabBytes)).toMatchObject({ [name]: 2 ** 32 - 1 });
  },
);

test.each([
  [{ maxFields: -1 }, 'h2.maxFields'],
  [{ lendFromBytes: -1 }, 'h2.lendFromBytes'],
  [{ resets: { burst: -1 } }, 'h2.resets.burst'],
  [{ trifles: { burst: -1 } }, 'h2.trifles.burst'],
])('%j is named in full', (given, name) => {
  expect(() => h2Settings(given, slabBytes, 'h2.')).toThrow(name);
  expect(() => h2Settings(given, slabBytes)).toThrow(name.slice(3));
});

test('what follows from them', () => {
  expect(connectionWindowOf({})).toBe(131_072);
  expect(connectionWindowOf({ connectionWindowBytes: 70_000 })).toBe(70_000);
  expect(lentHighWaterBytes(h2Settings({ outputHighWaterBytes: 1000 }, slabBytes))).toBe(1500);
});
