/**
 * A slab: one fixed-size backing store, counted by those who pin it. It goes home when the last pin is gone.
 * This file does not know who pins it or where home is.
 */

/** Bytes behind the usable end of every slab that nothing may ever write (WS-1). */
export const canaryBytes = 8;
export const canaryValue = 0xc5;

/** Where a slab goes when nobody pins it any more. */
export interface SlabHome {
  returned(slab: Slab): void;
}

export class Slab {
  /** The store: `capacity` usable bytes, then the canary. Never a view of a shared buffer. */
  readonly bytes: Uint8Array;
  readonly capacity: number;
  readonly id: number;
  /** Counts how often the slab was handed out; a handle from an earlier life does not match (OWN-5). */
  generation: number;
  /** Whoever pins the slab: its workspace, and each live lease. */
  pins: number;
  home: SlabHome;

  constructor(id: number, capacity: number, home: SlabHome) {
    this.bytes = new Uint8Array(capacity + canaryBytes);
    this.bytes.fill(canaryValue, capacity);
    this.capacity = capacity;
    this.id = id;
    this.generation = 0;
    this.pins = 0;
    this.home = home;
  }

  pin(): void {
    this.pins += 1;
  }

  unpin(): void {
    this.pins -= 1;
    if (this.pins === 0) this.home.returned(this);
  }
}
