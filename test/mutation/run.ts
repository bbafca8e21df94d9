// `npm run mutation [-- part…]`: changes the code of memory, machines, sessions and streams in one place at a
// time, and sees whether a test fails. What was judged before and has not changed since is not judged again
// (`--force` does; `--again` judges what has survived). Ends with 1 if a part is below its threshold.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { MutantResult, PartialStrykerOptions, schema } from '@stryker-mutator/api/core';
import { Stryker } from '@stryker-mutator/core';
import Table from 'cli-table3';
import { type Part, partOf, parts } from './parts.js';

const cache = 'node_modules/.cache/stryker';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    force: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
    file: { type: 'string', multiple: true },
  },
});

const incrementalFile = (part: Part): string => `${cache}/${part.name}.incremental.json`;

function optionsFor(part: Part): PartialStrykerOptions {
  return {
    mutate: values.file ?? [...part.mutate],
    testRunner: 'part',
    plugins: [resolve('test/mutation/runner.ts')],
    // Most of what a test makes is gone at its end: with room for the young, little of it is ever moved.
    testRunnerNodeArgs: ['--import', 'tsx', '--max-semi-space-size=64'],
    checkerNodeArgs: ['--import', 'tsx'],
    ignorers: ['prose'],
    coverageAnalysis: 'perTest',
    concurrency: Number(values.workers),
    // Loops that do not end are told by how often they come by the mutant; only those without it wait for this, which
    // must be enough on a machine that is busy with other things.
    timeoutMS: 5000,
    timeoutFactor: 3,
    thresholds: { high: part.threshold, low: part.threshold, break: part.threshold },
    // A part of a part is judged for itself: what the others were found to be would be written back without all that is known.
    incremental: values.file === undefined,
    force: values.force,
    incrementalFile: incrementalFile(part),
    reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
    htmlReporter: { fileName: `${cache}/${part.name}.html` },
    jsonReporter: { fileName: `${cache}/${part.name}.json` },
    clearTextReporter: { logTests: false, reportTests: false, skipFull: true },
    ignorePatterns: ['/*', '!/src', '!/test', '!/models', '!/package.json', '!/tsconfig.json'],
    disableTypeChecks: false,
    tempDirName: '.stryker-tmp',
  };
}

/**
 * Makes Stryker judge survivors again: all of them when that is asked for, and always those of loading, which every test
 * reaches, so that Stryker names none for them and would not see that a test is new.
 */
function forgetSurvivors(part: Part): void {
  const file = incrementalFile(part);
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, 'utf8')) as schema.MutationTestResult;
  for (const result of Object.values(report.files)) {
    result.mutants = result.mutants.filter(
      ({ status, static: ofLoading }) => status !== 'Survived' || !(values.again || ofLoading === true),
    );
  }
  writeFileSync(file, JSON.stringify(report));
}

interface Score {
  readonly part: Part;
  readonly counts: Readonly<Record<MutantResult['status'], number>>;
  readonly score: number;
  readonly seconds: number;
}

async function judge(part: Part): Promise<Score> {
  process.env['UNDERCOAT_MUTATION'] = part.name;
  const start = performance.now();
  forgetSurvivors(part);
  const results = await new Stryker(optionsFor(part)).runMutationTest();
  const counts: Record<MutantResult['status'], number> = {
    Killed: 0,
    Survived: 0,
    NoCoverage: 0,
    CompileError: 0,
    RuntimeError: 0,
    Timeout: 0,
    Ignored: 0,
    Pending: 0,
  };
  for (const { status } of results) counts[status]++;
  const found = counts.Killed + counts.Timeout;
  const valid = found + counts.Survived + counts.NoCoverage;
  return { part, counts, score: (100 * found) / valid, seconds: (performance.now() - start) / 1000 };
}

const scores: Score[] = [];
const chosen = positionals.length === 0 ? parts : positionals.map(partOf);
for (const part of chosen) scores.push(await judge(part));

const head = [
  'part',
  'killed',
  'endless',
  'survived',
  'not reached',
  'ignored',
  'failed',
  'score',
  'at least',
];
const table = new Table({
  head: [...head, 'seconds'],
  colAligns: ['left', ...Array<'right'>(head.length).fill('right')],
});
for (const { part, counts, score, seconds } of scores) {
  const failed = counts.RuntimeError + counts.CompileError;
  table.push([
    part.name,
    counts.Killed,
    counts.Timeout,
    counts.Survived,
    counts.NoCoverage,
    counts.Ignored,
    failed,
    `${score.toFixed(2)} %`,
    `${part.threshold} %`,
    Math.round(seconds),
  ]);
}
process.stdout.write(`${table.toString()}\n`);
if (scores.some(({ part, score }) => !(score >= part.threshold))) process.exitCode = 1;
