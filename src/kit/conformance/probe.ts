/**
 * A receiver that holds its transport to the contract: it checks order, pairing, content and freeze on every
 * report, and keeps what it finds as violations, each with its rule. Bytes are a fixed function of their
 * position in the stream, so that one lost, doubled or overwritten is seen where it is. This file does not know
 * what a case wants to see.
 */
import type { TransportError } from '../../errors.js';
import type { ByteRange, Transport, TransportReceiver } from '../../transport/contract.js';
import type { TransportFacts } from '../../transport/facts.js';

/** Octet number `position` of the stream that the end called `salt` sends. */
function octet(salt: number, position: number): number {
  return (position * 31 + (position >> 8) * 7 + (position >> 16) * 13 + salt * 101) & 0xff;
}

/**
 * The first `count` octets of the stream that a pair's right end sends, for a left end that has some of them before it is
 * opened (`PipePair.underway`).
 */
export function underwayOctets(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, position) => octet(saltOfRight, position));
}

export const saltOfLeft = 1;
export const saltOfRight = 2;

const marginBytes = 8;
const margin = 0x5a;
// Rooms that are kept a while and looked at for late writes: the first ones and then one in so many, because to
// fill and search every room would cost more than everything else here.
const roomsKept = 32;
const keepOneIn = 16;

interface Accepted {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Position in the stream of `bytes[start]`. */
  readonly position: number;
  readonly end: number;
}

/** Which call of ours is being made: no report may come inside it (OWN-9). */
type Call = 'open' | 'write' | 'end' | 'pause' | 'resume' | 'abort' | 'release';

/** Runs inside a report, after its checks: what a user would do there. */
export interface Reactions {
  opened?: () => void;
  room?: () => void;
  received?: (count: number) => void;
  ended?: () => void;
  written?: (count: number) => void;
}

/** A rule that was broken, and how. */
export interface Violation {
  readonly rule: string;
  readonly what: string;
}

export class Probe implements TransportReceiver {
  readonly name: string;
  readonly transport: Transport;
  readonly violations: Violation[] = [];
  readonly on: Reactions = {};
  /** Bytes of the next room; 0 gives none. */
  roomSize = 4096;
  /** Says that there is no room by an empty one. */
  emptyRooms = false;
  /** How often there was no room. */
  refusals = 0;

  facts: TransportFacts | undefined;
  isOpen = false;
  isEnded = false;
  isClosed = false;
  error: TransportError | undefined;
  receivedTotal = 0;
  accepted = 0;
  writtenTotal = 0;
  /** Reports so far, of any kind. */
  reports = 0;

  private readonly salt: number;
  private readonly peerSalt: number;
  private calling: Call | null = null;
  private reporting: string | null = null;
  private openRoom: ByteRange | null = null;
  private refused = false;
  private paused = false;
  private sentEnd = false;
  private aborted = false;
  private readonly segments: Accepted[] = [];
  private readonly oldRooms: Uint8Array[] = [];
  private rooms = 0;
  /** The slab of rooms that are not kept. */
  private scratch = new Uint8Array(0);

  constructor(name: string, transport: Transport, salt: number, peerSalt: number) {
    this.name = name;
    this.transport = transport;
    this.salt = salt;
    this.peerSalt = peerSalt;
  }

  // What a case does.

  open(): void {
    this.call('open', () => this.transport.open(this));
  }

  /** The first `count` bytes of our stream went out before there was this end. */
  sentBefore(count: number): void {
    this.accepted = count;
    this.writtenTotal = count;
  }

  /** Writes the next bytes of our stream, one batch of segments of these lengths, 0 allowed. */
  write(...lengths: number[]): void {
    const batch: { bytes: Uint8Array; start: number; end: number }[] = [];
    let position = this.accepted;
    for (const length of lengths) {
      // The segment stands somewhere in its bytes: who sends the rest of them is seen.
      const start = length % 3;
      const bytes = new Uint8Array(start + length + 1).fill(margin);
      for (let i = 0; i < length; i++) bytes[start + i] = octet(this.salt, position + i);
      batch.push({ bytes, start, end: start + length });
      if (length > 0) this.segments.push({ bytes, start, position, end: start + length });
      position += length;
    }
    this.accepted = position;
    this.call('write', () => this.transport.write(batch));
    // Array and range objects are ours again: a transport that kept them sees nonsense.
    for (const range of batch) {
      range.start = range.end = range.bytes.length;
    }
    batch.length = 0;
  }

  end(): void {
    this.sentEnd = true;
    this.call('end', () => this.transport.end());
  }

  pause(): void {
    this.paused = true;
    this.call('pause', () => this.transport.pause());
  }

  resume(): void {
    this.paused = false;
    this.refused = false;
    this.call('resume', () => this.transport.resume());
  }

  abort(error?: TransportError): void {
    if (!this.isClosed) this.aborted = true;
    this.call('abort', () => this.transport.abort(error));
  }

  release(): void {
    if (!this.isClosed) this.aborted = true;
    this.call('release', () => this.transport.release());
  }

  get pending(): number {
    return this.accepted - this.writtenTotal;
  }

  // What the transport reports.

  opened(facts: TransportFacts): void {
    this.report('opened', () => {
      if (this.isOpen) this.violate('LAY-3', 'opened twice');
      this.isOpen = true;
      this.facts = facts;
      if (this.transport.state === 'connecting' || this.transport.state === 'idle') {
        this.violate('LAY-3', `opened in state ${this.transport.state}`);
      }
      this.on.opened?.();
    });
  }

  room(): ByteRange | undefined {
    return this.report('room', () => {
      if (!this.isOpen) this.violate('LAY-3', 'room before opened');
      if (this.isEnded) this.violate('LAY-3', 'room after ended');
      if (this.paused) this.violate('LAY-3', 'room while paused');
      if (this.refused) this.violate('LAY-3', 'room asked again without resume');
      this.on.room?.();
      if (this.roomSize === 0) {
        this.refused = true;
        this.refusals++;
        if (!this.emptyRooms) return undefined;
      }
      const bytes = this.slab(this.roomSize + 2 * marginBytes);
      this.openRoom = { bytes, start: marginBytes, end: marginBytes + this.roomSize };
      return this.openRoom;
    });
  }

  received(count: number): void {
    const room = this.openRoom;
    this.openRoom = null;
    this.report('received', () => {
      if (room === null) return this.violate('WS-5', 'received without a room');
      const { bytes, start, end } = room;
      if (!(count >= 0 && count <= end - start)) {
        return this.violate('WS-5', `received ${count} in a room of ${end - start}`);
      }
      for (let i = 0; i < marginBytes; i++) {
        if (bytes[i] !== margin || bytes[end + i] !== margin)
          return this.violate('WS-1', 'written outside the room');
      }
      for (let i = 0; i < count; i++) {
        if (bytes[start + i] !== octet(this.peerSalt, this.receivedTotal + i)) {
          return this.violate(
            'CON-1',
            `byte ${this.receivedTotal + i} of the stream is not the one that was sent`,
          );
        }
      }
      this.receivedTotal += count;
      if (bytes !== this.scratch) {
        bytes.fill(margin);
        this.oldRooms.push(bytes);
        if (this.oldRooms.length > roomsKept) this.checkOldRoom(this.oldRooms.shift());
      }
      if (count > 0) this.on.received?.(count);
    });
  }

  ended(): void {
    this.report('ended', () => {
      if (!this.isOpen) this.violate('LAY-3', 'ended before opened');
      if (this.isEnded) this.violate('LAY-3', 'ended twice');
      this.isEnded = true;
      this.on.ended?.();
    });
  }

  written(count: number): void {
    this.report('written', () => {
      if (!this.isOpen) this.violate('LAY-3', 'written before opened');
      if (!(count > 0)) this.violate('CON-2', `written ${count}`);
      if (count > this.pending) this.violate('CON-2', `written ${count} of ${this.pending} pending`);
      this.writtenTotal += count;
      this.unfreeze();
      this.on.written?.(count);
    });
  }

  closed(error?: TransportError): void {
    this.report('closed', () => {
      if (error === undefined && !this.aborted) {
        if (!this.isEnded || !this.sentEnd) this.violate('LAY-3', 'orderly close before both ends');
        if (this.pending > 0) this.violate('CON-2', `orderly close with ${this.pending} bytes pending`);
      }
      const { state } = this.transport;
      const expected = error === undefined ? 'closed' : 'failed';
      if (state !== expected) this.violate('LAY-3', `closed in state ${state}, not ${expected}`);
      this.isClosed = true;
      this.error = error;
      this.checkFrozen();
    });
  }

  /** What can be seen at the end only. */
  finish(): void {
    for (const bytes of this.oldRooms) this.checkOldRoom(bytes);
    this.oldRooms.length = 0;
    if (this.openRoom !== null) this.violate('WS-5', 'a room was never closed by received');
  }

  private slab(length: number): Uint8Array {
    const number = this.rooms++;
    const fresh = number < roomsKept || number % keepOneIn === 0;
    if (!fresh && this.scratch.length === length) return this.scratch;
    const bytes = new Uint8Array(length).fill(margin);
    if (!fresh) this.scratch = bytes;
    return bytes;
  }

  private call(call: Call, act: () => void): void {
    const outer = this.calling;
    this.calling = call;
    try {
      act();
    } finally {
      this.calling = outer;
    }
  }

  private report<T>(what: string, check: () => T): T {
    this.reports++;
    if (this.calling !== null) this.violate('OWN-9', `${what} inside our call of ${this.calling}`);
    if (this.reporting !== null) this.violate('OWN-9', `${what} inside ${this.reporting}`);
    if (this.isClosed) this.violate('LAY-3', `${what} after closed`);
    if (this.aborted && what !== 'closed' && what !== 'received') {
      this.violate('LAY-3', `${what} after abort`);
    }
    if (this.openRoom !== null) this.violate('WS-5', `${what} between room and received`);
    const outer = this.reporting;
    this.reporting = what;
    const calling = this.calling;
    this.calling = null;
    try {
      return check();
    } finally {
      this.reporting = outer;
      this.calling = calling;
    }
  }

  /** Segments that are written are ours again, and are used for something else at once. */
  private unfreeze(): void {
    for (;;) {
      const first = this.segments[0];
      if (first === undefined) return;
      const length = first.end - first.start;
      if (first.position + length > this.writtenTotal) return;
      this.checkSegment(first);
      first.bytes.fill(0xee);
      this.segments.shift();
    }
  }

  private checkFrozen(): void {
    for (const segment of this.segments) this.checkSegment(segment);
  }

  private checkSegment({ bytes, start, end, position }: Accepted): void {
    for (let i = start; i < end; i++) {
      if (bytes[i] !== octet(this.salt, position + i - start)) {
        this.violate('OWN-4', 'a segment was changed before it was written');
        return;
      }
    }
  }

  private checkOldRoom(bytes: Uint8Array | undefined): void {
    if (bytes?.some((byte) => byte !== margin)) this.violate('WS-5', 'a room was written to after received');
  }

  private violate(rule: string, what: string): void {
    this.violations.push({ rule, what: `${this.name}: ${what}` });
  }
}
