/**
 * Streams whose application was told to send no more for now, because bytes wait on its stream or at the transport; and
 * when it hears that it may go on. This file does not know what is sent.
 */
import type { SendBuffer } from '../../memory/index.js';
import type { H2Stream } from './stream.js';
import type { StreamMap } from './stream-map.js';

export class HeldBack {
  private count: number;
  private readonly output: SendBuffer;
  /** With as much pending no more is wanted; with less than half of it, more is. */
  private readonly highWaterBytes: number;

  constructor(output: SendBuffer, highWaterBytes: number) {
    this.count = 0;
    this.output = output;
    this.highWaterBytes = highWaterBytes;
  }

  /** Content of the stream was sent, or waits. */
  sent(stream: H2Stream): void {
    if (stream.overHighWater) return;
    if (stream.waitingBytes === 0 && this.output.pendingBytes < this.highWaterBytes) return;
    stream.overHighWater = true;
    this.count += 1;
  }

  /** The stream is over. */
  forget(stream: H2Stream): void {
    if (stream.overHighWater) this.count -= 1;
  }

  /** Before a turn ends. */
  tell(streams: StreamMap<H2Stream>): void {
    if (this.count === 0 || this.output.pendingBytes * 2 >= this.highWaterBytes) return;
    for (const stream of streams.all()) {
      if (!stream.overHighWater || stream.waitingBytes > 0) continue;
      stream.overHighWater = false;
      this.count -= 1;
      stream.sink?.sendable();
    }
  }
}
