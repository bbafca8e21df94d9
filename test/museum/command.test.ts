// `undercoat museum` as it is typed: what it prints, what it refuses, and the code that it ends with.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/lab/program.js';
import { keptConsole } from '../support/lab.js';
import { exhibits } from './exhibits/index.js';

const patience = 120_000;

async function run(...args: string[]) {
  const { console, out, err } = keptConsole();
  const code = await runProgram(['museum', ...args], console);
  return { code, out: out.text, err: err.text };
}

describe('undercoat museum', () => {
  it('lists the exhibits, as a table and as JSON', async () => {
    const { code, out } = await run('list');
    expect(code).toBe(0);
    for (const { id } of exhibits) expect(out).toContain(id);
    const json = JSON.parse((await run('list', '--json')).out);
    expect(json.exhibits.map(({ id }: { id: string }) => id)).toEqual(exhibits.map(({ id }) => id));
  });

  it('explains one', async () => {
    const { code, out } = await run('show', 'queued-twice');
    expect(code).toBe(0);
    expect(out).toContain('HAProxy 4087346da');
    expect(out).toContain('SCHED-1');
    expect(out).toContain('- if (stream.queued) return;');
  });

  it('runs one, and gives the kill table as JSON', { timeout: patience }, async () => {
    const { code, out } = await run('run', 'queued-twice', '--json', '--jobs', '1');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      exhibits: [
        { id: 'queued-twice', rules: ['SCHED-1'], stacks: ['h2 scheduler'], caught: true, by: 'SCHED-1' },
      ],
    });
    expect(JSON.parse(out).exhibits[0].runs).toBeGreaterThan(0);
  });

  it('refuses what there is not', async () => {
    expect(await run('show', 'nothing')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no exhibit nothing'),
    });
    expect((await run('run')).code).toBe(2);
    expect((await run('run', '--all', 'queued-twice')).code).toBe(2);
    expect((await run('sing')).code).toBe(2);
  });
});
