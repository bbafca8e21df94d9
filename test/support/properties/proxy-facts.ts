// LAY-1: each connection has a header of its own, made of its own facts, though one composition serves them all.
import fc from 'fast-check';
import { h1 } from '../../../src/endpoint/h1.js';
import { proxy, proxySend } from '../../../src/endpoint/proxy.js';
import { proxyV1Header, proxyV2Header } from '../../../src/kit/arbitraries/proxy-header.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { SessionEnd } from '../../../src/kit/session-end.js';
import { SessionPair } from '../../../src/kit/session-pair.js';
import type { ConnectionFacts } from '../../../src/session/facts.js';
import { proxyHeaderOf } from '../../../src/session/proxy/sender.js';
import { wire } from '../proxy-headers.js';

/** WIRE-3: a header of any kind is taken: LOCAL and UNKNOWN, too, which say nothing of addresses. */
export function anyHeaderIsTaken() {
  return fc.property(fc.oneof(proxyV1Header, proxyV2Header), (header) => {
    const end = new SessionEnd(
      proxy({ trust: ['127.0.0.0/8'], maxHeaderBytes: 4096 }).then(h1()),
      { role: 'server', httpDate: undefined, exchange: () => {} },
      { slabBytes: 8192 },
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

export function headerOfItsOwn() {
  return fc.property(
    fc.constantFrom(1 as const, 2 as const),
    fc.array(fc.nat({ max: 200 }), { minLength: 2, maxLength: 4 }),
    (version, hosts) => {
      const server = proxy({ trust: ['127.0.0.0/8'], versions: version }).then(h1());
      const client = proxySend(({ transport }: ConnectionFacts) =>
        proxyHeaderOf(version, transport.local, transport.remote),
      ).then(h1());
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
            session.request(
              { authority: 'a', end: true },
              { response: (_, { body }) => body.discard(), failed: () => {} },
            );
          },
          undefined,
          { client: { facts } },
        );
        pair.run();
        requireEqual('LAY-1', sources, [address(host, 1000 + i)], `source of connection ${i}`);
      }
    },
  );
}
