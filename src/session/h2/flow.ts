/**
 * Flow control (RFC 9113 §5.2, §6.9) as accounts. A receive window keeps CON-4: what the peer was charged is credited
 * (sent or due), held by a consumer, or written off at the stream's end. A send window is what we may still send.
 *
 * This file does not know frames, nor who holds the bytes.
 */

import { MAX_31_BITS } from './frames-codes.js';

export class ReceiveWindow {
  /** The account of CON-4, in bytes. Grants enlarge the window deliberately and are counted apart. */
  charged: number;
  creditSent: number;
  creditDue: number;
  writtenOff: number;
  granted: number;
  /** What the peer may still send. Negative after a lowered setting (RFC 9113 §6.9.2). */
  private open: number;
  /** The size that credit restores. */
  private size: number;

  constructor(size: number) {
    this.charged = 0;
    this.creditSent = 0;
    this.creditDue = 0;
    this.writtenOff = 0;
    this.granted = 0;
    this.open = size;
    this.size = size;
  }

  /** Bytes that a consumer holds. */
  get held(): number {
    return this.charged - this.creditSent - this.creditDue - this.writtenOff;
  }

  get available(): number {
    return this.open;
  }

  /**
   * The peer sent `count` bytes. False, and nothing has changed, when it may not. An empty frame always may come, even where
   * a lowered setting has left less than nothing (RFC 9113 §6.9.1).
   */
  charge(count: number): boolean {
    if (count > this.open && count > 0) return false;
    this.open -= count;
    this.charged += count;
    return true;
  }

  /** The final consumer let go of `count` bytes, or nobody will ever hold them. */
  credit(count: number): void {
    this.creditDue += count;
  }

  /** The stream is over: what is still held will never be announced for it. */
  writeOff(): void {
    this.writtenOff = this.charged - this.creditSent - this.creditDue;
  }

  /** What a WINDOW_UPDATE should announce now: nothing until half of the window is due, then all of it. */
  update(): number {
    if (this.creditDue * 2 < this.size || this.creditDue === 0) return 0;
    const increment = this.creditDue;
    this.creditDue = 0;
    this.creditSent += increment;
    this.open += increment;
    return increment;
  }

  /** Enlarges the window to `size`; the increment to announce. */
  grow(size: number): number {
    const increment = size - this.size;
    if (increment <= 0) return 0;
    this.size = size;
    this.open += increment;
    this.granted += increment;
    return increment;
  }

  /** Our SETTINGS_INITIAL_WINDOW_SIZE changed, by acknowledgement: streams' windows move by the difference (§6.9.2). */
  shift(difference: number): void {
    this.size += difference;
    this.open += difference;
    this.granted += difference;
  }
}

export class SendWindow {
  /** What we may still send; negative after the peer lowered its setting. */
  available: number;

  constructor(size: number) {
    this.available = size;
  }

  spend(count: number): void {
    this.available -= count;
  }

  /** WINDOW_UPDATE, or a changed setting. False when the window would exceed 2^31-1 (RFC 9113 §6.9.1). */
  add(count: number): boolean {
    if (this.available + count > MAX_31_BITS) return false;
    this.available += count;
    return true;
  }
}
