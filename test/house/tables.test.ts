// Every table that is defined in src/ is in the one list, and spec/machines/ shows the tables as they are.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { tables } from '../../src/lab/tables.js';
import { Table } from '../../src/machine/index.js';
import { drawnPages, keptPages } from './charts.js';

const defining = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => join('src', file))
  .filter((file) => file.endsWith('.ts') && /= defineTable\b/.test(readFileSync(file, 'utf8')));

test('every file that defines a table exports it, and the list has it', async () => {
  for (const file of defining) {
    const exported: Record<string, unknown> = await import(resolve(file));
    const found = Object.values(exported).filter((value) => value instanceof Table);
    expect(found, `tables exported by ${file}`).not.toEqual([]);
    for (const table of found)
      expect(tables.includes(table), `${table.name} of ${file} is listed`).toBe(true);
  }
});

test('spec/machines/ is up to date: otherwise run npm run charts', () => {
  const kept = keptPages();
  const drawn = drawnPages();
  expect([...kept.keys()].sort()).toEqual([...drawn.keys()].sort());
  for (const [file, text] of drawn) expect(kept.get(file), file).toBe(text);
});
