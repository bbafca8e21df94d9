/** The compositions there are, by name, and the bounds within which the tests search them. */
import type { Tables } from './endpoint.js';
import { h1Client } from './h1-client.js';
import { h1Server } from './h1-server.js';
import { h2Client, h2Server } from './h2.js';
import { h2cClient } from './h2c-client.js';
import { h2cServer } from './h2c-server.js';
import type { Bounds, Composition } from './language.js';
import { prefaceH1Server, prefaceH2Server } from './preface.js';
import { proxyH1Client, proxyH1Server, proxyH2Client, proxyH2Server } from './proxy.js';
import { proxySwapH2Client, proxySwapH2Server } from './swap.js';

export interface Entry {
  readonly name: string;
  readonly compose: (tables?: Tables) => Composition;
  /** For every test run: a second or so each. */
  readonly small: Bounds;
  /** For `npm run model`. */
  readonly large: Bounds;
  /** Fewer states than these, within either bounds, say that the rules exclude what they must not. */
  readonly leastStates: { readonly small: number; readonly large: number };
  /** Rows for which the small bounds leave no place. */
  readonly outOfBounds?: readonly string[];
}

const one: Bounds = { exchanges: 1, leases: 1, outputs: 1, queues: 0 };
const oneOfEach: Bounds = { ...one, queues: 1 };
const noBodies: Bounds = { ...one, leases: 0 };
const serverBodyRows: readonly string[] = ['open', 'answering', 'half-closed-local'].map(
  (state) => `exchange: ${state} --receive-data--> ${state}`,
);

export const compositions: readonly Entry[] = [
  {
    name: 'h1-server',
    compose: h1Server,
    small: one,
    large: { ...one, leases: 2, outputs: 2 },
    leastStates: { small: 10_000, large: 95_000 },
  },
  {
    name: 'h1-client',
    compose: h1Client,
    small: { exchanges: 2, leases: 1, outputs: 0, queues: 0 },
    large: { exchanges: 2, leases: 2, outputs: 2, queues: 0 },
    leastStates: { small: 5000, large: 160_000 },
  },
  {
    name: 'h2-server',
    compose: h2Server,
    small: { exchanges: 2, leases: 0, outputs: 0, queues: 0 },
    large: { exchanges: 2, leases: 1, outputs: 0, queues: 0 },
    leastStates: { small: 15_000, large: 145_000 },
  },
  {
    name: 'h2-client',
    compose: h2Client,
    small: { exchanges: 2, leases: 0, outputs: 0, queues: 0 },
    large: { exchanges: 2, leases: 1, outputs: 0, queues: 0 },
    leastStates: { small: 15_000, large: 155_000 },
  },
  {
    name: 'h2-server, one stream and its leases',
    compose: h2Server,
    small: oneOfEach,
    large: { exchanges: 1, leases: 2, outputs: 2, queues: 1 },
    leastStates: { small: 20_000, large: 210_000 },
  },
  {
    name: 'h2-client, one stream and its leases',
    compose: h2Client,
    small: oneOfEach,
    large: { exchanges: 1, leases: 2, outputs: 2, queues: 1 },
    leastStates: { small: 25_000, large: 270_000 },
  },
  {
    name: 'proxy+h1-server',
    compose: proxyH1Server,
    small: noBodies,
    large: { ...one, leases: 2, outputs: 2 },
    leastStates: { small: 5000, large: 180_000 },
    outOfBounds: serverBodyRows,
  },
  {
    name: 'proxy+h1-client',
    compose: proxyH1Client,
    small: noBodies,
    large: { exchanges: 2, leases: 2, outputs: 1, queues: 0 },
    leastStates: { small: 3000, large: 100_000 },
    outOfBounds: [
      'exchange: receiving --receive-data--> receiving',
      'exchange: half-closed-local-receiving --receive-data--> half-closed-local-receiving',
      'session: waiting --request--> waiting',
      'session: head --request--> head',
      'session: body --request--> body',
      'session: body --body-complete-more--> waiting',
    ],
  },
  {
    name: 'proxy+h2-server',
    compose: proxyH2Server,
    small: noBodies,
    large: { exchanges: 2, leases: 0, outputs: 0, queues: 0 },
    leastStates: { small: 4000, large: 34_000 },
  },
  {
    name: 'proxy+h2-client',
    compose: proxyH2Client,
    small: noBodies,
    large: { exchanges: 2, leases: 0, outputs: 0, queues: 0 },
    leastStates: { small: 4000, large: 37_000 },
  },
  {
    name: 'preface+h1-server',
    compose: prefaceH1Server,
    small: noBodies,
    large: one,
    leastStates: { small: 3000, large: 20_000 },
    outOfBounds: serverBodyRows,
  },
  {
    name: 'preface+h2-server',
    compose: prefaceH2Server,
    small: noBodies,
    large: { exchanges: 2, leases: 0, outputs: 0, queues: 0 },
    leastStates: { small: 4000, large: 34_000 },
  },
  {
    name: 'proxy+swap+h2-server',
    compose: proxySwapH2Server,
    small: { ...noBodies, exchanges: 0 },
    large: noBodies,
    leastStates: { small: 2000, large: 20_000 },
  },
  {
    name: 'proxy+swap+h2-client',
    compose: proxySwapH2Client,
    small: { ...noBodies, exchanges: 0 },
    large: noBodies,
    leastStates: { small: 1300, large: 19_000 },
  },
  {
    name: 'h2c-server',
    compose: h2cServer,
    small: { ...one, outputs: 0 },
    large: { exchanges: 1, leases: 2, outputs: 1, queues: 0 },
    leastStates: { small: 8000, large: 93_000 },
  },
  {
    name: 'h2c-client',
    compose: h2cClient,
    small: { exchanges: 1, leases: 0, outputs: 0, queues: 0 },
    large: one,
    leastStates: { small: 2000, large: 14_000 },
  },
];
