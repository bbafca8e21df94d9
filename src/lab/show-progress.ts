/**
 * The bar that people watch while a run goes on. This file does not know what is done meanwhile.
 */
import type { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import type { RunProgress } from './run-scenario.js';

/** Redrawing costs more than what it shows: not for every exchange. */
const drawnEvery = 50;

/** A bar for each stack, one after the other. */
export function progressBar(stream: Writable): RunProgress {
  let bar: SingleBar | undefined;
  let done = 0;
  const stop = (): void => {
    bar?.update(done);
    bar?.stop();
    bar = undefined;
  };
  return {
    stack: (name, exchanges) => {
      stop();
      done = 0;
      const format = `${name.padEnd(18)} {bar} {value}/{total}`;
      bar = new SingleBar(
        { stream: stream as NodeJS.WritableStream, format, clearOnComplete: true },
        Presets.shades_classic,
      );
      bar.start(exchanges, 0);
    },
    settled: () => {
      done += 1;
      if (done % drawnEvery === 0) bar?.update(done);
    },
    stop,
  };
}
