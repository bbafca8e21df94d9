// Drives a session without a transport and without an endpoint: bytes in, bytes out, turns as the endpoint has
// them. What a row with it measures is the session, its exchanges and its memory, and nothing else.
import { copyBytes } from '../../src/memory/copy-bytes.js';
import { type Ledger, Owner, ReceiveBuffer, SendBuffer, SlabPool } from '../../src/memory/index.js';
import type { Session, SessionContext } from '../../src/session/contract.js';
import { defaultDeadlines } from '../../src/session/deadlines.js';
import type { ByteRange } from '../../src/transport/contract.js';
import { nodeText } from '../../src/transport/node/text.js';

export class SessionDriver {
  readonly context: SessionContext;
  /** Bytes that the session wrote. */
  writtenBytes: number;
  private session: Session | undefined;
  private readonly input: ReceiveBuffer;
  private readonly output: SendBuffer;
  private woken: boolean;
  private now: number;

  constructor(ledger: Ledger | null = null) {
    const pool = new SlabPool({ ledger });
    const owner = new Owner('session', 'bench', 0);
    this.input = new ReceiveBuffer(pool.share(262_144), owner);
    this.output = new SendBuffer(pool.share(262_144), owner);
    this.session = undefined;
    this.writtenBytes = 0;
    this.woken = false;
    this.now = 0;
    this.context = {
      input: this.input,
      output: this.output,
      facts: { transport: { kind: 'none' } },
      deadlines: defaultDeadlines,
      text: nodeText,
      observer: null,
      id: 0,
      wake: () => {
        this.woken = true;
      },
    };
  }

  start(session: Session): void {
    this.session = session;
    session.start(0);
  }

  /** Gives bytes to the session, in as many rooms and turns as they need. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      const room = this.input.room();
      if (room === undefined) throw new Error('the receive buffer is full');
      const count = Math.min(room.end - room.start, end - at);
      copyBytes(bytes, at, at + count, room.bytes, room.start);
      this.input.received(count);
      at += count;
      this.turn();
    }
  }

  /** Calls the session for as long as it asks for it. */
  turn(): void {
    const session = this.session as Session;
    this.now += 0.01;
    do {
      this.woken = false;
      session.receive(this.now);
    } while (this.woken);
    this.input.settle();
    if (session.deadline() < this.now) throw new Error('a deadline has passed');
  }

  /** Gives what the session wrote to `peer`, or to nobody. @returns whether there was anything */
  flush(peer: SessionDriver | undefined): boolean {
    const { output } = this;
    if (!output.ready) return false;
    const batch = output.take();
    let count = 0;
    for (let i = 0; i < batch.length; i++) {
      const { bytes, start, end } = batch[i] as ByteRange;
      if (peer !== undefined) peer.receive(bytes, start, end);
      count += end - start;
    }
    this.writtenBytes += count;
    output.written(count);
    (this.session as Session).written(this.now);
    return true;
  }
}
