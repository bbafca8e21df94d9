import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { unix } from '../../src/transport/node/unix.js';
import { connectedPair } from '../support/pairs.js';

const folder = mkdtempSync(join(tmpdir(), 'undercoat-'));
afterAll(() => rmSync(folder, { recursive: true }));
let paths = 0;

describe('tcp', () => {
  const cases = transportConformance(
    () => connectedPair(tcp({ port: 0 }), (port) => tcp({ port })),
    // What the kernel's two buffers may grow to.
    { halfClose: true, reset: true, holds: 12_000_000 },
  );
  for (const { name, run } of cases) test(name, run);
});

describe('unix', () => {
  const cases = transportConformance(
    () => {
      const at = unix({ path: join(folder, `${paths++}`) });
      return connectedPair(at, () => at);
    },
    { halfClose: true, reset: false, holds: 1_000_000 },
  );
  for (const { name, run } of cases) test(name, run);
});
