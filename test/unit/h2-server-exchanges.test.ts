// A server's exchange of H2, by hand: what it answers and refuses, and what becomes of a request that nobody read.
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/errors.js';
import type { Lease } from '../../src/memory/index.js';
import type { Transport } from '../../src/transport/contract.js';
import { taker } from '../support/h2-asked.js';
import { data, get, H2Bed, headers, put, reset } from '../support/h2-bed.js';
import { refusal } from '../support/memory.js';

type Pairs = [string, string][];

const connect: Pairs = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];
const five = new Uint8Array(5).fill(0x61);

test('what an error says that the application throws is the answer; any other is a 500', () => {
  const thrown = [new ProtocolError('odd', 'WS-9', 'odd', { kind: 'status', status: 422 }), new Error('odd')];
  const bed = new H2Bed('server', {
    exchange: () => {
      throw thrown.shift();
    },
  });
  expect(bed.feed(headers(1, get()))[0]).toMatch(/^HEADERS 1.*:status: 422/);
  expect(bed.feed(headers(3, get()))[0]).toMatch(/^HEADERS 3.*:status: 500/);
  expect(bed.reported).toEqual([]);
  bed.close();
});

test('OWN-9: what is thrown behind a whole answer is reported, though the request is not whole', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, put(), false));
  bed.exchange.body.consume(
    taker([], () => {
      throw new Error('late');
    }),
  );
  bed.exchange.reply(200, [], five);
  const closed: unknown[] = [];
  bed.exchange.onClosed = (error) => closed.push(error?.code);
  bed.feed(data(1, 3));
  expect(closed).toEqual(['application-failed']);
  expect(bed.reported.map(String)).toEqual(['Error: late']);
  bed.close();
});

test('broken off, it neither answers, nor sends, nor agrees, and that is no mistake', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, put(), false));
  const { exchange } = bed;
  const found: Lease[] = [];
  exchange.body.consume(taker([], (lease) => found.push(lease)));
  bed.feed(data(1, 3));
  exchange.abort();
  const [lease] = found as [Lease];
  expect([exchange.sendLease(lease), lease.live]).toEqual([false, false]);
  expect(exchange.send(five)).toBe(false);
  exchange.upgrade(5 as never);
  bed.settle();
  expect(exchange.closed).toBe(true);
  bed.close();
});

test('an agreement is given once, and is no content', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, connect, false));
  const pipes: Transport[] = [];
  bed.exchange.upgrade((pipe) => pipes.push(pipe));
  expect(refusal(() => bed.exchange.upgrade(() => {}))).toBe('responded LAY-3');
  expect(refusal(() => bed.exchange.send(five))).toBe('after-end LAY-7');
  expect(pipes).toHaveLength(1);
  bed.close();
});

test.each([
  [200, '200'],
  [599, '599'],
])('%i is a final status', (status, text) => {
  const bed = new H2Bed('server', { exchange: (it) => it.respond(status, [], { end: true }) });
  expect(bed.feed(headers(1, get()))[0]).toContain(`:status: ${text}`);
  expect(refusal(() => bed.exchange.send(five))).toBe('after-end RFC 9113 §8.1');
  expect(bed.exchange.closed).toBe(true);
  bed.close();
});

test('whose answer is said to be whole with its head sends no content', () => {
  const said: string[] = [];
  const bed = new H2Bed('server', {
    exchange: (it) => {
      it.respond(200, [], { end: true });
      said.push(refusal(() => it.send(five)));
    },
  });
  expect(bed.feed(headers(1, put(), false))[0]).toBe('HEADERS 1 END | :status: 200 | content-length: 0');
  expect(said).toEqual(['after-end RFC 9113 §8.1']);
  bed.close();
});

test('a 204 has no content, whoever sends it behind the head', () => {
  const bed = new H2Bed('server', { exchange: (it) => it.respond(204) });
  bed.feed(headers(1, get()));
  expect(refusal(() => bed.exchange.send(five))).toMatch(/RFC 9110/);
  bed.exchange.end();
  expect(bed.frames()).toEqual(['DATA 1 END 0']);
  bed.close();
});

test('a 304 and an answer to HEAD say how long their content would be', () => {
  const bed = new H2Bed('server', {
    exchange: (it) => it.reply(it.request.method === 'HEAD' ? 200 : 304, [], five),
  });
  expect(bed.feed(headers(1, get()))).toEqual(['HEADERS 1 END | :status: 304 | content-length: 5']);
  const head = get().map(([name, value]): [string, string] => [name, value === 'GET' ? 'HEAD' : value]);
  expect(bed.feed(headers(3, head))).toEqual(['HEADERS 3 END | :status: 200 | content-length: 5']);
  bed.close();
});

test('what the fields say of the length holds against what is given', () => {
  const bed = new H2Bed('server');
  const said = (length: string): Pairs => [['content-length', length]];
  bed.feed(headers(1, get()));
  const { exchange } = bed;
  expect(refusal(() => exchange.reply(200, said('0'), five))).toBe('length-conflict RFC 9110 §8.6');
  expect(refusal(() => exchange.reply(200, said('5'), new Uint8Array(0)))).toBe(
    'length-conflict RFC 9110 §8.6',
  );
  exchange.reply(200, [], new Uint8Array(0));
  expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 200 | content-length: 0']);
  bed.close();
});

test.each<[want: number | undefined, more: Pairs]>([
  [undefined, []],
  [7, [['content-length', '7']]],
])('the declared length is %s with %j', (want, more) => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, put(...more), false));
  expect(bed.exchange.body.declaredLength).toBe(want);
  bed.close();
});

test('a body that is asked for late is complete when the request is, before and within the answer', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, get()), headers(3, get()));
  const [before, within] = bed.exchanges;
  within?.respond(200);
  expect([before?.body.complete, within?.body.complete]).toEqual([true, true]);
  bed.close();
});

test('trailers wait for whoever asks for the body behind them', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, put(), false), headers(1, [['x', 'y']], true));
  const taken: string[] = [];
  bed.exchange.body.consume(taker(taken));
  bed.settle();
  expect(taken).toEqual(['end x,y']);
  bed.close();
});

test('whoever looks at a body has not asked for it: nothing comes before he does, and then all', () => {
  const bed = new H2Bed('server', { exchange: (it) => void it.body.declaredLength });
  const taken: string[] = [];
  bed.feed(headers(1, put(), false), data(1, 3));
  bed.exchange.body.consume(taker(taken));
  bed.feed(data(1, 4, true));
  expect(taken).toEqual(['data 3', 'data 4', 'end ']);
  expect(refusal(() => bed.exchange.body.consume(taker(taken)))).toBe('body-consumed OWN-1');
  bed.close();
});

test('CON-1: the rest of a request that nobody read is told as not read', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, put(), false));
  bed.exchange.reply(200, [], five);
  bed.settle();
  for (let now = 0; !bed.exchange.closed && now < 100_000; now += 1000) bed.at(now);
  const taken: string[] = [];
  bed.exchange.body.consume(taker(taken));
  expect(taken).toEqual(['failed body-undrained CON-1 none']);
  bed.close();
});

test('what was complete stays so though the exchange fails behind it', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, put(), false));
  const { body } = bed.exchange;
  const taken: string[] = [];
  body.consume(taker(taken));
  bed.feed(data(1, 3));
  body.pause();
  bed.feed(data(1, 0, true), reset(1, 8));
  expect(taken).toEqual(['data 3']);
  body.resume();
  bed.settle();
  expect([taken, body.complete]).toEqual([['data 3', 'end '], true]);
  bed.close();
});

test('OWN-7: the end of one exchange revokes nothing of another', () => {
  const bed = new H2Bed('server');
  const kept: Lease[] = [];
  for (const id of [1, 3]) {
    bed.feed(headers(id, put(), false));
    bed.exchange.body.consume(taker([], (lease) => kept.push(lease)));
    bed.feed(data(id, 3));
  }
  bed.feed(reset(3, 8));
  expect(kept.map(({ live }) => live)).toEqual([true, false]);
  bed.feed(reset(1, 8));
  expect(kept.map(({ live }) => live)).toEqual([false, false]);
  bed.close();
});

describe('whoever waits for the go-ahead', () => {
  const waits = put(['expect', '100-continue']);
  const hundred = 'HEADERS 1 | :status: 100';

  test('has it once', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, waits, false));
    const { body } = bed.exchange;
    body.consume(taker([]));
    expect(bed.frames()).toEqual([hundred]);
    body.pause();
    body.resume();
    expect(bed.frames()).toEqual([]);
    bed.close();
  });

  test('has it though he was told something else before', () => {
    const bed = new H2Bed('server', { exchange: (it) => it.inform(103) });
    expect(bed.feed(headers(1, waits, false))).toEqual(['HEADERS 1 | :status: 103']);
    bed.exchange.body.consume(taker([]));
    expect(bed.frames()).toEqual([hundred]);
    bed.close();
  });

  test('needs none when he did not wait', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, waits, false), data(1, 3));
    bed.exchange.body.consume(taker([]));
    expect(bed.frames().filter((it) => it.startsWith('HEADERS'))).toEqual([]);
    bed.close();
  });
});

test('a body that is asked for when all is over is told of its end in the call, that of a refused CONNECT too', () => {
  const bed = new H2Bed('server', { exchange: (it) => it.reply(403, [], five) });
  bed.feed(headers(1, connect, true), headers(3, get()));
  const taken: string[] = [];
  for (const { body } of bed.exchanges) body.consume(taker(taken));
  expect(taken).toEqual(['end ', 'end ']);
  bed.close();
});
