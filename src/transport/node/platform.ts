/**
 * What the transports of this platform bring with them for the layers above. This file does not know which
 * transport asks.
 */
import type { Clock } from '../clock.js';
import type { Platform } from '../contract.js';
import { platformClock } from './clock.js';
import { nodeText } from './text.js';

let second = Number.NaN;
let date = '';

/** The time of day as an HTTP-date (RFC 9110 §5.6.7). */
function httpDate(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1000).toUTCString();
  }
  return date;
}

const platform: Platform = { clock: platformClock, text: nodeText, httpDate };

/** The platform with its own clock, or with another. */
export function platformWith(clock: Clock | undefined): Platform {
  return clock === undefined ? platform : { clock, text: nodeText };
}
