/**
 * A model of a receive buffer: a queue of bytes and the account of CON-1. It knows no slab and no room: where the
 * real one keeps its bytes, and when it moves them, must not be seen.
 */
export class ByteQueue {
  pending: number[] = [];
  received = 0;
  consumed = 0;
  handedOff = 0;
  discarded = 0;

  push(bytes: readonly number[]): void {
    this.pending.push(...bytes);
    this.received += bytes.length;
  }

  /** Whether so many bytes can be taken off the front: at least one. */
  has(count: number): boolean {
    return Number.isInteger(count) && count > 0 && count <= this.pending.length;
  }

  consume(count: number): number[] {
    this.consumed += count;
    return this.pending.splice(0, count);
  }

  discard(count: number): void {
    this.discarded += count;
    this.pending.splice(0, count);
  }

  handOff(): number[] {
    this.handedOff += this.pending.length;
    return this.pending.splice(0);
  }
}
