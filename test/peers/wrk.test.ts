// `undercoat serve` under wrk, for two seconds: H1 with keep-alive, and nothing but good answers.
import { expect, test } from 'vitest';
import { describePeer, patient, say } from '../support/peers.js';
import { serving } from '../support/serving.js';

describePeer('wrk', 'wrk', () => {
  test('nothing fails', patient, () =>
    serving([], async (port) => {
      const { code, out } = await say('wrk', ['-t1', '-c20', '-d2s', `http://127.0.0.1:${port}/`]);
      expect(code).toBe(0);
      expect(Number(/(\d+) requests in /.exec(out)?.[1])).toBeGreaterThan(100);
      // Said only where there are any.
      expect(out).not.toMatch(/Socket errors|Non-2xx/);
    }),
  );
});
