// `npm run model`: searches every composition within the large bounds, or those that are named, and prints what it took.
// `npm run model -- --without-each-row`: within the small ones, without each row in turn, and prints what found that.
import { bites } from './bite.js';
import { compositions, type Entry } from './index.js';
import { findingText, search } from './search.js';
import { ComposedSystem } from './system.js';

const { argv } = process;
const leavesOut = argv[2] === '--without-each-row';
const names = argv.slice(leavesOut ? 3 : 2);
const chosen = compositions.filter(({ name }) => names.length === 0 || names.includes(name));
const line = (...cells: readonly (string | number)[]): void => {
  const [name, ...numbers] = cells.map(String);
  process.stdout.write(
    `${`${(name ?? '').padEnd(40)}${numbers.map((cell) => cell.padStart(11)).join('')}`}\n`,
  );
};
const fail = (text: string): void => {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
};

if (leavesOut) {
  line('composition', 'rows', 'found', 'by');
  chosen.forEach(withoutEachRow);
} else {
  line('composition', 'exchanges', 'leases', 'outputs', 'states', 'moves', 'depth', 'seconds');
  chosen.forEach(searched);
}

function searched({ name, compose, large }: Entry): void {
  const began = process.cpuUsage().user;
  const { states, moves, depth, finding } = search(new ComposedSystem(compose(), large));
  const seconds = ((process.cpuUsage().user - began) / 1_000_000).toFixed(1);
  line(name, large.exchanges, large.leases, large.outputs, states, moves, depth, seconds);
  if (finding !== undefined) fail(findingText(finding));
}

function withoutEachRow(entry: Entry): void {
  const all = [...bites(entry)];
  const by = new Map<string, number>();
  for (const { by: rule = '' } of all) by.set(rule, (by.get(rule) ?? 0) + 1);
  const missed = all.filter((bite) => bite.by === undefined);
  const rules = [...by].filter(([rule]) => rule !== '').map(([rule, count]) => `${rule} ${count}`);
  line(entry.name, all.length, all.length - missed.length, `  ${rules.join(', ')}`);
  for (const { row } of missed) fail(`${entry.name} without ${row}: nothing was found`);
}
