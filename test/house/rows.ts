// Runs in every test file before its tests: what its worker has taken of the rows goes to the run's report (LAY-3). A file
// that takes none does not load the tables for it. This file does not know who counts.
import { afterEach } from 'vitest';
import { rowsTaken } from './rows-taken.js';

afterEach(({ task }) => {
  const taken = rowsTaken();
  if (taken !== undefined) Object.assign(task.file.meta, taken);
});
