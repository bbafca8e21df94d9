// A process whose connections are all over must come to its end by itself: a handle that Node loses keeps it for good.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const program = `
  import { tcp } from './src/transport/node/tcp.ts';
  const quiet = { opened() {}, room() {}, received() {}, ended() {}, written() {}, closed() {} };
  const listener = await tcp({ port: 0 }).listen((accepted) => accepted.open({ ...quiet }));
  const { port } = listener.address;
  const pipe = tcp({ host: '127.0.0.1', port }).connect();
  pipe.open({
    ...quiet,
    opened() {
      // libuv is told to shut down in one of the next ticks, and does it in its next round: abort in between.
      pipe.end();
      process.nextTick(() => process.nextTick(() => process.nextTick(() => pipe.abort())));
    },
    closed() {
      listener.close();
      process.stdout.write('closed');
    },
  });
`;

test('an abort while a shutdown is on its way leaves no handle behind', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  try {
    const [code] = await once(child, 'exit');
    expect({ said, code }).toEqual({ said: 'closed', code: 0 });
  } finally {
    child.kill('SIGKILL');
  }
}, 30_000);
