// The pages of spec/machines/, as they follow from the tables that run. `npm run charts` writes them;
// charts.test.ts fails while they differ.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tables } from '../../src/lab/tables.js';
import { chartPage } from '../../src/machine/index.js';

const folder = 'spec/machines';

/** What should be there: text by file name. */
export function drawnPages(): ReadonlyMap<string, string> {
  return new Map(tables.map((table) => [`${table.name}.md`, chartPage(table)]));
}

/** What is there. */
export function keptPages(): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true });
  return new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** Makes the one the other. */
export function keepPages(): void {
  const drawn = drawnPages();
  for (const file of keptPages().keys()) if (!drawn.has(file)) rmSync(join(folder, file));
  for (const [file, text] of drawn) writeFileSync(join(folder, file), text);
}
