// Every way to H1 and to H2 on one and the same port: by the first bytes, by ALPN, by Upgrade, each behind no PROXY header
// or one of either version, over memory, TCP, Unix sockets and TLS. Nothing is held in the end.
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { collectBody } from '../../src/adapters/body.js';
import { type Client, createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { proxy, proxySend } from '../../src/endpoint/proxy.js';
import { listen, type Server } from '../../src/endpoint/server.js';
import { byAlpn, stack } from '../../src/endpoint/stack.js';
import type { Steps } from '../../src/endpoint/step.js';
import { CheckedLedger } from '../../src/memory/index.js';
import type { ProxyHeader } from '../../src/session/proxy/index.js';
import type { Connectable, Listenable } from '../../src/transport/contract.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { platformWith } from '../../src/transport/node/platform.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { tlsClient, tlsServer } from '../../src/transport/node/tls.js';
import { unix } from '../../src/transport/node/unix.js';
import { certificates } from '../support/certificates.js';
import { latin1Bytes } from '../support/pair.js';
import { rowRecorder } from '../support/rows.js';

const { ca, server: identity } = await certificates();
const observer = rowRecorder();
const ledger = new CheckedLedger();
const ends: (Client | Server)[] = [];

afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end.close({ within: 1000 })));
  ledger.assertQuiescent();
  expect(ledger.violations).toEqual([]);
});

/** Says how it was asked, and gives the content back. */
const handler: Handler = async (exchange) => {
  const { protocol, id, facts } = exchange;
  const bytes = await collectBody(exchange.body, 1_000_000);
  const source = facts.proxy?.source;
  const from = source !== undefined && 'address' in source ? source.address : 'nobody';
  const how = `${protocol} ${id} from ${from}${facts.upgrade === undefined ? '' : ' by upgrade'}`;
  exchange.reply(200, [['X-How', how]], bytes.length === 0 ? latin1Bytes('nothing') : bytes);
};

const alpn = ['h2', 'http/1.1'];
const plain = byPreface({ h1: h1({ h2c: true }), h2: h2() });
const secure = stack(tlsServer({ ...identity, alpn }), byAlpn({ h2: h2(), 'http/1.1': h1() }, plain));
const asking = (names?: readonly string[]) =>
  tlsClient({ ca, servername: 'localhost', ...(names === undefined ? {} : { alpn: names }) });

/** What a client speaks, and how each of three exchanges arrives. */
const ways: readonly (readonly [way: string, tls: boolean, client: Steps, arrives: readonly string[]])[] = [
  ['prior knowledge of H2', false, h2(), ['h2 1', 'h2 3', 'h2 5']],
  ['H1', false, h1(), ['h1 1', 'h1 2', 'h1 3']],
  ['Upgrade', false, h1({ h2c: true }), ['h2 1 by upgrade', 'h2 3 by upgrade', 'h2 5 by upgrade']],
  ['ALPN of H2', true, stack(asking(alpn), byAlpn({ h2: h2() }, h1())), ['h2 1', 'h2 3', 'h2 5']],
  ['ALPN of H1', true, stack(asking(['http/1.1']), h1()), ['h1 1', 'h1 2', 'h1 3']],
  ['prior knowledge of H2 within TLS', true, stack(asking(), h2()), ['h2 1', 'h2 3', 'h2 5']],
  ['H1 that would upgrade, within TLS', true, stack(asking(), h1({ h2c: true })), ['h1 1', 'h1 2', 'h1 3']],
];

const carriers = ['memory', 'tcp', 'unix'] as const;
const versions = [undefined, 1, 2] as const;

const cases = ways.flatMap((way) =>
  carriers.flatMap((carrier) =>
    versions.map((version) => [nameOf(way[0], carrier, version), way, carrier, version] as const),
  ),
);

function nameOf(way: string, carrier: string, version: number | undefined): string {
  return `${way}, over ${carrier}${version === undefined ? '' : `, behind PROXY v${version}`}`;
}

function header(version: 1 | 2): ProxyHeader {
  const source = { family: 'ipv4', address: '192.0.2.7', port: 4711 } as const;
  const destination = { family: 'ipv4', address: '192.0.2.1', port: 443 } as const;
  return { version, command: 'proxy', transport: 'stream', source, destination, tlvs: [] };
}

/** Where to listen, and how to get there. */
function carry(carrier: (typeof carriers)[number]): {
  at: Listenable;
  to: (server: Server) => Connectable;
} {
  if (carrier === 'memory') {
    const { clock, text } = platformWith(undefined);
    const network = memoryNetwork(clock, { text });
    return { at: network.listenable('server'), to: () => network.connectable('server') };
  }
  if (carrier === 'unix') {
    const path = join(tmpdir(), `undercoat-${process.pid}-${randomBytes(4).toString('hex')}.sock`);
    return { at: unix({ path }), to: () => unix({ path }) };
  }
  const to = ({ address }: Server) => tcp({ port: 'port' in address ? address.port : 0, host: '127.0.0.1' });
  return { at: tcp({ port: 0, host: '127.0.0.1' }), to };
}

test.each(cases)('%s', async (_name, [, tls, speaks, arrives], carrier, version) => {
  const { at, to } = carry(carrier);
  const told = tls ? secure : plain;
  const steps = version === undefined ? told : proxy({ trust: ['127.0.0.0/8', 'unix', 'memory'] }).then(told);
  const server = await listen(at, steps, handler, { ledger, observer });
  ends.push(server);
  const client = createClient(
    to(server),
    version === undefined ? speaks : proxySend(header(version)).then(speaks),
    { ledger, observer, maxConnections: 1 },
  );
  ends.push(client);
  const from = version === undefined ? 'nobody' : '192.0.2.7';
  const contents = [undefined, randomBytes(5000), randomBytes(300_000)];
  for (const [i, content] of contents.entries()) {
    const method = content === undefined ? 'GET' : 'PUT';
    const response = await client.exchange({ authority: 'localhost', method }, content);
    const [protocol, id, ...more] = arrives[i]?.split(' ') ?? [];
    expect(response.fields.get('x-how')).toBe([protocol, id, 'from', from, ...more].join(' '));
    const body = await response.bytes();
    expect(Buffer.compare(body, content ?? Buffer.from('nothing'))).toBe(0);
  }
  expect(client.connections).toBe(1);
});
