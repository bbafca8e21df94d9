// What the emulated workspace catches without any ledger: reading past a region, using bytes after their end,
// keeping an address over an extension (WS-10). Each mistake goes unnoticed on the real one; that is shown, too.
import { describe, expect, test } from 'vitest';
import {
  BumpWorkspace,
  EmulatedWorkspace,
  emulatedPoison,
  type Region,
  SlabPool,
  type Workspace,
  type WorkspaceKind,
} from '../../src/memory/index.js';
import { session, some, stream, write } from '../support/memory.js';

const dead = String.fromCharCode(emulatedPoison);
const open = (kind: WorkspaceKind): Workspace =>
  some(new SlabPool({ slabBytes: 32, limitBytes: 32, workspace: kind }).open(session));

function unitOf(w: Workspace, ascii: string): Region {
  const unit = some(w.allocate(0));
  w.closeInto(unit, write(w.reserveAll(), ascii));
  return unit;
}

const chars = (bytes: Uint8Array, start: number, end: number) =>
  String.fromCharCode(...bytes.subarray(start, end));

/** A mistake, and what is read by it on the real workspace and on the emulated one. */
const mistakes: readonly (readonly [string, (w: Workspace) => string, real: string, emulated: string])[] = [
  [
    'reading past a region',
    (w) => {
      const a = some(w.allocate(2));
      const b = some(w.allocate(2));
      write(a, 'ab');
      write(b, 'cd');
      return chars(a.bytes, a.start, a.end + 2);
    },
    'abcd',
    'ab',
  ],
  [
    'reading past the end of what was received',
    (w) => {
      const unit = some(w.allocate(0));
      write(w.reserveAll(), 'abXY');
      w.closeInto(unit, 2);
      return chars(unit.bytes, unit.start, unit.end + 2);
    },
    'abXY',
    'ab',
  ],
  [
    'reading past a lease',
    (w) => {
      const unit = unitOf(w, 'abcd');
      const lease = w.leasePrefix(unit, 2, stream, 'head');
      return chars(lease.bytes, lease.start, lease.end + 2);
    },
    'abcd',
    // Behind the emulated lease stands the canary of its own buffer.
    'ab\xc5\xc5',
  ],
  [
    'keeping a view of a lease over its release',
    (w) => {
      const lease = w.leasePrefix(unitOf(w, 'ab'), 2, stream, 'head');
      const kept = lease.view();
      lease.release();
      return chars(kept, 0, 2);
    },
    'ab',
    dead.repeat(2),
  ],
  [
    'keeping a view of one part of a split over the release of that part',
    (w) => {
      const [head, tail] = w.leasePrefix(unitOf(w, 'abcd'), 4, stream, 'head').split(2);
      const kept = head.view();
      head.release();
      return chars(kept, 0, 2) + chars(tail.bytes, tail.start, tail.end);
    },
    'abcd',
    `${dead.repeat(2)}cd`,
  ],
  [
    'keeping the address of an open unit over an extension',
    (w) => {
      const unit = unitOf(w, 'ab');
      const { bytes, start, end } = unit;
      w.closeInto(unit, write(w.reserveAll(), 'cd'));
      return chars(bytes, start, end);
    },
    'ab',
    dead.repeat(2),
  ],
  [
    'keeping the address of an open unit over a lease of its prefix',
    (w) => {
      const unit = unitOf(w, 'abcd');
      const { bytes, end } = unit;
      w.leasePrefix(unit, 2, stream, 'head');
      return chars(bytes, end - 2, end);
    },
    'cd',
    dead.repeat(2),
  ],
  [
    'keeping the address of consumed bytes',
    (w) => {
      const unit = unitOf(w, 'abcd');
      const { bytes, start } = unit;
      w.dropPrefix(unit, 2);
      return chars(bytes, start, start + 2);
    },
    'ab',
    dead.repeat(2),
  ],
  [
    'using the room after it was closed',
    (w) => {
      const room = w.reserveAll();
      const { bytes, start } = room;
      write(room, 'ab');
      w.close(2);
      return chars(bytes, start, start + 2);
    },
    'ab',
    dead.repeat(2),
  ],
  [
    'using the room after it was cancelled',
    (w) => {
      const room = w.reserveAll();
      const { bytes, start } = room;
      write(room, 'ab');
      w.cancel();
      return chars(bytes, start, start + 2);
    },
    'ab',
    dead.repeat(2),
  ],
  [
    'using a region after its snapshot was reset',
    (w) => {
      const mark = w.snapshot();
      const { bytes, start, end } = unitOf(w, 'ab');
      w.reset(mark);
      return chars(bytes, start, end);
    },
    'ab',
    dead.repeat(2),
  ],
  [
    'using a region after the rollback',
    (w) => {
      const { bytes, start, end } = unitOf(w, 'ab');
      w.rollback();
      return chars(bytes, start, end);
    },
    'ab',
    dead.repeat(2),
  ],
  [
    'using a region after the workspace was retired',
    (w) => {
      const { bytes, start, end } = unitOf(w, 'ab');
      w.retire();
      return chars(bytes, start, end);
    },
    'ab',
    dead.repeat(2),
  ],
];

describe.each(mistakes)('%s', (_, mistake, real, emulated) => {
  test('goes unnoticed on the real workspace', () => {
    expect(mistake(open(BumpWorkspace))).toBe(real);
  });

  test('is caught on the emulated one', () => {
    expect(mistake(open(EmulatedWorkspace))).toBe(emulated);
  });
});

test('keeping an address over a compaction is caught, even when the unit would not move', () => {
  const w = open(EmulatedWorkspace);
  const unit = unitOf(w, 'ab');
  const { bytes } = unit;
  w.compact(unit);
  expect(chars(bytes, 0, 2)).toBe(dead.repeat(2));
  expect(chars(unit.bytes, unit.start, unit.end)).toBe('ab');
});
