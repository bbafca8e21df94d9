// Small parts of the stream layer by themselves: lists of names, listeners that cannot hear, and a body that goes on elsewhere.
import { expect, test } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { CarriedBody } from '../../src/stream/carried-body.js';
import type { BodyConsumer, IncomingBody } from '../../src/stream/contract.js';
import { requireListener } from '../../src/stream/given.js';
import { listed } from '../../src/stream/listed.js';
import { refusal } from '../support/memory.js';

class Body implements IncomingBody {
  readonly declaredLength = 7;
  readonly receivedBytes = 3;
  readonly complete = false;
  readonly asked: string[] = [];

  consume(): void {
    this.asked.push('consume');
  }
  pause(): void {
    this.asked.push('pause');
  }
  resume(): void {
    this.asked.push('resume');
  }
  discard(): void {
    this.asked.push('discard');
  }
}

function taker(told: string[]): BodyConsumer {
  return { data: () => {}, end: () => told.push('end'), failed: (error) => told.push(error.code) };
}

const gone = new TransportError('closed', 'gone');

test.each([
  ['', []],
  [' , ,', []],
  ['a', ['a']],
  [' B ,, c,', ['b', 'c']],
])('a list %j has %j', (value, elements) => {
  expect(listed(value)).toEqual(elements);
});

test('LAY-4: whoever waits for a response can be told of one, and of none', () => {
  const response = (): void => {};
  const failed = (): void => {};
  const asked = [{ response, failed }, { response }, { failed }, {}, undefined] as never[];
  const [right, ...wrong] = asked.map((listener) => refusal(() => requireListener(listener)));
  expect([right, new Set(wrong)]).toEqual(['nothing', new Set(['response-listener LAY-4'])]);
});

test('a body that goes on elsewhere is asked there for what holds then', () => {
  const cases: [act: (body: CarriedBody) => void, asked: string[]][] = [
    [() => {}, []],
    [(body) => body.consume(taker([])), ['consume']],
    [(body) => body.pause(), ['pause']],
    [
      (body) => {
        body.pause();
        body.resume();
      },
      [],
    ],
    [(body) => body.discard(), ['discard']],
  ];
  for (const [act, asked] of cases) {
    const body = new CarriedBody(new Body());
    act(body);
    const next = new Body();
    body.goOn(next);
    expect(next.asked).toEqual(asked);
    expect([body.declaredLength, body.receivedBytes, body.complete]).toEqual([7, 3, false]);
  }
});

test('when nothing will come its consumer is told, if it has one that wants it', () => {
  const told: string[] = [];
  new CarriedBody(new Body()).fail(gone);
  const wanted = new CarriedBody(new Body());
  wanted.consume(taker(told));
  wanted.fail(gone);
  expect(told).toEqual(['closed']);
  const unwanted = new CarriedBody(new Body());
  unwanted.consume(taker(told));
  unwanted.discard();
  unwanted.fail(gone);
  expect(told).toEqual(['closed']);
});
