/**
 * What flow control owes, as sums: what the peer sent, and what of it nobody has any more (RFC 9113 §6.9). A reader of
 * the octets that pass, which knows nothing of the session.
 */
export class CreditModel {
  /** Octets of DATA frames, padding included; and announced by WINDOW_UPDATE, on the connection. */
  sent = 0;
  announced = 0;
  /** The same for each stream. */
  readonly streams = new Map<number, { sent: number; announced: number; held: number; isOver: boolean }>();

  stream(id: number): { sent: number; announced: number; held: number; isOver: boolean } {
    let found = this.streams.get(id);
    if (found === undefined) {
      found = { sent: 0, announced: 0, held: 0, isOver: false };
      this.streams.set(id, found);
    }
    return found;
  }

  data(id: number, octets: number): void {
    this.sent += octets;
    this.stream(id).sent += octets;
  }

  update(id: number, increment: number): void {
    if (id === 0) this.announced += increment;
    else this.stream(id).announced += increment;
  }

  /** Octets that a consumer still has. */
  get held(): number {
    let sum = 0;
    for (const { held } of this.streams.values()) sum += held;
    return sum;
  }

  /** What is owed to the peer for the connection, and for a stream that lives: never negative, and less than `half` of a window. */
  owed(id: number): number {
    if (id === 0) return this.sent - this.held - this.announced;
    const { sent, held, announced } = this.stream(id);
    return sent - held - announced;
  }
}
