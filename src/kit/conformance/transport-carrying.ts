/**
 * How bytes are carried, case by case: in order, in rooms of any size, into a reader that pauses, has no room or stops, and
 * from a writer that writes early, a lot, or from inside a report. This file does not know which transport it tests.
 */
import { demand, type TransportCases } from './transport-cases.js';

export function carryingCases({ capabilities, large, piped }: TransportCases): void {
  piped(
    ['LAY-3', 'CON-1'],
    'reports opened once, with facts, and carries a message each way',
    async (pipe, left, right) => {
      for (const { facts, transport } of [left, right]) {
        demand(
          'LAY-3',
          facts?.kind === transport.kind,
          `facts are of a ${facts?.kind}, the transport is ${transport.kind}`,
        );
        demand('LAY-3', transport.state === 'open', `state is ${transport.state}`);
      }
      left.write(5);
      right.write(7);
      await pipe.drain();
    },
  );

  piped(
    ['CON-1', 'CON-2', 'OWN-4'],
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
    piped(['CON-1', 'WS-1', 'WS-5'], `rooms of ${size}`, async (pipe, left, right) => {
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
      ['LAY-3', 'CON-1'],
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

  piped(['LAY-3', 'CON-1'], 'pause and resume, outside of reports and inside', async (pipe, left, right) => {
    right.pause();
    right.pause();
    left.write(500, 500);
    await pipe.settle();
    demand('LAY-3', right.receivedTotal === 0, 'received while paused');
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
      demand('LAY-3', right.receivedTotal - total <= 10, 'received on after pause in received');
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
    ['LAY-3', 'CON-1'],
    'pause before opened',
    async (pipe, left, right) => {
      right.write(100);
      await pipe.settle();
      demand('LAY-3', left.receivedTotal === 0, 'received while paused');
      left.resume();
      await pipe.drain();
    },
    (left) => left.pause(),
  );

  piped(
    ['CON-1', 'CON-2'],
    'what is written before open and before opened waits and arrives',
    async (pipe, left) => {
      left.write(50);
      await pipe.drain();
    },
    (left) => left.write(100, 0, 20_000),
  );

  piped(['OWN-9', 'CON-1', 'LAY-3'], 'replies and ends from inside reports', async (pipe, left, right) => {
    right.on.received = (count) => right.write(count);
    right.on.ended = () => right.end();
    left.on.written = () => {
      if (left.accepted < 40_000) left.write(333);
      else left.end();
    };
    left.write(10_000);
    await pipe.until('both are closed', () => left.isClosed && right.isClosed);
    demand('LAY-3', left.error === undefined && right.error === undefined, 'an orderly close had an error');
    demand('CON-1', left.receivedTotal === right.accepted, 'not every byte came back');
  });

  piped(
    ['CON-2', 'OWN-4'],
    'a long segment is reported in parts, as it is taken',
    async (pipe, left, right) => {
      const taken = Math.min(large, 200_000) / 2;
      right.roomSize = 10_000;
      right.on.received = () => {
        if (right.receivedTotal >= taken) right.pause();
      };
      left.write(capabilities.holds + large);
      left.end();
      await pipe.until('some of it arrived', () => right.receivedTotal >= taken);
      await pipe.settle(50);
      demand('CON-2', left.writtenTotal > 0, 'nothing is reported of a segment of which bytes were read');
      demand('CON-2', left.pending > 0, 'more is reported than the pipe can hold');
      delete right.on.received;
      right.roomSize = 65_536;
      right.resume();
      await pipe.until('the end arrives', () => right.isEnded);
      await pipe.drain();
    },
  );

  piped(['OWN-8', 'CON-1'], 'a reader that stops is felt by the writer', async (pipe, left, right) => {
    right.pause();
    for (let sent = 0; sent < capabilities.holds + Math.min(large, 200_000); sent += 50_000)
      left.write(50_000);
    await pipe.settle(50);
    demand('OWN-8', left.pending > 0, `all of ${left.accepted} bytes were taken though nobody reads`);
    right.roomSize = 65_536;
    right.resume();
    await pipe.drain();
  });

  piped(['CON-1', 'CON-2', 'OWN-4'], 'large transfers both ways at once', async (pipe, left, right) => {
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
}
