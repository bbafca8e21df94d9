// A tunnel in a stream of H2 is a transport like any other: at a client, at a server, and at whoever is slow to open it.
import { describe, expect, test } from 'vitest';
import { h2 } from '../../src/endpoint/h2.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { SessionPair } from '../../src/kit/session-pair.js';
import type { ClientSession } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';

/** Both ends of a tunnel, which is agreed to, and not opened by anybody. */
function agreed() {
  const options = { slabBytes: 16_384 + 64 };
  let session: ClientSession | undefined;
  let ours: Transport | undefined;
  let theirs: Transport | undefined;
  const pair = new SessionPair(
    h2(),
    h2(),
    (exchange) =>
      exchange.upgrade((pipe) => {
        theirs = pipe;
      }),
    (it) => {
      session = it;
    },
    { tasks: [] },
    { server: options, client: options },
  );
  pair.settle();
  session?.request(
    { method: 'CONNECT', authority: 'a:1', target: 'a:1' },
    {
      response: () => {},
      upgraded: (_head, pipe) => {
        ours = pipe;
      },
      failed: () => {},
    },
  );
  pair.settle();
  const dispose = (): void => {
    pair.run();
    expect(pair.thrown).toEqual([]);
    for (const end of [pair.server, pair.client]) end.assertQuiescent();
  };
  return { pair, client: ours as Transport, server: theirs as Transport, dispose };
}

describe.each(['client', 'server'] as const)('the %s has the left end', (role) => {
  const cases = transportConformance(
    () => {
      const { pair, client, server, dispose } = agreed();
      const [left, right] = role === 'client' ? [client, server] : [server, client];
      return { left, right, run: () => pair.settle(), dispose };
    },
    // What the window of the stream takes on.
    { halfClose: true, reset: true, holds: 65_535 },
    { large: 200_000 },
  );
  for (const { name, run } of cases) test(name, run);
});
