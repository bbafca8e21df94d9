/**
 * Which streams credit is due for, and when it is announced: WINDOW_UPDATE where half of a window is due (RFC 9113 §6.9,
 * CON-4), at the end of a turn. This file does not know who let go of what.
 */
import type { ReceiveWindow } from './flow.js';
import type { H2Stream } from './stream.js';
import { StreamList } from './stream-list.js';
import type { FrameWriter } from './writer.js';

export class DueCredit {
  private readonly streams: StreamList<H2Stream>;
  private readonly window: ReceiveWindow;
  private readonly writer: FrameWriter;

  /** @param window the connection's */
  constructor(window: ReceiveWindow, writer: FrameWriter) {
    this.streams = new StreamList();
    this.window = window;
    this.writer = writer;
  }

  get some(): boolean {
    return this.streams.size > 0;
  }

  /** Some of the stream's window is due. */
  add(stream: H2Stream): void {
    if (stream.dirty) return;
    stream.dirty = true;
    this.streams.push(stream);
  }

  /** Nothing is announced any more. */
  clear(): void {
    const { streams } = this;
    for (let i = 0; i < streams.size; i++) streams.take(i);
    streams.clear();
  }

  announce(): void {
    const { writer } = this;
    const increment = this.window.update();
    if (increment > 0) writer.windowUpdate(0, increment);
    const { streams } = this;
    for (let i = 0; i < streams.size; i++) {
      const stream = streams.take(i);
      stream.dirty = false;
      if (stream.inputComplete || stream.discarding) continue;
      const more = stream.receiveWindow.update();
      if (more > 0) writer.windowUpdate(stream.id, more);
    }
    streams.clear();
  }
}
