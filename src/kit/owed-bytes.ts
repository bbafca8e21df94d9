/**
 * The conservation of what one session leaves to the next (CON-3), and of what goes through the buffers of an end (CON-1,
 * CON-2). This file does not know any session.
 */
import type { Lease, ReceiveBuffer, Region, SendBuffer } from '../memory/index.js';
import { joined } from './frozen-batch.js';
import { broken } from './rule-broken.js';

/** What the present session is owed of what those before did not use, and how much of it came. */
export class OwedBytes {
  private owed: Uint8Array = new Uint8Array(0);
  private paid = 0;

  /** A session left these; what it was still owed itself comes behind. */
  add(left: Uint8Array): void {
    this.owed = joined([left, this.owed.slice(this.paid)]);
    this.paid = 0;
  }

  /** What was not used comes once, in order, all of it. @param last nothing is left to come */
  pay(bytes: Uint8Array, start: number, count: number, last: boolean): void {
    const { owed, paid } = this;
    for (let i = 0; i < count; i++) {
      if (bytes[start + i] === owed[paid + i]) continue;
      throw broken('CON-3', `byte ${paid + i} of ${owed.length} that were handed off is another`);
    }
    this.paid = paid + count;
    if (last && this.paid < owed.length) {
      throw broken('CON-3', `${this.paid} of ${owed.length} bytes that were handed off came`);
    }
  }
}

/** What came of late: where room is made for more, what is pending of it may move, and is the same there (CON-1). */
export class RecentBytes {
  private came: Uint8Array[] = [];

  /** @throws MisuseError CON-1 */
  roomIn(input: ReceiveBuffer): Region | undefined {
    const { bytes, start } = input;
    const room = input.room();
    if (input.bytes !== bytes || input.start !== start) this.requireSame(input);
    return room;
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    this.came.push(bytes.slice(from, to));
  }

  /** Nothing is pending. */
  clear(): void {
    if (this.came.length > 0) this.came = [];
  }

  private requireSame({ bytes, start, pendingBytes }: ReceiveBuffer): void {
    const came = joined(this.came);
    const from = came.length - pendingBytes;
    for (let i = 0; i < pendingBytes; i++) {
      if (bytes[start + i] === came[from + i]) continue;
      throw broken('CON-1', `byte ${i} of ${pendingBytes} that were pending is another since they moved`);
    }
  }
}

/**
 * A session that hands off leaves all that its buffer holds, and nothing is undefined.
 * @param discardedBefore what it had discarded when it was asked to hand off
 * @throws MisuseError CON-3
 */
export function requireHandedOff(
  input: ReceiveBuffer,
  unused: Lease | undefined,
  discardedBefore: number,
): void {
  if (input.pendingBytes > 0) throw broken('CON-3', 'a session handed off and kept bytes');
  const discarded = input.discardedBytes - discardedBefore;
  if (discarded > 0) throw broken('CON-3', `a session discarded ${discarded} bytes where it handed off`);
  if (unused !== undefined && unused.length === 0) throw broken('CON-3', 'nothing unused is undefined');
  const { handedOffBytes } = input;
  if (handedOffBytes !== (unused?.length ?? 0)) {
    throw broken('CON-3', `${handedOffBytes} bytes were handed off, ${unused?.length ?? 0} came`);
  }
}

/** The accounts of both directions hold. @throws MisuseError CON-1, CON-2 */
export function requireAccounts(
  inputs: readonly ReceiveBuffer[],
  output: SendBuffer,
  inFlight: number,
): void {
  for (const input of inputs) {
    const { receivedBytes, consumedBytes, handedOffBytes, discardedBytes, pendingBytes } = input;
    const sum = consumedBytes + handedOffBytes + discardedBytes + pendingBytes;
    if (receivedBytes !== sum) throw broken('CON-1', `${receivedBytes} received, ${sum} accounted for`);
  }
  const { acceptedBytes, writtenBytes, failedBytes, pendingBytes } = output;
  if (acceptedBytes !== writtenBytes + failedBytes + pendingBytes || pendingBytes < inFlight) {
    throw broken('CON-2', `${acceptedBytes} accepted, ${writtenBytes} written, ${failedBytes} failed`);
  }
}
