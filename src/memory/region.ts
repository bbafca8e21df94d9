/**
 * A region: a range that a workspace gave out; and a frame: what was allocated between two snapshots, and ends
 * together (WS-6). This file does not know how a workspace stores its regions.
 */
import type { LeaseCount } from './lease.js';

/** A range of a workspace: `bytes[start..end)`. Moves when its unit is extended under emulation or compacted. */
export class Region {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** The snapshot frame that it belongs to; ends with it (WS-6). */
  readonly frame: Frame;

  constructor(bytes: Uint8Array, start: number, end: number, frame: Frame) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.frame = frame;
  }

  get length(): number {
    return this.end - this.start;
  }
}

/** What was allocated between two snapshots. A snapshot token is the frame that it opened. */
export class Frame implements LeaseCount {
  /** Live leases on its regions. */
  leased: number;
  unleased: (() => void) | null;
  /** Regions that were given out in it. */
  regions: number;
  ended: boolean;
  /** Offset of `free` when the frame was opened. */
  readonly base: number;
  /** The frame below; null for the one that a workspace is born with. */
  readonly older: Frame | null;

  constructor(base: number, older: Frame | null) {
    this.leased = 0;
    this.unleased = null;
    this.regions = 0;
    this.ended = false;
    this.base = base;
    this.older = older;
  }
}

/**
 * The frame of every reservation's region: over from the start. The room may be filled, but it is no unit: nothing
 * can be leased of it or added to it (WS-5).
 */
export const noFrame: Frame = new Frame(0, null);
noFrame.ended = true;
