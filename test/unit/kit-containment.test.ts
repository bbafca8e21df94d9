// What the kit says of its own kind of failures: what escapes gets the rule under which it was to be contained, and what names
// a rule keeps it; a callback within a callback is found whoever makes it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MisuseError } from '../../src/errors.js';
import { ExchangeRecord } from '../../src/kit/exchange-record.js';
import {
  PropertyFailure,
  requireContained,
  requireContainedLater,
  requireRepeated,
} from '../../src/kit/properties/require.js';

describe('requireContained', () => {
  test('gives what there is, and lets named failures and preconditions pass', () => {
    expect(requireContained('WS-9', () => 7)).toBe(7);
    const misuse = new MisuseError('code', 'WS-2', 'message');
    for (const thrown of [misuse, new PropertyFailure('CON-1', 'message')]) {
      expect(() =>
        requireContained('WS-9', () => {
          throw thrown;
        }),
      ).toThrow(thrown);
    }
    fc.assert(fc.property(fc.boolean(), (holds) => requireContained('WS-9', () => fc.pre(holds))));
  });

  test('WS-9: a crash breaks the rule under which nothing escapes', () => {
    const crash = new TypeError('undefined is no function');
    const act = () =>
      requireContained('WS-9', () => {
        throw crash;
      });
    expect(act).toThrow(expect.objectContaining({ rule: 'WS-9', cause: crash }));
  });

  test('WS-9: so does one that comes later', async () => {
    expect(await requireContainedLater('WS-9', async () => 7)).toBe(7);
    const misuse = new MisuseError('code', 'WS-2', 'message');
    await expect(requireContainedLater('WS-9', () => Promise.reject(misuse))).rejects.toBe(misuse);
    const crash = new TypeError('undefined is no function');
    await expect(requireContainedLater('WS-9', () => Promise.reject(crash))).rejects.toMatchObject({
      rule: 'WS-9',
      cause: crash,
    });
  });
});

describe('requireRepeated', () => {
  test('OWN-6: what differs, or fails, where it went well before breaks the rule', () => {
    requireRepeated('OWN-6', () => ({ a: 1 }), { a: 1 }, 'again');
    expect(() => requireRepeated('OWN-6', () => 2, 1, 'again')).toThrow(
      expect.objectContaining({ rule: 'OWN-6' }),
    );
    const cause = new MisuseError('code', 'OWN-2', 'message');
    const act = () => {
      throw cause;
    };
    expect(() => requireRepeated('OWN-6', act, 1, 'again')).toThrow(
      expect.objectContaining({ rule: 'OWN-6', cause }),
    );
  });
});

describe('a record', () => {
  test('OWN-9: has a bug when one callback begins within another, also when it throws', () => {
    const record = new ExchangeRecord(0);
    record.callback(() => {});
    expect(() =>
      record.callback(() => {
        throw new Error('of the application');
      }),
    ).toThrow('of the application');
    record.callback(() => {});
    expect(record.bug).toBeUndefined();
    record.callback(() => record.callback(() => {}));
    expect(record.bug).toMatchObject({ cites: 'OWN-9' });
  });
});
