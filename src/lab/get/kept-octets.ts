/**
 * Octets of which a reader has not understood the last ones yet: they are kept, and come again before the next ones. This
 * file does not know what reads them.
 */
export interface OctetRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export class KeptOctets {
  private kept = new Uint8Array(0);

  /** What was kept, and these behind it. */
  before(given: Uint8Array, from: number, to: number): OctetRange {
    const { kept } = this;
    if (kept.length === 0) return { bytes: given, start: from, end: to };
    const bytes = new Uint8Array(kept.length + to - from);
    bytes.set(kept);
    bytes.set(given.subarray(from, to), kept.length);
    return { bytes, start: 0, end: bytes.length };
  }

  /** A copy of what was not understood. */
  keep(bytes: Uint8Array, from: number, to: number): void {
    this.kept = bytes.slice(from, to);
  }
}
