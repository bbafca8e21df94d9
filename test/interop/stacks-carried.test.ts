// The kit's properties over transports: memory, TCP, Unix sockets and TLS, under every stack.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { stack as compose } from '../../src/endpoint/stack.js';
import type { CarriedPair } from '../../src/kit/carried.js';
import { carriedConformance } from '../../src/kit/conformance/carried.js';
import type { StackUnderTest } from '../../src/kit/stack-under-test.js';
import { plainText } from '../../src/memory/text.js';
import type { Connectable, Listenable } from '../../src/transport/contract.js';
import { memoryPair } from '../../src/transport/memory.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { tlsClient, tlsServer } from '../../src/transport/node/tls.js';
import { unix } from '../../src/transport/node/unix.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { certificates } from '../support/certificates.js';
import { connectedPair } from '../support/pairs.js';
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

const transports: Record<string, () => CarriedPair | Promise<CarriedPair>> = {
  memory: () => {
    const clock = new VirtualClock({ maxSteps: 1_000_000 });
    return { ...memoryPair(clock), platform: { clock, text: plainText }, run: () => clock.run() };
  },
  tcp: () => socketPair(tcp({ port: 0 }), (port) => tcp({ port })),
  unix: () => {
    const at = unix({ path: join(folder, `${paths++}`) });
    return socketPair(at, () => at);
  },
};

/** TLS before each session. */
function overTls(stack: StackUnderTest): StackUnderTest {
  return {
    ...stack,
    server: compose(tlsServer(identity)).then(stack.server),
    client: compose(tlsClient({ ca, servername: 'localhost' })).then(stack.client),
  };
}

describe.each(stacks)('$name', (stack) => {
  for (const [transport, makePair] of Object.entries(transports)) {
    describe(transport, () => {
      for (const { name, run } of carriedConformance(stack, makePair, { runs: 4 })) it(name, run);
    });
  }
  describe('tls', () => {
    const makePair = transports['tcp'] as () => Promise<CarriedPair>;
    for (const { name, run } of carriedConformance(overTls(stack), makePair, { runs: 2 })) it(name, run);
  });
});
