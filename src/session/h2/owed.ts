/**
 * The account of what we owe the peer and it has not read: acknowledgements, answers to PING, RST_STREAM and
 * WINDOW_UPDATE lie in the output among what our application sends, so what is pending does not say how much of it they
 * are. They are counted in two generations, each paid when the output has got past its last frame: less than what is
 * owed is never counted, and what is paid not for longer than its generation lasts.
 *
 * This file does not know what a frame says.
 */
import type { SendBuffer } from '../../memory/index.js';

export class Owed {
  private readonly output: SendBuffer;
  private older: number;
  private newer: number;
  /** Where the generation ends in the output's account (CON-2). */
  private olderEnd: number;
  private newerEnd: number;

  constructor(output: SendBuffer) {
    this.output = output;
    this.older = 0;
    this.newer = 0;
    this.olderEnd = 0;
    this.newerEnd = 0;
  }

  /** The output has just accepted a frame of so many bytes. */
  add(count: number): void {
    this.settle();
    const { acceptedBytes } = this.output;
    if (this.older === 0) {
      this.older = count;
      this.olderEnd = acceptedBytes;
    } else {
      this.newer += count;
      this.newerEnd = acceptedBytes;
    }
  }

  get bytes(): number {
    this.settle();
    return this.older + this.newer;
  }

  private settle(): void {
    const { writtenBytes, failedBytes } = this.output;
    if (this.older === 0 || writtenBytes + failedBytes < this.olderEnd) return;
    this.older = this.newer;
    this.olderEnd = this.newerEnd;
    this.newer = 0;
    if (writtenBytes + failedBytes >= this.olderEnd) this.older = 0;
  }
}
