/**
 * Content of simulated messages: bytes that follow from a place in one pattern, so that whoever receives them can check
 * each one without keeping any. Half of the pattern looks like messages: who takes content for the next message sees one
 * that nobody sent. This file does not know who sends it.
 */
import { Random } from '../random.js';

/** Most bytes of one body. */
export const mostBodyBytes = 49_152;

const smuggled = [
  'GET /smuggled HTTP/1.1\r\nHost: smuggled\r\n\r\n',
  'HTTP/1.1 299 smuggled\r\nX-Smuggled: 1\r\nContent-Length: 0\r\n\r\n',
  '0\r\n\r\n',
];

const half = 16_384;

/** Lent to transports, so nobody may write to it (OWN-1). */
const pattern = makePattern();

function makePattern(): Uint8Array {
  const bytes = new Uint8Array(2 * half + mostBodyBytes);
  const random = new Random(2015, 'content');
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.next() >>> 24;
  for (let at = half, which = 0; at < 2 * half; which++) {
    const text = smuggled[which % smuggled.length] as string;
    for (let i = 0; i < text.length && at < 2 * half; i++, at++) bytes[at] = text.charCodeAt(i);
  }
  return bytes;
}

/** Where the content of a message begins: no two of a run begin at one place. */
export function placeOf(exchange: number, isResponse: boolean): number {
  return ((exchange * 2 + (isResponse ? 1 : 0)) * 251) % (2 * half);
}

/** `length` bytes of a message, from `at` on. Lent: not to be written. */
export function contentAt(place: number, at: number, length: number): Uint8Array {
  return pattern.subarray(place + at, place + at + length);
}

/** Whether `bytes[start..end)` is what a message has from `at` on. */
export function isContent(place: number, at: number, bytes: Uint8Array, start: number, end: number): boolean {
  const shift = place + at - start;
  if (shift + end > pattern.length) return false;
  for (let i = start; i < end; i++) if (bytes[i] !== pattern[shift + i]) return false;
  return true;
}
