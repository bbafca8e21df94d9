// GOAWAY while streams are under way, from either side, once or in two phases, and whatever is on its way meanwhile: what
// is not taken is safe to retry, what is taken ends as if there had been none, and then the connection does (RFC 9113 §6.8).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h2 } from '../../src/endpoint/h2.js';
import { pipePlan } from '../../src/kit/arbitraries/connection-memory.js';
import { assertReaching } from '../../src/kit/assert-reaching.js';
import type { Reached } from '../../src/kit/reached.js';
import { type Later, type PairOptions, SessionPair } from '../../src/kit/session-pair.js';
import type { ClientSession } from '../../src/stream/contract.js';
import { contentHash, type Made, Taken, take } from '../support/h2-peer-bed.js';
import { goawayToClient } from '../support/properties/h2-goaway-client.js';
import { goawayOfServer } from '../support/properties/h2-goaway-server.js';
import { rowRecorder } from '../support/rows.js';

const observer = rowRecorder();
const size = fc.constantFrom(0, 1, 3000, 16_384);
const h2Options = { connectionWindowBytes: 65_535, copyBelowBytes: 100 };

const asking = fc.record({
  size,
  answer: size,
  answers: fc.constantFrom('at-head' as const, 'at-end' as const, 'later' as const),
  /** With the one before, or when its answer has come. */
  waits: fc.boolean(),
});

/** Both ends as they are, one of which is told to go in the middle of it. */
function pairRun(
  askings: readonly Made<typeof asking>[],
  kind: 'shutdown-server' | 'shutdown-client',
  at: number,
  plans: Pick<PairOptions, 'toServer' | 'toClient'>,
  reached: Reached,
): void {
  const begun: { id: number; told: string | undefined; taken: Taken; answer: number }[] = [];
  const seen: { id: number; taken: Taken; size: number }[] = [];
  const later: Later = { tasks: [] };
  let client: ClientSession | undefined;
  const ask = (): void => {
    const session = client as ClientSession;
    do {
      const wanted = askings[begun.length];
      if (wanted === undefined || session.available === 0) return;
      const it = {
        id: 2 * begun.length + 1,
        told: undefined as string | undefined,
        taken: new Taken(),
        answer: wanted.answer,
      };
      begun.push(it);
      const exchange = session.request(
        { authority: 'a.test', method: 'PUT', end: false },
        {
          response: (_head, { body }) => take(body, it.taken),
          failed: (error, retryable) => {
            it.told = `${error.code}${retryable ? ' retryable' : ''}`;
          },
        },
      );
      exchange.onClosed = (error) => {
        it.told ??= error?.code ?? 'ok';
        later.tasks.push(ask);
      };
      exchange.send(new Uint8Array(wanted.size).fill(it.id), true);
    } while (askings[begun.length]?.waits === false);
  };
  const pair = new SessionPair(
    h2(h2Options),
    h2(h2Options),
    (exchange) => {
      const { id } = exchange;
      const wanted = askings[(id - 1) / 2] as Made<typeof asking>;
      const taken = new Taken();
      seen.push({ id, taken, size: wanted.size });
      reached.mark('taken behind the shutdown', pair.faulted && kind === 'shutdown-server');
      const answer = () => exchange.reply(200, [], new Uint8Array(wanted.answer).fill(id));
      take(exchange.body, taken, wanted.answers === 'at-end' ? answer : undefined);
      if (wanted.answers === 'at-head') answer();
      else if (wanted.answers === 'later') later.tasks.push(answer);
    },
    (session) => {
      client = session;
      later.tasks.push(ask);
    },
    later,
    { ...plans, fault: { at, kind }, server: { observer }, client: { observer } },
  );
  let wasIdle = false;
  const { server } = pair;
  const shutdown = server.shutdown.bind(server);
  server.shutdown = () => {
    wasIdle = !server.session.busy;
    shutdown();
  };
  pair.run();
  reached.mark('not begun any more', begun.length < askings.length);
  reached.mark('shut down in between', pair.faulted && begun.length > 0);
  for (const { id, told, taken, answer } of begun) {
    const isSeen = seen.some((it) => it.id === id);
    // A server without a stream warns nobody, and leaves: then something may be on its way to it.
    if (!isSeen) expect([told, wasIdle]).toEqual(['goaway retryable', true]);
    else expect([id, told, taken.bytes, taken.hash]).toEqual([id, 'ok', answer, contentHash(id, answer)]);
    reached.mark('on its way to a server that leaves', !isSeen);
  }
  for (const { id, taken, size: due } of seen)
    expect([taken.bytes, taken.hash]).toEqual([due, contentHash(id, due)]);
  // Nobody waited for time to go on.
  expect(pair.expirations).toBe(0);
  for (const end of [pair.server, pair.client]) {
    expect([end.thrown, end.session.error]).toEqual([[], undefined]);
    end.assertQuiescent();
  }
}

describe('GOAWAY', () => {
  it.each(['shutdown-server', 'shutdown-client'] as const)(
    'WIRE-4, WIRE-5: %s: what has begun is finished, all of it, and the rest may be sent again',
    async (kind) => {
      const both = ['not begun any more', 'shut down in between'];
      await assertReaching(
        'LAY-3',
        (reached) =>
          fc.property(
            fc.array(asking, { minLength: 1, maxLength: 8 }),
            fc.nat({ max: 60 }),
            pipePlan(),
            pipePlan(),
            (askings, at, toServer, toClient) => pairRun(askings, kind, at, { toServer, toClient }, reached),
          ),
        kind === 'shutdown-server'
          ? [...both, 'taken behind the shutdown', 'on its way to a server that leaves']
          : both,
        { runs: 60 },
      );
    },
  );

  it('CON-5, OWN-7: a server takes what is on its way to it, and nothing behind its last word', async () => {
    const floor = ['both say it', 'behind the warning', 'behind the last word', 'no time'];
    await assertReaching('LAY-3', goawayOfServer, floor, { runs: 30 });
  });

  it('CON-5, OWN-7, WIRE-5: a client hears what is safe to retry, and gets the answers to the rest', async () => {
    const floor = ['again', 'above the last', 'above the last, though it was sent whole'];
    await assertReaching('LAY-3', goawayToClient, floor, { runs: 60 });
  });
});
