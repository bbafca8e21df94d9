/**
 * The rules that a campaign can be asked about. This file does not know how any of them is checked.
 */
import { UsageError } from '../usage.js';

/** What runs assert: the ledger at each act, both applications at each event, and the judge when a run is over. */
export const checkedRules: readonly string[] = [
  'CON-1',
  'CON-2',
  'CON-3',
  'LAY-1',
  'LAY-3',
  'LAY-4',
  'OWN-1',
  'OWN-2',
  'OWN-4',
  'OWN-5',
  'OWN-6',
  'OWN-7',
  'OWN-8',
  'WIRE-3',
  'WIRE-4',
  'WIRE-5',
  'WORK-1',
  'WS-1',
  'WS-3',
  'WS-5',
  'WS-7',
];

/** The rule as it is written. @throws UsageError for one that no run checks */
export function requireRule(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const rule = checkedRules.find((known) => known.toLowerCase() === text.toLowerCase());
  if (rule !== undefined) return rule;
  throw new UsageError(
    `--rule: no run checks ${JSON.stringify(text)}; they check ${checkedRules.join(', ')}`,
  );
}
