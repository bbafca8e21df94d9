// `undercoat serve` under nghttp2's client and its load generator, and `undercoat get` under its server.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selfSigned } from '../../src/lab/certificate.js';
import { get } from '../support/got.js';
import { describePeer, freePort, PeerServer, patient, say } from '../support/peers.js';
import { serving } from '../support/serving.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-peers-'));
const [cert, key, file] = ['cert.pem', 'key.pem', 'content'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
const content = randomBytes(1_000_000);
beforeAll(async () => {
  const pem = await selfSigned();
  writeFileSync(cert, pem.cert);
  writeFileSync(key, pem.key);
  writeFileSync(file, content);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Frames of a kind that nghttp says it received. */
function received(out: string, kind: string): number {
  return [...out.matchAll(new RegExp(`recv ${kind} frame`, 'g'))].length;
}

describePeer('nghttp', 'nghttp2-client', () => {
  test('shows our frames, and finds no fault with them', patient, () =>
    serving([], async (port) => {
      const { code, out } = await say('nghttp', ['--verbose', `http://127.0.0.1:${port}/`]);
      expect(code).toBe(0);
      expect(out).toMatch(/recv \(stream_id=\d+\) :status: 200/);
      expect(out).toContain('undercoat OK');
      // Our SETTINGS, and the acknowledgement of its own.
      expect(received(out, 'SETTINGS')).toBe(2);
      expect(out).toMatch(/recv SETTINGS frame <length=0, flags=0x01, stream_id=0>/);
      expect(out).not.toMatch(/RST_STREAM|(?<!NO)_ERROR|\[ERROR\]|\[INVALID/);
    }),
  );

  test('upgrades H1 to h2c', patient, () =>
    serving([], async (port) => {
      const { code, out } = await say('nghttp', ['--verbose', '--upgrade', `http://127.0.0.1:${port}/`]);
      expect(code).toBe(0);
      expect(out).toContain('HTTP/1.1 101 ');
      expect(out).toMatch(/recv \(stream_id=1\) :status: 200/);
      expect(out).toContain('undercoat OK');
      expect(out).not.toMatch(/RST_STREAM|(?<!NO)_ERROR|\[ERROR\]|\[INVALID/);
    }),
  );

  test('an upload comes back, on several streams at once', patient, () =>
    serving([], async (port) => {
      const urls = ['a', 'b', 'c', 'd'].map((path) => `http://127.0.0.1:${port}/${path}`);
      const { code, out } = await say('nghttp', ['--verbose', '--null-out', '--data', file, ...urls]);
      expect(code).toBe(0);
      expect([...out.matchAll(/recv \(stream_id=\d+\) :status: 200/g)]).toHaveLength(4);
      const bytes = [...out.matchAll(/recv DATA frame <length=(\d+),/g)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
      expect(bytes).toBe(4 * content.length);
      expect(out).not.toMatch(/RST_STREAM|(?<!NO)_ERROR/);
    }),
  );
});

describePeer('h2load', 'nghttp2-client', () => {
  test.each([
    ['H2, many streams', [], ['--clients=10', '--max-concurrent-streams=10'], 'h2c'],
    ['H2 over TLS', ['--tls', cert, key], ['--clients=5', '--max-concurrent-streams=10'], 'h2'],
    ['H1', [], ['--h1', '--clients=10'], 'http/1.1'],
  ])('%s: nothing fails', patient, (_name, options, flags, protocol) =>
    serving(options, async (port) => {
      const url = `${options.length > 0 ? 'https' : 'http'}://127.0.0.1:${port}/`;
      const { code, out } = await say('h2load', ['--requests=2000', ...flags, url]);
      expect(code).toBe(0);
      expect(out).toContain(`Application protocol: ${protocol}\n`);
      expect(out).toContain(
        'requests: 2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout\n',
      );
      expect(out).toContain('status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx\n');
    }),
  );

  test('uploads that come back: nothing fails', patient, () =>
    serving([], async (port) => {
      const flags = ['--requests=40', '--clients=4', '--max-concurrent-streams=5', `--data=${file}`];
      const { out } = await say('h2load', [...flags, `http://127.0.0.1:${port}/`]);
      expect(out).toContain('40 succeeded, 0 failed, 0 errored, 0 timeout\n');
      // Octets of DATA that came back.
      expect(out).toMatch(/\(40000000\) data/);
    }),
  );
});

describePeer('nghttpd', 'nghttp2-server', () => {
  /** Serves `directory` while `use` runs. */
  async function nghttpd(args: (port: number) => readonly string[], use: (port: number) => Promise<void>) {
    const port = await freePort();
    const server = new PeerServer('nghttpd', ['--address=127.0.0.1', `--htdocs=${directory}`, ...args(port)]);
    try {
      await listens(port);
      await use(port);
    } finally {
      await server.stop();
    }
  }

  test('get: a file, an upload, trailers, by prior knowledge', patient, () =>
    nghttpd(
      (port) => ['--no-tls', '--echo-upload', '--trailer=x-sum: 7', String(port)],
      async (port) => {
        const url = `http://127.0.0.1:${port}/content`;
        const whole = await get([url, '--protocol', 'h2', '--include']);
        expect(whole.code).toBe(0);
        expect(whole.out.equals(content)).toBe(true);
        expect(whole.err).toMatch(/^HTTP\/2 200\n[\s\S]*\n\nx-sum: 7\n\n$/);
        const echoed = await get([url, '--protocol', 'h2', '--body', '-', '--trailer', 'x-mine: 1'], content);
        expect(echoed.out.equals(content)).toBe(true);
        expect((await get([`${url}.not`, '--protocol', 'h2', '--include'])).err).toMatch(/^HTTP\/2 404\n/);
      },
    ),
  );

  test('get: over TLS, by ALPN, and every frame shown', patient, () =>
    nghttpd(
      (port) => [String(port), key, cert],
      async (port) => {
        const { code, out, err } = await get([
          `https://localhost:${port}/content`,
          '--ca',
          cert,
          '--verbose',
        ]);
        expect(code).toBe(0);
        expect(out.equals(content)).toBe(true);
        expect(err).toMatch(/← HEADERS +stream 1, /);
        expect(err).toContain(':status: 200');
        expect(err).not.toMatch(/violation|refused/);
      },
    ),
  );
});

/** Resolves when somebody listens there. */
async function listens(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
