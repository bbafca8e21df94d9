// `npm run model`: searches every composition within the large bounds, or those that are named, and prints what it took.
// `npm run model -- --without-each-row`: within the small ones, without each row in turn, and prints what found that;
// `--without-each-act`: without each act of each row.
import { type Bite, biteActs, bites } from './bite.js';
import { compositions, type Entry } from './index.js';
import { findingText, search } from './search.js';
import { ComposedSystem } from './system.js';

const { argv } = process;
const leavingOut = new Map<string | undefined, readonly [string, (entry: Entry) => Iterable<Bite>]>([
  ['--without-each-row', ['rows', bites]],
  ['--without-each-act', ['acts', biteActs]],
]).get(argv[2]);
const names = argv.slice(leavingOut === undefined ? 2 : 3);
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

if (leavingOut !== undefined) {
  const [what, bite] = leavingOut;
  line('composition', what, 'found', 'by');
  for (const entry of chosen) without(entry, [...bite(entry)]);
} else {
  line('composition', 'exchanges', 'leases', 'outputs', 'queues', 'states', 'moves', 'depth', 'seconds');
  chosen.forEach(searched);
}

function searched({ name, compose, large }: Entry): void {
  const began = process.cpuUsage().user;
  const { states, moves, depth, finding } = search(new ComposedSystem(compose(), large));
  const seconds = ((process.cpuUsage().user - began) / 1_000_000).toFixed(1);
  line(name, large.exchanges, large.leases, large.outputs, large.queues, states, moves, depth, seconds);
  if (finding !== undefined) fail(findingText(finding));
}

function without({ name }: Entry, all: readonly Bite[]): void {
  const by = new Map<string, number>();
  for (const { by: rule = '' } of all) by.set(rule, (by.get(rule) ?? 0) + 1);
  const missed = all.filter((bite) => bite.by === undefined);
  const rules = [...by].filter(([rule]) => rule !== '').map(([rule, count]) => `${rule} ${count}`);
  line(name, all.length, all.length - missed.length, `  ${rules.join(', ')}`);
  for (const { left } of missed) fail(`${name} without ${left}: nothing was found`);
}
