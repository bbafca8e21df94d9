/**
 * Whose DATA goes next (RFC 9218). Streams wait in one ring for each urgency; a more urgent ring goes first, and within
 * a ring every stream gets its turn, so that a large body never holds up a small one. After eight turns of more urgent
 * rings the next less urgent one gets one: no stream starves (SCHED-1). A stream is queued at most once.
 *
 * The incremental parameter decides how long a turn is, which is the session's to keep: this file does not know frames,
 * windows or bytes.
 */

export const urgencies = 8;
export const defaultUrgency = 3;
/** Turns of more urgent rings before a less urgent one gets one. */
const patience = 8;

/** Something that can be queued. The links are the scheduler's. */
export interface Scheduled {
  urgency: number;
  queued: boolean;
  next: Scheduled | null;
  previous: Scheduled | null;
}

interface Ring {
  head: Scheduled | null;
  /** Turns in which this ring waited while a more urgent one was served. */
  waited: number;
}

export class Scheduler<S extends Scheduled> {
  /** Streams queued. */
  size: number;
  private readonly rings: readonly Ring[];

  constructor() {
    this.size = 0;
    this.rings = Array.from({ length: urgencies }, () => ({ head: null, waited: 0 }));
  }

  /** At the end of its ring; nothing happens when it is queued already. */
  add(stream: S): void {
    if (stream.queued) return;
    stream.queued = true;
    this.size += 1;
    this.append(stream);
  }

  /** Out of its ring; nothing happens when it is not queued. */
  remove(stream: S): void {
    if (!stream.queued) return;
    stream.queued = false;
    this.size -= 1;
    const ring = this.rings[stream.urgency] as Ring;
    const { next, previous } = stream;
    if (next === stream) ring.head = null;
    else {
      (previous as Scheduled).next = next;
      (next as Scheduled).previous = previous;
      if (ring.head === stream) ring.head = next;
    }
    stream.next = null;
    stream.previous = null;
  }

  /** Moves a stream to another urgency (PRIORITY_UPDATE). */
  reprioritise(stream: S, urgency: number): void {
    const { queued } = stream;
    if (queued) this.remove(stream);
    stream.urgency = urgency;
    if (queued) this.add(stream);
  }

  /** The stream whose turn it is; it goes to the end of its ring. Undefined when none is queued. */
  take(): S | undefined {
    let chosen: Ring | null = null;
    for (const ring of this.rings) {
      if (ring.head === null) {
        ring.waited = 0;
        continue;
      }
      if (chosen === null) chosen = ring;
      else {
        ring.waited += 1;
        if (ring.waited > patience) {
          chosen = ring;
          break;
        }
      }
    }
    if (chosen === null) return undefined;
    chosen.waited = 0;
    const stream = chosen.head as Scheduled;
    chosen.head = stream.next;
    return stream as S;
  }

  private append(stream: Scheduled): void {
    const ring = this.rings[stream.urgency] as Ring;
    const { head } = ring;
    if (head === null) {
      stream.next = stream;
      stream.previous = stream;
      ring.head = stream;
      return;
    }
    const last = head.previous as Scheduled;
    last.next = stream;
    stream.previous = last;
    stream.next = head;
    head.previous = stream;
  }
}
