/**
 * Whether the peer reads: when the output that a transport has made its last progress. This file does not know what
 * happens when it does not.
 */
const never = Number.POSITIVE_INFINITY;

export class WriteWatch {
  private readonly limit: number;
  private since = never;

  /** @param limit milliseconds between two acts of progress */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Output was given to the transport. */
  began(now: number): void {
    if (this.since === never) this.since = now;
  }

  /** Some was taken; `left` bytes were not. */
  progressed(now: number, left: number): void {
    this.since = left > 0 ? now : never;
  }

  /** The output is somebody else's now. */
  reset(): void {
    this.since = never;
  }

  /** When progress is due; `Infinity` if nothing is waited for. */
  due(): number {
    return this.since + this.limit;
  }
}
