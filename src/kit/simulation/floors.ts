/**
 * Floors: what must have come about in so many runs with a feature, or the campaign has shown nothing of it. This file
 * does not know how runs are made.
 */
import type { CoverageCounts } from './coverage.js';
import type { Feature } from './features.js';
import type { markNames } from './marks.js';

interface Floor {
  readonly feature: Feature;
  readonly mark: (typeof markNames)[number];
  /** Once in so many runs with the feature, at least. */
  readonly within: number;
}

/** What can hardly be missed in so many runs; each was met far more often when it was set. */
const floors: readonly Floor[] = [
  { feature: 'latency', mark: 'whole', within: 20 },
  { feature: 'bandwidth', mark: 'whole', within: 20 },
  { feature: 'cuts', mark: 'whole', within: 20 },
  { feature: 'partial-writes', mark: 'held', within: 20 },
  { feature: 'stalls', mark: 'stalled', within: 20 },
  { feature: 'bodies', mark: 'whole', within: 20 },
  { feature: 'long-bodies', mark: 'longBody', within: 20 },
  { feature: 'trailers', mark: 'trailers', within: 60 },
  { feature: 'interims', mark: 'informed', within: 20 },
  { feature: 'expectations', mark: 'continued', within: 60 },
  { feature: 'retained-leases', mark: 'retained', within: 40 },
  { feature: 'emulation', mark: 'whole', within: 20 },
  { feature: 'tunnels', mark: 'tunnelled', within: 40 },
  { feature: 'loss', mark: 'lost', within: 40 },
  { feature: 'loss', mark: 'failed', within: 60 },
  { feature: 'silence', mark: 'silenced', within: 40 },
  { feature: 'silence', mark: 'timedOut', within: 100 },
  { feature: 'half-close', mark: 'halfClosed', within: 40 },
  { feature: 'throws', mark: 'failed', within: 40 },
  { feature: 'throws', mark: 'brokenByServer', within: 60 },
  { feature: 'aborts', mark: 'brokenByClient', within: 60 },
  { feature: 'aborted-uploads', mark: 'brokenByServer', within: 20 },
  { feature: 'cancels', mark: 'brokenByClient', within: 100 },
  { feature: 'silent-handlers', mark: 'refused', within: 60 },
  { feature: 'haste', mark: 'failed', within: 60 },
  { feature: 'scarce-memory', mark: 'failed', within: 60 },
  { feature: 'shutdowns', mark: 'ended', within: 40 },
  { feature: 'teardowns', mark: 'failed', within: 40 },
];

/** What was not met as often as it should have been; one sentence each. */
export function unmet(stack: string, { labels, on }: CoverageCounts): string[] {
  const missing: string[] = [];
  for (const { feature, mark, within } of floors) {
    const runs = on[feature] ?? 0;
    const least = Math.floor(runs / within);
    const met = labels[`${feature}: ${mark}`] ?? 0;
    if (met >= least) continue;
    missing.push(`${stack}: ${feature} led to "${mark}" in ${met} of ${runs} runs, and should in ${least}`);
  }
  return missing;
}
