// `Upgrade: h2c` under the driver of connections: in the least memory, and when somebody gives up between two sessions.
import { expect, test } from 'vitest';
import type { ClientListener } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { stepsOf } from '../../src/endpoint/step.js';
import { Bed } from '../support/connection-bed.js';
import { Taker } from '../support/h1-bench.js';

const asking = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
const steps = stepsOf(h1({ h2c: true }));

test('OWN-8: what fitted H1 fits H2: a slab of content, and three slabs to receive in', () => {
  const taker = new Taker();
  const bed = new Bed(steps, {
    slabBytes: 512,
    receiveBytes: 3 * 512,
    sendBytes: 8 * 512,
    application: {
      role: 'server',
      httpDate: undefined,
      exchange: (exchange) => {
        exchange.body.consume(taker);
        taker.onEnd = () => exchange.reply(200, [], new Uint8Array(0));
      },
    },
  });
  const { wire } = bed.connect();
  wire.write(`PUT / HTTP/1.1\r\nHost: a\r\n${asking}Content-Length: 512\r\n\r\n${'c'.repeat(512)}`);
  bed.clock.run();
  expect(taker.told.join('')).toBe(`${'c'.repeat(512)}<end>`);
  expect(wire.text.startsWith('HTTP/1.1 101 ')).toBe(true);
  wire.transport.end();
  bed.clock.runUntilIdle();
  expect(bed.thrown).toEqual([]);
  bed.assertQuiescent();
});

test('OWN-7: the server gives up while a request is upgraded: its content goes back', () => {
  const seen: string[] = [];
  const bed: Bed = new Bed(steps, {
    application: {
      role: 'server',
      httpDate: undefined,
      exchange: (exchange) => {
        seen.push(exchange.request.target);
        // Within the very call in which the next request is read and agreed to.
        exchange.onClosed = () => {
          for (const connection of bed.live) connection.abort();
        };
        exchange.respond(200, [], { end: true });
      },
    },
  });
  const { wire } = bed.connect();
  wire.write(
    `GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPUT /2 HTTP/1.1\r\nHost: a\r\n${asking}Content-Length: 9\r\n\r\n123456789`,
  );
  bed.clock.runUntilIdle();
  expect(seen).toEqual(['/1']);
  expect(bed.thrown).toEqual([]);
  bed.assertQuiescent();
});

test('OWN-7: the client gives up while its request is agreed to: it is told once', () => {
  const told: string[] = [];
  const bed: Bed = new Bed(steps, {
    application: {
      role: 'client',
      ready: (session) => {
        bed.clock.defer(() => {
          const listener: ClientListener = {
            inform: () => {
              for (const connection of bed.live) connection.abort();
            },
            response: () => told.push('response'),
            failed: (error, retryable) => told.push(`failed ${error.code} ${retryable}`),
          };
          const taker = new Taker();
          const exchange = session.request({ authority: 'a' }, listener);
          exchange.onClosed = (error) => told.push(`closed ${error?.code}`, ...taker.told);
          exchange.body.consume(taker);
        });
      },
    },
  });
  const { wire } = bed.connect();
  bed.clock.run();
  wire.write(
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  );
  bed.clock.runUntilIdle();
  expect(told).toEqual(['failed closed false', 'closed closed', '<closed>']);
  expect(bed.thrown).toEqual([]);
  bed.assertQuiescent();
});
