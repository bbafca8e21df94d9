/**
 * A slab: one fixed-size backing store, counted by those who pin it. It goes home when the last pin is gone.
 * This file does not know who pins it or where home is.
 */
import { MisuseError } from '../errors.js';
import type { Ledger } from './ledger.js';
import { noFrame, Region } from './region.js';
import type { SlabAccount } from './slab-account.js';

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
  /** The slab of the pool that this one stands for: itself, but for the buffers of an emulated workspace. */
  readonly root: Slab;
  /** What a range is overwritten with the moment its lease is released; -1 (leave it alone) but under emulation. */
  readonly scrub: number;
  /** Counts how often the slab was handed out; a handle from an earlier life does not match (OWN-5). */
  generation: number;
  /** Whoever pins the slab: its workspace, and each live lease. */
  pins: number;
  home: SlabHome;
  readonly ledger: Ledger | null;
  /** What a checked ledger knows of it. */
  account: SlabAccount | null;
  /** The region of whatever reservation is open on it: there is one at most (WS-2), so one object will do. */
  readonly room: Region;

  /** `root` and `scrub` are for emulations only. */
  constructor(
    id: number,
    capacity: number,
    home: SlabHome,
    ledger: Ledger | null = null,
    root: Slab | null = null,
    scrub = -1,
  ) {
    this.bytes = new Uint8Array(capacity + canaryBytes);
    this.bytes.fill(canaryValue, capacity);
    this.capacity = capacity;
    this.id = id;
    this.root = root ?? this;
    this.scrub = scrub;
    this.generation = 0;
    this.pins = 0;
    this.home = home;
    this.ledger = ledger;
    this.account = null;
    this.room = new Region(this.bytes, 0, 0, noFrame);
  }

  pin(): void {
    this.pins += 1;
  }

  /** @throws MisuseError OWN-5 when nobody pins it: it is at home already */
  unpin(): void {
    const pins = this.pins - 1;
    if (pins < 0) throw new MisuseError('slab-at-home', 'OWN-5', `slab ${this.id} was given back twice`);
    this.pins = pins;
    if (pins === 0) this.home.returned(this);
  }
}

/** Whether nobody has written behind the end of a slab. */
export function canaryLives({ bytes, capacity }: Slab): boolean {
  for (let i = capacity; i < capacity + canaryBytes; i++) if (bytes[i] !== canaryValue) return false;
  return true;
}
