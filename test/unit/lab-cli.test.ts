// The command line: what it prints, what it refuses, and the code that it ends with.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { addressText, listenableOf } from '../../src/lab/addresses.js';
import { runProgram } from '../../src/lab/program.js';
import { keptConsole } from '../support/lab.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(...args: string[]) {
  const { console, out, err } = keptConsole();
  const code = await runProgram(args, console);
  return { code, out: out.text, err: err.text };
}

const cliFile = new URL(import.meta.url).pathname;

writeFileSync(join(directory, 'notes.txt'), 'export default 5;');

const few = ['run', 'standard', '--stack', 'h1/memory', '--exchanges', '5'];

describe('run', () => {
  test('--json prints one object and nothing else', async () => {
    const { code, out, err } = await run(...few, '--json', '--seed', '9');
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out.trimEnd()).not.toContain('\n');
    expect(JSON.parse(out)).toMatchObject({
      scenario: 'standard',
      seed: 9,
      stacks: [
        {
          name: 'h1/memory',
          transport: 'memory',
          session: 'h1',
          unexpected: 0,
          heldAtEndBytes: 0,
          violations: 0,
        },
      ],
    });
  });

  test('prints a table without it', async () => {
    const { code, out } = await run(...few);
    expect(code).toBe(0);
    for (const row of [
      'failures as expected',
      'copied per byte delivered',
      'peak held by session',
      'rules checked',
    ]) {
      expect(out).toContain(row);
    }
    expect(out).toContain('all 1 stacks as expected');
  });

  test('--out writes one trace per stack', async () => {
    const out = join(directory, 'new', 'traces');
    await run(...few, '--out', out, '--stack', 'h1/tcp', '--json');
    expect(readdirSync(out).sort()).toEqual(['h1-memory.jsonl', 'h1-tcp.jsonl']);
  });

  test('ends with 1 when something was not as expected, and says what', async () => {
    const path = join(directory, 'broken.mjs');
    const stack = `{ name: 'a', transport: 'b', session: 'c', compose: () => { throw new Error('not composed'); } }`;
    writeFileSync(
      path,
      `export default { name: 'broken', stacks: [${stack}], workload: [{ name: 'get' }] };`,
    );
    const { code, out } = await run('run', path);
    expect(code).toBe(1);
    expect(out).toContain('not composed');
    expect(out).toContain('1 of 1 stacks not as expected');
    expect((await run('run', path, '--json')).code).toBe(1);
  });

  test.each([
    [['run'], /missing required argument/],
    [['run', 'nothing'], /no scenario nothing/],
    [['run', './nothing.ts'], /no file .*nothing\.ts/],
    [['run', directory], /is no module: a scenario is a file that ends in \.ts, \.mts, \.cts, \.js/],
    [['run', join(directory, 'notes.txt')], /notes\.txt is no module/],
    [[...few, '--seed', '-1'], /--seed must be an integer/],
    [[...few, '--seed', '1e3'], /--seed must be an integer/],
    [[...few, '--stack', 'h1/none'], /no "h1\/none"; there are h1\/memory, h1\/tcp/],
    [[...few, '--time-limit', '0'], /--time-limit must be an integer from 1/],
    [[...few, '--jsno'], /unknown option '--jsno'/],
    [[...few, 'more'], /too many arguments/],
    [[...few, '--out', cliFile], /--out: .*lab-cli\.test\.ts is no directory/],
    [[...few, '--out', join(cliFile, 'below')], /--out: (ENOTDIR|.*lab-cli\.test\.ts is no directory)/],
    // A file system that takes no directories: Node's own recursive mkdir never comes back from there.
    [[...few, '--out', '/proc/none/below'], /--out: ENOENT/],
    [[...few, '--out', '/proc'], /--out: \/proc\/h1-memory\.jsonl/],
    [['walk'], /unknown command 'walk'/],
    [[], /Usage: undercoat/],
    [['serve', '--listen', 'nowhere'], /"nowhere" is neither host:port/],
    [['serve', '--listen', '127.0.0.1:99999'], /neither host:port/],
    [['serve', '--proxy', 'maybe'], /Allowed choices are off, required/],
    [['serve', '--trust', '10.0.0.0/8'], /needs --proxy required/],
    [['serve', '--proxy', 'required', '--trust', '10.0.0.1/8'], /--trust: /],
    [['serve', '--tls', 'one.pem'], /two files/],
    [['serve', '--tls', 'none.pem', 'none.key'], /--tls: ENOENT/],
    [['get'], /missing required argument/],
    [['get', 'localhost'], /"localhost" is no URL of http or https/],
    [['get', 'ftp://a/'], /no URL of http or https/],
    [['get', 'http://a:b@c/'], /user information/],
    [['get', 'http://a/', '--protocol', 'h3'], /Allowed choices are h1, h2, h2c, auto/],
    [['get', 'https://a/', '--protocol', 'h2c'], /not for TLS/],
    [['get', 'http://a/', '--proxy', '1'], /Allowed choices are v1, v2/],
    [['get', 'http://a/', '--method', 'CONNECT'], /opens no tunnels/],
    [['get', 'http://a/', '--method', 'A B'], /method/],
    [['get', 'http://a/', '--field', 'none'], /--field: "none" is not of the form/],
    [['get', 'http://a/', '--field', 'a b: c'], /token/],
    [['get', 'http://a/', '--body', './none'], /--body: \.\/none is not there/],
    [['get', 'http://a/', '--body', directory], /is a directory/],
    [['get', 'http://a/', '--trailer', 'a: b'], /need --body/],
    [['get', 'http://a/', '--timeout', '0'], /--timeout must be an integer from 1/],
    [['get', 'https://a/', '--cert', cliFile], /--cert and --key go together/],
    [['get', 'https://a/', '--ca', './none'], /--ca: ENOENT/],
  ])('%j is refused with 2', async (args, message) => {
    const { code, out, err } = await run(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
  });

  test('help and version are no mistakes', async () => {
    expect(await run('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
    expect((await run('run', '--help')).code).toBe(0);
  });
});

describe('a scenario of a user’s', () => {
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  test('that is none is refused with the path of what is wrong', async () => {
    const path = file('wrong.mjs', "export default { name: 'wrong', stacks: [], workload: [] };");
    expect(await run('run', path)).toMatchObject({
      code: 2,
      err: expect.stringContaining('stacks: must be a list'),
    });
    const empty = file('empty.mjs', 'export const scenario = 1;');
    expect(await run('run', empty)).toMatchObject({
      code: 2,
      err: expect.stringContaining('exports no scenario: export default defineScenario'),
    });
    const common = file('empty.cjs', 'const scenario = 1;');
    expect(await run('run', common)).toMatchObject({
      code: 2,
      err: expect.stringContaining('exports no scenario: module.exports = defineScenario'),
    });
  });

  test('that awaits what does not come in time is an error', async () => {
    const path = file('waits.mjs', 'setInterval(() => {}, 60_000).unref(); await new Promise(() => {});');
    const { code, err } = await run('run', path, '--time-limit', '1');
    expect(code).toBe(1);
    expect(err).toMatch(/^error: .*waits\.mjs cannot be loaded: the time limit has passed\n$/);
  });

  test('that is cut off by its time limit is told apart from one that failed', async () => {
    const cutOff = ['run', 'standard', '--stack', 'h1/memory', '--exchanges', '200000', '--time-limit', '1'];
    const { code, out, err } = await run(...cutOff, '--json');
    expect(code).toBe(3);
    const [stack] = JSON.parse(out).stacks;
    expect(stack).toMatchObject({ unexpected: 0, violations: 0 });
    expect(stack.notRunToEnd).toBeGreaterThan(0);
    expect(err).toMatch(/^h1\/memory: time was over: \d+ of \d+ exchanges were not run to the end\n$/);
  });

  test('that throws is shown with where it threw', async () => {
    const path = file('throws.mjs', "throw new Error('not today');");
    const { code, err } = await run('run', path);
    expect(code).toBe(1);
    expect(err).toMatch(/not today[\s\S]*throws\.mjs:1/);
  });
});

test('serve listens everywhere or nowhere', async () => {
  const bound = async (port: number): Promise<Server> => {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const [free, taken] = [await bound(0), await bound(0)];
  const port = portOf(free);
  free.close();
  await once(free, 'close');
  const { code, err } = await run(
    'serve',
    '--listen',
    `127.0.0.1:${port}`,
    '--listen',
    `127.0.0.1:${portOf(taken)}`,
  );
  expect(code).toBe(1);
  expect(err).toContain('address-in-use');
  const again = await bound(port);
  again.close();
  taken.close();
});

describe('addresses', () => {
  test.each(['127.0.0.1', '::1', 'x:y:1', '[127.0.0.1]:80', 'unix:', ':80', '127.0.0.1:', 'a b:-1'])(
    '%j names nothing',
    (text) => expect(listenableOf(text)).toBeUndefined(),
  );

  test('what is written is read again', () => {
    expect(listenableOf('[::1]:80')?.kind).toBe('tcp');
    expect(listenableOf('localhost:0')?.kind).toBe('tcp');
    expect(listenableOf('unix:/tmp/a:b')?.kind).toBe('unix');
    expect(addressText({ family: 'ipv6', address: '::1', port: 80 })).toBe('[::1]:80');
    expect(addressText({ family: 'unix', path: '/tmp/a' })).toBe('unix:/tmp/a');
  });
});
