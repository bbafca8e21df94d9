// `undercoat serve --echo` speaks H1 and H2 on one port: whatever a client begins with, behind PROXY too, and over TLS.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import { proxySend } from '../../src/endpoint/proxy.js';
import { byAlpn, stack } from '../../src/endpoint/stack.js';
import type { Steps } from '../../src/endpoint/step.js';
import { selfSigned } from '../../src/lab/certificate.js';
import { proxyLocal } from '../../src/session/proxy/index.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { tlsClient } from '../../src/transport/node/tls.js';
import { Served } from '../support/served.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const running: { kill(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((it) => it.kill()));
});

// A process starts here, and others may be busy: this is no assertion on time.
const patient = { timeout: 60_000 };
const local = ['--listen', '127.0.0.1:0', '--echo'];

function serve(...args: string[]): Served {
  const served = new Served(...local, ...args);
  running.push(served);
  return served;
}

async function versionBy(port: number, speaks: Steps): Promise<string> {
  const client: Client = createClient(tcp({ port, host: '127.0.0.1' }), speaks, { maxConnections: 1 });
  running.push({ kill: () => client.close() });
  const get = await client.exchange({ authority: 'localhost' });
  expect(await get.text()).toBe('undercoat OK');
  const put = await client.exchange({ authority: 'localhost', method: 'PUT' }, new Uint8Array(5000).fill(97));
  expect(await put.text()).toBe('a'.repeat(5000));
  return put.version;
}

test('plain, and behind PROXY: H1, H2 at once, and H2 by Upgrade', patient, async () => {
  const ports = [await serve().port(), await serve('--proxy', 'required').port()];
  for (const [i, port] of ports.entries()) {
    const behind = (steps: Steps) => (i === 0 ? steps : proxySend(proxyLocal).then(steps));
    expect(await versionBy(port, behind(h1()))).toBe('1.1');
    expect(await versionBy(port, behind(h2()))).toBe('2');
    expect(await versionBy(port, behind(h1({ h2c: true })))).toBe('2');
  }
});

test('of one protocol alone there is no other', patient, async () => {
  const port = await serve('--protocols', 'h1').port();
  expect(await versionBy(port, h1({ h2c: true }))).toBe('1.1');
});

test('over TLS by ALPN, also behind PROXY', patient, async () => {
  const { key, cert } = await selfSigned();
  const files = [join(directory, 'cert.pem'), join(directory, 'key.pem')] as const;
  writeFileSync(files[0], cert);
  writeFileSync(files[1], key);
  const port = await serve('--proxy', 'required', '--tls', ...files).port();
  const by = (...alpn: string[]) =>
    proxySend(proxyLocal)
      .then(tlsClient({ ca: cert, servername: 'localhost', alpn }))
      .then(byAlpn({ h2: h2(), 'http/1.1': h1() }, h1()));
  expect(await versionBy(port, by('h2', 'http/1.1'))).toBe('2');
  expect(await versionBy(port, by('http/1.1'))).toBe('1.1');
  const silent = tlsClient({ ca: cert, servername: 'localhost' });
  expect(await versionBy(port, proxySend(proxyLocal).then(stack(silent, h2())))).toBe('2');
});
