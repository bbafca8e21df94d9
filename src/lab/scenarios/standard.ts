/**
 * The standard scenario, which `npm start` runs: every shape of exchange over every stack. It is written as a user
 * writes one, but for where the imports come from. This file does not know how it is run.
 */
import { h1 } from '../../endpoint/h1.js';
import { byPreface, h2 } from '../../endpoint/h2.js';
import { proxy, proxySend } from '../../endpoint/proxy.js';
import { byAlpn, stack } from '../../endpoint/stack.js';
import type { ConnectionFacts } from '../../session/facts.js';
import type { ProxyHeader, ProxyIpv4Address } from '../../session/proxy/index.js';
import { memoryNetwork } from '../../transport/memory.js';
import { tcp } from '../../transport/node/tcp.js';
import { nodeText } from '../../transport/node/text.js';
import { tlsClient, tlsServer } from '../../transport/node/tls.js';
import { unix } from '../../transport/node/unix.js';
import { defineScenario } from '../scenario.js';

const mebibyte = 1_048_576;

/** Addresses that exist in documents only (RFC 5737): whoever reports them has them from the PROXY header. */
const source: ProxyIpv4Address = { family: 'ipv4', address: '192.0.2.15', port: 40_015 };
const destination: ProxyIpv4Address = { family: 'ipv4', address: '198.51.100.1', port: 443 };
const header = (version: 1 | 2): ProxyHeader => ({
  version,
  command: 'proxy',
  transport: 'stream',
  source,
  destination,
  tlvs: [],
});

/** The server must know the client by the header, not by the socket. */
function knowsTheSource({ proxy }: ConnectionFacts): string | undefined {
  const from = proxy?.source;
  return from?.family === 'ipv4' && from.address === source.address && from.port === source.port
    ? undefined
    : `the PROXY source is ${JSON.stringify(from)}`;
}

/** TLS must have agreed on H1 and on the name. */
function isSecure({ transport: { tls } }: ConnectionFacts): string | undefined {
  return tls?.alpn === 'http/1.1' && tls.servername === 'localhost'
    ? undefined
    : `TLS agreed on ${JSON.stringify(tls)}`;
}

/** Up to eight requests may be on their way on one connection. */
const pipelining = h1({ maxPipelined: 8 });
/** The same; the first request that can asks whether H2 may take over. */
const upgrading = h1({ maxPipelined: 8, h2c: true });
/** Whatever a client begins with. */
const either = byPreface({ h1: h1({ h2c: true }), h2: h2() });

export const standard = defineScenario({
  name: 'standard',
  exchanges: 300,
  concurrency: 8,

  stacks: [
    {
      name: 'h1/memory',
      transport: 'memory',
      session: 'h1',
      time: 'virtual',
      compose: ({ clock, observer }) => {
        const network = memoryNetwork(clock, { text: nodeText, observer });
        return {
          listen: network.listenable('server'),
          server: h1(),
          connect: () => network.connectable('server'),
          client: pipelining,
        };
      },
    },
    {
      name: 'h1/tcp',
      transport: 'tcp',
      session: 'h1',
      compose: ({ observer }) => ({ listen: tcp({ port: 0, observer }), server: h1(), client: pipelining }),
    },
    {
      name: 'proxy-v1+h1/tcp',
      transport: 'tcp',
      session: 'proxy-v1+h1',
      compose: ({ observer }) => ({
        listen: tcp({ port: 0, observer }),
        server: proxy({ trust: ['127.0.0.0/8'] }).then(h1()),
        client: proxySend(header(1)).then(pipelining),
        facts: knowsTheSource,
      }),
    },
    {
      name: 'proxy-v2+h1/unix',
      transport: 'unix',
      session: 'proxy-v2+h1',
      compose: ({ observer, socketPath }) => ({
        listen: unix({ path: socketPath(), observer }),
        server: proxy({ trust: ['unix'] }).then(h1()),
        client: proxySend(header(2)).then(pipelining),
        facts: knowsTheSource,
      }),
    },
    {
      name: 'h1/tls',
      transport: 'tls',
      session: 'h1',
      compose: async ({ observer, certificate }) => {
        const { key, cert } = await certificate();
        return {
          // TLS is a layer of the stack, not of the socket: bytes are counted below it.
          listen: tcp({ port: 0, observer }),
          server: stack(tlsServer({ key, cert, alpn: ['http/1.1'], observer }), h1()),
          client: stack(
            tlsClient({ ca: cert, servername: 'localhost', alpn: ['http/1.1'], observer }),
            pipelining,
          ),
          facts: isSecure,
        };
      },
    },
    {
      name: 'h2/memory',
      transport: 'memory',
      session: 'h2',
      time: 'virtual',
      compose: ({ clock, observer }) => {
        const network = memoryNetwork(clock, { text: nodeText, observer });
        return {
          listen: network.listenable('server'),
          server: h2(),
          connect: () => network.connectable('server'),
          client: h2(),
        };
      },
    },
    {
      name: 'h2/tcp',
      transport: 'tcp',
      session: 'h2',
      compose: ({ observer }) => ({
        listen: tcp({ port: 0, observer }),
        server: either,
        client: h2(),
      }),
    },
    {
      name: 'h1+h2c/tcp',
      transport: 'tcp',
      session: 'h1+h2c',
      compose: ({ observer }) => ({ listen: tcp({ port: 0, observer }), server: either, client: upgrading }),
    },
    {
      name: 'proxy-v1+h2/tcp',
      transport: 'tcp',
      session: 'proxy-v1+h2',
      compose: ({ observer }) => ({
        listen: tcp({ port: 0, observer }),
        server: proxy({ trust: ['127.0.0.0/8'] }).then(either),
        client: proxySend(header(1)).then(h2()),
        facts: knowsTheSource,
      }),
    },
    {
      name: 'proxy-v2+h2/tcp',
      transport: 'tcp',
      session: 'proxy-v2+h2',
      compose: ({ observer }) => ({
        listen: tcp({ port: 0, observer }),
        server: proxy({ trust: ['127.0.0.0/8'] }).then(h2()),
        client: proxySend(header(2)).then(h2()),
        facts: knowsTheSource,
      }),
    },
    {
      name: 'h2/tls',
      transport: 'tls',
      session: 'h2',
      compose: async ({ observer, certificate }) => {
        const { key, cert } = await certificate();
        const alpn = ['h2', 'http/1.1'];
        const byName = byAlpn({ h2: h2(), 'http/1.1': h1() }, h1());
        return {
          listen: tcp({ port: 0, observer }),
          server: stack(tlsServer({ key, cert, alpn, observer }), byName),
          client: stack(tlsClient({ ca: cert, servername: 'localhost', alpn, observer }), byName),
          facts: ({ transport }) => (transport.tls?.alpn === 'h2' ? undefined : 'ALPN did not choose h2'),
        };
      },
    },
  ],

  // Sizes are drawn, each order of magnitude as likely: small ones mostly, and a mebibyte now and then.
  workload: [
    { name: 'get', weight: 40, response: { body: [0, 2048] } },
    { name: 'upload', weight: 10, request: { body: [1, mebibyte] } },
    { name: 'download', weight: 10, response: { body: [1, mebibyte] } },
    { name: 'both-ways', weight: 5, request: { body: [1, mebibyte] }, response: { body: [1, mebibyte] } },
    {
      name: 'chunked-with-trailers',
      weight: 10,
      request: { body: [1, mebibyte], coding: 'chunked', trailers: 2 },
      response: { body: [1, mebibyte], coding: 'chunked', trailers: 2 },
    },
    { name: 'pipelined', weight: 5, pipelined: [2, 8], response: { body: [0, 4096] } },
    { name: 'head', weight: 5, method: 'HEAD', response: { body: [0, mebibyte] } },
    { name: 'no-content', weight: 5, method: 'DELETE', response: { status: 204 } },
    { name: 'expect-continue', weight: 5, request: { body: [1, mebibyte] }, expectContinue: true },
    {
      name: 'early-response',
      weight: 5,
      request: { body: [1, 262_144] },
      response: { status: 403, body: [1, 1024] },
      answer: 'early',
    },
    {
      name: 'slow-reader',
      times: 5,
      response: { body: mebibyte },
      slowReader: { bytes: 131_072, milliseconds: 2 },
    },
    { name: 'reset-by-client', times: 5, response: { body: mebibyte }, reset: 'client' },
    { name: 'reset-by-server', times: 5, response: { body: mebibyte }, reset: 'server' },
  ],
});
