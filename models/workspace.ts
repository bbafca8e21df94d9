/**
 * A model of the workspace, straight from WS-1 to WS-7: pieces with bytes of their own, and for each act the list
 * of reasons for which it may be refused. Where several apply, which one is told is not the rulebook's business.
 *
 * It knows pieces by number, in the order in which they were given out. It knows no slab, no offset but `top`, and
 * nothing of how the real one is written.
 */

/** Either the act is done, or it is exhausted, or it must be refused for one of the reasons. */
export type Expectation = 'done' | 'exhausted' | { readonly refusedFor: readonly string[] };

interface Piece {
  /** How many snapshots were open when it was given out. */
  readonly depth: number;
  /** Offset behind its last byte. */
  end: number;
  content: number[];
  over: boolean;
}

interface Held {
  readonly depth: number;
  readonly content: number[];
  over: boolean;
}

interface Mark {
  readonly top: number;
  stale: boolean;
}

export class WorkspaceModel {
  readonly capacity: number;
  readonly pieces: Piece[] = [];
  readonly leases: Held[] = [];
  readonly marks: Mark[] = [];
  /** Bytes given out. */
  top = 0;
  /** Length of the open reservation, or null. */
  room: number | null = null;
  overflowed = false;
  retired = false;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get available(): number {
    return this.room === null ? this.capacity - this.top : 0;
  }

  get liveLeases(): number {
    return this.leases.filter((lease) => !lease.over).length;
  }

  allocate(bytes: number, content: readonly number[]): Expectation {
    const refused = refusal(this.barred(), notALength(bytes));
    if (refused !== null) return refused;
    if (this.top + bytes > this.capacity) return this.exhausted();
    this.top += bytes;
    this.give(content);
    return 'done';
  }

  reserveAll(): Expectation {
    const refused = refusal(this.barred());
    if (refused !== null) return refused;
    this.room = this.capacity - this.top;
    return 'done';
  }

  reserve(bytes: number): Expectation {
    const refused = refusal(this.barred(), notALength(bytes));
    if (refused !== null) return refused;
    if (this.top + bytes > this.capacity) return this.exhausted();
    this.room = bytes;
    return 'done';
  }

  close(kept: number, content: readonly number[]): Expectation {
    const refused = refusal(this.unclosable(kept));
    if (refused !== null) return refused;
    this.room = null;
    this.top += kept;
    this.give(content);
    return 'done';
  }

  closeInto(piece: Piece, kept: number, content: readonly number[]): Expectation {
    const refused = refusal(
      this.unclosable(kept),
      over(piece),
      piece.end !== this.top ? ['unit-not-last WS-3'] : [],
      piece.depth !== this.depth ? ['unit-below-snapshot WS-6'] : [],
    );
    if (refused !== null) return refused;
    this.room = null;
    this.top += kept;
    piece.end = this.top;
    piece.content = [...piece.content, ...content];
    return 'done';
  }

  cancel(): Expectation {
    const refused = refusal(this.unclosable(0));
    if (refused !== null) return refused;
    this.room = null;
    return 'done';
  }

  lease(piece: Piece, bytes: number): Expectation {
    const refused = refusal(over(piece), notAPrefix(piece, bytes));
    if (refused !== null) return refused;
    this.leases.push({ depth: piece.depth, content: piece.content.slice(0, bytes), over: false });
    piece.content = piece.content.slice(bytes);
    return 'done';
  }

  drop(piece: Piece, bytes: number): Expectation {
    const refused = refusal(over(piece), notAPrefix(piece, bytes));
    if (refused !== null) return refused;
    piece.content = piece.content.slice(bytes);
    return 'done';
  }

  release(lease: Held): Expectation {
    if (lease.over) return { refusedFor: ['lease-ended OWN-5'] };
    lease.over = true;
    return 'done';
  }

  transfer(lease: Held): Expectation {
    if (lease.over) return { refusedFor: ['lease-ended OWN-5'] };
    lease.over = true;
    this.leases.push({ ...lease, over: false });
    return 'done';
  }

  split(lease: Held, at: number): Expectation {
    const outside = !Number.isInteger(at) || at < 1 || at >= lease.content.length;
    const refused = refusal(
      lease.over ? ['lease-ended OWN-5'] : [],
      outside ? ['lease-split-range OWN-2'] : [],
    );
    if (refused !== null) return refused;
    lease.over = true;
    const { depth, content } = lease;
    this.leases.push({ depth, content: content.slice(0, at), over: false });
    this.leases.push({ depth, content: content.slice(at), over: false });
    return 'done';
  }

  compact(piece: Piece): Expectation {
    const others = this.pieces.filter((other) => !other.over && other !== piece);
    const refused = refusal(
      this.barred(),
      over(piece),
      this.leasedFrom(0),
      this.depth > 0 ? ['workspace-snapshot-open WS-6'] : [],
      others.length > 0 ? ['unit-not-alone WS-3'] : [],
    );
    if (refused !== null) return refused;
    this.top = piece.content.length;
    piece.end = this.top;
    return 'done';
  }

  snapshot(): Expectation {
    const refused = refusal(this.barred());
    if (refused !== null) return refused;
    this.marks.push({ top: this.top, stale: false });
    return 'done';
  }

  reset(mark: Mark): Expectation {
    const open = this.marks.filter(({ stale }) => !stale);
    const depth = open.indexOf(mark) + 1;
    const refused = refusal(
      this.barred(),
      mark.stale ? ['snapshot-stale WS-6'] : [],
      depth > 0 ? this.leasedFrom(depth) : [],
    );
    if (refused !== null) return refused;
    this.endFrom(depth);
    this.top = mark.top;
    return 'done';
  }

  rollback(): Expectation {
    const refused = refusal(this.barred(), this.leasedFrom(0));
    if (refused !== null) return refused;
    this.endFrom(0);
    this.top = 0;
    this.overflowed = false;
    return 'done';
  }

  retire(): Expectation {
    const refused = refusal(this.barred());
    if (refused !== null) return refused;
    this.endFrom(0);
    this.retired = true;
    return 'done';
  }

  private get depth(): number {
    return this.marks.filter(({ stale }) => !stale).length;
  }

  private give(content: readonly number[]): void {
    this.pieces.push({ depth: this.depth, end: this.top, content: [...content], over: false });
  }

  private exhausted(): Expectation {
    this.overflowed = true;
    return 'exhausted';
  }

  private endFrom(depth: number): void {
    for (const piece of this.pieces) if (piece.depth >= depth) piece.over = true;
    const open = this.marks.filter(({ stale }) => !stale);
    for (const mark of open.slice(Math.max(depth - 1, 0))) mark.stale = true;
  }

  private barred(): string[] {
    if (this.retired) return ['workspace-retired OWN-5'];
    return this.room === null ? [] : ['workspace-reserved WS-2'];
  }

  private unclosable(kept: number): string[] {
    if (this.room === null) return ['workspace-not-reserved WS-2'];
    return [...notALength(kept), ...(kept > this.room ? ['reservation-overrun WS-5'] : [])];
  }

  private leasedFrom(depth: number): string[] {
    return this.leases.some((lease) => !lease.over && lease.depth >= depth) ? ['region-leased WS-6'] : [];
  }
}

function refusal(...reasons: readonly string[][]): { readonly refusedFor: readonly string[] } | null {
  const refusedFor = reasons.flat();
  return refusedFor.length > 0 ? { refusedFor } : null;
}

function notALength(bytes: number): string[] {
  return Number.isInteger(bytes) && bytes >= 0 ? [] : ['workspace-length WS-1'];
}

function notAPrefix(piece: Piece, bytes: number): string[] {
  const fits = Number.isInteger(bytes) && bytes >= 1 && bytes <= piece.content.length;
  return fits ? [] : ['unit-prefix OWN-2'];
}

function over(piece: Piece): string[] {
  return piece.over ? ['region-ended OWN-5'] : [];
}
