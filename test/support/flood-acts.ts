// What floods are made of: the `i`-th act of each, as a peer sends it.
import {
  FRAME_CONTINUATION,
  FRAME_HEADERS,
  FRAME_PRIORITY_UPDATE,
} from '../../src/session/h2/frames-codes.js';
import { frame, headers, ping, put, reset, uint32, windowUpdate } from './h2-bed.js';

/** One act of a flood; `first` is the first stream that is the peer's to begin, 1 if absent. */
export type FloodAct = (i: number, first?: number) => Uint8Array[];

/** The `i`-th stream of a client. */
export const odd = (i: number, first = 1): number => 2 * i + first;

/** CVE-2023-44487. */
export const rapidReset: FloodAct = (i, first) => [
  headers(odd(i, first), put(), false),
  reset(odd(i, first), 8),
];
/** CVE-2025-8671. */
export const madeToReset: FloodAct = (i, first) => [
  headers(odd(i, first), put(), false),
  windowUpdate(odd(i, first), 0),
];
/** One block, `first` and then `more` of it without end: CVE-2024-27316. */
export const endlessBlock =
  (first: readonly number[], more: readonly number[]): FloodAct =>
  (i, stream = 1) => [frame(i === 0 ? FRAME_HEADERS : FRAME_CONTINUATION, 0, stream, i === 0 ? first : more)];
export const pings: FloodAct = () => [ping()];
export const windowUpdates: FloodAct = () => [windowUpdate(0, 1)];
export const unknownFrames: FloodAct = () => [frame(0xdd, 0, 0)];
/** Of streams that are not there, no more of them than there may be. */
export const priorityUpdates: FloodAct = (i, first) => [
  frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(odd(i % 50, first)), 0x75, 0x3d, 0x31]),
];
