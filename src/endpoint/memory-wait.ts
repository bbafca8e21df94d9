/**
 * Where one connection waits for memory: the transport for room to receive in, a session for what an earlier one left
 * to be moved into its buffer, a session for a slab to build output in. Each is woken when asking again may succeed.
 * This file does not know what a transport or a session does with it.
 */
import type { SlabSource } from '../memory/index.js';
import type { Clock } from '../transport/clock.js';
import type { SessionRun } from './session-run.js';
import { SlabWaiter } from './slab-waiter.js';

/** Who waits. Called outside of every other call. */
export interface MemoryUser {
  /** The transport may ask for room again. */
  resumeReading(): void;
  /** The session is to be called. */
  runTurn(): void;
}

export class MemoryWait {
  private readonly run: SessionRun;
  private readonly user: MemoryUser;
  private readonly receive: SlabWaiter;
  private readonly send: SlabWaiter;
  private readonly unleased: () => void;
  /** The transport was denied room and waits to be resumed. */
  private denied = false;

  constructor(
    run: SessionRun,
    shares: { readonly receive: SlabSource; readonly send: SlabSource },
    clock: Clock,
    user: MemoryUser,
  ) {
    const roomier = (): void => this.roomier();
    this.run = run;
    this.user = user;
    this.receive = new SlabWaiter(shares.receive, clock, roomier);
    this.send = new SlabWaiter(shares.send, clock, () => user.runTurn());
    // Leases that were in the way of what is being received have ended: it can move, and needs no other slab.
    this.unleased = () => clock.defer(roomier);
  }

  /** The transport has room. */
  granted(): void {
    this.receive.settle(false);
  }

  /** It has none; `wanted` says that it is to have some as soon as there is memory. */
  deny(wanted: boolean): void {
    this.denied = true;
    if (wanted) this.waitForRoom();
  }

  /** The transport is somebody else's now. */
  forget(): void {
    this.denied = false;
  }

  /** At the end of a turn of a session's. */
  turned(): void {
    const { run } = this;
    if (!run.unused.none) this.waitForRoom();
    if (run.waitsForMemory) this.send.ask();
    else this.send.settle(true);
  }

  /** Whatever was in the way of a transport that waits may be gone. */
  retry(): void {
    if (!this.denied || this.run.input.full) return;
    this.denied = false;
    this.user.resumeReading();
  }

  close(): void {
    this.receive.close();
    this.send.close();
  }

  private waitForRoom(): void {
    const { input } = this.run;
    // A full buffer waits for its session, not for memory.
    if (input.full) return;
    this.receive.ask();
    input.whenUnleased(this.unleased);
  }

  private roomier(): void {
    if (!this.run.unused.none) {
      this.user.runTurn();
      // If the turn found no slab it has asked again; if it found one, or ended, others may have more luck too.
      this.receive.settle(true);
    } else if (this.denied) {
      this.denied = false;
      this.user.resumeReading();
    } else this.receive.settle(true);
  }
}
