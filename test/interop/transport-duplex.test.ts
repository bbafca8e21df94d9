// Streams as transports and transports as streams; and node:http on a pipe in memory, which is both at once.
import http from 'node:http';
import http2 from 'node:http2';
import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Probe } from '../../src/kit/conformance/probe.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { memoryPair } from '../../src/transport/memory.js';
import { platformClock } from '../../src/transport/node/clock.js';
import { fromDuplex, toDuplex } from '../../src/transport/node/duplex.js';
import { turn } from '../support/pairs.js';

/** Two ends of one pipe, as streams: what one is written the other reads, at once and inside the write. */
function streamPair(): [Duplex, Duplex] {
  class End extends Duplex {
    peer: End | undefined;
    taken: (() => void) | undefined;
    override _read(): void {
      const { taken } = this;
      this.taken = undefined;
      taken?.();
    }
    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
      if (this.peer === undefined || this.peer.push(Buffer.from(chunk))) done();
      else this.peer.taken = done;
    }
    override _final(done: () => void): void {
      this.peer?.push(null);
      done();
    }
  }
  const [left, right] = [new End(), new End()];
  left.peer = right;
  right.peer = left;
  return [left, right];
}

describe('fromDuplex over a pair of streams', () => {
  const cases = transportConformance(
    () => {
      const [a, b] = streamPair();
      // A stream that is torn down tells its peer nothing; the test does, as whoever owns the pair would.
      const tell = (from: Duplex, to: Duplex) => {
        from.on('close', () => {
          if (!from.writableFinished) setImmediate(() => to.destroy());
        });
      };
      tell(a, b);
      tell(b, a);
      return { left: fromDuplex(a), right: fromDuplex(b), run: turn, live: true };
    },
    { halfClose: true, reset: true, holds: 200_000 },
  );
  for (const { name, run } of cases) test(name, run);
});

describe('fromDuplex over toDuplex over memory', () => {
  const cases = transportConformance(
    () => {
      const { left, right } = memoryPair(platformClock);
      return {
        left: fromDuplex(toDuplex(left)),
        right: fromDuplex(toDuplex(right)),
        run: turn,
        live: true,
      };
    },
    { halfClose: true, reset: true, holds: 400_000 },
  );
  for (const { name, run } of cases) test(name, run);
});

describe('fromDuplex', () => {
  async function closedBy(stream: Duplex, act: () => void): Promise<Probe> {
    const probe = new Probe('only', fromDuplex(stream), 1, 1);
    act();
    probe.open();
    while (!probe.isClosed) await turn();
    expect(probe.violations).toEqual([]);
    return probe;
  }

  test('a stream that breaks before anybody opened it harms nobody, and is reported', async () => {
    const stream = new PassThrough();
    const broken = await closedBy(stream, () => stream.destroy(new Error('mine')));
    expect(broken.error).toMatchObject({ code: 'transport-failed', cause: { message: 'mine' } });
  });

  test('a stream that closes without an end is lost', async () => {
    const stream = new PassThrough();
    const probe = await closedBy(stream, () => setImmediate(() => stream.destroy()));
    expect(probe.error?.code).toBe('connection-lost');
  });

  test('a stream that answers inside the write is heard after it', async () => {
    const stream = new PassThrough();
    const probe = new Probe('only', fromDuplex(stream), 1, 1);
    probe.open();
    probe.on.opened = () => {
      probe.write(100_000);
      probe.end();
    };
    while (!probe.isClosed) await turn();
    expect([probe.violations, probe.receivedTotal, probe.error]).toEqual([[], 100_000, undefined]);
  });

  test('a stream has a piece at a time of what is long, and the last two at once', async () => {
    const given: number[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        given.push(chunk.length);
        setImmediate(done);
      },
    });
    const probe = new Probe('only', fromDuplex(stream), 1, 1);
    probe.on.opened = () => probe.write(200_000);
    probe.open();
    while (probe.writtenTotal < 200_000) await turn();
    probe.write(600_000);
    while (probe.writtenTotal < 800_000) await turn();
    expect(given).toEqual([200_000, 131_072, 131_072, 131_072, 206_784]);
    expect(probe.violations).toEqual([]);
    probe.abort();
  });

  test('a stream that ends and closes inside our end is heard after it', async () => {
    class Hasty extends PassThrough {
      override end(): this {
        this.emit('end');
        this.emit('finish');
        this.emit('close');
        return this;
      }
    }
    const probe = new Probe('only', fromDuplex(new Hasty()), 1, 1);
    probe.open();
    probe.on.opened = () => probe.end();
    while (!probe.isClosed) await turn();
    expect([probe.violations, probe.isEnded, probe.error]).toEqual([[], true, undefined]);
  });

  test('an end that passed before is reported', async () => {
    const stream = new PassThrough({ autoDestroy: false });
    stream.end();
    stream.resume();
    while (!stream.readableEnded) await turn();
    const probe = new Probe('only', fromDuplex(stream), 1, 1);
    probe.open();
    while (!probe.isEnded) await turn();
    expect([probe.violations, probe.receivedTotal]).toEqual([[], 0]);
    probe.abort();
  });

  test('a stream that closes behind an end that nobody took is lost after that end', async () => {
    const stream = new Duplex({ read() {}, write() {} });
    const probe = new Probe('only', fromDuplex(stream), 1, 1);
    probe.open();
    probe.pause();
    await turn();
    stream.emit('end');
    stream.destroy();
    await turn();
    expect([probe.isEnded, probe.isClosed]).toEqual([false, false]);
    probe.resume();
    while (!probe.isClosed) await turn();
    expect([probe.violations, probe.isEnded, probe.error?.code]).toEqual([[], true, 'connection-lost']);
  });

  test('an abandoned stream is destroyed', () => {
    const stream = new PassThrough();
    fromDuplex(stream).abort();
    expect(stream.destroyed).toBe(true);
  });
});

describe('toDuplex', () => {
  test('what was received before comes first, once, and is let go of', async () => {
    const { left, right } = memoryPair(platformClock);
    const bytes = Buffer.from('xxfirst xx');
    let released = 0;
    const release = () => {
      released++;
      bytes.fill(0);
    };
    const stream = toDuplex(left, { bytes, start: 2, end: 8, release });
    const other = toDuplex(right);
    other.end('then');
    let text = '';
    for await (const chunk of stream) text += chunk;
    expect([text, released]).toEqual(['first then', 1]);
    stream.end();
  });

  test('a reset is an error of the stream that nobody need listen for', async () => {
    const { left, right } = memoryPair(platformClock);
    const [a, b] = [toDuplex(left), toDuplex(right)];
    b.write('never read');
    await turn();
    a.destroy();
    while (!b.closed) await turn();
    expect(b.errored).toMatchObject({ code: 'connection-reset' });
    expect([left.state, right.state]).toEqual(['closed', 'failed']);
  });

  test('a reader that stops stops the writer', async () => {
    const { left, right } = memoryPair(platformClock);
    const [a, b] = [toDuplex(left), toDuplex(right)];
    let taken = 0;
    for (let i = 0; i < 100; i++) a.write(Buffer.alloc(10_000), () => taken++);
    a.end();
    for (let i = 0; i < 50; i++) await turn();
    expect(taken).toBeLessThan(30);
    let total = 0;
    for await (const chunk of b) total += (chunk as Buffer).length;
    expect([total, taken]).toEqual([1_000_000, 100]);
    b.end();
  });
});

describe('node:http over a pipe in memory', () => {
  /** A server, and requests to it over one kept connection after the other. */
  function connected() {
    const server = http.createServer((request, response) => {
      if (request.method === 'POST') {
        request.pipe(response);
        return;
      }
      const length = Number(request.url?.slice(1));
      response.end(Buffer.alloc(length, 'd'));
    });
    let connections = 0;
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const createConnection = () => {
      connections++;
      const { left, right } = memoryPair(platformClock);
      server.emit('connection', toDuplex(right));
      return toDuplex(left);
    };
    agent.createConnection = createConnection as unknown as typeof agent.createConnection;
    const request = (path: string, body?: Buffer) =>
      new Promise<{ status: number | undefined; body: Buffer }>((resolve, reject) => {
        const asked = http.request(
          { agent, path, method: body === undefined ? 'GET' : 'POST', host: 'memory' },
          async (response) => {
            const chunks: Buffer[] = [];
            for await (const chunk of response) chunks.push(chunk as Buffer);
            resolve({ status: response.statusCode, body: Buffer.concat(chunks) });
          },
        );
        asked.on('error', reject);
        asked.end(body);
      });
    return { agent, request, connections: () => connections };
  }

  test('keep-alive, download, upload', async () => {
    const { agent, request, connections } = connected();
    for (const length of [0, 1, 100_000, 1_000_000]) {
      const { status, body } = await request(`/${length}`);
      expect([status, body.length]).toEqual([200, length]);
    }
    const sent = Buffer.alloc(1_000_000, 'upload');
    const { body } = await request('/', sent);
    expect(body.equals(sent)).toBe(true);
    expect(connections()).toBe(1);
    agent.destroy();
  });
});

test('node:http2 over a pipe in memory: upload and download on two streams at once', async () => {
  const server = http2.createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const { left, right } = memoryPair(platformClock);
  server.emit('connection', toDuplex(right));
  const session = http2.connect('http://memory', { createConnection: () => toDuplex(left) });
  const sent = Buffer.alloc(500_000, 'both ways');
  const echoes = await Promise.all(
    [0, 1].map(async () => {
      const stream = session.request({ ':method': 'POST' });
      stream.end(sent);
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    }),
  );
  expect(echoes.map((echo) => echo.equals(sent))).toEqual([true, true]);
  session.close();
  while (left.state !== 'closed' || right.state !== 'closed') await turn();
});
