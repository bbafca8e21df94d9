// A transport of one's own: bytes over a pipe of messages, as a WebSocket or a port of a worker would carry them. Messages
// are bounded, arrive whole and in order, and know nothing of streams; so the ends agree on three kinds of them (bytes,
// how many were read, the end) and on how many bytes may be on their way unread.
import {
  BaseTransport,
  type ByteRange,
  type Clock,
  type Transport,
  TransportError,
  type TransportFacts,
} from '../../src/index.js';

/** One end of a pipe of messages. What is sent is delivered later, never inside `send`. */
export interface MessagePort {
  send(message: Message): void;
  onMessage: (message: Message) => void;
}

export type Message =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'read'; readonly count: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'gone' };

/** Bytes of one message, at most. */
const messageBytes = 1000;
/** Bytes that may be on their way and unread: what the pipe holds. */
export const windowBytes = 3000;

export class MessageTransport extends BaseTransport {
  protected readonly port: MessagePort;
  private readonly clock: Clock;
  private readonly facts: TransportFacts;
  private readonly segments: ByteRange[] = [];
  private readonly arrived: Uint8Array[] = [];
  private credit = windowBytes;
  private endArrived = false;
  private isGone = false;
  private isReleased = false;
  private isScheduled = false;

  constructor(port: MessagePort, clock: Clock, facts: TransportFacts) {
    super('message', {});
    this.port = port;
    this.clock = clock;
    this.facts = facts;
    port.onMessage = (message) => this.take(message);
  }

  protected begin(): void {
    this.schedule();
  }

  protected accept(segments: readonly ByteRange[]): void {
    for (const { bytes, start, end } of segments) if (end > start) this.segments.push({ bytes, start, end });
    this.schedule();
  }

  protected finish(): void {
    this.schedule();
  }

  protected carryOn(): void {
    this.schedule();
  }

  protected tearDown(): void {
    this.segments.length = 0;
    this.arrived.length = 0;
    if (!this.isGone) this.port.send({ kind: 'gone' });
  }

  /** Not a reset, unless what nobody read makes it one; whoever writes to us now is told that nobody is there. */
  protected override letGo(): void {
    if (this.isIdle || this.arrived.length > 0 || this.isGone) {
      this.tearDown();
      return;
    }
    this.segments.length = 0;
    this.isReleased = true;
    this.port.send({ kind: 'end' });
  }

  protected later(callback: () => void): void {
    this.clock.defer(callback);
  }

  /** Reports come from here alone: never from inside a call of our user's. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.clock.defer(() => {
      this.isScheduled = false;
      this.turn();
    });
  }

  private turn(): void {
    if (this.over || this.aborted || this.isIdle) return;
    if (!this.established) this.reportOpened(this.facts);
    if (this.aborted) return;
    this.reportWritten(this.send());
    this.deliver();
    if (this.aborted || this.over) return;
    if (this.isGone) {
      this.segments.length = 0;
      this.reportClosed(new TransportError('message-gone', 'the peer tore the pipe down'));
      return;
    }
    if (this.ending && !this.localEnded && this.segments.length === 0) {
      this.port.send({ kind: 'end' });
      this.noteEndSent();
    }
    if (this.endArrived && !this.peerEnded && this.receiving && this.arrived.length === 0) this.reportEnded();
    if (this.localEnded && this.peerEnded) this.reportDone();
  }

  /** What the window lets through, in messages. @returns how many bytes that were */
  private send(): number {
    let sent = 0;
    while (this.credit > 0 && this.segments.length > 0) {
      const [{ bytes, start, end }] = this.segments as [ByteRange];
      const upTo = Math.min(end, start + Math.min(messageBytes, this.credit));
      // A message is the port's for good: it gets a copy, so that the segment is its owner's again.
      this.port.send({ kind: 'bytes', bytes: bytes.slice(start, upTo) });
      this.credit -= upTo - start;
      sent += upTo - start;
      if (upTo === end) this.segments.shift();
      else this.segments[0] = { bytes, start: upTo, end };
    }
    return sent;
  }

  private deliver(): void {
    while (this.receiving && this.arrived.length > 0) {
      const room = this.askRoom();
      if (room === undefined) return;
      // A room that was given is closed, though its giver tore us down in the same breath.
      if (this.aborted) {
        this.receiver.received(0);
        return;
      }
      const [message] = this.arrived as [Uint8Array];
      const count = Math.min(message.length, room.end - room.start);
      room.bytes.set(message.subarray(0, count), room.start);
      this.keepRest(message, count);
      this.port.send({ kind: 'read', count });
      this.receiver.received(count);
    }
  }

  /** What found no room waits for the next one. */
  protected keepRest(message: Uint8Array, count: number): void {
    if (count === message.length) this.arrived.shift();
    else this.arrived[0] = message.subarray(count);
  }

  private take(message: Message): void {
    if (message.kind === 'bytes' && this.isReleased) this.port.send({ kind: 'gone' });
    else if (message.kind === 'bytes') this.arrived.push(message.bytes);
    else if (message.kind === 'read') this.credit += message.count;
    else if (message.kind === 'end') this.endArrived = true;
    else this.isGone = true;
    if (this.isGone && this.isIdle)
      this.closeBeforeOpen(new TransportError('message-gone', 'it was torn down'));
    this.schedule();
  }

  protected get queue(): Uint8Array[] {
    return this.arrived;
  }
}

/** The same with a mistake that is easily made: a message that was not read whole is forgotten with its rest. */
export class ForgetfulTransport extends MessageTransport {
  protected override keepRest(): void {
    this.queue.shift();
  }
}

/** Two ports that deliver to one another over a clock. */
function ports(clock: Clock): readonly [MessagePort, MessagePort] {
  const port = (): MessagePort => ({ send: () => {}, onMessage: () => {} });
  const [left, right] = [port(), port()];
  left.send = (message) => clock.defer(() => right.onMessage(message));
  right.send = (message) => clock.defer(() => left.onMessage(message));
  return [left, right];
}

export interface MessagePair {
  readonly left: Transport;
  readonly right: Transport;
}

export function messagePair(clock: Clock, kind: typeof MessageTransport = MessageTransport): MessagePair {
  const [left, right] = ports(clock);
  const facts = (local: string, remote: string): TransportFacts => ({
    kind: 'message',
    local: { family: 'memory', name: local },
    remote: { family: 'memory', name: remote },
  });
  return {
    left: new kind(left, clock, facts('left', 'right')),
    right: new kind(right, clock, facts('right', 'left')),
  };
}
