// Work that may not end, ended: a loop when its time is over, the wait for a promise that nobody settles likewise.
// This file does not know what the work is.
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** The work's time was over before its end; what it was in the middle of stays half done. */
export class Endless extends Error {}

export interface Limits {
  /** For what runs without letting the event loop turn, in ms. */
  readonly loopMs: number;
  /** For what is awaited, in ms. */
  readonly awaitedMs: number;
}

/** A machine may be busy with other things: what is awaited has so many turns of the event loop, too. */
const leastTurns = 200;

const work = Symbol.for('undercoat.mutation.work');
// What is behind an `await` of something settled loops as well as what is before it, so microtasks are run within the
// limit.
setFlagsFromString('--allow-natives-syntax');
const begin = new Script(`globalThis[Symbol.for('${work.description}')](); %PerformMicrotaskCheckpoint();`);

/**
 * Does the work, which waits for nothing outside of this process. A loop that begins after the event loop has turned is
 * not ended.
 *
 * @throws {Endless}, and what the work throws
 */
export async function within(limits: Limits, todo: () => Promise<void>): Promise<void> {
  // Microtasks can only be run where none is running.
  await turn();
  let over = false;
  const late = async (): Promise<void> => {
    await pause(limits.awaitedMs, undefined, { ref: false });
    for (let turns = 0; turns < leastTurns && !over; turns++) await turn();
    if (!over) throw new Endless(`not over after ${limits.awaitedMs} ms`);
  };
  try {
    await Promise.race([begun(limits.loopMs, todo), late()]);
  } finally {
    over = true;
  }
}

function begun(loopMs: number, todo: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      let done: Promise<void> | undefined;
      Reflect.set(globalThis, work, () => {
        done = todo();
        // Whether it is given on below or not.
        done.catch(() => {});
      });
      try {
        begin.runInThisContext({ timeout: loopMs });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return reject(
          code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? new Endless(`a loop of ${loopMs} ms`) : error,
        );
      }
      resolve(done);
    });
  });
}
