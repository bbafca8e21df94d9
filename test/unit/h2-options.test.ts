// Options that cannot be said in a frame are refused at the call that gives them, not at the first connection.
import { expect, it } from 'vitest';
import { h2 } from '../../src/endpoint/h2.js';
import type { H2Options } from '../../src/session/h2/options.js';

it.each<[H2Options, string]>([
  [{ maxConcurrentStreams: Number.POSITIVE_INFINITY }, 'setting-value'],
  [{ maxHeaderListBytes: Number.POSITIVE_INFINITY }, 'setting-value'],
  [{ headerTableBytes: 2 ** 33 }, 'setting-value'],
  [{ encoderTableBytes: 1.5 }, 'setting-value'],
  [{ streamWindowBytes: 0.5 }, 'setting-value'],
  [{ connectionWindowBytes: 65_535.5 }, 'setting-value'],
  [{ streamWindowBytes: 2 ** 31 }, 'window-size'],
  [{ streamWindowBytes: 0 }, 'window-size'],
  [{ connectionWindowBytes: 1 }, 'window-size'],
  [{ maxFields: -1 }, 'limit-value'],
  [{ maxBodyBytes: Number.NaN }, 'limit-value'],
])('%j is refused', (options, code) => {
  expect(() => h2(options)).toThrow(expect.objectContaining({ code }));
});

it('limits that are ours alone may be infinite, and settings as large as a frame can say', () => {
  const settings = { maxConcurrentStreams: 2 ** 32 - 1, maxHeaderListBytes: 2 ** 32 - 1 };
  expect(() => h2({ ...settings, maxBodyBytes: Number.POSITIVE_INFINITY })).not.toThrow();
});
