/**
 * What a run found, as data: one account per stack, and whether everything was as expected. This file does not know
 * how it is shown.
 */
import type { Layer } from '../memory/index.js';
import type { Comparison } from './compare.js';

/** Most messages of one sort that an account keeps; the count says how many there were. */
export const mostMessages = 20;

/** The account of one stack. Bytes are counted at the server's end of the wire unless the name says otherwise. */
export interface StackReport {
  readonly name: string;
  readonly transport: string;
  readonly session: string;
  /** Exchanges that were tried, and came to an end. */
  readonly exchanges: number;
  /** Those that time was over for: they were cut off or not begun, and nobody knows how they would have gone. */
  readonly notRunToEnd: number;
  /** Of those: broken off, as the scenario asked. */
  readonly expectedFailures: number;
  /** Exchanges, and whatever else, that did not go as expected; `unexpectedMessages` has the first of them. */
  readonly unexpected: number;
  readonly unexpectedMessages: readonly string[];
  /** Bytes on the wire: with TLS they are ciphertext. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Content that the applications of both ends were given. */
  readonly deliveredBytes: number;
  /** Bytes copied inside Undercoat, at both ends. */
  readonly copiedBytes: number;
  /** The most that slabs pinned at once, both ends together. */
  readonly heldPeakBytes: number;
  /** The most that each layer owned at once, both ends together; bytes that are lent out count too. */
  readonly heldPeakByLayer: Readonly<Record<Exclude<Layer, 'pool'>, number>>;
  /** Slabs that were not back when every connection had ended. */
  readonly heldAtEndBytes: number;
  /** Assertions of the rulebook that were made. */
  readonly checks: number;
  readonly checksByRule: Readonly<Record<string, number>>;
  readonly violations: number;
  readonly violationMessages: readonly string[];
  /** How long it took, in real milliseconds. */
  readonly milliseconds: number;
}

export interface RunReport {
  readonly scenario: string;
  readonly seed: number;
  readonly stacks: readonly StackReport[];
  /** What differs between H1 and H2 where both did the same over the same transport. */
  readonly comparisons: readonly Comparison[];
}

/** Whether what a stack did was all as expected, broke no rule, and gave everything back. */
export function isClean({ unexpected, violations, heldAtEndBytes }: StackReport): boolean {
  return unexpected === 0 && violations === 0 && heldAtEndBytes === 0;
}

/** Whether it was there to do all of its work. */
export function isWhole({ notRunToEnd }: StackReport): boolean {
  return notRunToEnd === 0;
}

/** Bytes copied for each byte delivered; 0 where nothing was delivered. */
export function copiedPerDelivered({ copiedBytes, deliveredBytes }: StackReport): number {
  return deliveredBytes === 0 ? 0 : copiedBytes / deliveredBytes;
}
