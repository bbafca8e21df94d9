// A scenario as a user writes it, in a file that lies anywhere, run by the package as it is built.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const cli = new URL('../../dist/lab/cli.js', import.meta.url).pathname;

const scenario = `
import { h1, proxy, proxyHeaderOf, proxySend } from 'undercoat';
import { defineScenario, type Size, tcp } from 'undercoat/node';

const small: Size = [1, 4096];
const source = { family: 'ipv4', address: '192.0.2.15', port: 4711 } as const;

export default defineScenario({
  name: 'mine',
  exchanges: 20,
  stacks: [
    {
      name: 'plain',
      transport: 'tcp',
      session: 'h1',
      compose: () => ({ listen: tcp({ port: 0 }), server: h1(), client: h1() }),
    },
    {
      name: 'proxied',
      transport: 'tcp',
      session: 'proxy-v2+h1',
      compose: () => ({
        listen: tcp({ port: 0 }),
        server: proxy({ trust: ['127.0.0.0/8'] }).then(h1()),
        client: proxySend(proxyHeaderOf(2, source, source)).then(h1()),
      }),
    },
  ],
  workload: [{ name: 'put', request: { body: small, coding: 'chunked', trailers: 1 }, response: { body: small } }],
});
`;

async function run(path: string) {
  const child = spawn(process.execPath, [cli, 'run', path, '--json'], { cwd: directory });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

test.each(['my-scenario.ts', 'my-scenario.mts'])('./%s', { timeout: 60_000 }, async (name) => {
  writeFileSync(join(directory, name), scenario);
  const { code, out, err } = await run(`./${name}`);
  expect(err).toBe('');
  expect(code).toBe(0);
  const { stacks } = JSON.parse(out);
  expect(stacks).toHaveLength(2);
  for (const stack of stacks) expect(stack).toMatchObject({ exchanges: 20, unexpected: 0, violations: 0 });
});

test('one that cannot be loaded is an error', { timeout: 60_000 }, async () => {
  writeFileSync(join(directory, 'missing.ts'), "import 'undercoat/nothing';");
  expect(await run('missing.ts')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining("subpath './nothing'"),
  });
});
