/** What a peer by hand does with an end: gives it octets, and lets it do what it has to. This file does not know a protocol. */
import type { SessionEnd } from './session-end.js';

/** All of it, as far as there is room; what comes of it is written at once. */
export function give(end: SessionEnd, bytes: Uint8Array): void {
  for (let at = 0, count = 1; at < bytes.length && count > 0; at += count) {
    count = end.deliver(bytes, at, bytes.length);
    settle(end);
  }
}

/** Turns that are due are taken, and what was written goes. */
export function settle(end: SessionEnd): void {
  while (end.due) end.turn();
  end.take();
  end.written(end.inFlight);
}
