// Our way to read requests: through the receive buffer, as a transport fills it, with limits and ownership on.
import { type Ledger, Owner, ReceiveBuffer, SlabPool } from '../../src/memory/index.js';
import { HeadReader } from '../../src/session/h1/head-reader.js';
import { defaultHeadLimits } from '../../src/session/h1/limits.js';
import { H1Head } from '../../src/session/h1/message-head.js';
import { COMPLETE } from '../../src/session/h1/results.js';
import { nodeText } from '../../src/transport/node/text.js';
import type { Contestant } from './measure.js';

/** Puts `bytes` where a transport would: in as many rooms as it takes. */
export function receive(input: ReceiveBuffer, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const room = input.room();
    if (room === undefined) throw new Error('the receive buffer is full');
    const count = Math.min(room.end - room.start, bytes.length - at);
    room.bytes.set(count === bytes.length ? bytes : bytes.subarray(at, at + count), room.start);
    input.received(count);
    at += count;
  }
}

/**
 * Reads `bytes`, which are `requests` complete heads, over and over: each head becomes a lease and a head object, is
 * looked at and given back; with nothing pending the slab goes home, as on a connection.
 */
export function readingHeads(
  name: string,
  bytes: Uint8Array,
  requests: number,
  look: (head: H1Head) => number,
  ledger: Ledger | null = null,
): Contestant {
  const pool = new SlabPool({ ledger });
  const owner = new Owner('session', 'h1-server', 0);
  const input = new ReceiveBuffer(pool.share(65_536), owner);
  const reader = new HeadReader('request', defaultHeadLimits, nodeText);
  return {
    name,
    run(count: number): void {
      let seen = 0;
      for (let i = 0; i < count; i += requests) {
        receive(input, bytes);
        while (input.end > input.start) {
          if (reader.read(input.bytes, input.start, input.end) !== COMPLETE)
            throw new Error('no complete head');
          const head = new H1Head(reader, input.take(reader.length, owner, 'head'), nodeText);
          reader.reset();
          seen += look(head);
          head.giveBack();
        }
        input.settle();
      }
      if (seen < count) throw new Error(`looked at ${seen} of ${count} heads`);
    },
  };
}

/** What makes a head usable: its method and its target as strings. */
export function usable(head: H1Head): number {
  return head.method.length > 0 && head.target.length > 0 ? 1 : 0;
}

/** The same, and every name and value as a string. */
export function everyValue(head: H1Head): number {
  const lines = head.fields.toArray();
  return lines.length > 0 ? usable(head) : 0;
}
