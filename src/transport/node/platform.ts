/**
 * What the transports of this platform bring with them for the layers above. This file does not know which
 * transport asks.
 */
import type { Clock } from '../clock.js';
import type { Platform } from '../contract.js';
import { platformClock } from './clock.js';
import { nodeText } from './text.js';

const platform: Platform = { clock: platformClock, text: nodeText };

/** The platform with its own clock, or with another. */
export function platformWith(clock: Clock | undefined): Platform {
  return clock === undefined ? platform : { clock, text: nodeText };
}
