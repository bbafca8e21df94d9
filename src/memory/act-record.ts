/**
 * The record of one change of owner: what a trace shows and the act auditor judges. This file does not know who
 * keeps records.
 */
import type { Owner } from './owner.js';

export type ActKind =
  | 'acquire'
  | 'return'
  | 'take'
  | 'split'
  | 'transfer'
  | 'release'
  | 'retain'
  | 'freeze'
  | 'written'
  | 'failed';

/** One change of owner, as a trace shows it. */
export interface ActRecord {
  readonly act: ActKind;
  /** What the bytes are: `slab`, `head`, `body`, `output`, `foreign`, … */
  readonly unit: string;
  readonly owner: Owner;
  /** The new owner of a transfer. */
  readonly to?: Owner;
  readonly slab: number;
  readonly start: number;
  readonly end: number;
}
