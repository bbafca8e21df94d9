/** The compositions there are, by name, and the bounds within which the tests search them. */
import type { Tables } from './endpoint.js';
import { h1Client } from './h1-client.js';
import { h1Server } from './h1-server.js';
import { h2Client, h2Server } from './h2.js';
import type { Bounds, Composition } from './language.js';
import { proxyH1Client, proxyH1Server } from './proxy-h1.js';

export interface Entry {
  readonly name: string;
  readonly compose: (tables?: Tables) => Composition;
  /** For every test run: a second or so each. */
  readonly small: Bounds;
  /** For `npm run model`. */
  readonly large: Bounds;
  /** Fewer states than this, within the small bounds, say that the rules exclude what they must not. */
  readonly leastStates: number;
}

const one: Bounds = { exchanges: 1, leases: 1, outputs: 1 };

export const compositions: readonly Entry[] = [
  {
    name: 'h1-server',
    compose: h1Server,
    small: { ...one, leases: 2 },
    large: { ...one, leases: 3, outputs: 2 },
    leastStates: 10_000,
  },
  {
    name: 'h1-client',
    compose: h1Client,
    small: { ...one, exchanges: 2 },
    large: { exchanges: 2, leases: 2, outputs: 2 },
    leastStates: 15_000,
  },
  {
    name: 'h2-server',
    compose: h2Server,
    small: { exchanges: 2, leases: 0, outputs: 0 },
    large: { exchanges: 2, leases: 1, outputs: 0 },
    leastStates: 15_000,
  },
  {
    name: 'h2-client',
    compose: h2Client,
    small: { exchanges: 2, leases: 0, outputs: 0 },
    large: { exchanges: 2, leases: 1, outputs: 0 },
    leastStates: 15_000,
  },
  {
    name: 'h2-server, one stream and its leases',
    compose: h2Server,
    small: one,
    large: { exchanges: 1, leases: 2, outputs: 2 },
    leastStates: 6000,
  },
  {
    name: 'h2-client, one stream and its leases',
    compose: h2Client,
    small: one,
    large: { exchanges: 1, leases: 2, outputs: 2 },
    leastStates: 6000,
  },
  {
    name: 'proxy+h1-server',
    compose: proxyH1Server,
    small: one,
    large: { ...one, leases: 2, outputs: 2 },
    leastStates: 10_000,
  },
  {
    name: 'proxy+h1-client',
    compose: proxyH1Client,
    small: one,
    large: { exchanges: 2, leases: 2, outputs: 1 },
    leastStates: 5000,
  },
];
