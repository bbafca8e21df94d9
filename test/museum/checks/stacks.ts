/**
 * The stacks that exhibits are shown on, by name; with other options in parentheses. And how a peer by
 * hand comes to speak with them. This file does not know what is tried.
 */
import {
  h1Stack,
  h1UpgradeStack,
  h2Stack,
  proxyH1Stack,
  proxyH2Stack,
  type StackUnderTest,
} from '../../../src/kit/stack-under-test.js';
import { openingOf } from '../../support/entrances.js';
import type { Announced } from '../../support/properties/proxy-served.js';

/** Bodies are refused after few octets: then what is told of them must not depend on the cut. */
const short = { maxBodyBytes: 20, maxPipelined: 3 };
/** What nobody reads is drained up to here, wherever it is cut. */
const drains = { drainBytes: 60, maxPipelined: 3 };

export const stacks: ReadonlyMap<string, StackUnderTest> = new Map([
  ['h1', h1Stack()],
  ['h1 (short bodies)', h1Stack({ ...short, maxPipelined: 1 })],
  ['h1 (short drain)', h1Stack({ ...drains, maxPipelined: 1 })],
  ['h1 pipelined', h1Stack({ maxPipelined: 4, copyBelowBytes: 100, drainBytes: 60 })],
  ['h1 pipelined (short bodies)', h1Stack(short)],
  ['proxy-v1+h1', proxyH1Stack(1)],
  ['proxy-v1+h1 (short bodies)', proxyH1Stack(1, short)],
  ['proxy-v1+h1 (short drain)', proxyH1Stack(1, drains)],
  ['proxy-v2+h1', proxyH1Stack(2, { maxPipelined: 3 })],
  ['proxy-v2+h1 (short bodies)', proxyH1Stack(2, short)],
  ['proxy-v2+h1 (short drain)', proxyH1Stack(2, drains)],
  ['h2', h2Stack()],
  ['h2 (lending)', h2Stack('h2 (lending)', { copyBelowBytes: 100, lendFromBytes: 16 })],
  ['h2c', h1UpgradeStack()],
  ['h2c (tunnels of H1)', withTunnelsOfH1(h1UpgradeStack())],
  ['h2c (short bodies)', withShortBodies(h1UpgradeStack({ maxBodyBytes: short.maxBodyBytes }))],
  ['h2c (short drain)', h1UpgradeStack({ drainBytes: 60 })],
  ['proxy-v2+h2', proxyH2Stack(2)],
]);

/** What is H2 in the end has limits of its own; H1's is the one that matters before. */
function withShortBodies(given: StackUnderTest): StackUnderTest {
  const capabilities = { ...given.capabilities, maxBodyBytes: short.maxBodyBytes };
  return { ...given, capabilities };
}

/** As long as nobody has asked for H2. */
function withTunnelsOfH1(given: StackUnderTest): StackUnderTest {
  const { tunnels } = h1Stack().capabilities;
  return { ...given, capabilities: { ...given.capabilities, tunnels } };
}

export function stack(name: string): StackUnderTest {
  const found = stacks.get(name);
  if (found === undefined) throw new RangeError(`there is no stack ${name}`);
  return found;
}

/** Those whose server speaks HTTP/1 first, and what comes before it. */
export const h1Openings: ReadonlyMap<string, Uint8Array> = new Map([
  ['h1', openingOf(undefined)],
  ['h1 pipelined', openingOf(undefined)],
  ['proxy-v1+h1', openingOf(1)],
  ['proxy-v2+h1', openingOf(2)],
  ['h2c', openingOf(undefined)],
]);

/** Those that begin with a PROXY header. */
export const announced: ReadonlyMap<string, Announced> = new Map<string, Announced>([
  ['proxy-v1+h1', { stack: stack('proxy-v1+h1'), version: 1, speaks: 'h1' }],
  ['proxy-v2+h1', { stack: stack('proxy-v2+h1'), version: 2, speaks: 'h1' }],
  ['proxy-v2+h2', { stack: stack('proxy-v2+h2'), version: 2, speaks: 'h2' }],
]);
