/** The stacks that exhibits are shown on, by name. */
import {
  h1Stack,
  h1UpgradeStack,
  h2Stack,
  proxyH1Stack,
  proxyH2Stack,
  type StackUnderTest,
} from '../../../src/kit/stack-under-test.js';

export const stacks: ReadonlyMap<string, StackUnderTest> = new Map([
  ['h1', h1Stack()],
  ['h1 pipelined', h1Stack({ maxPipelined: 4, copyBelowBytes: 100, drainBytes: 60 })],
  ['h1 short bodies', h1Stack({ maxBodyBytes: 20, maxPipelined: 3 })],
  ['proxy-v1+h1', proxyH1Stack(1)],
  ['proxy-v2+h1', proxyH1Stack(2, { maxPipelined: 3 })],
  ['h2', h2Stack()],
  ['h2 lending', h2Stack('h2, lending', { copyBelowBytes: 100, lendFromBytes: 16 })],
  ['h2c', h1UpgradeStack()],
  ['proxy-v2+h2', proxyH2Stack(2)],
]);
