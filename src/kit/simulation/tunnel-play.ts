/**
 * One end of a tunnel: sends what it has, ends, and takes what comes until the other end has ended, too. Nobody else has
 * deadlines for a tunnel: its owner gives it up when nothing has moved in it for long. This file does not know which end
 * it is.
 */
import type { TransportError } from '../../errors.js';
import type { Clock, Timer } from '../../transport/clock.js';
import type { ByteRange, Transport, TransportReceiver } from '../../transport/contract.js';
import { contentAt, isContent, placeOf } from './content.js';
import type { Story } from './story.js';

const roomBytes = 512;
/** Milliseconds in which something moves in every tunnel whose network carries anything. */
const patience = 60_000;

export interface TunnelStage {
  readonly clock: Clock;
  /** The owner of one end gives the tunnel up now. */
  gaveUp(story: Story): void;
}

export class TunnelEnd implements TransportReceiver {
  private readonly pipe: Transport;
  private readonly story: Story;
  private readonly isServer: boolean;
  private readonly stage: TunnelStage;
  private readonly over: (error: TransportError | undefined) => void;
  private readonly space: ByteRange;
  private got: number;
  /** Something has moved since the timer was set. */
  private moved: boolean;
  private timer: Timer | undefined;

  /** `over` is told once, when nothing more will come or go. */
  constructor(
    pipe: Transport,
    story: Story,
    isServer: boolean,
    stage: TunnelStage,
    over: (error: TransportError | undefined) => void,
  ) {
    this.pipe = pipe;
    this.story = story;
    this.isServer = isServer;
    this.stage = stage;
    this.over = over;
    this.space = { bytes: new Uint8Array(roomBytes), start: 0, end: roomBytes };
    this.got = 0;
    this.moved = false;
    this.timer = undefined;
  }

  begin(): void {
    const { up, down } = this.story.plan.tunnel as { up: number; down: number };
    const length = this.isServer ? down : up;
    this.wait();
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
    this.moved = true;
    if (isServer) story.tunnelledUp = this.got;
    else story.tunnelledDown = this.got;
  }

  ended(): void {
    this.moved = true;
  }

  written(): void {
    this.moved = true;
  }

  closed(error?: TransportError): void {
    this.timer?.cancel();
    this.over(error);
  }

  private wait(): void {
    const { clock } = this.stage;
    this.timer = clock.at(clock.now() + patience, () => {
      if (this.moved) {
        this.moved = false;
        this.wait();
        return;
      }
      this.stage.gaveUp(this.story);
      this.pipe.abort();
    });
  }
}
