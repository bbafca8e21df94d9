/**
 * The conformance suite for byte transports: every rule of the transport contract as a named case, for any
 * runner.
 *
 * ```ts
 * const cases = transportConformance(makePair, { halfClose: true, reset: true, holds: 0 });
 * describe('my transport', () => {
 *   for (const { name, run } of cases) it(name, run);
 * });
 * ```
 *
 * This file does not know which transport it tests, nor which runner runs it.
 */
import { MisuseError, TransportError } from '../../errors.js';
import { actsFrom, runActs } from './acts.js';
import type { ConformanceCase } from './case.js';
import { ConformanceFailure, type PipePair, PipeUnderTest } from './pipe.js';
import type { Probe } from './probe.js';

/** What a transport claims beyond what every transport must do. What is claimed must be seen. */
export interface TransportCapabilities {
  /** After its own end an end still receives. */
  readonly halfClose: boolean;
  /** The peer of an aborted end is told so by an error. */
  readonly reset: boolean;
  /** Bytes that the pipe may take on before its reader has any; `written` reports more only as it reads. */
  readonly holds: number;
}

export interface ConformanceOptions {
  /** Seeds of the random act sequences; 12 fixed ones if absent. */
  readonly seeds?: readonly number[];
  /** Bytes each way in the large transfer, and at most for a reader that stops; 1 MiB if absent. */
  readonly large?: number;
}

type Body = (pipe: PipeUnderTest, left: Probe, right: Probe) => Promise<void>;

/** The cases, in order. Each makes pairs of its own and leaves none open. */
export function transportConformance(
  makePair: () => PipePair | Promise<PipePair>,
  capabilities: TransportCapabilities,
  options: ConformanceOptions = {},
): readonly ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  const large = options.large ?? 1 << 20;
  const plain = (name: string, run: () => Promise<void>): void => {
    cases.push({ name, run });
  };
  const piped = (name: string, body: Body, early?: (left: Probe) => void): void => {
    plain(name, async () => {
      const pipe = await PipeUnderTest.open(await makePair(), early);
      await body(pipe, pipe.left, pipe.right);
      await pipe.finish();
    });
  };

  piped('reports opened once, with facts, and carries a message each way', async (pipe, left, right) => {
    for (const { facts, transport } of [left, right]) {
      demand(
        facts?.kind === transport.kind,
        `facts are of a ${facts?.kind}, the transport is ${transport.kind}`,
      );
      demand(transport.state === 'open', `state is ${transport.state}`);
    }
    left.write(5);
    right.write(7);
    await pipe.drain();
  });

  piped(
    'a stream of segments of all sizes, empty ones among them, arrives in order and is all written',
    async (pipe, left, right) => {
      for (const size of [0, 1, 2, 3, 47, 48, 49, 255, 256, 1000, 4096, 20_000]) {
        left.write(size, 0, 1);
        right.write(0);
        right.write(1, size);
      }
      await pipe.drain();
    },
  );

  for (const size of [1, 2, 7]) {
    piped(`rooms of ${size}`, async (pipe, left, right) => {
      left.roomSize = size;
      right.roomSize = size;
      left.write(100, 1, 60);
      right.write(90);
      await pipe.drain();
    });
  }

  for (const [by, side, empty] of [
    ['no room', 'right', false],
    ['no room at the left end, from the start', 'left', false],
    ['empty rooms, which are none', 'right', true],
    ['empty rooms at the left end, from the start', 'left', true],
  ] as const) {
    piped(
      `${by}: asks again after resume only, and what is pending comes without anything new`,
      async (pipe) => {
        const [reader, writer] = side === 'left' ? [pipe.left, pipe.right] : [pipe.right, pipe.left];
        reader.emptyRooms = empty;
        reader.roomSize = 0;
        writer.write(3000, 17_000);
        writer.end();
        await pipe.until('no room was refused', () => reader.refusals === 1);
        await pipe.settle();
        // Each turn of the reader takes one room, then has none.
        reader.on.received = () => {
          reader.roomSize = 0;
        };
        while (reader.receivedTotal < writer.accepted) {
          const refusals = reader.refusals;
          const total = reader.receivedTotal;
          reader.roomSize = 1777;
          reader.resume();
          await pipe.until('one more room is filled', () => reader.receivedTotal > total);
          if (reader.receivedTotal < writer.accepted) {
            await pipe.until('and then refused', () => reader.refusals > refusals);
          }
        }
        reader.resume();
        await pipe.until('the end comes after the last byte', () => reader.isEnded);
        await pipe.drain();
      },
      (left) => {
        if (side !== 'left') return;
        left.emptyRooms = empty;
        left.roomSize = 0;
      },
    );
  }

  piped('pause and resume, outside of reports and inside', async (pipe, left, right) => {
    right.pause();
    right.pause();
    left.write(500, 500);
    await pipe.settle();
    demand(right.receivedTotal === 0, 'received while paused');
    right.resume();
    right.resume();
    await pipe.drain();
    right.roomSize = 10;
    right.on.received = () => right.pause();
    let total = right.receivedTotal;
    left.write(95);
    while (total < left.accepted) {
      await pipe.until('it went on', () => right.receivedTotal > total);
      await pipe.settle();
      demand(right.receivedTotal - total <= 10, 'received on after pause in received');
      total = right.receivedTotal;
      right.resume();
    }
    right.on.received = () => {
      right.pause();
      right.resume();
    };
    left.write(95);
    await pipe.drain();
  });

  piped(
    'pause before opened',
    async (pipe, left, right) => {
      right.write(100);
      await pipe.settle();
      demand(left.receivedTotal === 0, 'received while paused');
      left.resume();
      await pipe.drain();
    },
    (left) => left.pause(),
  );

  piped(
    'what is written before open and before opened waits and arrives',
    async (pipe, left) => {
      left.write(50);
      await pipe.drain();
    },
    (left) => left.write(100, 0, 20_000),
  );

  piped(
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

  piped('replies and ends from inside reports', async (pipe, left, right) => {
    right.on.received = (count) => right.write(count);
    right.on.ended = () => right.end();
    left.on.written = () => {
      if (left.accepted < 40_000) left.write(333);
      else left.end();
    };
    left.write(10_000);
    await pipe.until('both are closed', () => left.isClosed && right.isClosed);
    demand(left.error === undefined && right.error === undefined, 'an orderly close had an error');
    demand(left.receivedTotal === right.accepted, 'not every byte came back');
  });

  piped(
    'both end at once, with bytes under way: closed once, last, without an error',
    async (pipe, left, right) => {
      left.write(10_000);
      right.write(20_000);
      left.end();
      right.end();
      left.end();
      await pipe.until('both are closed', () => left.isClosed && right.isClosed);
      demand(left.error === undefined && right.error === undefined, 'an orderly close had an error');
      demand(
        right.receivedTotal === left.accepted && left.receivedTotal === right.accepted,
        'bytes were lost before the end',
      );
      await pipe.settle();
    },
  );

  if (capabilities.halfClose) {
    for (const first of ['left', 'right'] as const) {
      piped(`half-close by the ${first} end: it receives on, until the other ends`, async (pipe) => {
        const [a, b] = first === 'left' ? [pipe.left, pipe.right] : [pipe.right, pipe.left];
        b.roomSize = 100;
        a.write(5000);
        a.end();
        await pipe.until('the end arrives', () => b.isEnded);
        demand(b.receivedTotal === a.accepted, 'the end came before the last byte');
        demand(b.transport.state === 'half-closed-remote', `state is ${b.transport.state}`);
        await pipe.until('ours is half-closed', () => a.transport.state === 'half-closed-local');
        b.write(3000, 1);
        await pipe.drain();
        demand(!a.isEnded && !a.isClosed, 'closed before the second end');
        b.write(30_000);
        b.end();
        await pipe.until('both are closed', () => a.isClosed && b.isClosed);
        demand(a.receivedTotal === b.accepted && a.isEnded, 'bytes after the half-close were lost');
        demand(a.error === undefined && b.error === undefined, 'an orderly close had an error');
      });
    }
  }

  if (capabilities.halfClose) {
    piped(
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
        demand(right.receivedTotal === 5000, `${right.receivedTotal} of 5000 bytes arrived`);
        demand(left.error === undefined && right.error === undefined, 'an orderly close had an error');
      },
    );
  }

  piped(
    'abort with bytes pending: nothing but closed follows, and the other end closes',
    async (pipe, left, right) => {
      right.roomSize = 0;
      left.write(capabilities.holds + Math.min(large, 100_000));
      await pipe.until('bytes arrived', () => right.refusals === 1);
      left.abort();
      left.abort();
      left.write(10);
      await pipe.until('ours is closed', () => left.isClosed);
      demand(left.error === undefined, 'an abort without an error reported one');
      right.roomSize = 4096;
      right.resume();
      right.write(10);
      await pipe.until('the other is closed', () => right.isClosed || right.isEnded);
      if (capabilities.reset) {
        await pipe.until('with an error', () => right.isClosed);
        demand(right.error !== undefined, 'a reset was reported as an orderly end');
      }
    },
  );

  piped(
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
      demand(left.error === undefined, 'a release reported an error');
      await pipe.settle(20);
      right.resume();
      await pipe.until('the end arrives', () => right.isEnded || right.isClosed);
      demand(right.isEnded && right.error === undefined, `no end, but ${right.error?.code}`);
      demand(
        right.receivedTotal === left.accepted,
        `${right.receivedTotal} of ${left.accepted} bytes arrived`,
      );
    },
  );

  piped('a long segment is reported in parts, as it is taken', async (pipe, left, right) => {
    const taken = Math.min(large, 200_000) / 2;
    right.roomSize = 10_000;
    right.on.received = () => {
      if (right.receivedTotal >= taken) right.pause();
    };
    left.write(capabilities.holds + large);
    left.end();
    await pipe.until('some of it arrived', () => right.receivedTotal >= taken);
    await pipe.settle(50);
    demand(left.writtenTotal > 0, 'nothing is reported of a segment of which bytes were read');
    demand(left.pending > 0, 'more is reported than the pipe can hold');
    delete right.on.received;
    right.roomSize = 65_536;
    right.resume();
    await pipe.until('the end arrives', () => right.isEnded);
    await pipe.drain();
  });

  piped('abort with an error reports that error', async (pipe, left) => {
    const error = new TransportError('mine', 'the user gave up');
    left.abort(error);
    await pipe.until('ours is closed', () => left.isClosed);
    demand(left.error === error, `closed with ${left.error?.code}`);
  });

  for (const report of ['room', 'received', 'written', 'ended'] as const) {
    piped(`abort inside ${report}`, async (pipe, left, right) => {
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
      demand(reached, `${report} never came`);
    });
  }
  plain('abort inside opened', async () => {
    const pair = await makePair();
    const pipe = await PipeUnderTest.open(pair, (left) => {
      left.on.opened = () => left.abort();
    });
    await pipe.until('it is closed', () => pipe.left.isClosed);
    await pipe.finish();
  });

  plain('abort before open: the receiver of a later open hears closed, once', async () => {
    const pipe = PipeUnderTest.alone(await makePair());
    pipe.left.write(10);
    pipe.left.abort();
    await pipe.settle();
    demand(pipe.left.reports === 0, 'something was reported before open');
    pipe.left.open();
    await pipe.until('it is closed', () => pipe.left.isClosed);
    await pipe.finish();
  });

  piped('after closed: nothing is reported, and calls do nothing', async (pipe, left, right) => {
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

  piped('misuse is refused at the call, and changes nothing', async (pipe, left) => {
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

  piped('a reader that stops is felt by the writer', async (pipe, left, right) => {
    right.pause();
    for (let sent = 0; sent < capabilities.holds + Math.min(large, 200_000); sent += 50_000)
      left.write(50_000);
    await pipe.settle(50);
    demand(left.pending > 0, `all of ${left.accepted} bytes were taken though nobody reads`);
    right.roomSize = 65_536;
    right.resume();
    await pipe.drain();
  });

  piped('large transfers both ways at once', async (pipe, left, right) => {
    const sizes = [1, 100, 5000, 65_536, 3];
    for (const probe of [left, right]) {
      let turn = 0;
      probe.on.room = () => {
        probe.roomSize = sizes[turn++ % sizes.length] as number;
      };
      probe.on.written = () => {
        while (probe.pending < 100_000 && probe.accepted < large) probe.write(13_000, 1, 20_000);
      };
      probe.write(13_000);
    }
    await pipe.drain(() => left.accepted >= large && right.accepted >= large);
  });

  for (const seed of options.seeds ?? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
    plain(
      `random acts, seed ${seed}: what is received is a prefix of what was sent, all of it if nobody aborts`,
      async () => {
        await runActs(await makePair(), actsFrom(seed));
      },
    );
  }
  return cases;
}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ConformanceFailure(what);
}

function refuses(what: string, act: () => void): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  demand(thrown instanceof MisuseError, `${what} was not refused as misuse`);
}
