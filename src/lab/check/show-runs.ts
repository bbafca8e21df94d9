/**
 * The bar that people watch while a campaign goes on: how far it is, how fast, and what it has covered. This file does not
 * know when it ends.
 */
import type { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import type { StackAccount } from '../../kit/simulation/campaign.js';

export interface RunsBar {
  stack(name: string): void;
  /** `done` gives the share of an account that is over, from 0 to 1. */
  progressed(account: () => StackAccount, done: (account: StackAccount) => number): void;
  stop(): void;
}

const steps = 1000;
const drawnEvery = 100;

/** `wall` gives milliseconds. */
export function runsBar(stream: Writable, wall: () => number): RunsBar {
  let bar: SingleBar | undefined;
  let began = 0;
  let drawn = 0;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stack: (name) => {
      stop();
      began = wall();
      const format =
        `${name.padEnd(14)} {bar} {percentage}% | {runs} runs, {rate}/s | ` +
        '{states} states, {edges} edges | {rules} rules | {failures} failures';
      bar = new SingleBar(
        { stream: stream as NodeJS.WritableStream, format, barsize: 20, clearOnComplete: true },
        Presets.shades_classic,
      );
      bar.start(steps, 0, { runs: 0, rate: 0, states: 0, edges: 0, rules: 0, failures: 0 });
    },
    progressed: (made, done) => {
      const now = wall();
      if (now - drawn < drawnEvery) return;
      drawn = now;
      const account = made();
      const { runs, states, edges, rules, failures } = account;
      const rate = Math.round((runs * 1000) / Math.max(1, now - began));
      const shown = { runs, rate, states, edges, rules: rules.length, failures: failures.length };
      bar?.update(Math.round(Math.min(1, done(account)) * steps), shown);
    },
    stop,
  };
}
