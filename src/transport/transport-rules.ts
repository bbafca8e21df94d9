/**
 * What the options that all transports share must be. This file does not know any kind of transport.
 */
import { type MachineObserver, observerRule } from '../machine/machine.js';
import { having, type OptionRules, optionalRule, whole } from '../options.js';
import type { Clock } from './clock.js';

export const transportRules: OptionRules<{
  readonly observer: MachineObserver | null;
  readonly id: number;
  readonly clock: Clock | undefined;
}> = {
  observer: observerRule,
  id: { kind: whole(0), fallback: 0, code: 'option-value', cites: 'OWN-1' },
  clock: optionalRule(having<Clock>('a clock', 'now', 'at', 'defer'), 'LAY-4'),
};
