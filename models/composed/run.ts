// `npm run model`: searches every composition within the large bounds, or those that are named, and prints what it took.
// `npm run model -- --without-each-row`: within the small ones, without each row in turn, and prints what found that,
// which something must in each composition; `--without-each-act`: without each act of each row, which must be found in
// one of them: that is judged when none is named.
import { actsNotMissed, type Bite, biteActs, bites } from './bite.js';
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
  const taken = chosen.map((entry) => [entry.name, [...bite(entry)]] as const);
  for (const [name, all] of taken) without(name, all);
  if (what === 'rows') {
    for (const [name, all] of taken)
      for (const left of missedOf(all)) fail(`${name} without ${left}: nothing was found`);
  } else if (names.length === 0) judgeActs(taken.flatMap(([, all]) => all));
} else {
  line('composition', 'exchanges', 'leases', 'outputs', 'queues', 'states', 'moves', 'depth', 'seconds');
  chosen.forEach(searched);
}

function searched({ name, compose, large, leastStates }: Entry): void {
  const began = process.cpuUsage().user;
  const { states, moves, depth, finding } = search(new ComposedSystem(compose(), large));
  const seconds = ((process.cpuUsage().user - began) / 1_000_000).toFixed(1);
  line(name, large.exchanges, large.leases, large.outputs, large.queues, states, moves, depth, seconds);
  if (finding !== undefined) fail(findingText(finding));
  if (states < leastStates.large) {
    fail(
      `${name}: ${states} states are too few: the rules exclude some of the ${leastStates.large} that there must be`,
    );
  }
}

function without(name: string, all: readonly Bite[]): void {
  const by = new Map<string, number>();
  for (const { by: rule = '' } of all) by.set(rule, (by.get(rule) ?? 0) + 1);
  const rules = [...by].filter(([rule]) => rule !== '').map(([rule, count]) => `${rule} ${count}`);
  line(name, all.length, all.length - missedOf(all).length, `  ${rules.join(', ')}`);
}

function missedOf(all: readonly Bite[]): string[] {
  return all.filter(({ by }) => by === undefined).map(({ left }) => left);
}

/** What one composition has no place for another may have. */
function judgeActs(all: readonly Bite[]): void {
  const acts = new Set(all.map(({ left }) => left));
  const found = new Set(all.filter(({ by }) => by !== undefined).map(({ left }) => left));
  const missed = [...acts].filter((act) => !found.has(act));
  process.stdout.write(`${acts.size} acts, ${found.size} found, ${missed.length} not\n`);
  for (const act of missed) {
    const reason = actsNotMissed.get(act);
    if (reason === undefined) fail(`without ${act}: nothing was found`);
    else process.stdout.write(`without ${act}: nothing was found: ${reason}\n`);
  }
  for (const act of actsNotMissed.keys())
    if (!missed.includes(act)) fail(`${act} is listed as not missed, and is found, or there is none`);
}
