// The parts that mutation testing judges, one after the other: which files are changed, which tests must notice,
// and which share of the changes they must notice at least. The tests of a part are those that judge its code
// directly and end soon; whole stacks, sockets, simulations and exhibits say the same more slowly.

export interface Part {
  readonly name: string;
  /** Files that are mutated, as patterns; `!` excludes. */
  readonly mutate: readonly string[];
  /** How the names of the test files in test/ begin that judge it. */
  readonly tests: readonly string[];
  /** In percent of the mutants that are valid. */
  readonly threshold: number;
  /** For one mutant, tests are run that take so many ms of processor time in all; at least one. */
  readonly mostMs: number;
  /** Besides those, each that comes by little else than the mutant's file and takes no longer than this. */
  readonly mostOwnMs: number;
}

export const parts: readonly Part[] = [
  {
    name: 'machine',
    mutate: ['src/machine/**/*.ts'],
    tests: ['unit/machine-', 'unit/options', 'properties/machine-'],
    threshold: 95,
    mostMs: 4000,
    mostOwnMs: 4000,
  },
  {
    name: 'memory',
    mutate: ['src/memory/**/*.ts'],
    tests: [
      'unit/memory-',
      'unit/options',
      'unit/text-codec',
      'properties/memory-',
      'properties/lease-ownership',
    ],
    threshold: 95,
    mostMs: 12_000,
    mostOwnMs: 4000,
  },
  {
    name: 'proxy',
    mutate: ['src/session/*.ts', 'src/session/proxy/**/*.ts'],
    tests: [
      'unit/octets',
      'unit/proxy-',
      'unit/h1-given-values',
      'unit/misuse',
      'unit/options',
      'properties/proxy-',
      'properties/h1-hosts',
    ],
    threshold: 85,
    mostMs: 1500,
    mostOwnMs: 4000,
  },
  {
    name: 'h1',
    mutate: ['src/session/h1/**/*.ts'],
    tests: [
      'unit/h1-awaited',
      'unit/h1-chunked',
      'unit/h1-client',
      'unit/h1-early',
      'unit/h1-encode',
      'unit/h1-fi',
      'unit/h1-given',
      'unit/h1-re',
      'unit/h1-server',
      'unit/h1-smuggling',
      'unit/h2c-',
      'unit/misuse',
      'unit/options',
      'unit/stream-wrong-calls',
      'properties/h1-',
      'properties/session-conduct',
    ],
    threshold: 85,
    mostMs: 1500,
    mostOwnMs: 4000,
  },
  {
    name: 'h2',
    mutate: ['src/session/h2/**/*.ts', '!src/session/h2/hpack/**', '!src/session/h2/frames-*.ts'],
    tests: [
      'unit/h2-',
      'unit/h2c-',
      'unit/misuse',
      'unit/options',
      'unit/stream-wrong-calls',
      'properties/h2-',
    ],
    threshold: 85,
    mostMs: 1500,
    mostOwnMs: 4000,
  },
  {
    name: 'h2-wire',
    mutate: ['src/session/h2/hpack/**/*.ts', 'src/session/h2/frames-*.ts'],
    tests: ['unit/hpack-', 'unit/h2-frames', 'unit/h2-header', 'properties/hpack', 'properties/h2-frames'],
    threshold: 85,
    mostMs: 1500,
    mostOwnMs: 4000,
  },
  {
    name: 'stream',
    mutate: ['src/stream/**/*.ts'],
    tests: [
      'unit/h1-awaited',
      'unit/h1-client',
      'unit/h1-early',
      'unit/h1-given',
      'unit/h1-server',
      'unit/h2-',
      'unit/h2c-',
      'unit/endpoint-h2c',
      'unit/endpoint-handler',
      'unit/endpoint-pair',
      'unit/misuse',
      'unit/options',
      'unit/stream-',
    ],
    threshold: 85,
    mostMs: 1500,
    mostOwnMs: 4000,
  },
];

export function partOf(name: string | undefined): Part {
  const part = parts.find((one) => one.name === name);
  if (part === undefined) throw new RangeError(`no part ${name}; there are ${parts.map((one) => one.name)}`);
  return part;
}
