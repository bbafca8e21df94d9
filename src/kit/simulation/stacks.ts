/**
 * The stacks that are simulated: the steps of both ends, and what can be asked of them. This file does not know any run.
 */
import { type H1StepOptions, h1 } from '../../endpoint/h1.js';
import { h2 } from '../../endpoint/h2.js';
import { proxy, proxySend } from '../../endpoint/proxy.js';
import type { Steps } from '../../endpoint/step.js';
import type { ConnectionFacts } from '../../session/facts.js';
import type { H2Options } from '../../session/h2/options.js';
import type { ProxyHeader } from '../../session/proxy/header.js';

/** A stack of both ends, composed as for any other transport. */
export interface SimulatedStack {
  readonly name: string;
  readonly server: Steps;
  readonly client: Steps;
  /** `exchanges` run side by side on one connection; what breaks one then leaves the others alone. */
  readonly interleaves: boolean;
  /** Least bytes of a slab in which every ordinary exchange succeeds. */
  readonly roomyBytes: number;
  /** What the server knows of a connection is wrong in this way; undefined when it is not. */
  readonly facts?: (facts: ConnectionFacts) => string | undefined;
}

/** Addresses that exist in documents only (RFC 5737): whoever reports them has them from the PROXY header. */
const source = { family: 'ipv4', address: '192.0.2.7', port: 40_000 } as const;

function header(version: 1 | 2): ProxyHeader {
  return {
    version,
    command: 'proxy',
    transport: 'stream',
    source,
    destination: { family: 'ipv4', address: '198.51.100.1', port: 443 },
    tlvs: [],
  };
}

function knowsTheSource({ proxy: learnt }: ConnectionFacts): string | undefined {
  const from = learnt?.source;
  return from?.family === 'ipv4' && from.address === source.address && from.port === source.port
    ? undefined
    : `the PROXY source is ${JSON.stringify(from)}`;
}

const trust = ['127.0.0.0/8'];
/** A head must fit into one: they have 800 octets at most. */
const roomyBytes = 1024;
/** A header block must; DATA need not. */
const roomyH2Bytes = 2048;
/** Short bodies are lent, too: then there is more to freeze and give back. */
const lending: H1StepOptions = { copyBelowBytes: 256 };

/** Small windows: credit that is lost is missed soon (CON-4). */
const narrow: H2Options = {
  copyBelowBytes: 100,
  lendFromBytes: 64,
  streamWindowBytes: 3000,
  connectionWindowBytes: 65_535,
};

/** H1, H1 pipelined, both versions of PROXY in front of H1, H2, PROXY in front of H2, and H1 that goes on as H2. */
export const simulatedStacks: readonly SimulatedStack[] = [
  { name: 'h1', server: h1(), client: h1(), interleaves: false, roomyBytes },
  {
    name: 'h1-pipelined',
    server: h1(lending),
    client: h1({ ...lending, maxPipelined: 6 }),
    interleaves: false,
    roomyBytes,
  },
  {
    name: 'proxy-v1+h1',
    server: proxy({ trust, versions: 1 }).then(h1(lending)),
    client: proxySend(header(1)).then(h1(lending)),
    interleaves: false,
    roomyBytes,
    facts: knowsTheSource,
  },
  {
    name: 'proxy-v2+h1',
    server: proxy({ trust, versions: 2 }).then(h1()),
    client: proxySend(header(2)).then(h1({ maxPipelined: 3 })),
    interleaves: false,
    roomyBytes,
    facts: knowsTheSource,
  },
  { name: 'h2', server: h2(), client: h2(), interleaves: true, roomyBytes: roomyH2Bytes },
  {
    name: 'proxy-v2+h2',
    server: proxy({ trust, versions: 2 }).then(h2(narrow)),
    client: proxySend(header(2)).then(h2(narrow)),
    interleaves: true,
    roomyBytes: roomyH2Bytes,
    facts: knowsTheSource,
  },
  // A request without content asks, and the connection goes on as H2 with its answer.
  {
    name: 'h2c-upgrade',
    server: h1({ h2c: true }),
    client: h1({ h2c: true }),
    interleaves: true,
    roomyBytes: roomyH2Bytes,
  },
];
