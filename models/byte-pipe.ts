/**
 * A model of a byte pipe and of its two ends, at rest: when nothing more can happen until somebody does something. It knows
 * no turn, no segment and no room but whether there is one; in which order things were reported must not matter to it.
 */
export type EndName = 'left' | 'right';

export interface EndModel {
  opened: boolean;
  accepted: number;
  received: number;
  /** `end` was called; the peer was told; the peer's end was heard of. */
  ending: boolean;
  endSent: boolean;
  endReceived: boolean;
  paused: boolean;
  /** Whether it gives rooms; once it had none nobody asks it until `resume`. */
  hasRoom: boolean;
  starved: boolean;
  aborted: boolean;
  over: 'closed' | 'failed' | undefined;
}

function fresh(): EndModel {
  return {
    opened: false,
    accepted: 0,
    received: 0,
    ending: false,
    endSent: false,
    endReceived: false,
    paused: false,
    hasRoom: true,
    starved: false,
    aborted: false,
    over: undefined,
  };
}

export class BytePipeModel {
  readonly ends: Readonly<Record<EndName, EndModel>> = { left: fresh(), right: fresh() };

  open(name: EndName): void {
    this.ends[name].opened = true;
  }

  write(name: EndName, bytes: number): void {
    const end = this.ends[name];
    if (end.over === undefined && !end.aborted) end.accepted += bytes;
  }

  end(name: EndName): void {
    this.ends[name].ending = true;
  }

  pause(name: EndName): void {
    this.ends[name].paused = true;
  }

  resume(name: EndName): void {
    this.ends[name].paused = false;
    this.ends[name].starved = false;
  }

  abort(name: EndName): void {
    if (this.ends[name].over === undefined) this.ends[name].aborted = true;
  }

  /** All that can happen has happened. */
  rest(): void {
    const { left, right } = this.ends;
    if (left.aborted || right.aborted) {
      // What was on its way is lost, both ways; who did not do it sees a break.
      for (const end of [left, right]) end.over ??= end.aborted ? 'closed' : 'failed';
      return;
    }
    deliver(left, right);
    deliver(right, left);
    for (const end of [left, right]) if (end.endSent && end.endReceived) end.over ??= 'closed';
  }

  /** The name of the end's state in the transport's contract. */
  state(name: EndName): string {
    const { opened, over, endSent, endReceived } = this.ends[name];
    if (over !== undefined) return over;
    if (!opened) return 'idle';
    if (endSent) return 'half-closed-local';
    return endReceived ? 'half-closed-remote' : 'open';
  }
}

function deliver(from: EndModel, to: EndModel): void {
  if (!from.opened || !to.opened || to.paused || to.starved || to.endReceived) return;
  if (from.accepted > to.received) {
    if (!to.hasRoom) {
      to.starved = true;
      return;
    }
    to.received = from.accepted;
  }
  if (!from.ending) return;
  to.endReceived = true;
  from.endSent = true;
}
