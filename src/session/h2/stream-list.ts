/**
 * A list of streams that is filled and emptied again and again, in order, and may grow while it is walked over. It keeps
 * its room: an array that is made anew, or shortened, for each turn costs more than what is done with it. What was in it it
 * keeps no longer than that: an old list that pointed to streams that are over would keep them alive.
 *
 * This file does not know why a stream is on the list.
 */

/** The room of so many streams is kept when there is none. */
const mostKept = 64;

export class StreamList<S> {
  /** Streams there are: `take(0)` to `take(size - 1)`. */
  size: number;
  private readonly places: (S | null)[];

  constructor() {
    this.size = 0;
    this.places = [];
  }

  push(stream: S): void {
    this.places[this.size] = stream;
    this.size += 1;
  }

  /** The one at a place, once: the place is empty from now on. */
  take(place: number): S {
    const stream = this.places[place] as S;
    this.places[place] = null;
    return stream;
  }

  /** After all were taken. */
  clear(): void {
    this.size = 0;
    if (this.places.length > mostKept) this.places.length = 0;
  }
}
