// Every decorator, alone and in stacks, is a transport like any other; and each does what it is for.
import { describe, expect, test } from 'vitest';
import { MisuseError } from '../../src/errors.js';
import { Probe } from '../../src/kit/conformance/probe.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import type { ByteRange, Transport, TransportReceiver } from '../../src/transport/contract.js';
import {
  decorateConnectable,
  decorateListenable,
  stacked,
  type TransportDecorator,
} from '../../src/transport/decorator.js';
import { faultInjector, type PipeFault } from '../../src/transport/fault-injector.js';
import { memoryNetwork, memoryPair } from '../../src/transport/memory.js';
import { MeterCounts, meter } from '../../src/transport/meter.js';
import { poison, poisoner } from '../../src/transport/poisoner.js';
import { type RecordedAct, recorder } from '../../src/transport/recording.js';
import { segmenter } from '../../src/transport/segmenter.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

const delays: PipeFault[] = [0, 1, 3, 4, 6, 9, 12, 20].map((at) => ({ at, fault: 'delay', ms: 5 }));
const shorts: PipeFault[] = [0, 2, 3, 5, 8, 13, 20].map((at) => ({ at, fault: 'short-write' }));

const decorators: Record<string, (clock: VirtualClock) => TransportDecorator> = {
  'segmenter, many cuts': () =>
    segmenter({ receive: { sizes: [1, 1, 1, 997] }, write: { sizes: [1, 1, 499] } }),
  'segmenter, pattern, in turns': (clock) =>
    segmenter({ receive: { sizes: [1, 700, 3] }, write: { sizes: [5, 1000] }, turns: clock }),
  'fault injector without faults': (clock) => faultInjector(clock, []),
  'fault injector that delays': (clock) => faultInjector(clock, delays),
  'fault injector that writes short': (clock) => faultInjector(clock, shorts),
  recorder: () => recorder([]),
  poisoner: () => poisoner({ chunkBytes: 100 }),
  meter: () => meter(new MeterCounts()),
  'all of them, one way': (clock) =>
    stacked(
      meter(new MeterCounts()),
      poisoner(),
      segmenter({ receive: { sizes: [3000, 1] }, write: { at: [1, 5, 700] }, turns: clock }),
      faultInjector(clock, delays),
      recorder([]),
    ),
  'all of them, the other way': (clock) =>
    stacked(
      recorder([]),
      faultInjector(clock, [...delays, ...shorts]),
      segmenter({ receive: { sizes: [3000, 1] }, write: { at: [1, 5, 700] }, turns: clock }),
      poisoner(),
      meter(new MeterCounts()),
    ),
};

for (const [name, make] of Object.entries(decorators)) {
  describe(name, () => {
    const cases = transportConformance(
      () => {
        const clock = new VirtualClock();
        const { left, right } = memoryPair(clock);
        const decorate = (transport: Transport) => make(clock)(transport);
        return { left: decorate(left), right: decorate(right), run: () => clock.runUntilIdle() };
      },
      { halfClose: true, reset: true, holds: 0 },
      { large: 20_000, seeds: [1, 2, 5, 7] },
    );
    for (const { name: rule, run } of cases) test(rule, run);
  });
}

/** Both ends of a memory pipe with a probe on each, the left one decorated. */
function probed(decorate: (clock: VirtualClock) => TransportDecorator) {
  const clock = new VirtualClock();
  const { left, right } = memoryPair(clock);
  const probes = {
    clock,
    left: new Probe('left', decorate(clock)(left), 1, 2),
    right: new Probe('right', right, 2, 1),
  };
  probes.left.open();
  probes.right.open();
  clock.runUntilIdle();
  return probes;
}

describe('segmenter', () => {
  const sizesOf = (cuts: Parameters<typeof segmenter>[0], length: number, turns = false) => {
    const { clock, left, right } = probed((virtual) => segmenter(turns ? { ...cuts, turns: virtual } : cuts));
    const sizes: number[] = [];
    left.on.received = (count) => sizes.push(count);
    right.write(length);
    clock.runUntilIdle();
    expect([...left.violations, ...right.violations]).toEqual([]);
    return sizes;
  };

  test('every way to cut six octets can be had', () => {
    for (let mask = 0; mask < 32; mask++) {
      const at = [1, 2, 3, 4, 5].filter((cut) => mask & (1 << (cut - 1)));
      const expected = [...at, 6].map((stop, index) => stop - ([0, ...at][index] ?? 0));
      expect(sizesOf({ receive: { at } }, 6)).toEqual(expected);
      expect(sizesOf({ receive: { at } }, 6, true)).toEqual(expected);
    }
  });

  test('a pattern repeats', () => {
    expect(sizesOf({ receive: { sizes: [1, 4, 2] } }, 16)).toEqual([1, 4, 2, 1, 4, 2, 1, 1]);
  });

  test('batches are cut at positions of the stream, across segments', () => {
    const batches: number[][] = [];
    const lower = {
      write: (segments: readonly ByteRange[]) => {
        batches.push(segments.map(({ start, end }) => end - start));
      },
    };
    const cut = segmenter({ write: { at: [3, 10] } })(lower as unknown as Transport);
    const bytes = new Uint8Array(20);
    cut.write([
      { bytes, start: 0, end: 2 },
      { bytes, start: 5, end: 11 },
    ]);
    cut.write([{ bytes, start: 0, end: 5 }]);
    expect(batches.filter((batch) => batch.length > 0)).toEqual([[2, 1], [5], [2], [3]]);
  });

  test('cuts that mean nothing are refused', () => {
    for (const cuts of [{ sizes: [] }, { sizes: [0] }, { at: [0] }, { at: [3, 3] }, { at: [5, 2] }]) {
      expect(() => segmenter({ receive: cuts })).toThrow(expect.objectContaining({ code: 'bad-cuts' }));
    }
  });
});

describe('poisoner', () => {
  /** A receiver that keeps its last octets at the end of the room that it gives next. */
  class Keeper implements TransportReceiver {
    readonly slab = new Uint8Array(64);
    seen: number[] = [];
    opened(): void {}
    room(): ByteRange {
      return { bytes: this.slab, start: 0, end: 64 };
    }
    received(count: number): void {
      this.seen.push(...this.slab.subarray(60 - count, 60));
      this.slab.copyWithin(60 - count, 0, count);
    }
    ended(): void {}
    written(): void {}
    closed(): void {}
  }
  const receive = (decorate: TransportDecorator) => {
    const clock = new VirtualClock();
    const { left, right } = memoryPair(clock);
    const keeper = new Keeper();
    decorate(left).open(keeper);
    right.open(new Keeper());
    for (const octet of [1, 2]) {
      right.write([{ bytes: new Uint8Array([octet]), start: 0, end: 1 }]);
      clock.run();
    }
    return keeper.seen;
  };

  test('OWN-3: a receiver that keeps bytes in the room it lends finds poison there', () => {
    expect(receive((lower) => lower)).toEqual([0, 1]);
    expect(receive(poisoner())).toEqual([poison, poison]);
  });

  test('a receiver that reads past what was received finds poison there', () => {
    const { clock, left, right } = probed(() => poisoner());
    const tails: number[] = [];
    const room = { bytes: new Uint8Array(8), start: 0, end: 8 };
    const { transport } = left;
    const receiver: TransportReceiver = {
      opened() {},
      room: () => room,
      received: (count) => tails.push(...room.bytes.subarray(count)),
      ended() {},
      written() {},
      closed() {},
    };
    const fresh = memoryPair(clock);
    poisoner()(fresh.left).open(receiver);
    fresh.right.open(right);
    fresh.right.write([{ bytes: new Uint8Array(5), start: 0, end: 5 }]);
    clock.run();
    expect(tails).toEqual([poison, poison, poison]);
    expect(transport.state).toBe('open');
  });

  /** A transport below that does one thing wrong, as the poisoner tells it. */
  const told = (wrong: (receiver: TransportReceiver, segments: readonly ByteRange[]) => void) => {
    const codes: string[] = [];
    let receiver: TransportReceiver | undefined;
    let written: readonly ByteRange[] = [];
    const lower = {
      kind: 'broken',
      state: 'open',
      open: (upper: TransportReceiver) => {
        receiver = upper;
      },
      write: (segments: readonly ByteRange[]) => {
        written = segments;
      },
    };
    const decorated = poisoner({ report: ({ cites }) => codes.push(cites) })(lower as unknown as Transport);
    const probe = new Probe('upper', decorated, 1, 2);
    probe.open();
    probe.write(10);
    if (receiver !== undefined) wrong(receiver, written);
    return codes;
  };

  test('a pipe that writes outside its room is told', () => {
    expect(
      told((receiver) => {
        const room = receiver.room();
        if (room === undefined) return;
        room.bytes[room.end] = 1;
        receiver.received(0);
      }),
    ).toEqual(['WS-1']);
  });

  test('a pipe that writes after received is told', () => {
    expect(
      told((receiver) => {
        const room = receiver.room();
        receiver.received(0);
        if (room === undefined) return;
        room.bytes[room.start] = 1;
        receiver.room();
      }),
    ).toEqual(['WS-5']);
  });

  test('a pipe that claims more than its room is told', () => {
    expect(
      told((receiver) => {
        receiver.room();
        receiver.received(1_000_000);
      }),
    ).toEqual(['WS-5']);
  });

  test('a segment that changes while it is lent is told, whoever changed it', () => {
    for (const partial of [4, 10]) {
      const codes: string[] = [];
      const clock = new VirtualClock();
      const { left, right } = memoryPair(clock);
      const decorated = poisoner({ report: ({ cites }) => codes.push(cites) })(left);
      const probe = new Probe('right', right, 2, 1);
      decorated.open(new Probe('left', decorated, 1, 2));
      probe.open();
      probe.roomSize = partial;
      probe.on.received = () => {
        probe.roomSize = 0;
      };
      const bytes = new Uint8Array(10).fill(7);
      decorated.write([{ bytes, start: 0, end: 10 }]);
      bytes[2] = 8;
      clock.run();
      expect(codes).toEqual(['OWN-4']);
      left.abort();
    }
  });

  test('without a listener a violation is thrown', () => {
    const lower = { open: () => {}, write: () => {} };
    const decorated = poisoner()(lower as unknown as Transport) as unknown as TransportReceiver;
    expect(() => decorated.received(1)).toThrow(MisuseError);
  });

  test('a pipe that sends from a segment after it reported it written sends poison', () => {
    const sent: Uint8Array[] = [];
    told((receiver, segments) => {
      const [first] = segments;
      receiver.opened({ kind: 'broken' });
      if (first === undefined) return;
      receiver.written(4);
      sent.push(first.bytes.slice(first.start, first.end));
    });
    expect([...(sent[0] as Uint8Array).subarray(0, 4)]).toEqual([poison, poison, poison, poison]);
    expect([...(sent[0] as Uint8Array).subarray(4)]).not.toContain(poison);
  });
});

test('meter counts bytes, acts and the peak of what was pending', () => {
  const counts = new MeterCounts();
  const { clock, left, right } = probed(() => meter(counts));
  right.pause();
  left.write(100);
  left.write(50);
  right.write(30);
  clock.runUntilIdle();
  expect(counts).toMatchObject({ transports: 1, live: 1, bytesIn: 30, bytesOut: 0, pending: 150 });
  right.on.received = () => right.pause();
  right.roomSize = 120;
  right.resume();
  clock.runUntilIdle();
  expect(counts).toMatchObject({ bytesOut: 120, pending: 30, peakPending: 150 });
  right.abort();
  clock.runUntilIdle();
  left.transport.write([{ bytes: new Uint8Array(5), start: 0, end: 5 }]);
  // opened, three writes, received, written, closed
  expect(counts).toEqual({
    transports: 1,
    live: 0,
    bytesIn: 30,
    bytesOut: 120,
    bytesFailed: 35,
    pending: 0,
    peakPending: 150,
    acts: 7,
  });
});

test('listenables and connectables can be decorated', async () => {
  const clock = new VirtualClock();
  const network = memoryNetwork(clock);
  const acts: RecordedAct[][] = [[], []];
  const accepted: Transport[] = [];
  const [server, client] = acts.map((list) => recorder(list ?? []));
  if (server === undefined || client === undefined) throw new Error('two recorders');
  const listenable = decorateListenable(network.listenable('x'), server);
  const connectable = decorateConnectable(network.connectable('x'), client);
  expect([listenable.kind, connectable.kind, connectable.key]).toEqual(['memory', 'memory', 'memory:x']);
  expect(connectable.platform.clock).toBe(clock);
  const listener = await listenable.listen((transport) => accepted.push(transport));
  const left = new Probe('left', connectable.connect(), 1, 2);
  left.open();
  clock.run();
  new Probe('right', accepted[0] as Transport, 2, 1).open();
  clock.run();
  expect(acts.map((list) => list.map(({ act }) => act))).toEqual([['opened'], ['opened']]);
  await listener.close();
});
