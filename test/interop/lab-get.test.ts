// `undercoat get`, as it is built, against node:http, node:http2 and sockets that answer by hand.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createH2,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createSecure } from 'node:https';
import { type AddressInfo, createServer as createPipe, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { createServer as createTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../src/lab/certificate.js';
import { get, startGet } from '../support/got.js';
import { Served } from '../support/served.js';

// A process starts here, and others may be busy: this is no assertion on time.
const patient = { timeout: 60_000 };
const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
const [certFile, keyFile, bodyFile] = ['cert.pem', 'key.pem', 'body'].map((name) =>
  join(directory, name),
) as [string, string, string];
const content = randomBytes(3_000_000);
let pem: { key: string; cert: string };

beforeAll(async () => {
  pem = await selfSigned();
  writeFileSync(certFile, pem.cert);
  writeFileSync(keyFile, pem.key);
  writeFileSync(bodyFile, content);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const running: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
afterEach(() => {
  for (const { server, sockets } of running.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

/** Listens on a free port, or at a path, until the test is over. */
async function listening(server: Server, path?: string): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  running.push({ server, sockets });
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  return path === undefined ? (server.address() as AddressInfo).port : 0;
}

type Asked = IncomingMessage | Http2ServerRequest;

/** Gives content back with trailers, and says in fields what was asked. */
async function echo(asked: Asked, answer: ServerResponse | Http2ServerResponse): Promise<void> {
  const whole = await buffer(asked);
  const response = answer as ServerResponse;
  response.statusCode = 201;
  response.setHeader('x-asked', `${asked.method} ${asked.url} ${asked.httpVersion}`);
  response.setHeader('x-field', String(asked.headers['x-some']));
  response.setHeader(
    'x-framing',
    String(asked.headers['content-length'] ?? asked.headers['transfer-encoding']),
  );
  response.setHeader('x-trailer', String(asked.trailers['x-sum']));
  response.setHeader('trailer', 'x-count');
  response.write(whole);
  response.addTrailers({ 'x-count': String(whole.length) });
  response.end();
}

/** A server that writes `answer` by hand as soon as it is asked. */
function byHand(answer: (socket: Socket, asked: Buffer) => void): Server {
  return createPipe((socket) => {
    socket.once('data', (asked: Buffer) => answer(socket, asked));
  });
}

describe.each(['h1', 'h2'])('%s', (protocol) => {
  const version = protocol === 'h1' ? '1.1' : '2.0';
  const server = () => (protocol === 'h1' ? createServer(echo) : createH2(echo));

  test('a request, its head and trailers, and the content alone on standard output', patient, async () => {
    const url = `http://127.0.0.1:${await listening(server())}/a?b=c`;
    const plain = await get([url, '--protocol', protocol]);
    expect(plain).toEqual({ code: 0, out: Buffer.alloc(0), err: '' });
    const { code, out, err } = await get([
      url,
      '--protocol',
      protocol,
      '--include',
      '--method',
      'PUT',
      '--field',
      'X-Some: a thing',
      '--body',
      bodyFile,
    ]);
    expect(code).toBe(0);
    expect(out.equals(content)).toBe(true);
    expect(err).toMatch(protocol === 'h1' ? /^HTTP\/1\.1 201 Created\n/ : /^HTTP\/2 201\n/);
    expect(err).toContain(`x-asked: PUT /a?b=c ${version}\n`);
    expect(err).toContain('x-field: a thing\n');
    expect(err).toContain(`x-framing: ${content.length}\n`);
    expect(err).toMatch(/\n\nx-count: 3000000\n\n$/);
  });

  test('content from standard input, trailers behind it', patient, async () => {
    const url = `http://127.0.0.1:${await listening(server())}/`;
    const args = [url, '--protocol', protocol, '--include', '--body', '-', '--trailer', 'X-Sum: 7'];
    const { code, out, err } = await get(args, content);
    expect(code).toBe(0);
    expect(out.equals(content)).toBe(true);
    expect(err).toContain(`x-asked: POST / ${version}\n`);
    expect(err).toContain(`x-framing: ${protocol === 'h1' ? 'chunked' : 'undefined'}\n`);
    expect(err).toContain('x-trailer: 7\n');
  });
});

describe('TLS', () => {
  test('auto speaks what ALPN agrees, to a certificate that is trusted', patient, async () => {
    const both = createSecureServer({ ...pem, allowHTTP1: true }, echo);
    const url = `https://127.0.0.1:${await listening(both)}/`;
    const [auto, h1, untrusted, insecure] = await Promise.all([
      get([url, '--ca', certFile, '--include']),
      get([url, '--ca', certFile, '--include', '--protocol', 'h1']),
      get([url]),
      get([url, '--insecure']),
    ]);
    expect(auto).toMatchObject({ code: 0, err: expect.stringContaining('x-asked: GET / 2.0') });
    expect(h1).toMatchObject({ code: 0, err: expect.stringContaining('x-asked: GET / 1.1') });
    expect(untrusted).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: the transport failed: .*certificate.*sent again\n$/),
    });
    expect(insecure).toMatchObject({ code: 0, err: '' });
  });

  test(
    'a name that the certificate does not bear is refused, and shown is what is asked for',
    patient,
    async () => {
      const server = createSecure({ ...pem, ca: pem.cert, requestCert: true }, (asked, answer) => {
        answer.end(String((asked.socket as TLSSocket).authorized));
      });
      const port = await listening(server);
      const [shown, other] = await Promise.all([
        get([`https://localhost:${port}/`, '--ca', certFile, '--cert', certFile, '--key', keyFile]),
        get([`https://127.0.0.2:${port}/`, '--ca', certFile]),
      ]);
      expect(shown).toMatchObject({ code: 0, out: Buffer.from('true') });
      expect(other.code).toBe(1);
    },
  );

  test.each([
    ['refuses ALPN', ['http/1.1'], /the transport failed: .*\[tls-no-application-protocol, RFC 7301 §3\.2\]/],
    ['ignores ALPN', undefined, /the peer is incompatible: .*\[h2-not-agreed, RFC 9113 §3\.3\]/],
  ])('h2 is not spoken to a peer that %s', patient, async (_name, protocols, message) => {
    const options = protocols === undefined ? pem : { ...pem, ALPNProtocols: protocols };
    const url = `https://127.0.0.1:${await listening(createTls(options))}/`;
    const { code, err } = await get([url, '--insecure', '--protocol', 'h2']);
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });
});

test('an upgrade to h2c, every frame of both shown', patient, async () => {
  const served = new Served('--listen', '127.0.0.1:0', '--echo');
  try {
    const url = `http://127.0.0.1:${await served.port()}/echo`;
    const { code, out, err } = await get([url, '--protocol', 'h2c', '--include', '--verbose']);
    expect(out.toString()).toMatch(/^(:method: GET\r\n|GET \/echo HTTP\/1\.1\r\n)/);
    expect(err).toMatch(/→ head +GET \/echo HTTP\/1\.1$/m);
    expect(err).toMatch(/← head +HTTP\/1\.1 101 /);
    expect(err).toMatch(/→ preface +of H2$/m);
    expect(err).toMatch(/← HEADERS +stream 1, /);
    expect(err).toMatch(/^HTTP\/2 200$/m);
    expect(err).not.toContain('violation');
    expect(code).toBe(0);
  } finally {
    await served.kill();
  }
});

describe('what comes first, and where', () => {
  const answered = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  const get1 = Buffer.from('GET / HTTP/1.1\r\n').toString('hex');
  const line = Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 ').toString('hex');
  test.each([
    ['v1', new RegExp(`^${line}(3\\d)+20(3\\d)+0d0a${get1}`)],
    ['v2', new RegExp(`^0d0a0d0a000d0a515549540a2111000c7f0000017f000001.{8}${get1}`)],
  ])('PROXY %s', patient, async (version, expected) => {
    let first = '';
    const server = createPipe((socket) => {
      socket.on('data', (bytes) => {
        first += bytes.toString('hex');
        if (first.endsWith('0d0a0d0a')) socket.end(answered);
      });
    });
    const got = await get([`http://127.0.0.1:${await listening(server)}`, '--proxy', version]);
    expect(got).toEqual({ code: 0, out: Buffer.from('ok'), err: '' });
    expect(first).toMatch(expected);
  });

  test('a Unix socket', patient, async () => {
    const path = join(directory, 'get.sock');
    await listening(
      createServer((asked, answer) => answer.end(asked.headers.host)),
      path,
    );
    const got = await get(['http://some.host:81/', '--unix', path]);
    expect(got).toEqual({ code: 0, out: Buffer.from('some.host:81'), err: '' });
  });
});

test('ends, and well, when nobody reads its output any more', patient, async () => {
  const megabyte = Buffer.alloc(1_048_576);
  // It has no end of its own.
  const server = createServer((_asked, answer) => {
    answer.on('error', () => {});
    const write = (): void => {
      while (answer.write(megabyte));
      answer.once('drain', write);
    };
    write();
  });
  const child = startGet(`http://127.0.0.1:${await listening(server)}/`);
  const err = text(child.stderr);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
  expect(await err).toBe('');
});

describe('failures say whose fault it was, and end with 1', () => {
  test('nobody listens', patient, async () => {
    const server = createPipe();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    const { code, err } = await get([`http://127.0.0.1:${port}/`]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: the transport failed: .*refused.*; the peer has not processed it: it can be sent again\n$/,
    );
  });

  test.each([
    ['no response', 'HTTP/1.1 2OO OK\r\n\r\n', /^error: the peer misbehaved: .*RFC 9112 §4\]\n$/],
    ['a cut', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', /^error: the .*RFC 9112 §/],
    [
      'a lying chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n',
      /misbehaved: .*RFC 9112 §7\.1/,
    ],
  ])('%s', patient, async (_name, answer, message) => {
    const port = await listening(byHand((socket) => socket.end(answer)));
    const { code, err } = await get([`http://127.0.0.1:${port}/`]);
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });

  test('the peer speaks no H2', patient, async () => {
    const { code, err } = await get([
      `http://127.0.0.1:${await listening(createServer(echo))}/`,
      '--protocol',
      'h2',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: the peer misbehaved: .*RFC 9113 §/);
  });

  test('no answer within --timeout', patient, async () => {
    const { code, err } = await get([
      `http://127.0.0.1:${await listening(byHand(() => {}))}/`,
      '--timeout',
      '1',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: a limit was reached: it was not over within 1 s \[timeout, LAY-4\]\n$/);
  });
});

describe('--verbose', () => {
  const column = (kind: string, text: RegExp | string) =>
    new RegExp(`^ *\\d+\\.\\d{3}  ${kind} +${typeof text === 'string' ? text : text.source}`, 'm');

  test('H1 behind PROXY: heads, chunks, transitions, owners', patient, async () => {
    const server = byHand((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nSum: 1\r\n\r\n'),
    );
    const { code, out, err } = await get([
      `http://127.0.0.1:${await listening(server)}/x`,
      '--verbose',
      '--proxy',
      'v1',
    ]);
    expect(out.toString()).toBe('hello');
    expect(err).toMatch(column('→ PROXY v1', /proxy, from 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+$/));
    expect(err).toMatch(column('→ head', /GET \/x HTTP\/1\.1$/));
    expect(err).toMatch(column('', /Host: 127\.0\.0\.1:\d+$/));
    expect(err).toMatch(column('← head', /HTTP\/1\.1 200 OK$/));
    expect(err).toMatch(column('← chunk', /5 bytes$/));
    expect(err).toMatch(column('← last', /chunk, 1 trailers$/));
    expect(err).toMatch(column('', /Sum: 1$/));
    expect(err).toMatch(column('transition', /transport:tcp#0 +idle —\w+→ connecting {2}/));
    expect(err).toMatch(column('owner', /application:body#1 +take body, slab \d+, \d+–\d+$/));
    expect(err).not.toContain('violation');
    // Nobody watches: no colours.
    expect(err).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  test('H2 over TLS: every frame, and the fields in it', patient, async () => {
    const port = await listening(createSecureServer({ ...pem }, echo));
    const { code, err } = await get([
      `https://127.0.0.1:${port}/`,
      '--insecure',
      '--verbose',
      '--body',
      bodyFile,
    ]);
    expect(err).toMatch(column('→ preface', 'of H2$'));
    expect(err).toMatch(column('→ SETTINGS', /.*INITIAL_WINDOW_SIZE=65535/));
    expect(err).toMatch(column('← SETTINGS', 'ACK$'));
    expect(err).toMatch(column('→ HEADERS', /stream 1, \d+ bytes, END_HEADERS$/));
    expect(err).toMatch(column('', ':method: POST$'));
    expect(err).toMatch(column('← HEADERS', /stream 1, \d+ bytes, END_HEADERS$/));
    expect(err).toMatch(column('', ':status: 201$'));
    expect(err).toMatch(column('← DATA', /stream 1, 16384 bytes$/));
    expect(err).toMatch(column('→ WINDOW_UPDATE', /stream 1, \+\d+$/));
    expect(err).toMatch(column('→ GOAWAY', /NO_ERROR, last stream 0/));
    expect(err).not.toContain('violation');
    const count = (way: string) =>
      [...err.matchAll(new RegExp(`${way} DATA +stream 1, (\\d+) bytes`, 'g'))].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
    expect([count('→'), count('←')]).toEqual([content.length, content.length]);
    expect(code).toBe(0);
  });
});
