/**
 * Of which answers a client has changed the priority, and when the peer is told: by PRIORITY_UPDATE (RFC 9218 §7.1) at the end
 * of a turn, of each stream the last that was said, and not while the peer does not read what waits for it already. This
 * file does not know who wants which answer first.
 */
import type { SendBuffer } from '../../memory/index.js';
import { type Priority, priorityText } from './priority.js';
import type { H2Stream } from './stream.js';
import type { FrameWriter } from './writer.js';

export class ChangedPriorities {
  private readonly changed: Map<H2Stream, Priority>;
  private readonly output: SendBuffer;
  private readonly writer: FrameWriter;
  private readonly highWaterBytes: number;

  constructor(output: SendBuffer, writer: FrameWriter, highWaterBytes: number) {
    this.changed = new Map();
    this.output = output;
    this.writer = writer;
    this.highWaterBytes = highWaterBytes;
  }

  set(stream: H2Stream, priority: Priority): void {
    this.changed.set(stream, priority);
  }

  forget(stream: H2Stream): void {
    if (this.changed.size > 0) this.changed.delete(stream);
  }

  /** @param isHeard whether the peer goes by priorities of this kind, as far as it is known */
  announce(isHeard: boolean): void {
    for (const [stream, priority] of this.changed) {
      if (this.output.pendingBytes > this.highWaterBytes) return;
      this.changed.delete(stream);
      if (isHeard && stream.isLive && !stream.inputComplete) {
        this.writer.priorityUpdate(stream.id, priorityText(priority));
      }
    }
  }
}
