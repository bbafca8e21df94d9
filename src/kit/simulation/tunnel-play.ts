/**
 * One end of a tunnel: sends what it has, from buffers that it uses again as soon as they are written (OWN-4), ends, and
 * takes what comes until the other end has ended, too; at times it has no room. Nobody else has deadlines for a tunnel: its owner gives it up when nothing has moved in it for long. This file does not know which end
 * it is.
 */
import type { TransportError } from '../../errors.js';
import type { Clock, Timer } from '../../transport/clock.js';
import type { ByteRange, Transport, TransportReceiver } from '../../transport/contract.js';
import { contentAt, isContent, placeOf } from './content.js';
import type { Story } from './story.js';

const roomBytes = 512;
/** Once in so many times it has no room until later. */
const roomsBetween = 7;
/** A long buffer and a short one: what is short may overtake nothing. */
const bufferBytes = [2100, 300] as const;
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
  private rooms: number;
  private readonly buffers: readonly [Uint8Array, Uint8Array];
  /** How much each buffer that the pipe has still holds, oldest first. */
  private readonly lent: number[];
  /** Of `length` bytes, so many were written to the pipe, in so many pieces. */
  private readonly length: number;
  private sent: number;
  private pieces: number;
  private isEnded: boolean;
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
    this.rooms = 0;
    const [long, short] = bufferBytes;
    this.buffers = [new Uint8Array(long), new Uint8Array(short)];
    this.lent = [];
    const { up, down } = story.plan.tunnel as { up: number; down: number };
    this.length = isServer ? down : up;
    this.sent = 0;
    this.pieces = 0;
    this.isEnded = false;
    this.moved = false;
    this.timer = undefined;
  }

  begin(): void {
    this.wait();
    this.pipe.open(this);
    this.send();
  }

  opened(): void {}

  room(): ByteRange | undefined {
    this.rooms += 1;
    if (this.rooms % roomsBetween === 0) {
      this.stage.clock.defer(() => this.pipe.resume());
      return undefined;
    }
    return this.space;
  }

  received(count: number): void {
    const { story, isServer, got } = this;
    story.assert(
      story.claims['CON-3'],
      isContent(placeOf(story.index, !isServer), got, this.space.bytes, 0, count) ||
        (() => {
          return `tunnel ${story.index}: bytes from ${got} on are not those that were sent`;
        }),
    );
    this.got += count;
    this.moved = true;
    if (isServer) story.tunnelledUp = this.got;
    else story.tunnelledDown = this.got;
  }

  ended(): void {
    this.moved = true;
  }

  written(count: number): void {
    this.moved = true;
    const { lent } = this;
    for (let left = count; left > 0 && lent.length > 0; ) {
      const part = Math.min(left, lent[0] as number);
      left -= part;
      if (part === lent[0]) lent.shift();
      else lent[0] = (lent[0] as number) - part;
    }
    this.send();
  }

  closed(error?: TransportError): void {
    this.timer?.cancel();
    this.over(error);
  }

  /** Fills what buffers are its own. */
  private send(): void {
    const { story, isServer, buffers, lent, length, pipe } = this;
    while (lent.length < buffers.length && this.sent < length) {
      const bytes = buffers[this.pieces % buffers.length] as Uint8Array;
      const count = Math.min(bytes.length, length - this.sent);
      bytes.set(contentAt(placeOf(story.index, isServer), this.sent, count));
      this.pieces += 1;
      this.sent += count;
      lent.push(count);
      pipe.write([{ bytes, start: 0, end: count }]);
    }
    if (this.sent < length || this.isEnded) return;
    this.isEnded = true;
    pipe.end();
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
