/**
 * Drives one session by hand over memory of a given size under the checked ledger: what the driver of a
 * connection does, one call at a time.
 */

import {
  type CheckedLedger,
  Owner,
  ReceiveBuffer,
  SendBuffer,
  SlabPool,
  type WorkspaceKind,
} from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import type { Session, SessionContext, Verdict } from '../../src/session/contract.js';
import { defaultDeadlines } from '../../src/session/deadlines.js';
import type { ConnectionFacts } from '../../src/session/facts.js';
import { audited } from './audited.js';

export interface BenchOptions {
  readonly slabBytes?: number;
  readonly limitBytes?: number;
  readonly workspace?: WorkspaceKind;
  readonly facts?: ConnectionFacts;
}

/** A peer on the loopback, as TCP would name it. */
export const loopback: ConnectionFacts = {
  transport: {
    kind: 'tcp',
    local: { family: 'ipv4', address: '127.0.0.1', port: 8080 },
    remote: { family: 'ipv4', address: '127.0.0.1', port: 50_000 },
  },
};

export class Bench {
  readonly ledger: CheckedLedger;
  readonly pool: SlabPool;
  readonly input: ReceiveBuffer;
  readonly output: SendBuffer;
  readonly context: SessionContext;
  readonly session: Session;

  constructor(make: (context: SessionContext) => Session, options: BenchOptions = {}) {
    const { slabBytes = 4096, limitBytes = 64 * slabBytes, workspace, facts = loopback } = options;
    const { ledger, audit } = audited();
    this.ledger = ledger;
    this.pool = new SlabPool(
      workspace === undefined
        ? { slabBytes, limitBytes, ledger }
        : { slabBytes, limitBytes, ledger, workspace },
    );
    this.input = new ReceiveBuffer(this.pool, new Owner('session', 'input', 1));
    this.output = new SendBuffer(this.pool, new Owner('session', 'output', 1));
    this.context = {
      input: this.input,
      output: this.output,
      facts,
      deadlines: { ...defaultDeadlines, proxyHeader: 3000 },
      text: plainText,
      observer: audit,
      id: 1,
      wake: () => {},
    };
    this.session = make(this.context);
  }

  /**
   * Receives bytes in pieces of these lengths, over and over, until the session wants no more. Each piece may
   * take several rooms. Returns how many bytes were received in all.
   */
  feed(bytes: Uint8Array, pieces: readonly number[], now = 0): number {
    let at = 0;
    for (let i = 0; at < bytes.length; i++) {
      const upTo = Math.min(bytes.length, at + Math.max(1, pieces[i % pieces.length] ?? bytes.length));
      while (at < upTo) {
        const room = this.input.room();
        if (room === undefined) throw new Error('the session wants data and has no room');
        const count = Math.min(room.end - room.start, upTo - at);
        room.bytes.set(bytes.subarray(at, at + count), room.start);
        this.input.received(count);
        at += count;
        if (this.session.receive(now) !== 'need-data') return at;
      }
    }
    return at;
  }

  /** Everything that the session wrote, taken as a transport takes it. */
  drain(): Uint8Array {
    const out: number[] = [];
    for (const { bytes, start, end } of this.output.take()) out.push(...bytes.subarray(start, end));
    this.output.written(out.length);
    return Uint8Array.from(out);
  }

  /** What the session says now. */
  get verdict(): Verdict {
    return this.session.written(0);
  }

  /** CON-1, and OWN-7: nothing is held by anybody. */
  assertSettled(): void {
    const { input, ledger } = this;
    const { receivedBytes, consumedBytes, handedOffBytes, discardedBytes } = input;
    ledger.assert(
      'CON-1',
      receivedBytes === consumedBytes + handedOffBytes + discardedBytes && input.pendingBytes === 0,
      () =>
        `${receivedBytes} received, ${consumedBytes} + ${handedOffBytes} + ${discardedBytes} accounted for`,
    );
    this.output.fail();
    ledger.assertQuiescent();
    ledger.assert('OWN-7', this.pool.heldBytes === 0, () => `${this.pool.heldBytes} bytes are held`);
  }
}
