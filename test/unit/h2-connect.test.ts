// CONNECT (RFC 9110 §9.3.6, RFC 9113 §8.5) until there is a tunnel: what is asked, agreed to, refused and waited for.
import { expect, it } from 'vitest';
import { MisuseError } from '../../src/errors.js';
import { H2Session } from '../../src/session/h2/session.js';
import type { OutgoingBody } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';
import { data, H2Bed, headers, reset } from '../support/h2-bed.js';
import { open, type Tunnel, tunnel, write } from '../support/h2-tunnel.js';

type Pairs = [string, string][];

const connect: Pairs = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];
const asked = { method: 'CONNECT', authority: 'a:1', target: 'a:1' };

it('what a client sends ahead of the answer to CONNECT is no content', () => {
  const bed = new H2Bed('server');
  const head: Pairs = [
    [':method', 'CONNECT'],
    [':authority', 'a:1'],
    ['content-length', '0'],
  ];
  expect(bed.feed(headers(1, head, false), data(1, 3))).toEqual([]);
  const found: Tunnel[] = [];
  bed.exchange.upgrade((pipe) => found.push(tunnel(pipe)));
  expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200']);
  expect(found[0]?.received).toBe(3);
  bed.feed(data(1, 5));
  bed.feed(data(1, 7, true));
  expect([found[0]?.received, found[0]?.log]).toEqual([15, ['ended']]);
  bed.close();
});

it('a client may open its pipe when DATA has come', () => {
  const bed = new H2Bed('client');
  const pipes: Transport[] = [];
  bed.client.request(asked, {
    response: () => {},
    upgraded: (_head, pipe) => pipes.push(pipe),
    failed: () => {},
  });
  bed.frames();
  bed.feed(headers(1, [[':status', '200']], false), data(1, 3));
  const it = tunnel(pipes[0] as Transport);
  bed.settle();
  expect(it.received).toBe(3);
  bed.feed(data(1, 5), data(1, 7, true));
  expect([it.received, it.log]).toEqual([15, ['ended']]);
  bed.close();
});

it.each(['reset', 'abort'])(
  'who takes the empty body of a CONNECT hears its end, though a %s comes first',
  (how) => {
    const told: string[] = [];
    const bed = new H2Bed('server');
    bed.feed(headers(1, connect, false));
    const { exchange } = bed;
    exchange.body.consume({ data: () => {}, end: () => told.push('end'), failed: () => told.push('failed') });
    const frame = reset(1, 8);
    if (how === 'reset') bed.end.deliver(frame, 0, frame.length);
    else exchange.abort();
    bed.settle();
    expect(told).toEqual(['end']);
    bed.close();
  },
);

it('who takes the body of a CONNECT early has an empty one when it was agreed to', () => {
  const told: string[] = [];
  const found: Tunnel[] = [];
  const bed = new H2Bed('client');
  const exchange = bed.client.request(asked, {
    response: () => {},
    upgraded: (_head, pipe) => found.push(tunnel(pipe)),
    failed: () => told.push('no response'),
  });
  exchange.body.consume({
    data: () => told.push('data'),
    end: () => told.push('end'),
    failed: () => told.push('failed'),
  });
  bed.frames();
  bed.feed(headers(1, [[':status', '200']], false), data(1, 5));
  expect([told, found.map(({ received }) => received)]).toEqual([['end'], [5]]);
  expect(exchange.body.declaredLength).toBe(0);
  bed.close();
});

it('LAY-7: nothing is sent for a CONNECT but through its pipe', () => {
  const sends = (exchange: OutgoingBody): unknown[] =>
    [() => exchange.send(new Uint8Array(3)), () => exchange.end()].map((act) => {
      try {
        return act();
      } catch (error) {
        return error instanceof MisuseError ? error.code : error;
      }
    });
  const bed = new H2Bed('client');
  const found: Tunnel[] = [];
  const upgraded = (_head: unknown, pipe: Transport) => found.push(tunnel(pipe));
  const exchange = bed.client.request(
    { ...asked, end: true },
    { response: () => {}, upgraded, failed: () => {} },
  );
  expect(sends(exchange)).toEqual(['after-end', 'after-end']);
  expect(bed.frames()).toEqual(['HEADERS 1 | :method: CONNECT | :authority: a:1']);
  bed.feed(headers(1, [[':status', '200']], false));
  expect(sends(exchange)).toEqual(['after-end', 'after-end']);
  write(found[0] as Tunnel, 3);
  found[0]?.pipe.end();
  expect(bed.frames()).toEqual(['DATA 1 3', 'DATA 1 END 0']);
  bed.close();
  const { bed: other } = open('server', []);
  expect(sends(other.exchange)).toEqual(['after-end', 'after-end']);
  expect(other.frames()).toEqual([]);
  other.close();
});

it.each([
  ['without content', true],
  ['with content', false],
])('a CONNECT that is refused %s is over with the answer, in good order', (_what, isEmpty) => {
  const told: string[] = [];
  const bed = new H2Bed('client');
  const exchange = bed.client.request(asked, {
    response: ({ status }, { body }) => {
      told.push(String(status));
      body.consume({
        data: (lease) => lease.release(),
        end: () => told.push('end'),
        failed: () => told.push('failed'),
      });
    },
    upgraded: () => told.push('upgraded'),
    failed: () => told.push('no response'),
  });
  exchange.onClosed = (error) => told.push(`closed ${error?.code ?? 'in order'}`);
  bed.frames();
  expect(bed.feed(headers(1, [[':status', '403']], isEmpty))).toEqual(['DATA 1 END 0']);
  if (!isEmpty) bed.feed(data(1, 5, true));
  expect(told).toEqual(['403', 'end', 'closed in order']);
  expect(bed.end.session instanceof H2Session && bed.end.session.busy).toBe(false);
  bed.close();
});

it("a CONNECT has no content: an application that waits for its end may agree, and what came meanwhile is the tunnel's", () => {
  const ended: string[] = [];
  const found: Tunnel[] = [];
  const bed = new H2Bed('server', {
    exchange: (it) => {
      expect(it.body.declaredLength).toBe(0);
      it.body.consume({
        data: () => ended.push('data'),
        end: () => {
          ended.push('end');
          it.upgrade((pipe) => found.push(tunnel(pipe)));
        },
        failed: () => ended.push('failed'),
      });
    },
  });
  bed.feed(
    headers(
      1,
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
      false,
    ),
    data(1, 7),
  );
  bed.settle();
  expect(ended).toEqual(['end']);
  expect(found.map(({ received }) => received)).toEqual([7]);
  bed.close();
});

it('a server says by a function who takes a tunnel over', () => {
  const bed = new H2Bed('server', {
    exchange: (it) => {
      for (const nobody of [undefined, 5, {}]) {
        expect(() => it.upgrade(nobody as never)).toThrow(/\[tunnel-taker, LAY-7\]/);
      }
      it.respond(403, [], { end: true });
    },
  });
  const said = bed.feed(
    headers(
      1,
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
      false,
    ),
  );
  expect(said[0]).toMatch(/^HEADERS 1/);
  bed.close();
});

it('a CONNECT that declares content is refused at the call, and one that is refused takes no other along', () => {
  const bed = new H2Bed('client', {});
  const listener = { response: () => {}, failed: () => {} };
  const refused = (options: object): void => {
    expect(() => bed.client.request({ ...asked, ...options }, listener)).toThrow(
      /\[connect-content, RFC 9110 §9.3.6\]/,
    );
  };
  refused({ length: 5 });
  refused({ fields: [['Content-Length', '5']] });
  bed.client.request({ ...asked, length: 0 }, listener);
  bed.frames();
  expect(bed.feed(headers(1, [[':status', '403']], true))).toEqual(['DATA 1 END 0']);
  expect(bed.end.session.error).toBeUndefined();
  bed.close();
});

it('a CONNECT that nobody answers has the deadline of an answer, from its head on', () => {
  const bed = new H2Bed('client', { end: { deadlines: { firstByte: 60, total: 10_000, settings: 10 } } });
  const failed: string[] = [];
  bed.client.request(asked, { response: () => {}, failed: ({ code }) => failed.push(code) });
  bed.frames();
  expect(bed.at(59)).toEqual([]);
  expect(bed.at(60)).toEqual(['RST_STREAM 1 CANCEL']);
  expect(failed).toEqual(['stream-timeout']);
  bed.close();
});

it('what was asked before does not make a wrong CONNECT a right one', () => {
  const bed = new H2Bed('client');
  const listener = { response: () => {}, failed: () => {} };
  bed.client.request({ method: 'CONNECT', authority: 'a:1' }, listener);
  expect(bed.frames()).toEqual(['HEADERS 1 | :method: CONNECT | :authority: a:1']);
  expect(() => bed.client.request({ method: 'CONNECT', authority: 'a:1', target: '/' }, listener)).toThrow(
    expect.objectContaining({ code: 'authority' }),
  );
  bed.client.request({ method: 'CONNECT', authority: 'b:2', target: 'a:1' }, listener);
  expect(bed.frames()).toEqual(['HEADERS 3 | :method: CONNECT | :authority: a:1']);
  bed.close();
});
