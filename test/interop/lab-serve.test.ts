// `undercoat serve` under node:http and under sockets that write by hand.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { selfSigned } from '../../src/lab/certificate.js';
import { Raw, Served } from '../support/served.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const running: Served[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((served) => served.kill()));
});

function serve(...args: string[]): Served {
  const served = new Served(...args);
  running.push(served);
  return served;
}

const local = ['--listen', '127.0.0.1:0', '--echo'];
// A process starts here, and others may be busy: this is no assertion on time.
const patient = { timeout: 60_000 };

async function send(options: RequestOptions, body?: Buffer | readonly Buffer[]) {
  const sent = request({ host: '127.0.0.1', ...options });
  for (const piece of body instanceof Buffer ? [] : (body ?? [])) sent.write(piece);
  sent.end(body instanceof Buffer ? body : undefined);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode,
    headers: response.headers,
    trailers: response,
    body: await buffer(response),
  };
}

describe('under node:http', () => {
  test('answers, gives content back, and shows requests', patient, async () => {
    const served = serve(...local);
    const port = await served.port();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = await send({ port, agent });
    expect(get).toMatchObject({ status: 200, headers: { 'content-length': '12' } });
    expect(get.body.toString()).toBe('undercoat OK');

    const head = await send({ port, agent, method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '12' } });
    expect(head.body.length).toBe(0);

    const megabytes = randomBytes(5_000_000);
    const type = 'application/x-some';
    const echoed = await send({ port, agent, method: 'POST', headers: { 'content-type': type } }, megabytes);
    expect(echoed.headers).toMatchObject({ 'content-type': type, 'content-length': '5000000' });
    expect(echoed.body.equals(megabytes)).toBe(true);

    const pieces = [randomBytes(10), randomBytes(100_000), randomBytes(1)];
    const chunked = await send({ port, agent, method: 'PUT' }, pieces);
    expect(chunked.headers['transfer-encoding']).toBe('chunked');
    expect(chunked.body.equals(Buffer.concat(pieces))).toBe(true);

    const none = await send({ port, agent, method: 'POST', headers: { 'content-length': '0' } });
    expect(none).toMatchObject({ status: 200, headers: { 'content-length': '0' } });

    const shown = await send({ port, agent, path: '/echo?a=b', headers: { 'X-Some': 'thing' } });
    expect(shown.body.toString()).toMatch(
      /^GET \/echo\?a=b HTTP\/1\.1\r\n[\s\S]*X-Some: thing\r\n[\s\S]*\r\n\r\n$/,
    );
    agent.destroy();
    served.signal('SIGTERM');
    expect(await served.exitCode()).toBe(0);
  });

  test('over TLS, with an account at the end', patient, async () => {
    const { key, cert } = await selfSigned();
    const files = [join(directory, 'cert.pem'), join(directory, 'key.pem')] as const;
    writeFileSync(files[0], cert);
    writeFileSync(files[1], key);
    const served = serve(...local, '--checked', '--tls', ...files);
    const port = await served.port();
    const sent = requestSecurely({
      host: '127.0.0.1',
      port,
      ca: cert,
      servername: 'localhost',
      method: 'POST',
      agent: false,
    });
    const content = randomBytes(300_000);
    sent.end(content);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect((await buffer(response)).equals(content)).toBe(true);
    served.signal('SIGINT');
    expect(await served.exitCode()).toBe(0);
    expect(served.out).toMatch(/rules checked: [1-9]\d+\n[\s\S]*bytes held at the end: 0\nviolations: 0\n/);
  });
});

describe('by hand', () => {
  test('shows a request as it was received, content and trailers and all', patient, async () => {
    const served = serve(...local);
    const raw = new Raw(await served.port());
    const head = 'POST /echo HTTP/1.1\r\nhost:a\r\nX-ODD:\t1 \r\nx-odd:  2\r\n';
    raw.write(`${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nsum: 9\r\n\r\n`);
    await raw.got('sum: 9\r\n\r\n');
    expect(raw.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(raw.text.replaceAll(/\r\n[0-9a-f]+\r\n/g, '\r\n')).toContain(
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
    );
    expect(raw.text).toContain('abc');
    raw.write('GET / HTTP/1.0\r\n\r\n');
    expect(await raw.all()).toMatch(/Connection: close[\s\S]*undercoat OK$/i);
  });

  test('says 100 Continue to who waits for it, and refuses what is no request', patient, async () => {
    const served = serve(...local);
    const port = await served.port();
    const raw = new Raw(port);
    raw.write('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    await raw.got('HTTP/1.1 100 Continue\r\n\r\n');
    raw.write('hello');
    await raw.got('\r\n\r\nhello');
    const bad = new Raw(port);
    bad.write('GET / HTTP/1.1\r\n\r\n');
    expect(await bad.all()).toMatch(/^HTTP\/1\.1 400 /);
    raw.socket.destroy();
  });

  test('without --echo content is not given back', patient, async () => {
    const served = serve('--listen', '127.0.0.1:0');
    const { body } = await send({ port: await served.port(), method: 'POST' }, Buffer.from('mine'));
    expect(body.toString()).toBe('undercoat OK');
  });

  test(
    'listens at several addresses, behind PROXY, and takes no one who sends no header',
    patient,
    async () => {
      const path = join(directory, 'serve.sock');
      const served = serve(...local, '--listen', `unix:${path}`, '--proxy', 'required', '--trust', 'unix');
      const [tcp = '', unix] = await served.listening(2);
      expect(unix).toBe(`unix:${path}`);
      const good = new Raw(path);
      good.write(
        'PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      );
      expect(await good.all()).toMatch(/undercoat OK$/);
      const without = new Raw(path);
      without.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(await without.all()).toBe('');
      const untrusted = new Raw(Number(tcp.split(':')[1]));
      untrusted.write('PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(await untrusted.all()).toBe('');
      served.signal('SIGTERM');
      expect(await served.exitCode()).toBe(0);
      expect(existsSync(path)).toBe(false);
    },
  );
});

describe('the end', () => {
  /** A request whose content is on its way. */
  async function inFlight(served: Served): Promise<Raw> {
    const raw = new Raw(await served.port());
    raw.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst');
    await raw.got('first');
    return raw;
  }

  test(
    'SIGTERM: an exchange in flight is finished, idle connections end, nobody else is taken',
    patient,
    async () => {
      const served = serve(...local);
      const raw = await inFlight(served);
      const port = await served.port();
      const idle = new Raw(port);
      idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await idle.got('undercoat OK');
      served.signal('SIGTERM');
      await served.said('SIGTERM: finishing 2 connections');
      await idle.all();
      const late = new Raw(port);
      expect(await late.all()).toBe('');
      raw.write('+last');
      expect(await raw.all()).toMatch(/\r\n\r\nfirst\+last$/);
      expect(await served.exitCode()).toBe(0);
    },
  );

  // A deadline of the body's would do it after 30 s.
  test('a second signal breaks off what is left', { timeout: 25_000 }, async () => {
    const served = serve(...local, '--drain', '3600');
    const raw = await inFlight(served);
    served.signal('SIGTERM');
    await served.said('finishing 1 connections');
    served.signal('SIGINT');
    await served.said('SIGINT: breaking off');
    expect(await raw.all()).toMatch(/first$/);
    expect(await served.exitCode()).toBe(1);
  });

  test('what the bound of the drain breaks off is said, and is no success', patient, async () => {
    const served = serve(...local, '--drain', '0');
    const raw = await inFlight(served);
    served.signal('SIGTERM');
    expect(await raw.all()).toMatch(/first$/);
    expect(await served.exitCode()).toBe(1);
    expect(served.err).toContain('1 connections were broken off before they were finished\n');
  });

  test('an address that is taken: 1', patient, async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const served = serve(...local, '--listen', `127.0.0.1:${port}`);
    expect(await served.exitCode()).toBe(1);
    expect(served.err).toMatch(/^error: .*address-in-use/);
    taken.close();
  });
});
