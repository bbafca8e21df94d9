/**
 * The text codec on Node's native routines: a call into them costs about as much as a loop over some dozens of
 * octets, so that short ranges are left to the plain codec. This file does not know HTTP.
 */

import { Buffer } from 'node:buffer';
import type { TextCodec } from '../../memory/text.js';
import { plainText } from '../../memory/text.js';

/** Node has these on every Buffer; they take any Uint8Array as `this`. */
interface NativeRoutines {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

// Their types are left out of @types/node, though every supported Node has them.
const { latin1Slice, latin1Write } = Buffer.prototype as unknown as NativeRoutines;

/** From this length on the native routine is faster (measured on Node 20). */
const NATIVE_READ = 17;
const NATIVE_WRITE = 48;
const NATIVE_SEARCH = 64;

export const nodeText: TextCodec = {
  latin1(bytes: Uint8Array, start: number, end: number): string {
    if (end - start < NATIVE_READ) return plainText.latin1(bytes, start, end);
    return latin1Slice.call(bytes, start, end);
  },

  write(text: string, bytes: Uint8Array, at: number): number {
    if (text.length < NATIVE_WRITE) return plainText.write(text, bytes, at);
    return at + latin1Write.call(bytes, text, at, text.length);
  },

  indexOf(bytes: Uint8Array, byte: number, from: number, end: number): number {
    if (end - from < NATIVE_SEARCH) return plainText.indexOf(bytes, byte, from, end);
    const found = bytes.subarray(from, end).indexOf(byte);
    return found < 0 ? -1 : from + found;
  },
};
