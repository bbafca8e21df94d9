/**
 * One end of a tunnel: sends what it has, ends, and takes what comes until the other end has ended, too. This file does
 * not know which end it is.
 */
import type { TransportError } from '../../errors.js';
import type { ByteRange, Transport, TransportReceiver } from '../../transport/contract.js';
import { contentAt, isContent, placeOf } from './content.js';
import type { Story } from './story.js';

const roomBytes = 512;

export class TunnelEnd implements TransportReceiver {
  private readonly pipe: Transport;
  private readonly story: Story;
  private readonly isServer: boolean;
  private readonly over: (error: TransportError | undefined) => void;
  private readonly space: ByteRange;
  private got: number;

  /** `over` is told once, when nothing more will come or go. */
  constructor(
    pipe: Transport,
    story: Story,
    isServer: boolean,
    over: (error: TransportError | undefined) => void,
  ) {
    this.pipe = pipe;
    this.story = story;
    this.isServer = isServer;
    this.over = over;
    this.space = { bytes: new Uint8Array(roomBytes), start: 0, end: roomBytes };
    this.got = 0;
  }

  begin(): void {
    const { up, down } = this.story.plan.tunnel as { up: number; down: number };
    const length = this.isServer ? down : up;
    this.pipe.open(this);
    if (length > 0) {
      const bytes = contentAt(placeOf(this.story.index, this.isServer), 0, length);
      this.pipe.write([{ bytes, start: 0, end: length }]);
    }
    this.pipe.end();
  }

  opened(): void {}

  room(): ByteRange {
    return this.space;
  }

  received(count: number): void {
    const { story, isServer, got } = this;
    if (!isContent(placeOf(story.index, !isServer), got, this.space.bytes, 0, count)) {
      story.accuse('CON-3', `tunnel ${story.index}: bytes from ${got} on are not those that were sent`);
    }
    this.got += count;
    if (isServer) story.tunnelledUp = this.got;
    else story.tunnelledDown = this.got;
  }

  ended(): void {}

  written(): void {}

  closed(error?: TransportError): void {
    this.over(error);
  }
}
