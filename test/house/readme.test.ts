// The code of the README as its reader's compiler sees it: every `ts` block type-checks in a project of its own, against
// the package as it is built and by the package's own name. `npm test` builds first. Nothing of it is run here.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { afterAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code]) => code as string,
);

/** What the text around a block leaves to its reader. */
const myTransport = `
import { memoryPair, plainText, VirtualClock } from 'undercoat';
import type { CarriedPair } from 'undercoat/kit';

export function myPair(): CarriedPair {
  const clock = new VirtualClock();
  return { ...memoryPair(clock), platform: { clock, text: plainText }, run: () => clock.runUntilIdle() };
}
`;

const installed = join(directory, 'node_modules');
mkdirSync(installed);
symlinkSync(resolve('.'), join(installed, 'undercoat'));
symlinkSync(resolve('node_modules/vitest'), join(installed, 'vitest'));
writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
writeFileSync(join(directory, 'my-transport.ts'), myTransport);

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  typeRoots: [resolve('node_modules/@types')],
  types: ['node'],
};

/** What the compiler says of each of these files, which stand in one project. */
function complaints(codes: readonly string[]): string[][] {
  const files = codes.map((code, index) => {
    const file = join(directory, `block-${index}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const program = ts.createProgram([join(directory, 'my-transport.ts'), ...files], options);
  expect(program.getGlobalDiagnostics().concat(program.getOptionsDiagnostics())).toEqual([]);
  return files.map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
  );
}

test('every block of TypeScript in the README type-checks, and a wrong option in one does not', {
  timeout: 60_000,
}, () => {
  const right = 'versions: 2';
  const wrong = blocks
    .filter((code) => code.includes(right))
    .map((code) => code.replace(right, 'versions: [2]'));
  const said = complaints([...blocks, ...wrong]);
  expect(said.slice(0, blocks.length)).toEqual(blocks.map(() => []));
  expect(said.slice(blocks.length)).toEqual([[expect.stringContaining("'number[]' is not assignable")]]);
});
