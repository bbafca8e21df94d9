// What a turn tells, part by part: senders that may go on, priorities that changed, credit that is due; and whose DATA goes next.
import { describe, expect, it, vi } from 'vitest';
import { SendBuffer } from '../../src/memory/index.js';
import { ChangedPriorities } from '../../src/session/h2/changed-priorities.js';
import { DueCredit } from '../../src/session/h2/due-credit.js';
import { ReceiveWindow } from '../../src/session/h2/flow.js';
import { HeldBack } from '../../src/session/h2/held-back.js';
import { Scheduler } from '../../src/session/h2/scheduler.js';
import type { H2Stream } from '../../src/session/h2/stream.js';
import { StreamMap } from '../../src/session/h2/stream-map.js';
import { FrameWriter } from '../../src/session/h2/writer.js';
import { streamAlone, ToldSink } from '../support/h2-stream-alone.js';
import { checkedPool, session } from '../support/memory.js';

const output = (): SendBuffer => new SendBuffer(checkedPool().pool, session);
function pend(out: SendBuffer, count: number): void {
  out.append(new Uint8Array(count), 0, count);
}
function written(out: SendBuffer, count = out.pendingBytes): void {
  out.take();
  out.written(count);
}

describe('senders that are held back', () => {
  function bed(ids = [1, 3]) {
    const out = output();
    const heldBack = new HeldBack(out, 100);
    const streams = new StreamMap<H2Stream>();
    const made = ids.map((id) => {
      const stream = streamAlone(id);
      stream.sink = new ToldSink();
      streams.add(stream);
      return stream;
    });
    const all = vi.spyOn(streams, 'all');
    return {
      out,
      heldBack,
      made,
      tell: () => heldBack.tell(streams),
      told: () => made.map((stream) => (stream.sink as ToldSink | null)?.told.length ?? 0),
      /** How often the streams were gone through. */
      looked: () => all.mock.calls.length,
    };
  }

  it('are so from the mark on, and until less than half of it is pending', () => {
    const { out, heldBack, made, tell, told } = bed();
    const [one, three] = made as [H2Stream, H2Stream];
    pend(out, 99);
    heldBack.sent(one);
    expect(one.overHighWater).toBe(false);
    pend(out, 1);
    heldBack.sent(one);
    expect([one.overHighWater, three.overHighWater]).toEqual([true, false]);
    written(out, 50);
    tell();
    expect([one.overHighWater, told()]).toEqual([true, [0, 0]]);
    written(out, 1);
    tell();
    expect([one.overHighWater, told()]).toEqual([false, [1, 0]]);
    tell();
    expect(told()).toEqual([1, 0]);
  });

  it('are so while bytes wait at their stream', () => {
    const { heldBack, made, tell, told } = bed();
    const [one] = made as [H2Stream];
    one.waitingBytes = 1;
    heldBack.sent(one);
    tell();
    expect([one.overHighWater, told()]).toEqual([true, [0, 0]]);
    one.waitingBytes = 0;
    tell();
    expect([one.overHighWater, told()]).toEqual([false, [1, 0]]);
  });

  it('are looked for only while there are any (WORK-1), however often they sent', () => {
    const { heldBack, made, tell, told, looked } = bed([1, 3, 5]);
    const [one, three, five] = made as [H2Stream, H2Stream, H2Stream];
    tell();
    expect(looked()).toBe(0);
    for (const stream of [one, three]) {
      stream.waitingBytes = 1;
      heldBack.sent(stream);
      heldBack.sent(stream);
    }
    tell();
    expect(looked()).toBe(1);
    // One that is not held back is over, and one that is.
    heldBack.forget(five);
    tell();
    expect(looked()).toBe(2);
    heldBack.forget(three);
    three.overHighWater = false;
    one.waitingBytes = 0;
    tell();
    expect([looked(), told()]).toEqual([3, [1, 0, 0]]);
    tell();
    expect(looked()).toBe(3);
  });

  it('need nobody who hears it', () => {
    const { heldBack, made, tell } = bed();
    const [one] = made as [H2Stream];
    one.sink = null;
    one.waitingBytes = 1;
    heldBack.sent(one);
    one.waitingBytes = 0;
    tell();
    expect(one.overHighWater).toBe(false);
  });
});

describe('priorities that changed', () => {
  const urgent = { urgency: 0, incremental: false };
  function bed() {
    const out = output();
    const changed = new ChangedPriorities(out, new FrameWriter(out, 100), 100);
    return { out, changed, stream: streamAlone(1) };
  }
  const frameBytes = 9 + 4 + 3;

  it('are said while no more is pending than the mark', () => {
    const { out, changed, stream } = bed();
    changed.set(stream, urgent);
    pend(out, 101);
    changed.announce(true);
    expect(out.pendingBytes).toBe(101);
    written(out, 1);
    changed.announce(true);
    expect(out.pendingBytes).toBe(100 + frameBytes);
    changed.announce(true);
    expect(out.pendingBytes).toBe(100 + frameBytes);
  });

  it('are not said of what is over, nor to whoever does not go by them', () => {
    for (const act of [
      ({ changed, stream }: ReturnType<typeof bed>) => changed.forget(stream),
      ({ stream }: ReturnType<typeof bed>) => {
        stream.isLive = false;
      },
      ({ stream }: ReturnType<typeof bed>) => {
        stream.inputComplete = true;
      },
      ({ changed }: ReturnType<typeof bed>) => changed.announce(false),
    ]) {
      const it = bed();
      it.changed.set(it.stream, urgent);
      act(it);
      it.changed.announce(true);
      expect(it.out.pendingBytes).toBe(0);
    }
  });
});

describe('credit that is due', () => {
  const updateBytes = 9 + 4;
  function bed() {
    const out = output();
    const window = new ReceiveWindow(65_535);
    const due = new DueCredit(window, new FrameWriter(out, 100));
    const stream = streamAlone(1);
    stream.receiveWindow.charge(40_000);
    stream.receiveWindow.credit(40_000);
    return { out, due, stream };
  }

  it('is looked for once in a turn, however often it came up', () => {
    const { out, due, stream } = bed();
    const update = vi.spyOn(stream.receiveWindow, 'update');
    expect(due.some).toBe(false);
    due.add(stream);
    due.add(stream);
    expect(due.some).toBe(true);
    due.announce();
    expect([update.mock.calls.length, out.pendingBytes, due.some]).toEqual([1, updateBytes, false]);
    due.add(stream);
    due.announce();
    expect([update.mock.calls.length, out.pendingBytes]).toEqual([2, updateBytes]);
  });

  it('is not announced where nothing more will come, nor once the connection is over', () => {
    for (const name of ['inputComplete', 'discarding'] as const) {
      const { out, due, stream } = bed();
      stream[name] = true;
      due.add(stream);
      due.announce();
      expect(out.pendingBytes).toBe(0);
    }
    const { out, due, stream } = bed();
    due.add(stream);
    due.clear();
    expect(due.some).toBe(false);
    due.announce();
    expect(out.pendingBytes).toBe(0);
  });
});

describe('whose turn it is', () => {
  function bed(...urgencies: number[]) {
    const scheduler = new Scheduler<H2Stream>();
    const streams = urgencies.map((urgency, i) => {
      const stream = streamAlone(2 * i + 1);
      stream.urgency = urgency;
      scheduler.add(stream);
      return stream;
    });
    const turns = (count: number) => Array.from({ length: count }, () => scheduler.take()?.id);
    return { scheduler, streams, turns };
  }

  it('goes round, and is not moved by one that leaves behind it', () => {
    for (const [leaves, rest] of [
      [0, [3, 5, 3]],
      [1, [5, 1, 5]],
      [2, [3, 1, 3]],
    ] as const) {
      const { scheduler, streams, turns } = bed(3, 3, 3);
      expect(turns(4)).toEqual([1, 3, 5, 1]);
      scheduler.remove(streams[leaves] as H2Stream);
      expect(turns(3)).toEqual(rest);
    }
  });

  it('is of a less urgent one after eight of more urgent ones (SCHED-1)', () => {
    const { turns } = bed(3, 5);
    expect(turns(19)).toEqual([...Array(8).fill(1), 3, ...Array(8).fill(1), 3, 1]);
  });

  it('changes with the urgency, of those that are queued', () => {
    const { scheduler, streams, turns } = bed(3, 3);
    const [one, three] = streams as [H2Stream, H2Stream];
    scheduler.reprioritise(three, 1);
    expect(turns(2)).toEqual([3, 3]);
    scheduler.remove(one);
    scheduler.reprioritise(one, 0);
    expect([scheduler.size, one.queued, one.urgency, ...turns(1)]).toEqual([1, false, 0, 3]);
  });
});
