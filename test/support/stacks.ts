// The stacks that the kit's properties are run over, with every row counted.
import {
  h1Stack,
  h1UpgradeStack,
  h2Stack,
  proxyH1Stack,
  proxyH2Stack,
  type StackUnderTest,
} from '../../src/kit/stack-under-test.js';
import { rowRecorder } from './rows.js';

const observer = rowRecorder();

export const stacks: readonly StackUnderTest[] = [
  { ...h1Stack(), observer },
  { ...h1Stack({ maxPipelined: 4, copyBelowBytes: 100, drainBytes: 60 }), observer },
  { ...h2Stack(), observer },
  { ...h2Stack('h2, lending', { copyBelowBytes: 100, lendFromBytes: 16 }), observer },
  { ...h1UpgradeStack(), observer },
  { ...proxyH1Stack(1), observer },
  { ...proxyH1Stack(2, { maxPipelined: 3 }), observer },
  { ...proxyH2Stack(2), observer },
];

/** Stacks that most bodies are too long for: what is told of them before they are refused must not depend on the cut. */
export const limitedStacks: readonly StackUnderTest[] = [
  { ...h1Stack({ maxBodyBytes: 20, maxPipelined: 3 }), name: 'h1, short bodies', observer },
  { ...h2Stack('h2, short bodies', { maxBodyBytes: 20 }), observer },
];
