// `npm run build`: compiles src/ to an empty dist/, so that nothing stale stays, and makes the command
// executable, which a compiler does not and `npx undercoat` in a checkout needs.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
const compiler = 'node_modules/typescript/bin/tsc';
if (!existsSync(compiler)) throw new Error(`${compiler} is not there: npm ci installs it`);
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
for (const file of Object.values(JSON.parse(readFileSync('package.json', 'utf8')).bin)) {
  if (existsSync(file)) chmodSync(file, 0o755);
}
process.exitCode = status ?? 1;
