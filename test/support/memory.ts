// What tests of memory share: the two kinds of workspace, owners, a pool with a checked ledger, and refusals.
import { UndercoatError } from '../../src/errors.js';
import { requireEqual } from '../../src/kit/properties/require.js';
import {
  BumpWorkspace,
  CheckedLedger,
  type CheckedLedgerOptions,
  EmulatedWorkspace,
  Owner,
  type Slab,
  SlabPool,
  type SlabPoolOptions,
  type Workspace,
  type WorkspaceKind,
} from '../../src/memory/index.js';

export const kinds: readonly (readonly [name: string, kind: WorkspaceKind])[] = [
  ['bump', BumpWorkspace],
  ['emulated', EmulatedWorkspace],
];

export const session = new Owner('session', 'test-session', 1);
export const stream = new Owner('stream', 'test-stream', 2);
export const application = new Owner('application', 'test-application', 3);

export interface Checked {
  readonly pool: SlabPool;
  readonly ledger: CheckedLedger;
}

/** A pool that a checked ledger watches. */
export function checkedPool(pool: SlabPoolOptions = {}, ledger: CheckedLedgerOptions = {}): Checked {
  const checked = new CheckedLedger(ledger);
  return { pool: new SlabPool({ ...pool, ledger: checked }), ledger: checked };
}

/** A workspace of `bytes`, in a pool of just that slab. */
export function checkedWorkspace(
  bytes: number,
  kind: WorkspaceKind = BumpWorkspace,
): Checked & { workspace: Workspace } {
  const checked = checkedPool({ slabBytes: bytes, limitBytes: bytes, workspace: kind });
  return { ...checked, workspace: some(checked.pool.open(session)) };
}

/** The value, which must be there. */
export function some<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('there is nothing');
  return value;
}

/** The code and the rule that an act is refused with, `code rule`; `nothing` if it is not refused. */
export function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UndercoatError) return `${error.code} ${error.cites}`;
    throw error;
  }
  return 'nothing';
}

/** Asserts under a rule that two values are identical. */
export function same<T extends string | number | boolean>(actual: T, expected: T, rule = 'WS-3'): void {
  if (actual !== expected) requireEqual(rule, actual, expected, 'found');
}

/** Octets as a string, for comparing. */
export function latin1(bytes: ArrayLike<number>): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Text in `bytes[start..end)`, one character a byte. */
export function text(range: {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}): string {
  return String.fromCharCode(...range.bytes.subarray(range.start, range.end));
}

/** Writes ASCII to the front of a range, and says how many bytes that were. */
export function write(
  range: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
  ascii: string,
): number {
  if (ascii.length > range.end - range.start) throw new Error(`no room for ${ascii.length} bytes`);
  for (let i = 0; i < ascii.length; i++) range.bytes[range.start + i] = ascii.charCodeAt(i);
  return ascii.length;
}

const hog = new Owner('application', 'hog', 1);

/** Takes every slab there is. @returns what gives them back */
export function starve(pool: SlabPool): () => void {
  const taken: Slab[] = [];
  for (let slab = pool.acquire(hog); slab !== undefined; slab = pool.acquire(hog)) taken.push(slab);
  return () => {
    for (const slab of taken) slab.unpin();
  };
}
