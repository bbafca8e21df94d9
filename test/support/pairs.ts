// Pairs of transports on the real platform, for the conformance suite and for tests of what rides on them. They
// are live: what happens is awaited by turns of the event loop, never by time.
import type { PipePair } from '../../src/kit/conformance/pipe.js';
import type { Connectable, Listenable, Transport } from '../../src/transport/contract.js';

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A connection of its own: a listener, its address for whoever connects, and what it accepts. */
export async function connectedPair(
  listenable: Listenable,
  connectableTo: (port: number) => Connectable,
): Promise<PipePair> {
  let accept: (transport: Transport) => void = () => {};
  const right = new Promise<Transport>((resolve) => {
    accept = resolve;
  });
  const listener = await listenable.listen(accept);
  const port = 'port' in listener.address ? listener.address.port : 0;
  return {
    left: connectableTo(port).connect(),
    right,
    run: turn,
    live: true,
    dispose: () => listener.close(),
  };
}
