/**
 * Where a command writes. Standard output has results and nothing else; what is said besides goes to standard error.
 * This file does not know what is written.
 */
import type { Writable } from 'node:stream';
import { watch } from './watchdog.js';

export interface Console {
  readonly out: Writable;
  readonly err: Writable;
  /** A person watches standard error: progress may be drawn there. */
  readonly isWatched: boolean;
  /** Characters in a line of standard output. */
  readonly width: number;
  /** Results may be coloured. */
  readonly isColoured: boolean;
  /** So may what is said besides. */
  readonly isErrColoured: boolean;
  /** Ends the process with a message after so many milliseconds, whatever holds it; not there where there are others in it. */
  readonly guard?: (milliseconds: number, message: string) => void;
}

const defaultWidth = 120;

/** The process's own. */
export function processConsole(): Console {
  const { stdout, stderr, env } = process;
  return {
    out: stdout,
    err: stderr,
    isWatched: stderr.isTTY === true,
    width: stdout.columns ?? defaultWidth,
    isColoured: stdout.isTTY === true && env['NO_COLOR'] === undefined,
    isErrColoured: stderr.isTTY === true && env['NO_COLOR'] === undefined,
    guard: watch,
  };
}
