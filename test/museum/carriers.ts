/**
 * Which of the stacks run a file of the source: by its directory, so that nothing is left out by mistake. What belongs to no
 * protocol runs on all of them. This file does not know any exhibit.
 */
import type { Exhibit } from './exhibit.js';

/** The stacks that the kit's properties are run over, and by the same names those that are simulated. */
export type StackName = (typeof everyStack)[number];

export const everyStack = [
  'h1',
  'h1 pipelined',
  'proxy-v1+h1',
  'proxy-v2+h1',
  'h2',
  'h2c',
  'proxy-v2+h2',
] as const;
export const overH1: readonly StackName[] = ['h1', 'h1 pipelined', 'proxy-v1+h1', 'proxy-v2+h1', 'h2c'];
/** Those of H1, and H2 by upgrade with the tunnels of H1, as long as nobody has asked for H2. */
export const overTunnels: readonly string[] = [
  ...overH1.filter((stack) => stack !== 'h2c'),
  'h2c (tunnels of H1)',
];
export const overH2: readonly StackName[] = ['h2', 'h2c', 'proxy-v2+h2'];
export const behindProxy: readonly StackName[] = ['proxy-v1+h1', 'proxy-v2+h1', 'proxy-v2+h2'];
export const behindProxyV2: readonly StackName[] = ['proxy-v2+h1', 'proxy-v2+h2'];

/** The first that a path begins with says it. */
const carriers: readonly (readonly [path: string, over: readonly StackName[]])[] = [
  ['src/session/proxy/read-v1.ts', ['proxy-v1+h1']],
  ['src/session/proxy/read-v2.ts', behindProxyV2],
  ['src/session/proxy/', behindProxy],
  ['src/session/h1/', overH1],
  ['src/stream/h1-', overH1],
  ['src/session/h2/', overH2],
  ['src/stream/h2-', overH2],
  ['src/', everyStack],
];

/** The stacks that have the whole mistake in them: those that run every file of it. */
export function carriersOf({ mutations }: Pick<Exhibit, 'mutations'>): StackName[] {
  return everyStack.filter((stack) => mutations.every(({ file }) => carriersOfFile(file).includes(stack)));
}

function carriersOfFile(file: string): readonly StackName[] {
  return carriers.find(([path]) => file.startsWith(path))?.[1] ?? [];
}

/** The stack that a check is run over, where it is run over one: also with other options, simulated, or one end of it. */
export function stackOf(subject: string): StackName | undefined {
  const name = subject
    .replace('simulated ', '')
    .replace('h1-pipelined', 'h1 pipelined')
    .replace('h2c-upgrade', 'h2c');
  const exact = everyStack.find((stack) => stack === name);
  return exact ?? everyStack.find((stack) => name.startsWith(`${stack} (`));
}

/** The same reason for several stacks. */
export function except(over: readonly StackName[], reason: string): Partial<Record<StackName, string>> {
  return Object.fromEntries(over.map((stack) => [stack, reason]));
}
