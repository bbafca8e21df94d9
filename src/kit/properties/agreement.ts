/**
 * LAY-7, CON-3: a pipe is handed over only when both sides have agreed, and then every byte behind the agreement
 * reaches whoever goes on, once and in order: at any cut, and though it was sent ahead of the agreement.
 */
import fc from 'fast-check';
import type { ClientSession, RequestOptions } from '../../stream/contract.js';
import { roomyMemory } from '../arbitraries/connection-memory.js';
import { type Segmentation, segmentation } from '../arbitraries/segmentation.js';
import { settle } from '../by-hand.js';
import { joined } from '../frozen-batch.js';
import { Reached } from '../reached.js';
import { SessionEnd, type SessionEndOptions } from '../session-end.js';
import { observed, type StackUnderTest } from '../stack-under-test.js';
import { agreeTo, type TunnelKind, tunnelRequest } from '../tunnel-request.js';
import { requireEqual, requireNoneThrown, requireThat } from './require.js';

const asking = fc.record({
  contentBytes: fc.constantFrom(0, 1, 200),
  agrees: fc.boolean(),
  /** Tries before the request is complete, too, which is to be refused. */
  hasty: fc.boolean(),
});

/**
 * One request of a kind that the stack claims (`capabilities.tunnels`), agreed to or refused, with bytes behind it.
 * @returns a property for `fc.assert`, which fails with PropertyFailure LAY-7, CON-3 or OWN-9
 */
export function agreement(stack: StackUnderTest, reached = new Reached()): fc.IPropertyWithHooks<unknown[]> {
  const memory = roomyMemory(stack.capabilities.roomyBytes);
  const payload = fc.integer({ min: 0, max: 40 }).map((length) => new Uint8Array(length).fill(0x47));
  const kinds = fc.constantFrom<TunnelKind | 'neither'>(...stack.capabilities.tunnels, 'neither');
  return fc.property(
    kinds,
    asking,
    payload,
    payload,
    segmentation(),
    memory,
    memory,
    (asks, { contentBytes, agrees, hasty }, toServer, toClient, cuts, serverMemory, clientMemory) => {
      const content = asks === 'connect' ? 0 : contentBytes;
      const client = asker(stack, observed(stack, clientMemory), tunnelRequest(asks, content), content);
      const wanted = asks !== 'neither';
      reached.mark(wanted ? `${asks} ${agrees ? 'agreed to' : 'refused'}` : 'no tunnel asked for');
      reached.mark('bytes ahead of the agreement', wanted && agrees && toServer.length > 0);
      let early = 0;
      const server = new SessionEnd(
        stack.server,
        {
          role: 'server',
          httpDate: undefined,
          exchange: (exchange) => {
            if (hasty && content > 0 && agreeTo(exchange, asks, () => {})) early += 1;
            exchange.body.consume({
              data: (lease) => lease.release(),
              end: () => {
                if (!agrees || !agreeTo(exchange, asks, () => {})) exchange.respond(403, [], { end: true });
              },
              failed: () => {},
            });
          },
        },
        observed(stack, serverMemory),
      );
      // Sent ahead: it is nobody's before the agreement, and the tunnel's behind it.
      feed(server, agrees && wanted ? joined([client.sent, toServer]) : client.sent, cuts);
      requireEqual('LAY-7', early, 0, 'agreements to an incomplete request');
      // What a session was stopped by is told before what came of that.
      requireNoneThrown('OWN-9', server.thrown);
      requireEqual('LAY-7', server.handedOff !== undefined, agrees && wanted, 'handoff of the server');
      feed(client, agrees && wanted ? joined([server.sent, toClient]) : server.sent, cuts);
      requireNoneThrown('OWN-9', client.thrown);
      requireEqual('LAY-7', client.handedOff !== undefined, agrees && wanted, 'handoff of the client');
      if (agrees && wanted) {
        requireEqual('CON-3', [...server.tunnelled], [...toServer], 'bytes to the server');
        requireEqual('CON-3', [...client.tunnelled], [...toClient], 'bytes to the client');
      }
      for (const end of [server, client]) {
        requireThat('CON-3', end.handedOff?.unused?.length !== 0, () => 'nothing unused is undefined');
        end.lose();
        requireNoneThrown('OWN-9', end.thrown);
        end.assertQuiescent();
      }
    },
  );
}

/** A client's end that has asked, with all of its request written. */
function asker(
  stack: StackUnderTest,
  options: SessionEndOptions,
  request: RequestOptions,
  content: number,
): SessionEnd {
  const sessions: ClientSession[] = [];
  const client = new SessionEnd(
    stack.client,
    { role: 'client', ready: (session) => sessions.push(session) },
    options,
  );
  const exchange = sessions[0]?.request(request, {
    response: (_, { body }) => body.discard(),
    upgraded: () => {},
    failed: () => {},
  });
  if (content > 0) exchange?.send(new Uint8Array(content), true);
  settle(client);
  return client;
}

/** All of it at once when it is the first cut's size; else piece by piece. */
function feed(end: SessionEnd, bytes: Uint8Array, cuts: Segmentation): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const upTo = Math.min(bytes.length, at + (cuts[i % cuts.length] as number));
    at += end.deliver(bytes, at, upTo);
    settle(end);
  }
}
