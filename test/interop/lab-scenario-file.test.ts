// A scenario as a user writes it, in a file that lies anywhere, run by the package as it is built.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const cli = new URL('../../dist/lab/cli.js', import.meta.url).pathname;

const scenario = `
import { h1, proxy, proxyHeaderOf, proxySend } from 'undercoat';
import { defineScenario, tcp } from 'undercoat/node';
import { small } from './sizes.js';

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

async function run(path: string, ...options: string[]) {
  const child = spawn(process.execPath, [cli, 'run', path, '--json', ...options], {
    cwd: directory,
    // Whatever a test makes of it, it does not stay.
    timeout: 50_000,
    killSignal: 'SIGKILL',
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

const patient = { timeout: 60_000 };

describe.each([
  ['no package.json', undefined],
  ['a package that says nothing of modules', '{}'],
  ['a package of CommonJS', '{ "type": "commonjs" }'],
  ['a package of ES modules', '{ "type": "module" }'],
])('in a folder with %s', (name, manifest) => {
  const folder = join(directory, name.replaceAll(' ', '-'));
  mkdirSync(folder);
  if (manifest !== undefined) writeFileSync(join(folder, 'package.json'), manifest);

  // A name that says itself that it is a module needs no folder to say so.
  const files = manifest === undefined ? ['my-scenario.ts', 'my-scenario.mts'] : ['my-scenario.ts'];
  test.each(files)('./%s', patient, async (file) => {
    const sizes = 'export const small: readonly [number, number] = [1, 4096];';
    writeFileSync(join(folder, 'sizes.ts'), sizes);
    writeFileSync(join(folder, file), scenario);
    const { code, out, err } = await run(join(folder, file));
    expect(err).toBe('');
    expect(code).toBe(0);
    const { stacks } = JSON.parse(out);
    expect(stacks).toHaveLength(2);
    for (const stack of stacks) expect(stack).toMatchObject({ exchanges: 20, unexpected: 0, violations: 0 });
  });

  test('JavaScript', patient, async () => {
    writeFileSync(join(folder, 'mine.js'), "import 'undercoat';\nexport default 5;");
    expect(await run(join(folder, 'mine.js'))).toEqual({
      code: 2,
      out: '',
      err: 'error: scenario: must be an object, not 5\n',
    });
  });
});

const entries =
  "const { h1 } = require('undercoat');\nconst { defineScenario, tcp } = require('undercoat/node');\n";
/** Fails where `require` and `import` give two packages that do not know each other. */
const single = `{
  name: 'common',
  exchanges: 5,
  stacks: [{
    name: 'plain', transport: 'tcp', session: 'h1',
    compose: async () => {
      if (!(h1() instanceof (await import('undercoat')).Stack)) throw new Error('there are two of them');
      return { listen: tcp({ port: 0 }), server: h1(), client: h1() };
    },
  }],
  workload: [{ name: 'get', response: { body: small } }],
}`;
const typed = "const { small }: { small: number } = require('./some-sizes');\n";

describe('CommonJS', () => {
  test.each([
    ['required.ts', `${entries}${typed}module.exports = defineScenario(${single});`],
    [
      'required.js',
      `${entries}const { small } = require('./some-sizes');\nmodule.exports = defineScenario(${single});`,
    ],
    [
      'required.cjs',
      `${entries}const small = 1;\nexports.default = defineScenario(${single});\nexports.__esModule = true;`,
    ],
    [
      'imported.cts',
      `import { h1 } from 'undercoat';\nimport { defineScenario, tcp } from 'undercoat/node';\n${typed}export default defineScenario(${single});`,
    ],
    [
      'assigned.ts',
      `import sizes = require('./some-sizes');\nimport ours = require('undercoat');\nimport { defineScenario, tcp } from 'undercoat/node';\nconst { h1 } = ours;\nconst { small } = sizes;\nexport = defineScenario(${single});`,
    ],
  ])('%s', patient, async (file, text) => {
    writeFileSync(join(directory, 'some-sizes.ts'), 'exports.small = 4096 as number;');
    writeFileSync(join(directory, file), text);
    const { code, out, err } = await run(`./${file}`);
    expect(err).toBe('');
    expect(JSON.parse(out).stacks).toMatchObject([{ exchanges: 5, unexpectedMessages: [], violations: 0 }]);
    expect(code).toBe(0);
  });
});

test('the one of the README', patient, async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, text = ''] = /^```ts\n(\/\/ my-scenario\.ts[\s\S]*?)^```$/m.exec(readme) ?? [];
  expect(text).toContain('defineScenario');
  writeFileSync(join(directory, 'my-scenario.ts'), text);
  const { code, out, err } = await run('./my-scenario.ts', '--exchanges', '10');
  expect(err).toBe('');
  expect(JSON.parse(out).stacks).toMatchObject([{ unexpected: 0, violations: 0, heldAtEndBytes: 0 }]);
  expect(code).toBe(0);
});

test('one that awaits what never comes is an error, and no silent end', patient, async () => {
  writeFileSync(join(directory, 'waits.ts'), 'await new Promise(() => {});');
  expect(await run('waits.ts')).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(/^error: .*waits\.ts cannot be loaded: it awaits what never comes\n$/),
  });
});

test('one that never lets go of its thread is ended when its time is over', patient, async () => {
  // It waits where it would spin: the others have the processor meanwhile.
  const held =
    "process.stderr.write('begun');\nAtomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
  writeFileSync(join(directory, 'holds.ts'), held);
  let said = '';
  // Where loading takes longer than that, it is not come to.
  for (let seconds = 1; !said.includes('begun'); seconds *= 2) {
    const { code, err } = await run('holds.ts', '--time-limit', `${seconds}`);
    expect(code).not.toBe(0);
    expect(err).toContain(
      err.includes('begun') ? `after its time limit of ${seconds} s` : 'cannot be loaded',
    );
    said = err;
  }
});

test('one that cannot be loaded is an error', patient, async () => {
  writeFileSync(join(directory, 'missing.ts'), "import 'undercoat/nothing';");
  expect(await run('missing.ts')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining("subpath './nothing'"),
  });
});
