/**
 * Makes programs of the checks and of everything that they need, with some of the source changed as it is loaded. What
 * did not change is read and parsed once: the compiler keeps it. This file does not know what is tried with them.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildContext, context } from 'esbuild';
import type { Mutation } from './exhibit.js';
import { mutate } from './mutate.js';

/** Of the checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The source of a file under its mutations. @throws MutationError */
export async function mutated(file: string, mutations: readonly Mutation[]): Promise<string> {
  const text = await readFile(join(root, file), 'utf8');
  return mutations.filter((it) => it.file === file).reduce(mutate, text);
}

export class Workshop {
  private readonly compiler: BuildContext;
  private readonly folder: string;
  private mutations: readonly Mutation[];
  private made: number;
  /** The compiler does one thing at a time. */
  private last: Promise<unknown>;

  private constructor(folder: string, compiler: BuildContext) {
    this.folder = folder;
    this.compiler = compiler;
    this.mutations = [];
    this.made = 0;
    this.last = Promise.resolve();
  }

  /** @param files those that will ever be changed */
  static async open(files: Iterable<string>): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'undercoat-museum-'));
    let shop: Workshop | undefined;
    const paths = [...new Set(files)].map((file) => join(root, file).replace(/[.\\]/g, '\\$&'));
    const compiler = await context({
      absWorkingDir: root,
      entryPoints: ['test/museum/show.ts'],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      alias: { vitest: './test/museum/no-runner.ts' },
      logLevel: 'silent',
      plugins: [
        {
          name: 'mutation',
          setup: (build) => {
            build.onLoad({ filter: new RegExp(`^(${paths.join('|')})$`) }, async ({ path }) => ({
              contents: await mutated(path.slice(root.length), shop?.mutations ?? []),
              loader: 'ts',
            }));
          },
        },
      ],
    });
    shop = new Workshop(folder, compiler);
    return shop;
  }

  /** @returns the path of a module that runs as a thread. @throws MutationError, or the compiler's error */
  make(mutations: readonly Mutation[]): Promise<string> {
    const made = this.last.then(() => this.build(mutations));
    this.last = made.catch(() => undefined);
    return made;
  }

  async close(): Promise<void> {
    await this.last;
    await this.compiler.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async build(mutations: readonly Mutation[]): Promise<string> {
    // A pattern's fault is told as it is, not as the compiler's.
    for (const { file } of mutations) await mutated(file, mutations);
    this.mutations = mutations;
    const { outputFiles } = await this.compiler.rebuild();
    const path = join(this.folder, `${this.made++}.mjs`);
    await writeFile(path, outputFiles?.[0]?.contents ?? new Uint8Array());
    return path;
  }
}
