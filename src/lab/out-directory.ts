/**
 * The directory that traces go to, as somebody typed it. This file does not know what is written there.
 */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from './usage.js';

/**
 * Makes it, and what is above it, if it is not there.
 * @throws UsageError when it cannot be had, or nothing can be written to it
 */
export function makeOutDirectory(path: string): void {
  try {
    make(resolve(path));
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--out: ${message}`, { cause: error });
  }
}

/**
 * One level at a time: Node's recursive way does not end where a directory is there and takes no others, as in /proc.
 */
function make(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw new UsageError(`--out: ${path} is no directory`);
  make(dirname(path));
  mkdirSync(path);
}
