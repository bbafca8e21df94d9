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

/** Room for more, for which what is pending may have to move: it is the same there. @throws MisuseError CON-1 */
export function roomIn(input: ReceiveBuffer): Region | undefined {
  const { bytes, start, end, pendingBytes } = input;
  const pending = bytes.slice(start, end);
  const room = input.room();
  if (input.bytes === bytes && input.start === start) return room;
  for (let i = 0; i < pendingBytes; i++) {
    if (input.bytes[input.start + i] === pending[i]) continue;
    throw broken('CON-1', `byte ${i} of ${pendingBytes} that were pending is another since they moved`);
  }
  return room;
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
