/**
 * Bytes of leases put together as the application's own. What is held for them goes by how many they are, never by how
 * many leases brought them: a peer may send a body one octet at a time (OWN-8). This file does not know what is gathered.
 */
import { copyBytes } from '../memory/copy-bytes.js';
import type { Lease } from '../memory/index.js';

/** Blocks are as long as what is there already, up to so many bytes. */
const blockBytes = 65_536;
/** Up to so many bytes, what comes next is put behind what waits. */
const smallBytes = 4096;

/** Gathers a whole. What one lease brings is copied once, and joined to nothing. */
export class Gathered {
  length = 0;
  private readonly blocks: Uint8Array[] = [];
  private block: Uint8Array = new Uint8Array(0);
  private filled = 0;

  /** The lease is released. */
  add(lease: Lease): void {
    const { length } = lease;
    const first = Math.min(length, this.block.length - this.filled);
    if (first > 0) copyPart(lease, 0, first, this.block, this.filled);
    this.filled += first;
    if (first < length) {
      this.block = new Uint8Array(Math.max(length - first, Math.min(this.length, blockBytes)));
      this.blocks.push(this.block);
      copyPart(lease, first, length, this.block, 0);
      this.filled = length - first;
    }
    this.length += length;
    lease.release();
  }

  /** All of it. Nothing can be added afterwards. */
  whole(): Uint8Array {
    if (this.block.length === this.length) return this.block;
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const block of this.blocks) {
      const part = block.subarray(0, this.length - at);
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** Bytes that wait to be asked for, in an array that may have room for more. */
export interface WaitingBytes {
  item: Uint8Array;
  length: number;
}

/** Puts the lease's bytes behind those that wait, and releases it; false where they are too many together. */
export function putBehind(waiting: WaitingBytes, lease: Lease): boolean {
  const { item, length } = waiting;
  const needed = length + lease.length;
  if (needed > smallBytes) return false;
  if (needed > item.length) {
    waiting.item = new Uint8Array(Math.min(smallBytes, Math.max(2 * item.length, needed)));
    copyBytes(item, 0, length, waiting.item, 0);
  }
  copyPart(lease, 0, lease.length, waiting.item, length);
  waiting.length = needed;
  lease.release();
  return true;
}

/** An array that has no room for more. */
export function closeFitting({ item, length }: WaitingBytes): Uint8Array {
  return item.length === length ? item : item.slice(0, length);
}

function copyPart(lease: Lease, from: number, to: number, target: Uint8Array, at: number): void {
  lease.ledger?.copied(to - from);
  copyBytes(lease.bytes, lease.start + from, lease.start + to, target, at);
}
