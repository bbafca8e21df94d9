/**
 * How a transport ends, case by case: half-closed and closed, aborted at any moment, released; and what is refused. This
 * file does not know which transport it tests.
 */
import { TransportError } from '../../errors.js';
import { PipeUnderTest } from './pipe.js';
import { demand, refuses, type TransportCases } from './transport-cases.js';

export function endingCases({ capabilities, large, piped, plain, makePair }: TransportCases): void {
  piped(
    ['CON-1', 'LAY-3'],
    'end before open comes after what was written',
    async (pipe, _left, right) => {
      await pipe.until('the end arrives', () => right.isEnded);
      await pipe.drain();
    },
    (left) => {
      left.write(100);
      left.end();
    },
  );

  piped(
    ['LAY-3', 'CON-1', 'CON-2'],
    'both end at once, with bytes under way: closed once, last, without an error',
    async (pipe, left, right) => {
      left.write(10_000);
      right.write(20_000);
      left.end();
      right.end();
      left.end();
      await pipe.until('both are closed', () => left.isClosed && right.isClosed);
      demand('LAY-3', left.error === undefined && right.error === undefined, 'an orderly close had an error');
      demand(
        'CON-1',
        right.receivedTotal === left.accepted && left.receivedTotal === right.accepted,
        'bytes were lost before the end',
      );
      await pipe.settle();
    },
  );

  if (capabilities.halfClose) {
    for (const first of ['left', 'right'] as const) {
      piped(
        ['LAY-3', 'CON-1'],
        `half-close by the ${first} end: it receives on, until the other ends`,
        async (pipe) => {
          const [a, b] = first === 'left' ? [pipe.left, pipe.right] : [pipe.right, pipe.left];
          b.roomSize = 100;
          a.write(5000);
          a.end();
          await pipe.until('the end arrives', () => b.isEnded);
          demand('CON-1', b.receivedTotal === a.accepted, 'the end came before the last byte');
          demand('LAY-3', b.transport.state === 'half-closed-remote', `state is ${b.transport.state}`);
          await pipe.until('ours is half-closed', () => a.transport.state === 'half-closed-local');
          b.write(3000, 1);
          await pipe.drain();
          demand('LAY-3', !a.isEnded && !a.isClosed, 'closed before the second end');
          b.write(30_000);
          b.end();
          await pipe.until('both are closed', () => a.isClosed && b.isClosed);
          demand(
            'CON-1',
            a.receivedTotal === b.accepted && a.isEnded,
            'bytes after the half-close were lost',
          );
          demand('LAY-3', a.error === undefined && b.error === undefined, 'an orderly close had an error');
        },
      );
    }
  }

  if (capabilities.halfClose) {
    piped(
      ['CON-1', 'LAY-3'],
      'a reader without room, after both have ended, still gets every byte',
      async (pipe, left, right) => {
        right.end();
        await pipe.until('its end arrives', () => left.isEnded);
        right.roomSize = 0;
        left.write(5000);
        left.end();
        await pipe.settle(20);
        right.roomSize = 700;
        right.resume();
        await pipe.until('both are closed', () => left.isClosed && right.isClosed);
        demand('CON-1', right.receivedTotal === 5000, `${right.receivedTotal} of 5000 bytes arrived`);
        demand(
          'LAY-3',
          left.error === undefined && right.error === undefined,
          'an orderly close had an error',
        );
      },
    );
  }

  piped(
    ['LAY-3'],
    'abort with bytes pending: nothing but closed follows, and the other end closes',
    async (pipe, left, right) => {
      right.roomSize = 0;
      left.write(capabilities.holds + Math.min(large, 100_000));
      await pipe.until('bytes arrived', () => right.refusals === 1);
      left.abort();
      left.abort();
      left.write(10);
      await pipe.until('ours is closed', () => left.isClosed);
      demand('LAY-3', left.error === undefined, 'an abort without an error reported one');
      right.roomSize = 4096;
      right.resume();
      right.write(10);
      await pipe.until('the other is closed', () => right.isClosed || right.isEnded);
      if (capabilities.reset) {
        await pipe.until('with an error', () => right.isClosed);
        demand('LAY-3', right.error !== undefined, 'a reset was reported as an orderly end');
      }
    },
  );

  piped(
    ['CON-1', 'CON-2', 'LAY-3'],
    'release: what was written arrives, and the end behind it, however late it is read',
    async (pipe, left, right) => {
      right.pause();
      do {
        left.write(100_000);
        await pipe.settle(5);
      } while (left.pending === 0 && left.accepted < capabilities.holds + large);
      left.end();
      // Its reader stops when the pipe has taken on everything, and not everything was read.
      left.on.written = () => {
        if (left.pending === 0) right.pause();
      };
      right.roomSize = 65_536;
      right.resume();
      await pipe.until('everything is written', () => left.pending === 0);
      await pipe.settle(20);
      left.release();
      left.release();
      await pipe.until('ours is closed', () => left.isClosed);
      demand('LAY-3', left.error === undefined, 'a release reported an error');
      await pipe.settle(20);
      right.resume();
      await pipe.until('the end arrives', () => right.isEnded || right.isClosed);
      demand('LAY-3', right.isEnded && right.error === undefined, `no end, but ${right.error?.code}`);
      demand(
        'CON-1',
        right.receivedTotal === left.accepted,
        `${right.receivedTotal} of ${left.accepted} bytes arrived`,
      );
    },
  );

  piped(['LAY-3'], 'abort with an error reports that error', async (pipe, left) => {
    const error = new TransportError('mine', 'the user gave up');
    left.abort(error);
    await pipe.until('ours is closed', () => left.isClosed);
    demand('LAY-3', left.error === error, `closed with ${left.error?.code}`);
  });

  for (const report of ['room', 'received', 'written', 'ended'] as const) {
    piped(['OWN-9', 'LAY-3'], `abort inside ${report}`, async (pipe, left, right) => {
      let reached = false;
      right.on[report] = () => {
        reached = true;
        right.abort();
      };
      right.roomSize = 50;
      right.write(500);
      left.write(200);
      left.end();
      await pipe.until('ours is closed', () => right.isClosed);
      demand('LAY-3', reached, `${report} never came`);
    });
  }

  plain(['OWN-9', 'LAY-3'], 'abort inside opened', async () => {
    const pair = await makePair();
    const pipe = await PipeUnderTest.open(pair, 'OWN-9', (left) => {
      left.on.opened = () => left.abort();
    });
    await pipe.until('it is closed', () => pipe.left.isClosed);
    await pipe.finish();
  });

  plain(['LAY-3'], 'abort before open: the receiver of a later open hears closed, once', async () => {
    const pipe = PipeUnderTest.alone(await makePair(), 'LAY-3');
    pipe.left.write(10);
    pipe.left.abort();
    await pipe.settle();
    demand('LAY-3', pipe.left.reports === 0, 'something was reported before open');
    pipe.left.open();
    await pipe.until('it is closed', () => pipe.left.isClosed);
    await pipe.finish();
  });

  piped(['LAY-3'], 'after closed: nothing is reported, and calls do nothing', async (pipe, left, right) => {
    left.abort();
    await pipe.until('closed', () => left.isClosed);
    left.transport.write([{ bytes: new Uint8Array(3), start: 0, end: 3 }]);
    left.pause();
    left.resume();
    left.abort();
    left.end();
    right.write(1000);
    await pipe.settle();
  });

  piped(['LAY-3'], 'misuse is refused at the call, and changes nothing', async (pipe, left) => {
    const bytes = new Uint8Array(4);
    refuses('a second open', () => left.transport.open(left));
    refuses('a range beyond its bytes', () => left.transport.write([{ bytes, start: 0, end: 5 }]));
    refuses('a range that ends before it starts', () => left.transport.write([{ bytes, start: 2, end: 1 }]));
    left.write(100);
    await pipe.drain();
    left.end();
    refuses('write after end', () => left.transport.write([{ bytes, start: 0, end: 4 }]));
    await pipe.drain();
  });
}
