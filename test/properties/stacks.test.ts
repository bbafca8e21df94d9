// The kit's properties, once, over every stack: H1, H1 with requests pipelined, PROXY in front of H1, H2; and those with
// limits that most bodies are beyond.
import { describe, it } from 'vitest';
import { stackConformance } from '../../src/kit/conformance/stack.js';
import { limitedStacks, stacks } from '../support/stacks.js';

describe.each([...stacks, ...limitedStacks])('$name', (stack) => {
  for (const { name, run } of stackConformance(stack, { runs: 10 })) it(name, run);
});
