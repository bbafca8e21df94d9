/**
 * Streams by their identifier. A map of the platform's serves as well, but each time that it reorganises itself it leaves
 * its former table behind with every stream that was in it; once one such table is old, the collector keeps all that
 * follow, and streams that are over pile up until the whole heap is marked. Here a stream that is taken out leaves nothing.
 *
 * Open addressing: a stream stands in the first free place from the one on that its identifier says, and a gap is closed
 * when one leaves. Identifiers of one side follow one another, so that hardly two want the same place; whoever chooses
 * them so that they do makes a look-up no longer than there are streams (WORK-1).
 *
 * This file does not know what a stream is.
 */

/** Places at the beginning; a power of two, as ever. Half of them at least are free. */
const leastPlaces = 16;

export class StreamMap<S extends { readonly id: number }> {
  /** Streams there are. */
  size: number;
  private places: (S | null)[];

  constructor() {
    this.size = 0;
    this.places = new Array<S | null>(leastPlaces).fill(null);
  }

  get(id: number): S | undefined {
    const { places } = this;
    const mask = places.length - 1;
    for (let at = homeOf(id) & mask; ; at = (at + 1) & mask) {
      const stream = places[at] as S | null;
      if (stream === null) return undefined;
      if (stream.id === id) return stream;
    }
  }

  /** `stream` is not in it yet. */
  add(stream: S): void {
    if (2 * (this.size + 1) > this.places.length) this.grow();
    this.size += 1;
    this.place(stream);
  }

  /** `stream` is in it. */
  delete(stream: S): void {
    const { places } = this;
    const mask = places.length - 1;
    let gap = homeOf(stream.id) & mask;
    while (places[gap] !== stream) gap = (gap + 1) & mask;
    this.size -= 1;
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const next = places[at] as S | null;
      if (next === null) break;
      // One that stands no farther from the place it wants than from the gap would not be found there.
      if (((at - homeOf(next.id)) & mask) < ((at - gap) & mask)) continue;
      places[gap] = next;
      gap = at;
    }
    places[gap] = null;
  }

  /** All of them, in the order of their identifiers, as they are now: what becomes of them meanwhile changes nothing. */
  all(): S[] {
    const streams: S[] = [];
    for (const stream of this.places) if (stream !== null) streams.push(stream);
    return streams.sort((a, b) => a.id - b.id);
  }

  private place(stream: S): void {
    const { places } = this;
    const mask = places.length - 1;
    let at = homeOf(stream.id) & mask;
    while (places[at] !== null) at = (at + 1) & mask;
    places[at] = stream;
  }

  private grow(): void {
    const former = this.places;
    this.places = new Array<S | null>(2 * former.length).fill(null);
    for (const stream of former) if (stream !== null) this.place(stream);
    // An old array that nobody has any more would keep them.
    former.fill(null);
  }
}

/** All identifiers of one side are odd, or all are even. */
function homeOf(id: number): number {
  return id >>> 1;
}
