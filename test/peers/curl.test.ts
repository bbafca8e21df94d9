// `undercoat serve` under curl: H1, H2 by prior knowledge and by ALPN, PROXY, TLS, Unix sockets.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../src/lab/certificate.js';
import { describePeer, patient, type Said, say } from '../support/peers.js';
import { serving } from '../support/serving.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-peers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const content = randomBytes(1_000_000);
const file = join(directory, 'content');
writeFileSync(file, content);

/** Behind what curl writes of itself: the version spoken and the connections made. */
const told = ['--write-out', '%{stderr}spoke %{http_version} over %{num_connects}\n'];

function curl(...args: readonly string[]): Promise<Said> {
  return say('curl', ['--silent', '--show-error', '--max-time', '30', ...told, ...args]);
}

describePeer('curl', 'curl', () => {
  describe.each([
    ['1.1', '--http1.1'],
    ['2', '--http2-prior-knowledge'],
  ])('HTTP/%s', (version, flag) => {
    test(
      'small answers, uploads with and without a length, an upload that waits for 100 Continue',
      patient,
      () =>
        serving([], async (port) => {
          const url = `http://127.0.0.1:${port}/`;
          const once = await curl(flag, url);
          expect(once).toEqual({ code: 0, out: 'undercoat OK', err: `spoke ${version} over 1\n` });
          const head = await curl(flag, '--head', url);
          expect(head.out).toMatch(version === '2' ? /^HTTP\/2 200 / : /^HTTP\/1\.1 200 OK\r\n/);
          expect(head.out.toLowerCase()).toContain('content-length: 12\r\n');
          for (const upload of [
            ['--data-binary', `@${file}`],
            ['--upload-file', file, '--header', 'Transfer-Encoding: chunked'],
            ['--upload-file', file, '--header', 'Expect: 100-continue', '--expect100-timeout', '30'],
          ]) {
            const echoed = await curl(flag, ...upload, url);
            expect(echoed).toMatchObject({ code: 0, err: `spoke ${version} over 1\n` });
            expect(echoed.out === content.toString('latin1')).toBe(true);
          }
        }),
    );
  });

  // By prior knowledge curl 7.88 cannot use an H2 connection again, whoever serves.
  test('a connection is used again', patient, () =>
    serving([], async (port) => {
      const url = `http://127.0.0.1:${port}/`;
      const { code, out, err } = await curl('--http1.1', url, url);
      expect({ code, out }).toEqual({ code: 0, out: 'undercoat OKundercoat OK' });
      expect(err).toBe('spoke 1.1 over 1\nspoke 1.1 over 0\n');
    }),
  );

  test('an upgrade from H1 to h2c', patient, () =>
    serving([], async (port) => {
      const url = `http://127.0.0.1:${port}/`;
      const { code, out, err } = await curl('--verbose', '--http2', url);
      expect({ code, out }).toEqual({ code: 0, out: 'undercoat OK' });
      expect(err).toMatch(/^< HTTP\/1\.1 101 /m);
      expect(err).toMatch(/^< HTTP\/2 200 /m);
      expect(err).toContain('spoke 2 over 1\n');
      const echoed = await curl('--http2', '--data-binary', 'a little', url);
      expect(echoed).toEqual({ code: 0, out: 'a little', err: 'spoke 2 over 1\n' });
    }),
  );

  test('/echo gives back what curl says that it sent', patient, () =>
    serving([], async (port) => {
      const url = `http://127.0.0.1:${port}/echo?a=b`;
      const { out, err } = await curl('--verbose', '--http1.1', '--header', 'X-Some:  two  spaces', url);
      const sent = [...err.matchAll(/^> (.*?)\r?$/gm)].map(([, line]) => `${line}\r\n`).join('');
      expect(sent).toMatch(/^GET \/echo\?a=b HTTP\/1\.1\r\nHost: /);
      expect(out).toBe(sent);
      const h2 = await curl('--verbose', '--http2-prior-knowledge', url);
      const lines = [...h2.err.matchAll(/ \[(:?[a-z-]+): (.*)\]\r?$/gm)].map(
        ([, name, value]) => `${name}: ${value}\r\n`,
      );
      expect(lines[0]).toBe(':method: GET\r\n');
      expect(h2.out).toBe(`${lines.join('')}\r\n`);
    }),
  );

  test.each(['--http1.1', '--http2-prior-knowledge'])('behind a PROXY header, %s', patient, (flag) =>
    serving(['--proxy', 'required'], async (port) => {
      const url = `http://127.0.0.1:${port}/`;
      expect(await curl(flag, '--haproxy-protocol', url)).toMatchObject({ code: 0, out: 'undercoat OK' });
      // Closed without a word.
      expect(await curl(flag, url)).toMatchObject({ code: expect.toBeOneOf([16, 18, 52, 56]), out: '' });
    }),
  );

  test('a Unix socket', patient, () => {
    const path = join(directory, 'serve.sock');
    return serving(['--listen', `unix:${path}`], async () => {
      const { code, out } = await curl('--unix-socket', path, 'http://some.host/');
      expect({ code, out }).toEqual({ code: 0, out: 'undercoat OK' });
    });
  });

  describe('TLS', () => {
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    beforeAll(async () => {
      const pem = await selfSigned();
      writeFileSync(cert, pem.cert);
      writeFileSync(key, pem.key);
    });

    test('with a certificate that verifies; H2 or H1 as ALPN agrees', patient, () =>
      serving(['--tls', cert, key], async (port) => {
        const args = ['--cacert', cert, '--data-binary', `@${file}`, `https://localhost:${port}/`];
        for (const [flags, version] of [
          [[], '2'],
          [['--http1.1'], '1.1'],
          [['--no-alpn'], '1.1'],
        ] as const) {
          const { code, out, err } = await curl(...flags, ...args);
          expect({ code, err }).toEqual({ code: 0, err: `spoke ${version} over 1\n` });
          expect(out === content.toString('latin1')).toBe(true);
        }
        // It is not in the platform's list.
        expect(await curl(`https://localhost:${port}/`)).toMatchObject({ code: 60 });
      }),
    );
  });
});
