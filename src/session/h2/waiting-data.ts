/**
 * DATA that nobody takes yet. It is copied close together, whatever stream it is of, and moved together again before
 * its pieces become many or lie too far apart: so a peer that sends one byte at a time to consumers that do not read pins
 * what it sent and little more (OWN-8), and the connection goes on being read while they do not.
 *
 * With `w` bytes waiting at most (the connection's window) and slabs of `s`, what waits pins `2·w + 3·s` bytes of slabs
 * at most, `3·w + 4·s` while it is moved, and is in `3·leastPieces` pieces at most if slabs can be had. A move copies `w`
 * bytes at most, and comes after that many have come to wait, or `leastPieces` pieces (WORK-1).
 *
 * This file does not know frames, nor who consumes.
 */
import type { Lease, Owner, ReceiveBuffer } from '../../memory/index.js';
import { Packer } from '../../memory/index.js';
import { type H2Stream, noneReceived } from './stream.js';
import type { StreamMap } from './stream-map.js';

/** So many pieces may gather before they are joined. */
const leastPieces = 512;

export class WaitingData {
  private readonly input: ReceiveBuffer;
  private readonly packer: Packer;
  private readonly windowBytes: number;
  /** Pieces that may be waiting, and how many there may be before they are joined. */
  private pieces: number;
  private mostPieces: number;
  /** Bytes packed since all were moved together. */
  private packedBytes: number;

  /** @param owner who asks for slabs */
  constructor(input: ReceiveBuffer, owner: Owner, windowBytes: number) {
    this.input = input;
    this.packer = new Packer(input.source, owner);
    this.windowBytes = windowBytes;
    this.pieces = 0;
    this.mostPieces = leastPieces;
    this.packedBytes = 0;
  }

  /** The next `count` pending bytes wait at the stream. */
  add(stream: H2Stream, count: number, streams: StreamMap<H2Stream>): void {
    if (this.pieces >= this.mostPieces || this.packedBytes >= this.windowBytes) this.moveTogether(streams);
    const { input, packer } = this;
    for (let left = count; left > 0; ) {
      this.pieces += 1;
      const taken = packer.add(input.bytes, input.start, input.start + left);
      if (taken === 0) {
        // No slab to copy it to: it stays where it is.
        const lease = input.take(left, stream.machine.owner, 'body');
        lease.chargeTo(stream);
        stream.keepReceived(lease);
        return;
      }
      this.push(stream);
      input.consume(taken);
      this.packedBytes += taken;
      left -= taken;
    }
  }

  /** Between frames: holds no slab when nothing waits. */
  settle(): void {
    this.packer.settle();
  }

  /** The connection is over. */
  close(): void {
    this.packer.close();
  }

  private moveTogether(streams: StreamMap<H2Stream>): void {
    this.packer.close();
    this.pieces = 0;
    this.packedBytes = 0;
    for (const stream of streams.all()) if (stream.backlog.length > 0) this.join(stream);
    this.mostPieces = leastPieces + 2 * this.pieces;
  }

  /** What waits at a stream, in as few pieces as slabs allow. Where there is no slab, the rest stays as it is. */
  private join(stream: H2Stream): void {
    const { packer } = this;
    const { backlog } = stream;
    stream.backlog = noneReceived;
    let isStuck = false;
    for (const lease of backlog) {
      let rest: Lease | undefined = lease;
      // What never was DATA was charged to nobody, and is not mixed with what was.
      if (!lease.charged) {
        this.push(stream);
        stream.keepReceived(lease);
        continue;
      }
      while (rest !== undefined && !isStuck) {
        let count = packer.add(rest.bytes, rest.start, rest.end);
        if (count === 0) {
          this.push(stream);
          count = packer.add(rest.bytes, rest.start, rest.end);
        }
        if (count === 0) isStuck = true;
        else rest = moved(rest, count);
      }
      if (rest !== undefined) stream.keepReceived(rest);
    }
    this.push(stream);
    this.pieces += stream.backlog.length;
  }

  /** What was packed is one more piece of the stream's. */
  private push(stream: H2Stream): void {
    const lease = this.packer.lease(stream.machine.owner, 'body');
    if (lease === undefined) return;
    lease.chargeTo(stream);
    stream.keepReceived(lease);
  }
}

/** The first `count` bytes of the lease are elsewhere now, with their charge. @returns what is left of it */
function moved(lease: Lease, count: number): Lease | undefined {
  let rest: Lease | undefined;
  let gone = lease;
  if (count < lease.length) [gone, rest] = lease.split(count);
  gone.chargeTo(null);
  gone.release();
  return rest;
}
