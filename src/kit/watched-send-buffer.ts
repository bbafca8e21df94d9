/**
 * A send buffer that knows whether bytes wait in it which somebody lent and wants to hear of: where a pipe that breaks has
 * somebody to tell of bytes that no pipe ever had. This file does not know who lends.
 */
import { type Returned, type Segment, SendBuffer } from '../memory/index.js';

export class WatchedSendBuffer extends SendBuffer {
  /** Lent bytes wait to be taken. */
  lendsWait = false;

  override lend(bytes: Uint8Array, start: number, end: number, returned?: Returned): void {
    super.lend(bytes, start, end, returned);
    if (returned !== undefined && end > start) this.lendsWait = true;
  }

  override take(): readonly Segment[] {
    this.lendsWait = false;
    return super.take();
  }
}
