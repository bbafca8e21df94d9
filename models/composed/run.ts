// `npm run model`: searches every composition within the large bounds, or those that are named, and prints what it took.
import { compositions } from './index.js';
import { findingText, search } from './search.js';
import { ComposedSystem } from './system.js';

const names = process.argv.slice(2);
const line = (...cells: readonly (string | number)[]): void => {
  const [name, ...numbers] = cells.map(String);
  process.stdout.write(
    `${`${(name ?? '').padEnd(40)}${numbers.map((cell) => cell.padStart(11)).join('')}`}\n`,
  );
};

line('composition', 'exchanges', 'leases', 'outputs', 'states', 'moves', 'depth', 'seconds');
for (const { name, compose, large } of compositions) {
  if (names.length > 0 && !names.includes(name)) continue;
  const began = process.cpuUsage().user;
  const { states, moves, depth, finding } = search(new ComposedSystem(compose(), large));
  const seconds = ((process.cpuUsage().user - began) / 1_000_000).toFixed(1);
  line(name, large.exchanges, large.leases, large.outputs, states, moves, depth, seconds);
  if (finding === undefined) continue;
  process.stderr.write(`${findingText(finding)}\n`);
  process.exitCode = 1;
}
