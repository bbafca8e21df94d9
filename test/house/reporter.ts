// What the house adds to vitest's report: the seeds at the start, and at the end which rows of the transition
// tables were taken, and which acts were done that they allow. A full run with a row that no test took fails, and one with an
// act that nobody did (LAY-3): whatever is deterministic has to do it, so that no seed decides.
import { resolve } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import type { AnyTable, RowCounts, TableCoverage } from '../../src/machine/index.js';

/** What is imported at the end of the run, by way of the runner: the list and the collector over it. */
interface Tables {
  readonly tables: readonly AnyTable[];
}
interface Collector {
  readonly RowCoverage: new (
    tables: readonly AnyTable[],
  ) => { add(counts: RowCounts): void; report(): readonly TableCoverage[] };
}
interface ActsCollector {
  readonly ActCoverage: new (
    tables: readonly AnyTable[],
  ) => { add(done: RowCounts): void; missing(): readonly string[]; readonly total: number };
}

export class HouseReporter implements Reporter {
  private readonly seeds: string;
  private vitest: Vitest | undefined;

  constructor(seeds: string) {
    this.seeds = seeds;
  }

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
    vitest.logger.log(` seeds: ${this.seeds}\n`);
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const { vitest } = this;
    const project = vitest?.projects[0];
    if (vitest === undefined || project === undefined) return;
    const counts = modules.map((module) => module.meta().rows).filter((rows) => rows !== undefined);
    const done = modules
      .filter(({ project: { name } }) => name === 'tests')
      .map((module) => module.meta().acts)
      .filter((acts) => acts !== undefined);
    const full = await isFullRun(vitest, modules);
    if (!full && counts.length === 0) return;
    const { tables } = await project.import<Tables>(resolve('src/lab/tables.ts'));
    const { RowCoverage } = await project.import<Collector>(resolve('src/machine/index.ts'));
    const coverage = new RowCoverage(tables);
    for (const taken of counts) coverage.add(taken);
    const report = coverage.report();
    vitest.logger.log(rowsReport(report, full));
    const { ActCoverage } = await project.import<ActsCollector>(resolve('test/house/act-coverage.ts'));
    const acts = new ActCoverage(tables);
    for (const of of done) acts.add(of);
    const undone = acts.missing();
    if (done.length > 0) vitest.logger.log(actsReport(acts.total, undone, full));
    if (full && (undone.length > 0 || report.some(({ missing }) => missing.length > 0))) process.exitCode = 1;
  }
}

/** True if every test file ran, whole. */
async function isFullRun(vitest: Vitest, modules: readonly TestModule[]): Promise<boolean> {
  if (vitest.config.testNamePattern !== undefined) return false;
  const ran = new Set(modules.map(({ project, moduleId }) => `${project.name}:${moduleId}`));
  const all = await vitest.globTestSpecifications();
  return all.every(({ project, moduleId }) => ran.has(`${project.name}:${moduleId}`));
}

function rowsReport(report: readonly TableCoverage[], full: boolean): string {
  const width = Math.max('machine'.length, ...report.map(({ name }) => name.length));
  const line = (name: string, taken: string | number, total: string | number) =>
    ` ${name.padEnd(width)}  ${String(taken).padStart(10)}  ${String(total).padStart(5)}`;
  const lines = [line('machine', 'rows taken', 'total')];
  for (const { name, taken, rows } of report) lines.push(line(name, taken, rows));
  const missing = report.flatMap(({ name, missing: rows }) =>
    rows.map((row) => ` never taken: ${name}: ${row}`),
  );
  if (full && missing.length > 0) {
    lines.push('', ...missing, ` FAIL  LAY-3: rows that no test took: ${missing.length}`);
  }
  return `${lines.join('\n')}\n`;
}

function actsReport(total: number, undone: readonly string[], full: boolean): string {
  const lines = [` acts done after rows: ${total - undone.length} of ${total}`];
  if (full && undone.length > 0) {
    lines.push('', ...undone.map((act) => ` never done: ${act}`));
    lines.push(` FAIL  LAY-3: acts that a row allows and nobody did: ${undone.length}`);
  }
  return `${lines.join('\n')}\n`;
}
