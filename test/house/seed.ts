// Runs in every test file before its tests: gives fast-check the seed of this project of the run. The fixed
// seed makes a run comparable with the last one, the fresh one keeps looking; see vitest.config.ts.
import * as fc from 'fast-check';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    seed: number;
  }
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject('seed') });
