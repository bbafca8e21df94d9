// Pipelined requests: many small ones in each read.
import type { Ledger } from '../../../src/memory/index.js';
import { h1ServerSession } from '../../../src/stream/h1-server.js';
import type { Contestant, Way } from '../measure.js';
import { readingHeads, usable } from '../ours.js';
import { feeding } from '../peers/contestants.js';
import { llhttpBinding } from '../peers/llhttp-binding.js';
import { undiciWasm } from '../peers/undici-wasm.js';
import type { RateRow } from '../row.js';
import { SessionDriver } from '../session-driver.js';
import { pipelined } from '../workloads.js';

const depth = 64;
const batch = pipelined(depth);
const answer = Uint8Array.from('Hello, world!', (c) => c.charCodeAt(0));
const fields = [['Content-Type', 'text/plain']] as const;

/** The whole session: every request an exchange, every one answered. */
export function serving(name: string, ledger: Ledger | null): Contestant {
  const driver = new SessionDriver(ledger);
  let served = 0;
  const session = h1ServerSession(driver.context, {}, (exchange) => {
    if (exchange.request.target.length > 0) served += 1;
    exchange.reply(200, fields, answer);
  });
  driver.start(session);
  return {
    name,
    run(count: number): void {
      const before = served;
      for (let i = 0; i < count; i += depth) {
        driver.receive(batch, 0, batch.length);
        while (driver.flush(undefined)) {}
      }
      if (served - before < count) throw new Error('requests were left unanswered');
    },
  };
}

function pipelineRow(work: string, target: number | null, ours: Way): RateRow {
  return {
    work,
    unit: 'per second',
    target,
    ways: [ours, () => feeding(llhttpBinding(), batch, depth), () => feeding(undiciWasm(), batch, depth)],
  };
}

export const pipelineRows: readonly RateRow[] = [
  pipelineRow('pipelined 64 B requests', 3, () => readingHeads('undercoat', batch, depth, usable)),
  pipelineRow('pipelined 64 B requests, the whole server session, answered', null, () =>
    serving('undercoat', null),
  ),
];
