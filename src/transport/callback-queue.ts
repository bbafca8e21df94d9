/**
 * Callbacks waiting their turn, first come, first served, in a ring that grows. This file does not know when a
 * turn comes.
 */
const nothing = (): void => {};

export class CallbackQueue {
  /** Its size is a power of two. */
  private ring: (() => void)[] = new Array<() => void>(64).fill(nothing);
  private head = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(callback: () => void): void {
    if (this.count === this.ring.length) this.grow();
    this.ring[(this.head + this.count) & (this.ring.length - 1)] = callback;
    this.count++;
  }

  /** The next callback, undefined when there is none. */
  shift(): (() => void) | undefined {
    if (this.count === 0) return undefined;
    const callback = this.ring[this.head];
    this.ring[this.head] = nothing;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    return callback;
  }

  private grow(): void {
    const old = this.ring;
    const ring = new Array<() => void>(old.length * 2).fill(nothing);
    for (let i = 0; i < old.length; i++) ring[i] = old[(this.head + i) & (old.length - 1)] as () => void;
    this.ring = ring;
    this.head = 0;
  }
}
