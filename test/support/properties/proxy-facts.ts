// LAY-1: each connection has a header of its own, made of its own facts, though one composition serves them all.
import fc from 'fast-check';
import { h1 } from '../../../src/endpoint/h1.js';
import { h2 } from '../../../src/endpoint/h2.js';
import { proxy, proxySend } from '../../../src/endpoint/proxy.js';
import { proxyV1Header, proxyV2Header } from '../../../src/kit/arbitraries/proxy-header.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { SessionEnd } from '../../../src/kit/session-end.js';
import { type Later, SessionPair } from '../../../src/kit/session-pair.js';
import type { ConnectionFacts } from '../../../src/session/facts.js';
import { proxyHeaderOf } from '../../../src/session/proxy/sender.js';
import { wire } from '../proxy-headers.js';
import type { Announced } from './proxy-served.js';

/** A frame's greatest payload, and more. */
const slabBytes = 20_000;

/** WIRE-3: a header of any kind is taken: LOCAL and UNKNOWN, too, which say nothing of addresses. */
export function anyHeaderIsTaken({ version, stack }: Announced) {
  return fc.property(version === 1 ? proxyV1Header : proxyV2Header, (header) => {
    const end = new SessionEnd(
      stack.server,
      { role: 'server', httpDate: undefined, exchange: () => {} },
      { slabBytes },
    );
    const bytes = wire(header);
    end.deliver(bytes, 0, bytes.length);
    requireThat(
      'WIRE-3',
      end.thrown.length === 0,
      () => `a header was answered with ${String(end.thrown[0])}`,
    );
    end.lose();
    end.assertQuiescent();
  });
}

const address = (host: number, port: number) => ({
  family: 'ipv4' as const,
  address: `192.0.2.${host}`,
  port,
});

export function headerOfItsOwn({ version, speaks }: Announced) {
  return fc.property(fc.array(fc.nat({ max: 200 }), { minLength: 2, maxLength: 4 }), (hosts) => {
    const later: Later = { tasks: [] };
    const follows = speaks === 'h1' ? h1() : h2();
    const server = proxy({ trust: ['127.0.0.0/8'], versions: version }).then(follows);
    const client = proxySend(({ transport }: ConnectionFacts) =>
      proxyHeaderOf(version, transport.local, transport.remote),
    ).then(follows);
    for (const [i, host] of hosts.entries()) {
      const sources: unknown[] = [];
      const facts: ConnectionFacts = {
        transport: { kind: 'memory', local: address(host, 1000 + i), remote: address(201, 80) },
      };
      const pair = new SessionPair(
        server,
        client,
        (exchange) => {
          sources.push(exchange.facts.proxy?.source);
          exchange.respond(204);
          exchange.end();
        },
        (session) => {
          later.tasks.push(() => {
            session.request(
              { authority: 'a', end: true },
              { response: (_, { body }) => body.discard(), failed: () => {} },
            );
          });
        },
        later,
        { server: { slabBytes }, client: { facts, slabBytes } },
      );
      pair.run();
      requireEqual('LAY-1', sources, [address(host, 1000 + i)], `source of connection ${i}`);
    }
  });
}
