// What the platform keeps of TLS that is over: its sockets have timers of their own, and one that is not destroyed is kept
// for as long as those, whatever became of the pipe below it.
import { createSecureContext, TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { Probe } from '../../src/kit/conformance/probe.js';
import type { Transport } from '../../src/transport/contract.js';
import { memoryPair } from '../../src/transport/memory.js';
import { platformClock } from '../../src/transport/node/clock.js';
import { tlsClient } from '../../src/transport/node/tls.js';
import { TlsTransport } from '../../src/transport/node/tls-transport.js';
import { certificates } from '../support/certificates.js';
import { turn } from '../support/pairs.js';

const { ca, server } = await certificates();

/** A server's end of which the platform's socket is known. */
function watched(lower: Transport): { transport: TlsTransport; sockets: TLSSocket[] } {
  const sockets: TLSSocket[] = [];
  const transport = new TlsTransport(
    lower,
    undefined,
    (pipe, secured, failed) => {
      const socket = new TLSSocket(pipe, { isServer: true, secureContext: createSecureContext(server) });
      socket.on('secure', () => secured(socket, undefined));
      socket.on('error', failed);
      sockets.push(socket);
    },
    { clock: platformClock },
  );
  return { transport, sockets };
}

/** The first octets of a handshake record that promises more. */
const hello = Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01);

const ways: Record<string, (raw: Transport, probe: Probe, ours: Transport) => void> = {
  'an end without a byte': (raw) => raw.end(),
  'an end within the first record': (raw) => {
    raw.write([{ bytes: hello, start: 0, end: hello.length }]);
    raw.end();
  },
  'a reset within the first record': (raw) => {
    raw.write([{ bytes: hello, start: 0, end: hello.length }]);
    raw.abort();
  },
  'bytes that are no TLS': (raw) => {
    const bytes = new Uint8Array(64).fill(0x41);
    raw.write([{ bytes, start: 0, end: bytes.length }]);
  },
  'silence, until our deadline': (_raw, _probe, ours) => ours.abort(),
};

test.each(Object.entries(ways))(
  'OWN-7: a handshake that is not finished leaves nothing: %s',
  async (_, end) => {
    const { left, right } = memoryPair(platformClock);
    const { transport, sockets } = watched(right);
    const probe = new Probe('ours', transport, 1, 2);
    const peer = new Probe('peer', left, 2, 1);
    probe.open();
    peer.open();
    while (!peer.isOpen) await turn();
    for (let i = 0; i < 3; i++) await turn();
    end(left, probe, transport);
    while (!probe.isClosed) await turn();
    for (let i = 0; i < 3; i++) await turn();
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
  },
);

test('OWN-7: TLS that ended in good order leaves nothing', async () => {
  const { left, right } = memoryPair(platformClock);
  const { transport, sockets } = watched(right);
  const ours = new Probe('ours', transport, 1, 2);
  const peer = new Probe('peer', tlsClient({ ca, servername: 'localhost' }).wrap(left), 2, 1);
  ours.open();
  peer.open();
  while (!(ours.isOpen && peer.isOpen)) await turn();
  ours.transport.end();
  peer.transport.end();
  while (!(ours.isClosed && peer.isClosed)) await turn();
  for (let i = 0; i < 3; i++) await turn();
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
});
