/**
 * The last resort against a run that does not end: code that never lets go of the process's only thread starves every
 * timer of it, and so every deadline. This file does not know what is run.
 */
import { Worker } from 'node:worker_threads';

/** On a thread of its own; it says why, and ends the process by a signal, for it cannot make it return a code. */
const bark = `
  const { writeSync } = require('node:fs');
  const { workerData } = require('node:worker_threads');
  setTimeout(() => {
    writeSync(2, workerData.message);
    process.kill(process.pid, 'SIGKILL');
  }, workerData.milliseconds);
`;

/** Ends the process with `message` after so long. Until then it holds nobody back. */
export function watch(milliseconds: number, message: string): void {
  new Worker(bark, { eval: true, workerData: { milliseconds, message } }).unref();
}
