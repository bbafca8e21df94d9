// What req and res of a listener are told of their end, beside what `node:http` tells them.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { nodeListener } from '../../src/adapters/node/listener.js';
import { h1 } from '../../src/endpoint/h1.js';
import { listen, type Server } from '../../src/endpoint/server.js';
import { tcp } from '../../src/transport/node/tcp.js';

/** What `node:http` and ours both take. */
type AnyListener = (req: Readable, res: Writable) => void;

/** Sends one request to a server, and waits until both streams of it are closed: what they were told. */
async function eventsOf(
  start: (listener: AnyListener) => Promise<number>,
  sent: string,
  read: boolean,
): Promise<string[]> {
  const events: string[] = [];
  let close = (): void => {};
  const closed = new Promise<void>((resolve) => (close = resolve));
  const port = await start((req, res) => {
    let left = 2;
    const one = (): void => {
      left -= 1;
      if (left === 0) close();
    };
    for (const name of ['end', 'close', 'error', 'aborted']) req.on(name, () => events.push(`req ${name}`));
    for (const name of ['finish', 'close', 'error']) res.on(name, () => events.push(`res ${name}`));
    req.on('close', one);
    res.on('close', one);
    if (read) req.resume();
    res.end('x');
  });
  const socket = net.connect(port, '127.0.0.1');
  socket.resume();
  socket.write(sent);
  await closed;
  socket.destroy();
  return events.sort();
}

const got = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const posted = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(20_000)}`;

test.each([
  ['a request without content that is not read', got, false],
  ['a request without content that is read', got, true],
  ['content that is not read', posted, false],
  ['content that is read', posted, true],
])('%s: what req and res are told is what node:http tells them', async (_, sent, read) => {
  const theirs = http.createServer();
  const expected = await eventsOf(
    async (listener) => {
      theirs.on('request', listener).listen(0, '127.0.0.1');
      await once(theirs, 'listening');
      return (theirs.address() as net.AddressInfo).port;
    },
    sent,
    read,
  );
  theirs.close();
  let ours: Server | undefined;
  const events = await eventsOf(
    async (listener) => {
      ours = await listen(tcp({ port: 0 }), h1(), nodeListener(listener));
      return (ours.address as { port: number }).port;
    },
    sent,
    read,
  );
  ours?.abort();
  expect(events).toEqual(expected);
  expect(events).toContain('req end');
  expect(events).toContain('req close');
});
