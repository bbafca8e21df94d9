/**
 * A model of a send buffer: one stream of accepted bytes, cut into what is written, what a transport has, and what
 * waits. It knows no segment and no slab: in which pieces the bytes go out must not matter.
 */
export class SendQueue {
  readonly accepted: number[] = [];
  /** How many of the accepted bytes a transport was given, and how many of those it wrote. */
  taken = 0;
  written = 0;
  failed = false;
  /** Bytes that failed. */
  lost = 0;

  /** Answers the position in the stream behind them. */
  accept(bytes: readonly number[]): number {
    this.accepted.push(...bytes);
    if (this.failed) this.lost += bytes.length;
    return this.accepted.length;
  }

  /** What a transport must be given now. */
  take(): number[] {
    if (this.failed) return [];
    const batch = this.accepted.slice(this.taken);
    this.taken = this.accepted.length;
    return batch;
  }

  get inFlight(): number {
    return this.failed ? 0 : this.taken - this.written;
  }

  write(count: number): void {
    this.written += count;
  }

  fail(): void {
    if (this.failed) return;
    this.failed = true;
    this.lost = this.accepted.length - this.written;
  }

  /** Whether whoever lent the bytes up to `position` must have them back by now, as written. */
  owes(position: number): boolean {
    return position <= this.written;
  }
}
