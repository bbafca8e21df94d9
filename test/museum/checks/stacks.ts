/** The stacks that exhibits are shown on, by name. */
import { h2 } from '../../../src/endpoint/h2.js';
import { proxy, proxySend } from '../../../src/endpoint/proxy.js';
import { h1Stack, h2Stack, proxyH1Stack, type StackUnderTest } from '../../../src/kit/stack-under-test.js';
import type { ProxyHeader } from '../../../src/session/proxy/header.js';

const header: ProxyHeader = {
  version: 2,
  command: 'proxy',
  transport: 'stream',
  source: { family: 'ipv4', address: '192.0.2.7', port: 40_000 },
  destination: { family: 'ipv4', address: '198.51.100.1', port: 443 },
  tlvs: [],
};

/** A PROXY header in front of HTTP/2. */
function proxyH2Stack(): StackUnderTest {
  const below = h2Stack();
  return {
    ...below,
    server: proxy({ trust: ['127.0.0.0/8'], versions: 2 }).then(h2()),
    client: proxySend(header).then(h2()),
  };
}

export const stacks: ReadonlyMap<string, StackUnderTest> = new Map([
  ['h1', h1Stack()],
  ['h1 pipelined', h1Stack({ maxPipelined: 4, copyBelowBytes: 100, drainBytes: 60 })],
  ['proxy-v1+h1', proxyH1Stack(1)],
  ['proxy-v2+h1', proxyH1Stack(2, { maxPipelined: 3 })],
  ['h2', h2Stack()],
  ['h2 lending', h2Stack('h2, lending', { copyBelowBytes: 100, lendFromBytes: 16 })],
  ['proxy-v2+h2', proxyH2Stack()],
]);
