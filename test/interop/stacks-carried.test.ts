// The kit's properties over transports: memory, what decorates it, streams, TCP, Unix sockets and TLS, under every stack.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { stack as compose } from '../../src/endpoint/stack.js';
import { assertReaching } from '../../src/kit/assert-reaching.js';
import type { CarriedPair } from '../../src/kit/carried-ends.js';
import { carriedConformance } from '../../src/kit/conformance/carried.js';
import { carriedQuiescence } from '../../src/kit/properties/carried.js';
import { h1Stack, type StackUnderTest } from '../../src/kit/stack-under-test.js';
import { plainText } from '../../src/memory/text.js';
import type { Clock } from '../../src/transport/clock.js';
import type { Connectable, Listenable } from '../../src/transport/contract.js';
import type { TransportDecorator } from '../../src/transport/decorator.js';
import { memoryPair } from '../../src/transport/memory.js';
import { platformClock } from '../../src/transport/node/clock.js';
import { fromDuplex, toDuplex } from '../../src/transport/node/duplex.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { tlsClient, tlsServer } from '../../src/transport/node/tls.js';
import { unix } from '../../src/transport/node/unix.js';
import { poisoner } from '../../src/transport/poisoner.js';
import { segmenter } from '../../src/transport/segmenter.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { certificates } from '../support/certificates.js';
import { connectedPair, turn } from '../support/pairs.js';
import { stacks } from '../support/stacks.js';

const folder = mkdtempSync(join(tmpdir(), 'undercoat-'));
afterAll(() => rmSync(folder, { recursive: true }));
let paths = 0;

const { ca, server: identity } = await certificates();

async function socketPair(
  listenable: Listenable,
  connectableTo: (port: number) => Connectable,
): Promise<CarriedPair> {
  return { ...(await connectedPair(listenable, connectableTo)), platform: listenable.platform };
}

/** Memory, with the same decorator on both ends. */
function inMemory(decoratorOn: (clock: Clock) => TransportDecorator): CarriedPair {
  const clock = new VirtualClock({ maxSteps: 1_000_000 });
  const { left, right } = memoryPair(clock);
  const decorate = decoratorOn(clock);
  const platform = { clock, text: plainText };
  const run = (): unknown => clock.run();
  return { left: decorate(left), right: decorate(right), platform, run, later: () => clock.runUntilIdle() };
}

const transports: Record<string, () => CarriedPair | Promise<CarriedPair>> = {
  memory: () => inMemory(() => (lower) => lower),
  tcp: () => socketPair(tcp({ port: 0 }), (port) => tcp({ port })),
  unix: () => {
    const at = unix({ path: join(folder, `${paths++}`) });
    return socketPair(at, () => at);
  },
};

/** Those that are seen to by tests of their own: here they are only to carry. */
const others: Record<string, () => CarriedPair> = {
  segmenter: () =>
    inMemory((clock) =>
      segmenter({ receive: { sizes: [1, 7, 300] }, write: { sizes: [2, 900] }, turns: clock }),
    ),
  poisoner: () => inMemory(() => poisoner()),
  'streams over memory': () => {
    const { left, right } = memoryPair(platformClock);
    const overStreams: TransportDecorator = (lower) => fromDuplex(toDuplex(lower));
    const platform = { clock: platformClock, text: plainText };
    return { left: overStreams(left), right: overStreams(right), platform, run: turn, live: true };
  },
};

/** TLS before each session; over it nobody upgrades to h2c (RFC 7540 §3.2). */
function overTls(stack: StackUnderTest): StackUnderTest {
  return {
    ...stack,
    capabilities: stack.name.includes('h2c') ? h1Stack().capabilities : stack.capabilities,
    server: compose(tlsServer(identity)).then(stack.server),
    client: compose(tlsClient({ ca, servername: 'localhost' })).then(stack.client),
  };
}

it('OWN-7, LAY-4: a pipe that breaks, stalls or is late ends in every one of these ways', async () => {
  const floor = ['reset', 'eof', 'short-write', 'stall', 'delay'];
  const make = transports['memory'] as () => CarriedPair;
  await assertReaching('OWN-7', (reached) => carriedQuiescence(h1Stack(), make, reached), floor, {
    runs: 20,
  });
});

describe.each(stacks)('$name', (stack) => {
  for (const [transport, makePair] of Object.entries(transports)) {
    describe(transport, () => {
      for (const { name, run } of carriedConformance(stack, makePair, { runs: 4 })) it(name, run);
    });
  }
  for (const [transport, makePair] of Object.entries(others)) {
    // A stream knows no address by which a PROXY header could be trusted.
    if (transport.startsWith('streams') && stack.name.startsWith('proxy')) continue;
    describe(transport, () => {
      for (const { name, run } of carriedConformance(stack, makePair, { runs: 2 })) {
        // Whose memory is short is a matter of the ends, which have it over the pipes above.
        if (!name.startsWith('WS-9')) it(name, run);
      }
    });
  }
  describe('tls', () => {
    const makePair = transports['tcp'] as () => Promise<CarriedPair>;
    for (const { name, run } of carriedConformance(overTls(stack), makePair, { runs: 2 })) it(name, run);
  });
});
