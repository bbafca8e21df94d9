/**
 * What a workspace refuses (WS-1 to WS-7), and by which rule. This file does not know the workspace: it is told what was
 * asked for.
 */
import { MisuseError } from '../errors.js';

/** @throws MisuseError WS-1 for what is no length */
export function requireLength(bytes: number): void {
  if (!(bytes >= 0 && Number.isSafeInteger(bytes))) {
    throw new MisuseError('workspace-length', 'WS-1', `a length is a non-negative integer, not ${bytes}`);
  }
}

export function snapshotOpen(): MisuseError {
  return new MisuseError('workspace-snapshot-open', 'WS-6', 'cannot compact across a snapshot');
}

export function unitNotAlone(): MisuseError {
  return new MisuseError('unit-not-alone', 'WS-3', 'cannot compact over another region');
}

export function snapshotStale(): MisuseError {
  return new MisuseError('snapshot-stale', 'WS-6', 'the snapshot is stale or from another workspace');
}

export function unitNotLast(): MisuseError {
  return new MisuseError(
    'unit-not-last',
    'WS-3',
    'only the unit that ends at the reservation can be extended',
  );
}

export function unitBelowSnapshot(): MisuseError {
  return new MisuseError(
    'unit-below-snapshot',
    'WS-6',
    'a unit cannot grow over a snapshot: a reset would cut it',
  );
}

export function notReserved(): MisuseError {
  return new MisuseError('workspace-not-reserved', 'WS-2', 'there is no reservation to close');
}

export function overrun(kept: number, reserved: number): MisuseError {
  return new MisuseError('reservation-overrun', 'WS-5', `cannot keep ${kept} of ${reserved} reserved bytes`);
}

export function retired(what: string): MisuseError {
  return new MisuseError('workspace-retired', 'OWN-5', `cannot ${what}: the workspace is retired`);
}

export function stillReserved(what: string): MisuseError {
  return new MisuseError('workspace-reserved', 'WS-2', `cannot ${what} while a reservation is open`);
}

export function regionLeased(what: string): MisuseError {
  return new MisuseError('region-leased', 'WS-6', `cannot ${what}: a region is still leased out`);
}

export function regionEnded(): MisuseError {
  return new MisuseError(
    'region-ended',
    'OWN-5',
    'the region was only room, or ended with its snapshot or workspace',
  );
}

export function regionForeign(): MisuseError {
  return new MisuseError('region-foreign', 'OWN-1', 'the region is from another workspace');
}

export function noPrefix(length: number, bytes: number): MisuseError {
  return new MisuseError('unit-prefix', 'OWN-2', `a unit of ${length} bytes has no prefix of ${bytes}`);
}
