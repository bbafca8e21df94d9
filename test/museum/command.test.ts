// `undercoat museum` as it is typed: what it prints, what it refuses, and the code that it ends with; and what it says where
// there is no checkout, for which the package is built.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/lab/program.js';
import { keptConsole } from '../support/lab.js';
import { exhibits } from './exhibits/index.js';
import { chosen } from './main.js';
import { root } from './workshop.js';

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
        {
          id: 'queued-twice',
          rules: ['SCHED-1'],
          stacks: ['h2', 'h2c', 'proxy-v2+h2', 'h2 scheduler'],
          caught: true,
          by: 'SCHED-1',
        },
      ],
    });
    expect(JSON.parse(out).exhibits[0].runs).toBeGreaterThan(0);
  });

  it('runs what is named, and all where nothing is, with the word or without it', async () => {
    expect(chosen([], false)).toBe(exhibits);
    expect(chosen([], true)).toBe(exhibits);
    expect(chosen(['queued-twice'], false).map(({ id }) => id)).toEqual(['queued-twice']);
    // Without the word it is asked for a run: of one that there is not, so that none is made.
    expect(await run('sing')).toMatchObject({ code: 2, err: expect.stringContaining('no exhibit sing') });
  });

  it('says where it is, where it is not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'undercoat-elsewhere-'));
    try {
      for (const part of ['dist', 'package.json']) {
        const filter = (file: string): boolean => !/\.(map|d\.ts)$/.test(file);
        cpSync(join(root, part), join(folder, part), { recursive: true, filter });
      }
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
      const cli = join(folder, 'dist/lab/cli.js');
      const { status, stderr, stdout } = spawnSync(process.execPath, [cli, 'museum', 'list'], {
        encoding: 'utf8',
      });
      expect(stderr).toContain('in a checkout of undercoat only');
      expect([status, stdout]).toEqual([2, '']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses what there is not', async () => {
    expect(await run('show', 'nothing')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no exhibit nothing'),
    });
    expect((await run('run', '--all', 'queued-twice')).code).toBe(2);
  });
});
