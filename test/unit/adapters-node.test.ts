// Listeners of the `node:http` kind, unmodified, on our server over the memory network, and beside `node:http` over TCP.
import { once } from 'node:events';
import net from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type NodeListener, nodeListener } from '../../src/adapters/node/listener.js';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import { proxy } from '../../src/endpoint/proxy.js';
import { listen } from '../../src/endpoint/server.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { createPair, type Outcome, type Pair } from '../support/pair.js';

/** Runs both ends until the outcome is over; streams take turns of the event loop that no virtual clock knows. */
async function over(pair: Pair, outcome: Outcome): Promise<Outcome> {
  for (let i = 0; i < 500 && !outcome.over; i++) {
    await pair.run();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return outcome;
}

async function turns(pair: Pair, count = 5): Promise<void> {
  for (let i = 0; i < count; i++) {
    await pair.run();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function run(
  listener: NodeListener,
  options: Parameters<Pair['request']>[0] = {},
  pieces: readonly string[] = [],
): Promise<[Outcome, Pair]> {
  const pair = await createPair({ handler: nodeListener(listener) });
  return [await over(pair, pair.request(options, pieces)), pair];
}

test('the first example of everybody’s: its length is said', async () => {
  const [outcome, pair] = await run((req, res) => {
    res.statusCode = 201;
    res.setHeader('Content-Type', 'text/plain');
    res.setHeader('Set-Cookie', ['a=1', 'b=2']);
    res.end(`hello ${req.method} ${req.url} ${req.httpVersion} ${req.headers['host']}`);
  });
  expect(outcome).toMatchObject({ status: 201, body: 'hello GET / 1.1 pair.test', complete: true });
  expect(outcome.fields).toMatchObject({ 'content-type': 'text/plain', 'content-length': '25' });
  await pair.finish();
});

test('headers as Node shows them', async () => {
  let seen: unknown;
  const pair = await createPair({
    handler: nodeListener((req, res) => {
      seen = { headers: { ...req.headers }, raw: req.rawHeaders };
      res.end();
    }),
  });
  const wire = pair.wire();
  wire.write(
    'GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\nCookie: c=1\r\nCookie: d=2\r\nUser-Agent: u\r\nUser-Agent: v\r\n' +
      'Set-Cookie: s\r\n__proto__: p\r\n\r\n',
  );
  await turns(pair);
  expect(seen).toMatchObject({
    headers: { host: 'a', 'x-a': '1, 2', cookie: 'c=1; d=2', 'user-agent': 'u', 'set-cookie': ['s'] },
  });
  expect((seen as { raw: string[] }).raw.slice(0, 6)).toEqual(['Host', 'a', 'X-A', '1', 'x-a', '2']);
  expect(Object.keys((seen as { headers: object }).headers)).toContain('__proto__');
  expect(wire.text).toContain('Content-Length: 0\r\n');
  wire.transport.end();
  await pair.finish();
});

test('a body that is echoed through pipes, under back-pressure', async () => {
  const [outcome, pair] = await run((req, res) => void req.pipe(res), { method: 'POST' }, [
    'x'.repeat(300_000),
    'end',
  ]);
  expect(outcome.body).toBe(`${'x'.repeat(300_000)}end`);
  await pair.finish();
});

test('middleware of the connect kind: parsing a body, then answering JSON', async () => {
  type Next = (error?: Error) => void;
  const json = (req: Readable & { body?: unknown }, _res: unknown, next: Next) => {
    let text = '';
    req.setEncoding('utf8');
    req.on('data', (chunk: string) => {
      text += chunk;
    });
    req.on('end', () => {
      req.body = JSON.parse(text);
      next();
    });
  };
  const [outcome, pair] = await run(
    (req, res) => {
      const own: Readable & { body?: { n: number } } = req;
      json(own, res, () => {
        res.writeHead(200, 'Fine', { 'Content-Type': 'application/json' });
        res.write('{"n":');
        res.end(`${(own.body?.n ?? 0) + 1}}`);
      });
    },
    { method: 'POST' },
    ['{"n":', '41}'],
  );
  expect(outcome).toMatchObject({ status: 200, body: '{"n":42}' });
  await pair.finish();
});

test('a file-like stream through pipeline, and what it throws', async () => {
  const [outcome, pair] = await run((_req, res) => {
    pipeline(Readable.from([Buffer.from('one '), Buffer.from('two')]), res, () => {});
  });
  expect(outcome).toMatchObject({ status: 200, body: 'one two', complete: true });
  await pair.finish();
  const [broken, other] = await run((_req, res) => {
    const source = async function* () {
      yield Buffer.from('one ');
      throw new Error('disk');
    };
    pipeline(Readable.from(source()), res, () => {});
  });
  expect(broken.complete).toBe(false);
  expect(broken.over).toBe(true);
  await other.finish();
});

test.each([
  ['HEAD', 200, '9'],
  ['GET', 204, undefined],
  ['GET', 304, undefined],
] as const)('%s answered with %i: no content, however much is written', async (method, status, length) => {
  const [outcome, pair] = await run(
    (_req, res) => {
      res.statusCode = status;
      res.end('not there');
    },
    { method },
  );
  expect(outcome).toMatchObject({ status, body: '', complete: true });
  expect(outcome.fields['content-length']).toBe(length);
  await pair.finish();
});

test('interim responses, headers ahead of the body, trailers', async () => {
  const [outcome, pair] = await run((_req, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' });
    res.writeProcessing();
    res.setHeader('A', '1').setHeader('B', '2');
    res.appendHeader('A', '3');
    res.removeHeader('b');
    expect(res.getHeader('a')).toEqual(['1', '3']);
    expect(res.getHeaderNames()).toEqual(['a']);
    expect(res.hasHeader('B')).toBe(false);
    res.flushHeaders();
    expect(res.headersSent).toBe(true);
    expect(() => res.setHeader('C', '4')).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }));
    res.addTrailers({ Checksum: '5' });
    res.end('body');
  });
  expect(outcome).toMatchObject({ status: 200, body: 'body', informs: [103, 102] });
  expect(outcome.trailers).toEqual({ checksum: '5' });
  await pair.finish();
});

test('a listener that throws or rejects: 500, reported; one that only resolves may answer later', async () => {
  for (const listener of [
    () => {
      throw new Error('mine');
    },
    () => Promise.reject(new Error('mine')),
  ] as NodeListener[]) {
    const [outcome, pair] = await run(listener);
    expect(outcome.status).toBe(500);
    expect(pair.errors).toEqual([new Error('mine')]);
    await pair.finish();
  }
  const [outcome, pair] = await run(async (_req, res) => {
    setImmediate(() => res.end('later'));
  });
  expect(outcome).toMatchObject({ status: 200, body: 'later' });
  await pair.finish();
});

test('a body that the listener leaves alone does not spoil the connection', async () => {
  const [outcome, pair] = await run((_req, res) => res.end('no thanks'), { method: 'POST' }, [
    'x'.repeat(20_000),
  ]);
  expect(outcome.body).toBe('no thanks');
  const again = await over(pair, pair.request());
  expect(again.status).toBe(200);
  await pair.finish();
});

test('the peer goes away: req and res say so, and nothing crashes', async () => {
  const seen: string[] = [];
  const pair = await createPair({
    handler: nodeListener((req, res) => {
      req.on('aborted', () => seen.push('req aborted'));
      req.on('close', () => seen.push('req close'));
      res.on('close', () => seen.push('res close'));
      req.resume();
      res.write('some');
    }),
  });
  const wire = pair.wire();
  wire.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
  await turns(pair);
  wire.transport.abort();
  await turns(pair);
  expect(seen.sort()).toEqual(['req aborted', 'req close', 'res close']);
  await pair.finish();
});

test('res.destroy and req.socket.destroy break the exchange off', async () => {
  for (const listener of [
    (_req, res) => void res.destroy(),
    (req) => req.socket.destroy(),
  ] as NodeListener[]) {
    const [outcome, pair] = await run(listener);
    expect(outcome.status).toBe(500);
    await pair.finish();
  }
});

describe('a listener that answers twice: the first answer stands, and the server is told', () => {
  const late: [string, NodeListener][] = [
    ['end, end', (_req, res) => void res.end('a').end('b')],
    ['end, write', (_req, res) => void res.end('a').write('b')],
    ['nothing, end', (_req, res) => void res.end().end('b')],
    ['pieces, end', (_req, res) => void (res.write('a') && res.end().end('b'))],
    ['large, end', (_req, res) => void res.end('a'.repeat(300_000)).end('b')],
    ['after its end', (_req, res) => void res.end('a').on('close', () => setImmediate(() => res.write('b')))],
  ];
  test.each(late)('%s', async (name, listener) => {
    const [outcome, pair] = await run(listener);
    await turns(pair);
    const body = name.startsWith('nothing') ? '' : name.startsWith('large') ? 'a'.repeat(300_000) : 'a';
    expect(outcome).toMatchObject({ status: 200, body, complete: true });
    expect(pair.errors).toEqual([expect.objectContaining({ code: 'ERR_STREAM_WRITE_AFTER_END' })]);
    expect((await over(pair, pair.request())).complete).toBe(true);
    await pair.finish();
  });

  test.each(['GET', 'POST'])('%s: whoever listens is told with an event and a callback', async (method) => {
    const told: unknown[] = [];
    const listener: NodeListener = (_req, res) => {
      res.on('error', (error: Error & { code?: string }) => told.push(['event', error.code]));
      res.end('a');
      res.end('b', 'utf8', (error?: Error & { code?: string }) => told.push(['end', error?.code]));
      expect(res.write('c', (error) => told.push(['write', error?.message.split(' [')[0]]))).toBe(false);
      res.end(() => told.push(['no bytes, no mistake']));
    };
    const [outcome, pair] = await run(listener, { method }, method === 'POST' ? ['x'.repeat(20_000)] : []);
    await turns(pair);
    expect(outcome).toMatchObject({ status: 200, body: 'a', complete: true });
    expect(told.sort()).toEqual([
      ['end', 'ERR_STREAM_WRITE_AFTER_END'],
      ['event', 'ERR_STREAM_WRITE_AFTER_END'],
      ['event', 'ERR_STREAM_WRITE_AFTER_END'],
      ['no bytes, no mistake'],
      ['write', 'write after end'],
    ]);
    expect(pair.errors).toHaveLength(1);
    await pair.finish();
  });

  test.each([
    ['throws', (_req, res) => void res.end('a').writeHead(201)],
    [
      'rejects',
      async (_req, res) => {
        res.end('a');
        res.setHeader('a', 'b');
      },
    ],
  ] as [string, NodeListener][])('after which it %s', async (_what, listener) => {
    const [outcome, pair] = await run(listener);
    await turns(pair);
    expect(outcome).toMatchObject({ status: 200, body: 'a', complete: true });
    expect(pair.errors).toEqual([expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' })]);
    await pair.finish();
  });
});

describe('what node:http refuses is refused at the call, with its code', () => {
  type Response = Parameters<NodeListener>[1];
  // As JavaScript calls it.
  const wrong = undefined as unknown as string;
  test.each<[string, string, (res: Response) => void]>([
    ['setHeader of nothing', 'ERR_HTTP_INVALID_HEADER_VALUE', (res) => res.setHeader('a', wrong)],
    ['a list with nothing', 'ERR_HTTP_INVALID_HEADER_VALUE', (res) => res.setHeader('a', ['x', wrong])],
    ['setHeader of lines', 'ERR_INVALID_CHAR', (res) => res.setHeader('a', 'b\r\nX: y')],
    ['a list with lines', 'ERR_INVALID_CHAR', (res) => res.setHeader('a', ['x', 'b\nc'])],
    ['setHeader of no token', 'ERR_INVALID_HTTP_TOKEN', (res) => res.setHeader('a b', 'x')],
    ['appendHeader of nothing', 'ERR_HTTP_INVALID_HEADER_VALUE', (res) => res.appendHeader('a', wrong)],
    ['writeHead of nothing', 'ERR_HTTP_INVALID_HEADER_VALUE', (res) => res.writeHead(200, { a: wrong })],
    ['a raw list of nothing', 'ERR_HTTP_INVALID_HEADER_VALUE', (res) => res.writeHead(200, ['a', wrong])],
    ['writeHead of no status', 'ERR_HTTP_INVALID_STATUS_CODE', (res) => res.writeHead(99)],
    ['addTrailers of lines', 'ERR_INVALID_CHAR', (res) => res.addTrailers({ a: 'b\nc' })],
    ['addTrailers of no token', 'ERR_INVALID_HTTP_TOKEN', (res) => res.addTrailers({ 'a b': 'c' })],
    ['writeEarlyHints of lines', 'ERR_INVALID_CHAR', (res) => res.writeEarlyHints({ link: 'b\nc' })],
    ['writeHead twice', 'ERR_HTTP_HEADERS_SENT', (res) => res.writeHead(200).writeHead(201)],
    ['setHeader after it', 'ERR_HTTP_HEADERS_SENT', (res) => res.writeHead(200).setHeader('a', 'b')],
    ['removeHeader after it', 'ERR_HTTP_HEADERS_SENT', (res) => res.writeHead(200).removeHeader('a')],
  ])('%s: %s', async (_what, code, act) => {
    let thrown: unknown;
    const [outcome, pair] = await run((_req, res) => {
      try {
        act(res);
      } catch (error) {
        thrown = error;
      }
      res.statusCode = 203;
      res.end('as it was');
    });
    expect(thrown).toMatchObject({ code });
    const wasWritten = code === 'ERR_HTTP_HEADERS_SENT';
    expect(outcome).toMatchObject({ status: wasWritten ? 200 : 203, body: 'as it was' });
    expect(outcome.fields).not.toHaveProperty('a');
    expect(pair.errors).toEqual([]);
    await pair.finish();
  });

  test('what only the session can refuse is 500, and the server is told', async () => {
    const [outcome, pair] = await run((_req, res) => {
      res.statusCode = 99;
      res.end('no');
    });
    await turns(pair);
    expect(outcome.status).toBe(500);
    expect(pair.errors).toEqual([expect.objectContaining({ fault: 'api-misuse' })]);
    await pair.finish();
  });
});

test.each(['h1', 'h2'])(
  'over %s what a listener hands on of another connection is not sent; that ours is to end, where one exchange has it',
  async (protocol) => {
    const steps = protocol === 'h1' ? h1() : h2();
    const pair = await createPair({
      handler: nodeListener((_req, res) => {
        res.writeHead(200, { Connection: 'close, X-Hop', 'X-Hop': '1', TE: 'trailers', 'X-End': '2' });
        res.end('body');
      }),
      serverStack: steps,
      clientStack: steps,
    });
    const outcome = await over(pair, pair.request());
    expect(outcome).toMatchObject({ status: 200, body: 'body' });
    expect(outcome.fields).toMatchObject({ 'x-end': '2' });
    expect(outcome.fields).not.toHaveProperty('x-hop');
    expect(outcome.fields).not.toHaveProperty('te');
    expect(outcome.fields['connection']).toBe(protocol === 'h1' ? 'close' : undefined);
    expect(pair.errors).toEqual([]);
    await pair.finish();
  },
);

test.each([
  ['a PROXY header', 'TCP4 192.0.2.7 192.0.2.1 1234 80', '192.0.2.7 1234 IPv4 192.0.2.1 80'],
  ['one of IPv6', 'TCP6 2001:db8::7 2001:db8::1 1234 80', '2001:db8::7 1234 IPv6 2001:db8::1 80'],
  ['one that says nothing', 'UNKNOWN', '127.0.0.1'],
])('behind %s the socket is the client’s', async (_, header, expected) => {
  const handler = nodeListener(({ socket }, res) => {
    const { remoteAddress, remotePort, remoteFamily, localAddress, localPort } = socket;
    res.end([remoteAddress, remotePort, remoteFamily, localAddress, localPort].join(' '));
  });
  const stack = proxy({ trust: ['127.0.0.0/8'] }).then(h1());
  const server = await listen(tcp({ port: 0 }), stack, handler);
  const socket = net.connect((server.address as { port: number }).port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(`PROXY ${header}\r\nGET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n`);
  await once(socket, 'close');
  expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toMatch(new RegExp(`^${expected}`));
  server.abort();
});

test.each(['h1', 'h2'])(
  'over %s a listener that says OK to a CONNECT opens no tunnel, and one that refuses is heard',
  async (protocol) => {
    const steps = protocol === 'h1' ? h1() : h2();
    const handler = nodeListener((req, res) => {
      if (req.headers['x-refuse'] !== undefined) res.statusCode = 403;
      res.setHeader('Content-Type', 'text/plain');
      res.end('fine');
    });
    const pair = await createPair({ handler, serverStack: steps, clientStack: steps });
    const asked = { method: 'CONNECT', target: 'a.test:443', authority: 'a.test:443' };
    const outcome = await over(pair, pair.request(asked));
    expect(outcome).toMatchObject({ status: 501, body: '', complete: true });
    const refused = await over(pair, pair.request({ ...asked, fields: [['X-Refuse', '1']] }));
    expect(refused).toMatchObject({ status: 403, body: 'fine', complete: true });
    await turns(pair);
    expect(pair.errors).toEqual([]);
    await pair.finish();
  },
);
