import { defineConfig } from 'vitest/config';

// Tests with programs that are not ours. One after the other: each has processes of its own, and load to bear.
export default defineConfig({
  test: { include: ['test/peers/**/*.test.ts'], fileParallelism: false, reporters: ['verbose'] },
});
