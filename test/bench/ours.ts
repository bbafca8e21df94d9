// Our way to read requests: through the receive buffer, as a transport fills it, with limits and ownership on.
import { copyBytes } from '../../src/memory/copy-bytes.js';
import { type Lease, type Ledger, Owner, ReceiveBuffer, SlabPool } from '../../src/memory/index.js';
import { BodyReader, type BodySink } from '../../src/session/h1/body-reader.js';
import { ChunkedReader } from '../../src/session/h1/chunked-reader.js';
import { HeadReader } from '../../src/session/h1/head-reader.js';
import { defaultHeadLimits } from '../../src/session/h1/limits.js';
import { H1Head } from '../../src/session/h1/message-head.js';
import { h1Settings } from '../../src/session/h1/options.js';
import { COMPLETE, DATA } from '../../src/session/h1/results.js';
import { nodeText } from '../../src/transport/node/text.js';
import type { Contestant } from './measure.js';

/** Puts `bytes` where a transport would: in as many rooms as it takes. */
function receive(input: ReceiveBuffer, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const room = input.room();
    if (room === undefined) throw new Error('the receive buffer is full');
    const count = Math.min(room.end - room.start, bytes.length - at);
    copyBytes(bytes, at, at + count, room.bytes, room.start);
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
  const one = (): number => {
    if (reader.read(input.bytes, input.start, input.end) !== COMPLETE) throw new Error('no complete head');
    const head = new H1Head(reader, input, owner, nodeText);
    reader.reset();
    const seen = look(head);
    head.giveBack();
    return seen;
  };
  return {
    name,
    run(count: number): void {
      let seen = 0;
      for (let i = 0; i < count; i += requests) {
        receive(input, bytes);
        for (let left = requests; left > 0; left--) seen += one();
        input.settle();
      }
      if (seen < count || input.pendingBytes > 0) throw new Error(`looked at ${seen} of ${count} heads`);
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

/** Takes every lease of a body and gives it back, as a consumer does that looks at the bytes and is done. */
class BodyCounter implements BodySink {
  readonly wantsBody: boolean;
  readonly bodySettled: boolean;
  readonly bodyOwner: Owner;
  bodyBytes: number;

  constructor() {
    this.wantsBody = true;
    this.bodySettled = true;
    this.bodyOwner = new Owner('application', 'body', 0);
    this.bodyBytes = 0;
  }

  data(lease: Lease): void {
    this.bodyBytes += lease.end - lease.start;
    lease.release();
  }
}

/**
 * Reads a request with a body of `length` bytes over and over: the head and each piece of the body as leases. With
 * `copies` the message is copied into the receive buffer each time, as from a socket that was accepted; without, it
 * lies there as if the kernel had put it there, as with a socket that we opened.
 */
export function readingBodies(
  name: string,
  message: Uint8Array,
  length: number,
  copies: boolean,
): Contestant {
  // One read and one slab for the whole message, so that it can stay where it is.
  const pool = new SlabPool({ slabBytes: 2 ** Math.ceil(Math.log2(message.length + 1)) });
  const owner = new Owner('session', 'h1-server', 0);
  const input = new ReceiveBuffer(pool, owner);
  const settings = h1Settings();
  const heads = new HeadReader('request', settings.head, nodeText);
  const bodies = new BodyReader('request', settings);
  const sink = new BodyCounter();
  const one = (copy: boolean): void => {
    const room = input.room();
    if (room === undefined) throw new Error('the receive buffer is full');
    if (copy) copyBytes(message, 0, message.length, room.bytes, room.start);
    input.received(message.length);
    if (heads.read(input.bytes, input.start, input.end) !== COMPLETE) throw new Error('no complete head');
    const head = new H1Head(heads, input, owner, nodeText);
    heads.reset();
    bodies.begin(head.framing, head.contentLength);
    if (bodies.read(input, sink) !== COMPLETE) throw new Error('no complete body');
    head.giveBack();
    input.settle();
  };
  one(true);
  return {
    name,
    run(count: number): void {
      const before = sink.bodyBytes;
      for (let i = 0; i < count; i++) one(copies);
      if (sink.bodyBytes - before !== count * length) throw new Error('the body is not whole');
    },
  };
}

/** Reads a chunked body where it lies, over and over: the data as ranges, without leases. */
export function readingRanges(name: string, body: Uint8Array, length: number): Contestant {
  const reader = new ChunkedReader('request', h1Settings().chunked);
  return {
    name,
    run(count: number): void {
      let seen = 0;
      for (let i = 0; i < count; i++) {
        reader.reset();
        let at = 0;
        while (reader.read(body, at, body.length) === DATA) {
          seen += reader.dataEnd - reader.dataStart;
          at = reader.position;
        }
      }
      if (seen !== count * length) throw new Error('the body is not whole');
    },
  };
}
