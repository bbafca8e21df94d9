// `undercoat serve` for peers: with the checked ledger, whose account must be clean when it ends.
import { expect } from 'vitest';
import { Served } from './served.js';

/** Serves while `use` runs, then ends it and holds it to its account. */
export async function serving(
  options: readonly string[],
  use: (port: number) => Promise<void>,
): Promise<void> {
  const served = new Served('--listen', '127.0.0.1:0', '--echo', '--checked', ...options);
  try {
    await use(await served.port());
    served.signal('SIGTERM');
    expect(await served.exitCode()).toBe(0);
    expect(served.out).toMatch(/rules checked: [1-9]\d*\n[\s\S]*bytes held at the end: 0\nviolations: 0\n/);
    expect(served.err.replace(/^SIGTERM: finishing \d+ connections\n/, '')).toBe('');
  } finally {
    await served.kill();
  }
}
