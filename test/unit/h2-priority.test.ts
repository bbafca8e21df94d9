// The Priority field value (RFC 9218 §4), what is remembered of priorities before their streams begin, and what a client says of
// them later (§7.1).
import { describe, expect, it } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import type { Steps } from '../../src/endpoint/step.js';
import { FRAME_PRIORITY_UPDATE } from '../../src/session/h2/frames-codes.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { parsePriority, priorityText } from '../../src/session/h2/priority.js';
import type { ClientExchange, Priority, ServerExchange } from '../../src/stream/contract.js';
import { frame, get, H2Bed, headers, settings, settingsAck, uint32 } from '../support/h2-bed.js';
import { createPair } from '../support/pair.js';

it.each<[string, number, boolean]>([
  ['', 3, false],
  ['u=1, i', 1, true],
  ['u=1, u=5', 5, false],
  ['u=1, u=9', 3, false],
  ['u=1, u', 3, false],
  ['u=12', 3, false],
  ['u=1x', 3, false],
  ['u=x1', 3, false],
  ['u=8', 3, false],
  ['i, i=?0', 3, false],
  ['i, i=x', 3, false],
  ['u=2;a=1, i=?1;b, x=y', 2, true],
])('%j', (text, urgency, incremental) => {
  expect(parsePriority(text)).toEqual({ urgency, incremental });
});

it.each<[Required<Priority>, string]>([
  [{ urgency: 0, incremental: false }, 'u=0'],
  [{ urgency: 7, incremental: true }, 'u=7, i'],
])('%j is said', (priority, text) => {
  expect(priorityText(priority)).toBe(text);
  expect(parsePriority(text)).toEqual(priority);
});

const prioritise = (id: number) => frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(id), 0x75, 0x3d, 0x30]);

it('what was said of streams that were passed over makes room', () => {
  const bed = new H2Bed('server', { h2: { maxIdlePriorities: 2 } });
  bed.feed(settings([4, 0]), prioritise(1), prioritise(3), headers(5, get()), prioritise(9));
  bed.feed(headers(7, get()), headers(9, get()));
  for (const exchange of bed.exchanges) exchange.reply(200, [], new Uint8Array(10));
  bed.frames();
  expect(bed.feed(settings([4, 100])).slice(1)).toEqual(['DATA 9 END 10', 'DATA 5 END 10', 'DATA 7 END 10']);
  bed.close();
});

describe('more idle streams with a priority than there may be streams', () => {
  it('end the connection, with those that are open counted', () => {
    const bed = new H2Bed('server', { h2: { maxConcurrentStreams: 3 } });
    bed.feed(headers(1, get()), prioritise(3), prioritise(5), prioritise(5), prioritise(1));
    expect(bed.end.state).toBe('open');
    expect(bed.feed(prioritise(7))).toEqual(['GOAWAY 1 PROTOCOL_ERROR']);
    expect(bed.error).toBe('priorities-over-streams');
    bed.close();
  });

  it('are none where streams are over, or were passed over', () => {
    const bed = new H2Bed('server', { h2: { maxConcurrentStreams: 3 } });
    bed.feed(headers(1, get()), prioritise(3), prioritise(5));
    bed.exchange.reply(204, [], new Uint8Array(0));
    bed.frames();
    bed.feed(prioritise(7), headers(9, get()), prioritise(11), prioritise(13));
    expect(bed.end.state).toBe('open');
    expect(bed.feed(prioritise(15))).toEqual(['GOAWAY 9 PROTOCOL_ERROR']);
    bed.close();
  });

  it('are not counted before the peer can know', () => {
    const bed = new H2Bed('server', { h2: { maxConcurrentStreams: 1 }, silent: true });
    bed.feed(PREFACE, settings(), prioritise(1), prioritise(3), prioritise(5));
    expect(bed.end.state).toBe('open');
    bed.feed(settingsAck);
    expect(bed.feed(prioritise(7))).toEqual(['GOAWAY 0 PROTOCOL_ERROR']);
    bed.close();
  });
});

describe('a client that changes the priority of an answer', () => {
  const listener = { response: () => {}, failed: () => {} };
  const asking = (bed: H2Bed): ClientExchange => {
    const exchange = bed.client.request({ authority: 'a.test' }, listener);
    bed.frames();
    return exchange;
  };
  /** SETTINGS_NO_RFC7540_PRIORITIES: it goes by those of RFC 9218. */
  const goesByThem = settings([9, 1]);

  it('says the last of a turn', () => {
    const bed = new H2Bed('client', { silent: true });
    bed.feed(goesByThem);
    const exchanges = [asking(bed), asking(bed)];
    exchanges[1]?.prioritise({ urgency: 0 });
    exchanges[0]?.prioritise({ urgency: 1 });
    exchanges[1]?.prioritise({ urgency: 5, incremental: true });
    expect(bed.frames()).toEqual(['PRIORITY_UPDATE 3 u=5, i', 'PRIORITY_UPDATE 1 u=1']);
    exchanges[0]?.prioritise({});
    expect(bed.frames()).toEqual(['PRIORITY_UPDATE 1 u=3']);
    bed.close();
  });

  it('says it before the peer has said anything, and nothing to one that does not go by it', () => {
    const bed = new H2Bed('client', { silent: true });
    const exchange = asking(bed);
    exchange.prioritise({ urgency: 1 });
    expect(bed.frames()).toEqual(['PRIORITY_UPDATE 1 u=1']);
    bed.feed(settings());
    exchange.prioritise({ urgency: 2 });
    expect(bed.frames()).toEqual([]);
    bed.close();
  });

  it('says nothing of an answer that is complete, of an exchange that was broken off, or of what it cannot be', () => {
    const bed = new H2Bed('client', { silent: true });
    bed.feed(goesByThem);
    const [answered, broken, open] = [asking(bed), asking(bed), asking(bed)] as const;
    bed.feed(headers(1, [[':status', '200']]));
    broken.abort();
    for (const exchange of [answered, broken]) exchange.prioritise({ urgency: 0 });
    for (const urgency of [-1, 8, 1.5, '1', null]) {
      expect(() => open.prioritise({ urgency: urgency as never })).toThrow('RFC 9218 §4.1');
    }
    expect(() => open.prioritise({ incremental: 1 as never })).toThrow('RFC 9218 §4.2');
    expect(bed.frames()).toEqual(['RST_STREAM 3 CANCEL']);
    open.prioritise({ urgency: undefined as never, incremental: true });
    bed.feed(headers(5, [[':status', '200']]));
    expect(bed.frames()).toEqual([]);
    bed.close();
  });

  it('does not say more than the peer reads', () => {
    const bed = new H2Bed('client', { silent: true, h2: { outputHighWaterBytes: 100 } });
    bed.feed(goesByThem);
    const exchange = asking(bed);
    for (let urgency = 0; urgency < 8; urgency++) {
      for (let again = 0; again < 100; again++) {
        exchange.prioritise({ urgency });
        if (bed.end.due) bed.end.turn();
      }
    }
    expect(bed.end.output.pendingBytes).toBeLessThan(200);
    expect(bed.frames().at(-1)).toBe('PRIORITY_UPDATE 1 u=7');
    bed.close();
  });

  it.each([
    [6, ['2', '1']],
    [0, ['1', '2']],
  ])('with %i has it after the other, or before', async (urgency, order) => {
    const { done, ask, answer } = await answering(h2());
    const exchanges = [ask('1'), ask('2')];
    await answer.ready();
    exchanges[0]?.exchange?.prioritise({ urgency });
    await answer.all();
    expect(done).toEqual(order);
  });

  it.each([
    ['says so when H1 has gone on as H2', h1({ h2c: true }), 0],
    ['has no effect on H1', h1({ maxPipelined: 2 }), 6],
  ] as const)('%s', async (_, stack, urgency) => {
    const { done, ask, answer } = await answering(stack);
    ask('1', urgency);
    await answer.ready();
    ask('2');
    await answer.all();
    expect(done).toEqual(['1', '2']);
  });
});

/** Both ends, with answers of some length that are given when the test says so. */
async function answering(stack: Steps) {
  const exchanges: ServerExchange[] = [];
  const done: string[] = [];
  const pair = await createPair({
    handler: (exchange) => void exchanges.push(exchange),
    serverStack: stack,
    clientStack: stack,
    client: { maxConnections: 1 },
    memory: { slabBytes: 16_384 },
  });
  const ask = (name: string, urgency?: number) =>
    pair.client.request(
      { authority: 'pair.test', target: `/${name}` },
      {
        begun: (exchange) => {
          if (urgency !== undefined) exchange.prioritise({ urgency });
        },
        response: (_head, it) =>
          it.body.consume({
            data: (lease) => lease.release(),
            end: () => void done.push(name),
            failed: () => {},
          }),
        failed: () => {},
      },
    );
  const answer = {
    ready: () => pair.run(),
    all: async () => {
      await pair.run();
      for (let i = 0; i < exchanges.length; i++) {
        exchanges[i]?.reply(200, [], new Uint8Array(200_000));
        // Of H2 both answers wait at once; of H1 the second is not read before the first is given.
        if (exchanges[i]?.protocol === 'h1') await pair.run();
      }
      await pair.run();
      await pair.finish();
    },
  };
  return { done, ask, answer };
}
