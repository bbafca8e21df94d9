/**
 * Timers in a binary heap: the earliest first, equal times in the order they were set. Both clocks keep theirs
 * here. This file does not know how time passes.
 */
import type { Timer } from './clock.js';

/** A timer in a heap, or one that has left it. */
export interface HeapTimer extends Timer {
  readonly time: number;
  readonly callback: () => void;
}

export class TimerHeap {
  private readonly heap: Entry[] = [];
  private order = 0;
  /** Called when the last timer has left by `cancel`. */
  private readonly emptied: () => void;

  constructor(emptied: () => void) {
    this.emptied = emptied;
  }

  get size(): number {
    return this.heap.length;
  }

  /** The earliest timer, undefined when there is none. */
  get first(): HeapTimer | undefined {
    return this.heap[0];
  }

  add(time: number, callback: () => void): HeapTimer {
    const entry = new Entry(this, time, this.order++, callback);
    this.heap.push(entry);
    this.up(entry, this.heap.length - 1);
    return entry;
  }

  /** Takes the earliest timer out if it is due at `now`. */
  takeDue(now: number): HeapTimer | undefined {
    const first = this.heap[0];
    if (first === undefined || first.time > now) return undefined;
    this.remove(first);
    return first;
  }

  cancel(entry: Entry): void {
    if (entry.place < 0) return;
    this.remove(entry);
    if (this.heap.length === 0) this.emptied();
  }

  private remove(entry: Entry): void {
    const place = entry.place;
    const last = this.heap.pop() as Entry;
    entry.place = -1;
    if (last === entry) return;
    this.up(last, place);
    this.down(last, last.place);
  }

  private up(entry: Entry, from: number): void {
    const { heap } = this;
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Entry;
      if (!before(entry, parent)) break;
      heap[place] = parent;
      parent.place = place;
      place = above;
    }
    heap[place] = entry;
    entry.place = place;
  }

  private down(entry: Entry, from: number): void {
    const { heap } = this;
    const size = heap.length;
    let place = from;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= size) break;
      if (below + 1 < size && before(heap[below + 1] as Entry, heap[below] as Entry)) below++;
      const child = heap[below] as Entry;
      if (!before(child, entry)) break;
      heap[place] = child;
      child.place = place;
      place = below;
    }
    heap[place] = entry;
    entry.place = place;
  }
}

class Entry implements HeapTimer {
  readonly time: number;
  readonly order: number;
  readonly callback: () => void;
  /** Index in the heap; -1 when it is out. */
  place = -1;
  private readonly heap: TimerHeap;

  constructor(heap: TimerHeap, time: number, order: number, callback: () => void) {
    this.heap = heap;
    this.time = time;
    this.order = order;
    this.callback = callback;
  }

  cancel(): void {
    this.heap.cancel(this);
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
