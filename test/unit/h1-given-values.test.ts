// What an application without types gives the H1 exchange: refused at the call as misuse, and nothing has changed.
import { describe, expect, it } from 'vitest';
import { MisuseError, UndercoatError } from '../../src/errors.js';
import { PreparedFields } from '../../src/session/h1/encode-fields.js';
import type { BodyConsumer, FieldList, RequestOptions, ServerExchange } from '../../src/stream/contract.js';
import { ClientBench, codeOf, octets, ServerBench, Taker } from '../support/h1-bench.js';
import { refusal } from '../support/memory.js';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const badFields: [unknown, string][] = [
  [[['X', 5]], 'field-value'],
  [[['X', undefined]], 'field-value'],
  [[['X', null]], 'field-value'],
  [[['X']], 'field-value'],
  [[['X', { length: 1 }]], 'field-value'],
  [[['X', ['a']]], 'field-value'],
  [[[5, 'a']], 'field-name'],
  [[[['X'], 'a']], 'field-name'],
  [[[Symbol('x'), 'a']], 'field-name'],
  [['X'], 'field-list'],
  [[undefined], 'field-list'],
  [[null], 'field-list'],
  [[5], 'field-list'],
  [{ X: 'a' }, 'field-list'],
  ['X: a', 'field-list'],
  [7, 'field-list'],
];

const badBodies: [string, unknown][] = [
  ['text', 'str'],
  ['undefined', undefined],
  ['null', null],
  ['a number', 3],
  ['what has a length', { length: 3 }],
  ['an array', [1, 2]],
  ['an ArrayBuffer', new ArrayBuffer(3)],
  ['wider numbers', new Uint16Array(3)],
  ['signed numbers', new Int8Array(3)],
];

/** A server's exchange, in its handler. */
function serving(act: (exchange: ServerExchange) => void, request = get): ServerBench {
  return new ServerBench(act).feed(request);
}

describe('fields', () => {
  it.each(badFields)('%j are refused of a response, which is sent then', (fields, code) => {
    const codes: string[] = [];
    const bench = serving((exchange) => {
      codes.push(codeOf(() => exchange.respond(200, fields as FieldList)));
      codes.push(codeOf(() => exchange.reply(200, fields as FieldList, octets('no'))));
      codes.push(codeOf(() => exchange.inform(103, fields as FieldList)));
      exchange.reply(200, [], octets('ok'));
    });
    expect(codes).toEqual([code, code, code]);
    expect(bench.drain()).toBe(ok);
    bench.close();
  });

  it.each(badFields)('%j are refused of a request, and the connection takes the next', (fields, code) => {
    const bench = new ClientBench();
    expect(codeOf(() => bench.ask({ fields: fields as FieldList }))).toBe(code);
    bench.ask();
    expect(bench.drain()).toBe(get);
    bench.close();
  });

  it.each(badFields)('%j are refused as trailers, and the message goes on', (fields, code) => {
    let found = '';
    const bench = serving((exchange) => {
      exchange.respond(200);
      found = codeOf(() => exchange.end(fields as FieldList));
      exchange.end();
    });
    expect(found).toBe(code);
    expect(bench.drain()).toBe('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    bench.close();
  });

  it.each(badFields)('%j are not prepared', (fields, code) => {
    const cites = { 'field-list': '§5', 'field-name': '§5.1', 'field-value': '§5.5' }[code];
    expect(refusal(() => new PreparedFields(fields as FieldList))).toBe(`${code} RFC 9110 ${cites}`);
  });

  it('that were sent before and have become something else are refused', () => {
    const fields: [string, unknown][] = [['X', 'a']];
    let found = '';
    const bench = new ServerBench((exchange) => exchange.reply(200, fields as never, octets('ok')));
    bench.feed(get + get + get).drain();
    bench.handler = (exchange) => {
      fields[0] = undefined as never;
      found = codeOf(() => exchange.reply(200, fields as never, octets('ok')));
      exchange.reply(200, [], octets('ok'));
    };
    expect(bench.feed(get).drain()).toBe(ok);
    expect(found).toBe('field-list');
    bench.close();
  });

  it('whose strings change while they are encoded do not leave the room open (WS-2)', () => {
    let reads = 0;
    const shifty = ['X', 'a'];
    Object.defineProperty(shifty, 1, {
      get() {
        reads += 1;
        return reads < 2 ? 'a' : null;
      },
    });
    const fields = [shifty] as unknown as FieldList;
    const acts: ((exchange: ServerExchange) => void)[] = [
      (exchange) => exchange.respond(200, fields),
      (exchange) => exchange.inform(103, fields),
    ];
    for (const act of acts) {
      const bench = serving((exchange) => {
        reads = 0;
        expect(() => act(exchange)).toThrow();
        exchange.reply(200, [], octets('ok'));
      });
      expect(bench.drain()).toBe(ok);
      bench.close();
    }
    const client = new ClientBench();
    reads = 0;
    expect(() => client.ask({ fields })).toThrow();
    client.ask();
    expect(client.drain()).toBe(get);
    client.close();
  });
});

describe('content', () => {
  it.each(badBodies)('%s is refused by `reply`, which can be called again', (_, body) => {
    let found = '';
    const bench = serving((exchange) => {
      found = codeOf(() => exchange.reply(200, [], body as Uint8Array));
      exchange.reply(200, [], octets('ok'));
    });
    expect(found).toBe('body-type');
    expect(bench.drain()).toBe(ok);
    bench.close();
  });

  it.each(badBodies)('%s is refused by `send`, and the message goes on', (_, body) => {
    const codes: string[] = [];
    const bench = serving((exchange) => {
      exchange.respond(200);
      codes.push(codeOf(() => exchange.send(body as Uint8Array)));
      codes.push(codeOf(() => exchange.sendLease(body as never)));
      exchange.end();
    });
    expect(bench.drain()).toBe('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    const client = new ClientBench();
    const asked = client.ask({ method: 'POST', end: false });
    codes.push(codeOf(() => asked.send(body as Uint8Array, true)));
    codes.push(codeOf(() => asked.sendLease(body as never, true)));
    asked.end();
    expect(client.drain()).toMatch(/\r\n\r\n0\r\n\r\n$/);
    expect(codes).toEqual(['body-type', 'body-type', 'body-type', 'body-type']);
    bench.close();
    client.close();
  });

  it('is taken from a subclass of Uint8Array', () => {
    const bench = serving((exchange) => exchange.reply(200, [], Buffer.from('ok')));
    expect(bench.drain()).toBe(ok);
    bench.close();
  });
});

describe('a request', () => {
  it.each([
    [{ method: 5 }, 'method'],
    [{ method: ['GET'] }, 'method'],
    [{ target: 5 }, 'target'],
    [{ target: {} }, 'target'],
    [{ authority: undefined }, 'authority'],
    [{ authority: null }, 'authority'],
    [{ authority: 5 }, 'authority'],
    [{ upgrade: 5 }, 'field-value'],
    [{ length: -1 }, 'length'],
    [{ length: '5' }, 'length'],
    [{ length: null }, 'length'],
  ])('with %j is refused, and the connection takes the next', (options, code) => {
    const bench = new ClientBench();
    expect(codeOf(() => bench.ask(options as unknown as Partial<RequestOptions>))).toBe(code);
    bench.ask();
    expect(bench.drain()).toBe(get);
    bench.close();
  });
});

describe('a length, a consumer, a reason', () => {
  it.each([-1, -0.5, '5', null, Number.NaN])('the length %j is refused', (length) => {
    let found = '';
    const bench = serving((exchange) => {
      found = codeOf(() => exchange.respond(200, [], { length: length as number }));
      exchange.reply(200, [], octets('ok'));
    });
    expect(found).toBe('length');
    expect(bench.drain()).toBe(ok);
    bench.close();
  });

  it.each([undefined, null, {}, 5, { data() {}, end() {} }])(
    '%j is no consumer, and another may come',
    (consumer) => {
      const taker = new Taker();
      let found = '';
      const bench = serving((exchange) => {
        found = codeOf(() => exchange.body.consume(consumer as unknown as BodyConsumer));
        exchange.body.consume(taker);
        exchange.reply(200, [], octets('ok'));
      }, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
      expect(found).toBe('body-consumer');
      expect(bench.drain()).toBe(ok);
      expect(taker.told).toEqual(['x', '<end>']);
      bench.close();
    },
  );

  it.each(['junk', new Error('mine'), 0, null])('%s as a reason to break off is wrapped', (reason) => {
    const told: (UndercoatError | undefined)[] = [];
    const server = serving((exchange) => {
      exchange.onClosed = (error) => told.push(error);
      exchange.abort(reason as never);
    });
    expect(server.drain()).toMatch(/^HTTP\/1\.1 500 /);
    expect(server.stands).toBe('closed linger');
    const client = new ClientBench();
    const asked = client.ask();
    asked.onClosed = (error) => told.push(error);
    client.drain();
    asked.abort(reason as never);
    client.work();
    expect(client.stands).toBe('closed abort');
    for (const error of told) {
      expect(error).toBeInstanceOf(UndercoatError);
      expect(error?.code).toBe('application-failed');
      expect(error?.cause).toBe(reason);
    }
    expect(told).toHaveLength(2);
    server.close();
    client.close();
  });

  it('a consumer that is refused says by whose fault', () => {
    serving((exchange) => {
      expect(() => exchange.body.consume(undefined as never)).toThrow(MisuseError);
      exchange.reply(200, [], octets('ok'));
    }).close();
  });

  it('a body that is paused and resumed without a consumer is not asked for', () => {
    const bench = serving((exchange) => {
      exchange.body.pause();
      exchange.body.resume();
    }, 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n');
    expect(bench.drain()).toBe('');
    bench.close();
  });
});
