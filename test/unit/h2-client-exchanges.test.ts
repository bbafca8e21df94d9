// A client's exchange of H2, by hand, where something of it is over: broken off, not wanted, or answered.
import { expect, test } from 'vitest';
import { ask, taker } from '../support/h2-asked.js';
import { data, H2Bed, headers, reset, settings, settingsAck } from '../support/h2-bed.js';
import { refusal } from '../support/memory.js';

type Pairs = [string, string][];

const ok = (...more: Pairs): Pairs => [[':status', '200'], ...more];
const asked = { method: 'CONNECT', authority: 'a:1', target: 'a:1' };
const five = new Uint8Array(5).fill(0x61);

test('has one who is told of what becomes available', () => {
  const bed = new H2Bed('client');
  const told = (): void => {};
  bed.client.onAvailable = told;
  expect(bed.client.onAvailable).toBe(told);
  bed.close();
});

test('takes no request that must wait, for a place or for what the peer has to say', () => {
  const bed = new H2Bed('client', { silent: true });
  const listener = { response: () => {}, failed: () => {} };
  const request = (options = {}) =>
    refusal(() => bed.client.request({ authority: 'a.test', ...options }, listener));
  expect(request({ method: 'CONNECT', protocol: 'websocket' })).toBe('extended-connect RFC 8441 §3');
  bed.feed(settings([3, 1]), settingsAck);
  expect([request(), request()]).toEqual(['nothing', 'not-available RFC 9113 §5.1.2']);
  bed.close();
});

test('sends nothing behind the end of a request', () => {
  const bed = new H2Bed('client');
  const { exchange } = ask(bed);
  expect(refusal(() => exchange.send(five))).toBe('after-end RFC 9113 §8.1');
  expect(refusal(() => exchange.end())).toBe('after-end RFC 9113 §8.1');
  expect(bed.frames()).toEqual([]);
  bed.close();
});

test('broken off, it sends nothing more, and that is no mistake', () => {
  const bed = new H2Bed('client');
  const returned: string[] = [];
  const { exchange, told } = ask(bed, { method: 'PUT', end: false });
  exchange.abort();
  expect(exchange.send(five)).toBe(false);
  expect(exchange.send(five, true, (outcome) => returned.push(outcome))).toBe(false);
  expect(exchange.send(five, true)).toBe(false);
  exchange.end();
  exchange.end();
  exchange.prioritise({ urgency: 1 });
  expect(returned).toEqual(['failed']);
  expect(bed.frames()).toEqual(['RST_STREAM 1 CANCEL']);
  expect(told).toEqual(['failed aborted', 'closed aborted']);
  bed.close();
});

test('why it was broken off is told as the application’s doing', () => {
  const bed = new H2Bed('client');
  const { exchange } = ask(bed);
  const found: unknown[] = [];
  exchange.onClosed = (error) => found.push([error?.fault, error?.code, error?.cites]);
  exchange.abort();
  bed.frames();
  expect(found).toEqual([['api-misuse', 'aborted', 'OWN-7']]);
  bed.close();
});

test('of a request that is not wanted whole the rest goes nowhere, and that is no mistake', () => {
  const bed = new H2Bed('client');
  const { exchange, told } = ask(bed, { method: 'PUT', end: false });
  const taken: string[] = [];
  exchange.body.consume(taker(taken));
  exchange.body.pause();
  bed.feed(headers(1, ok(), false), data(1, 3, true), reset(1, 0));
  for (let i = 0; i < 2; i++) expect(exchange.send(five, true)).toBe(false);
  exchange.end();
  exchange.body.resume();
  expect(bed.frames()).toEqual([]);
  expect(taken).toEqual(['data 3', 'end ']);
  expect(told).toEqual(['response 200', 'closed in order']);
  bed.close();
});

test('a body that is asked for behind such an end is whole', () => {
  const bed = new H2Bed('client');
  const { exchange, told } = ask(bed, { method: 'PUT', end: false });
  bed.feed(headers(1, ok()), reset(1, 0));
  expect([told.at(-1), exchange.closed, exchange.body.complete]).toEqual(['closed in order', true, true]);
  const taken: string[] = [];
  exchange.body.consume(taker(taken));
  expect(taken).toEqual(['end ']);
  bed.close();
});

test.each([true, false])(
  'a body that is asked for late is complete when the answer is; request ended: %s',
  (end) => {
    const bed = new H2Bed('client');
    const { exchange } = ask(bed, { method: 'PUT', end });
    bed.feed(headers(1, ok()));
    expect([exchange.closed, exchange.body.complete]).toEqual([end, true]);
    const taken: string[] = [];
    exchange.body.consume(taker(taken));
    bed.settle();
    expect(taken).toEqual(['end ']);
    bed.close();
  },
);

test('the priority of what has been answered is nothing to the peer', () => {
  const bed = new H2Bed('client');
  const whole = ask(bed).exchange;
  const half = ask(bed, { method: 'PUT', end: false }).exchange;
  bed.feed(headers(1, ok()), headers(3, ok()));
  for (const exchange of [whole, half]) exchange.prioritise({ urgency: 1 });
  expect(bed.frames()).toEqual([]);
  bed.close();
});

test.each<[want: number | undefined, method: string, more: Pairs]>([
  [undefined, 'GET', []],
  [0, 'GET', [['content-length', '0']]],
  [7, 'GET', [['content-length', '7']]],
  [0, 'HEAD', [['content-length', '7']]],
])('the declared length is %s for %s with %j', (want, method, more) => {
  const bed = new H2Bed('client');
  const early = ask(bed, { method }).exchange;
  const late = ask(bed, { method }).exchange;
  const { body } = early;
  expect(body.declaredLength).toBe(method === 'HEAD' ? 0 : undefined);
  const end = want === 0;
  bed.feed(headers(1, ok(...more), end), headers(3, ok(...more), end));
  expect([body.declaredLength, late.body.declaredLength]).toEqual([want, want]);
  bed.close();
});

test('an answer of H2 has no reason', () => {
  const bed = new H2Bed('client');
  const { heads } = ask(bed);
  bed.feed(headers(1, ok(['x', 'y']), false));
  const [head] = heads;
  expect([head?.reason, head?.fields.toArray(), head?.fields.getAll('z'), head?.fields.has('z')]).toEqual([
    '',
    [['x', 'y']],
    [],
    false,
  ]);
  bed.close();
});

test.each([300, 403])('a CONNECT that is answered with %i has no tunnel', (status) => {
  const told: string[] = [];
  const bed = new H2Bed('client');
  bed.client.request(asked, {
    response: (head) => told.push(`response ${head.status}`),
    upgraded: () => told.push('upgraded'),
    failed: () => {},
  });
  bed.frames();
  bed.feed(headers(1, [[':status', String(status)]], true));
  expect(told).toEqual([`response ${status}`]);
  bed.close();
});

test('a CONNECT that is broken off before its refusal is read is not ended besides', () => {
  const bed = new H2Bed('client');
  const { exchange } = ask(bed, asked);
  exchange.abort();
  const refused = headers(1, [[':status', '403']], false);
  bed.end.deliver(refused, 0, refused.length);
  expect(bed.frames()).toEqual(['RST_STREAM 1 CANCEL']);
  bed.close();
});

test('a CONNECT of somebody who takes no tunnel has its answer', () => {
  const bed = new H2Bed('client');
  const { told } = ask(bed, asked);
  bed.feed(headers(1, ok(), false));
  expect(told[0]).toBe('response 200');
  bed.close();
});

test('OWN-9: what is thrown too late is reported, and what is not is not', () => {
  const bed = new H2Bed('client');
  const { exchange, told } = ask(bed);
  exchange.onClosed = () => {
    throw new Error('late');
  };
  bed.feed(headers(1, ok()));
  expect(bed.reported.map(String)).toEqual(['Error: late']);
  const other = ask(bed);
  other.exchange.body.consume(
    taker([], () => {
      throw new Error('in time');
    }),
  );
  expect(bed.feed(headers(3, ok(), false), data(3, 3))).toContain('RST_STREAM 3 INTERNAL_ERROR');
  expect([bed.reported.length, told, other.told.at(-1)]).toEqual([
    1,
    ['response 200'],
    'closed application-failed',
  ]);
  bed.close();
});

test('a body that is asked for when all is over is told of its end in the call', () => {
  const bed = new H2Bed('client');
  const { exchange } = ask(bed);
  bed.feed(headers(1, ok()));
  const taken: string[] = [];
  exchange.body.consume(taker(taken));
  expect(taken).toEqual(['end ']);
  bed.close();
});
