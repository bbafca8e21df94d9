// One end of H2 beside a peer that keeps the rules and judges what it is sent by them: what the peer says goes to the end,
// and what the end says is read by the model.
import type fc from 'fast-check';
import { hashOf, PeerModel, type PeerStream } from '../../models/h2-peer.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import type { IncomingBody } from '../../src/stream/contract.js';
import { type BedOptions, H2Bed } from './h2-bed.js';

/** What an arbitrary makes. */
export type Made<A> = A extends fc.Arbitrary<infer T> ? T : never;

/** The hash of so many octets, all of which are the stream's identifier. */
export function contentHash(id: number, length: number): number {
  return hashOf(new Uint8Array(length).fill(id));
}

/** What an application was told of a message: how much content and which, and its trailers or how it failed. */
export class Taken {
  bytes = 0;
  hash = 0;
  ended: string | undefined;
}

export class PeerBed {
  readonly model: PeerModel;
  readonly bed: H2Bed;
  private at: number;

  constructor(role: 'server' | 'client', options: BedOptions = {}) {
    this.model = new PeerModel();
    this.bed = new H2Bed(role, { ...options, silent: true });
    this.at = role === 'client' ? PREFACE.length : 0;
    this.read();
    if (role === 'server') this.give(PREFACE);
    this.give(this.model.set([[3, 100]]));
    while (this.model.owed.length > 0) this.give(this.model.acknowledge());
  }

  give(octets: Uint8Array): void {
    const { bed } = this;
    for (let at = 0; at < octets.length; ) {
      const count = bed.end.deliver(octets, at, octets.length);
      if (count === 0) throw new Error('the session has no room');
      at += count;
      bed.settle();
    }
    this.read();
  }

  read(): void {
    this.bed.settle();
    this.at = this.model.read(this.bed.end.sent, this.at);
  }

  stream(id: number): PeerStream {
    return this.model.streams.get(id) as PeerStream;
  }

  /** Fields of the `nth` block that came of a stream. */
  block(id: number, nth: number): string | undefined {
    return this.model.blocks.filter((it) => it.startsWith(`${id} `))[nth];
  }
}

/** The application takes all of a body, and gives each byte back at once. */
export function take(body: IncomingBody, taken: Taken, atEnd: () => void = () => {}): void {
  body.consume({
    data: (lease) => {
      taken.bytes += lease.length;
      taken.hash = hashOf(lease.view(), taken.hash);
      lease.release();
    },
    end: (trailers) => {
      taken.ended = trailers === undefined ? '' : [...trailers].map((it) => it.join('=')).join();
      atEnd();
    },
    failed: (error) => {
      taken.ended = `failed: ${error.code}`;
    },
  });
}
