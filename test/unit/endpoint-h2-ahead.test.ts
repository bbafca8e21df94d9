// H2 peers that send all they may ahead of what they wait for: an application that gives content back as it came, lease by
// lease, holds it until the peer's windows let it go. The peer's WINDOW_UPDATEs stand behind its DATA on the wire, so
// whatever the windows allow must find memory, or nobody goes on.
import { expect, it } from 'vitest';
import { createClient } from '../../src/endpoint/client.js';
import { h2 } from '../../src/endpoint/h2.js';
import { listen } from '../../src/endpoint/server.js';
import { CheckedLedger } from '../../src/memory/index.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

function giveBack(exchange: ServerExchange): void {
  exchange.respond(200);
  exchange.body.consume({
    data: (lease) => exchange.sendLease(lease),
    end: () => exchange.end(),
    failed: () => {},
  });
}

it('CON-4, OWN-8: what the windows allow ahead finds memory, and everything comes back', async () => {
  const clock = new VirtualClock();
  const network = memoryNetwork(clock);
  const ledger = new CheckedLedger();
  const server = await listen(network.listenable('echo'), h2(), giveBack, { ledger });
  const client = createClient(network.connectable('echo'), h2({ streamWindowBytes: 2000 }), { ledger });
  const content = new Uint8Array(200_000).map((_, i) => i * 7);
  const received = [0, 0, 0, 0, 0, 0].map(() => [] as Uint8Array[]);
  for (const pieces of received) {
    client.request(
      { authority: 'echo', method: 'POST', length: content.length },
      {
        begun: (exchange) => exchange.send(content, true),
        response: (_, { body }) => {
          body.consume({
            data: (lease) => {
              pieces.push(lease.copy());
              lease.release();
            },
            end: () => {},
            failed: () => {},
          });
        },
        failed: () => {},
      },
    );
  }
  clock.run();
  for (const pieces of received) {
    const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
    expect(whole.length).toBe(content.length);
    expect(Buffer.compare(whole, content)).toBe(0);
  }
  const closing = Promise.all([client.close(), server.close()]);
  clock.run();
  await Promise.resolve();
  clock.run();
  await closing;
  ledger.assertQuiescent();
});
