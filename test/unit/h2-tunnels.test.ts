// What holds for messages and not for tunnels (RFC 9110 §9.3.6, RFC 9113 §8.5): lengths, limits, and what a failure says.
import { describe, expect, it } from 'vitest';
import { MisuseError, TransportError } from '../../src/errors.js';
import { H2Session } from '../../src/session/h2/session.js';
import type { OutgoingBody } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';
import { data, H2Bed, headers, reset, settings, windowUpdate } from '../support/h2-bed.js';

type Pairs = [string, string][];

interface Tunnel {
  readonly pipe: Transport;
  received: number;
  written: number;
  /** What else was told. */
  readonly log: string[];
}

/** Opens it; what comes is counted. */
function tunnel(pipe: Transport): Tunnel {
  const room = { bytes: new Uint8Array(1024), start: 0, end: 1024 };
  const it: Tunnel = { pipe, received: 0, written: 0, log: [] };
  pipe.open({
    opened: () => {},
    room: () => room,
    received: (count) => {
      it.received += count;
    },
    ended: () => it.log.push('ended'),
    written: (count) => {
      it.written += count;
    },
    closed: (error) => it.log.push(`closed ${error?.code ?? 'in order'}`),
  });
  return it;
}

const connect: Pairs = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];
const asked = { method: 'CONNECT', authority: 'a:1', target: 'a:1' };

function write({ pipe }: Tunnel, length: number, fill = 0x61): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  pipe.write([{ bytes, start: 0, end: length }]);
  return bytes;
}

/** A tunnel in stream 1, asked for and agreed to with these fields. */
function open(role: 'server' | 'client', fields: Pairs, h2 = {}): { bed: H2Bed; it: Tunnel } {
  const found: Tunnel[] = [];
  if (role === 'server') {
    const bed = new H2Bed(role, { h2, exchange: (it) => it.upgrade((pipe) => found.push(tunnel(pipe))) });
    bed.feed(headers(1, [[':method', 'CONNECT'], [':authority', 'a:1'], ...fields], false));
    return { bed, it: found[0] as Tunnel };
  }
  const bed = new H2Bed(role, { h2 });
  const listener = {
    response: () => {},
    upgraded: (_head: unknown, pipe: Transport) => found.push(tunnel(pipe)),
    failed: () => {},
  };
  bed.client.request({ method: 'CONNECT', authority: 'a:1', fields }, listener);
  bed.frames();
  bed.feed(headers(1, [[':status', '200'], ...fields], false));
  return { bed, it: found[0] as Tunnel };
}

describe.each(['server', 'client'] as const)('a tunnel of a %s', (role) => {
  it('ignores Content-Length, in what it receives and in what it sends', () => {
    const { bed, it } = open(role, [['content-length', '0']]);
    expect(bed.feed(data(1, 3))).toEqual([]);
    expect(it.received).toBe(3);
    it.pipe.write([{ bytes: new Uint8Array(5), start: 0, end: 5 }]);
    expect(bed.frames()).toEqual(['DATA 1 5']);
    bed.close();
  });

  it('has no limit on what comes through', () => {
    const { bed, it } = open(role, [], { maxBodyBytes: 10 });
    expect(bed.feed(data(1, 8), data(1, 8))).toEqual([]);
    expect(it.received).toBe(16);
    bed.close();
  });

  it('takes a batch whole, whatever waits', () => {
    const { bed, it } = open(role, [], { outputLimitBytes: 100 });
    const bytes = new Uint8Array(40_000);
    const segments = [0, 1, 2].map(() => ({ bytes, start: 0, end: bytes.length }));
    it.pipe.write(segments);
    it.pipe.write(segments);
    bed.feed(windowUpdate(0, 400_000), windowUpdate(1, 400_000));
    bed.settle();
    expect(it.written).toBe(240_000);
    bed.close();
  });

  it('CON-2, OWN-4: what is short is not told as written before what is long and was there first', () => {
    const { bed, it } = open(role, []);
    bed.feed(settings([4, 0]));
    const long = write(it, 5000, 0x41);
    for (let i = 0; i < 3; i++) write(it, 2000, 0x42);
    bed.settle();
    expect(it.written).toBe(0);
    // Of the long piece the pipe below has something: it is not its owner's again.
    bed.feed(windowUpdate(1, 3000));
    expect(it.written).toBe(0);
    bed.feed(windowUpdate(1, 20_000));
    expect(it.written).toBe(11_000);
    long.fill(0x5a);
    const { sent } = bed.end;
    expect(sent.includes(0x5a)).toBe(false);
    bed.close();
  });

  it('OWN-8: short pieces too are written no faster than the peer takes them', () => {
    const { bed, it } = open(role, [], { outputLimitBytes: 1000 });
    for (let i = 0; i < 100; i++) {
      write(it, 2000);
      bed.settle();
    }
    expect(it.written).toBeLessThanOrEqual(65_535);
    bed.close();
  });

  it.each(['before', 'after'])('OWN-4, OWN-7: a reset %s the transport took what is lent', (when) => {
    const { bed, it } = open(role, []);
    const long = write(it, 5000, 0x41);
    const frame = reset(1, 8);
    if (bed.end.due) bed.end.turn();
    if (when === 'after') bed.end.take();
    bed.end.deliver(frame, 0, frame.length);
    while (bed.end.due) bed.end.turn();
    // The bytes may be on their way.
    if (when === 'after') expect(it.log).toEqual([]);
    if (it.log.length > 0) long.fill(0x5a);
    bed.end.written(bed.end.inFlight);
    bed.settle();
    expect(it.log).toEqual(['closed tunnel-reset']);
    expect(bed.end.sent.includes(0x5a)).toBe(false);
    bed.close();
  });

  it('OWN-4: released with bytes that wait for a window, it sends none of them', () => {
    const { bed, it } = open(role, []);
    bed.feed(settings([4, 0]));
    const long = write(it, 5000, 0x41);
    bed.settle();
    it.pipe.release();
    bed.settle();
    expect([it.log, it.written]).toEqual([['closed in order'], 0]);
    expect(bed.frames().at(-1)).toBe('DATA 1 END 0');
    long.fill(0x5a);
    expect(bed.feed(windowUpdate(1, 10_000))).toEqual([]);
    expect(bed.end.sent.includes(0x5a)).toBe(false);
    bed.close();
  });

  it('released, it waits a while for the peer to end, too', () => {
    const { bed, it } = open(role, []);
    it.pipe.release();
    expect(bed.frames()).toEqual(['DATA 1 END 0']);
    expect(bed.at(1999)).toEqual([]);
    expect(bed.at(2001)).toEqual(['RST_STREAM 1 CANCEL']);
    expect(bed.end.session instanceof H2Session && bed.end.session.busy).toBe(false);
    bed.close();
  });

  it('released, it takes the end of the peer, and resets the stream when more comes', () => {
    const { bed, it } = open(role, []);
    it.pipe.release();
    bed.frames();
    expect(bed.feed(data(1, 0, true))).toEqual([]);
    expect(bed.end.session instanceof H2Session && bed.end.session.busy).toBe(false);
    bed.close();
    const again = open(role, []);
    again.it.pipe.release();
    again.bed.frames();
    expect(again.bed.feed(data(1, 10))).toEqual(['RST_STREAM 1 CANCEL']);
    again.bed.close();
  });

  it('paused, it is not told of the end', () => {
    const { bed, it } = open(role, []);
    it.pipe.pause();
    bed.feed(data(1, 0, true));
    expect(it.log).toEqual([]);
    it.pipe.resume();
    bed.settle();
    expect(it.log).toEqual(['ended']);
    bed.close();
  });

  it('has no trailers: HEADERS are an error of the stream', () => {
    const { bed, it } = open(role, []);
    expect(bed.feed(headers(1, [['x', 'y']], true))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    expect(it.log).toEqual(['closed tunnel-reset']);
    bed.close();
  });

  it('OWN-9: opened when the stream is gone, it is told so behind the call', () => {
    let pipe: Transport | undefined;
    const bed = new H2Bed(role, {
      exchange: (exchange) => {
        exchange.upgrade((it) => {
          pipe = it;
        });
      },
    });
    if (role === 'server') bed.feed(headers(1, connect, false));
    else {
      const upgraded = (_head: unknown, it: Transport): void => {
        pipe = it;
      };
      bed.client.request(asked, { response: () => {}, upgraded, failed: () => {} });
      bed.frames();
      bed.feed(headers(1, [[':status', '200']], false));
    }
    bed.feed(reset(1, 8));
    const it = tunnel(pipe as Transport);
    expect(it.log).toEqual([]);
    bed.settle();
    expect(it.log).toEqual(['closed tunnel-reset']);
    bed.close();
  });

  it('says CONNECT_ERROR when what it leads to fails', () => {
    const { bed, it } = open(role, []);
    it.pipe.abort(new TransportError('reset', 'the peer reset the connection'));
    expect(bed.frames()).toEqual(['RST_STREAM 1 CONNECT_ERROR']);
    bed.close();
  });
});

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

describe.each(['server', 'client'] as const)(
  'a tunnel of a %s that is torn down when both have ended it',
  (role) => {
    it('keeps no stream for an end that nobody took', () => {
      const { bed, it } = open(role, []);
      it.pipe.pause();
      it.pipe.end();
      bed.frames();
      bed.feed(data(1, 0, true));
      it.pipe.abort();
      expect(bed.frames()).toEqual([]);
      expect(it.log.at(-1)).toMatch(/^closed/);
      expect(bed.end.session.busy).toBe(false);
      bed.close();
    });

    it('sends no more of what waits, and says so to the peer', () => {
      const { bed, it } = open(role, []);
      bed.feed(settings([4, 0]));
      bed.frames();
      write(it, 5000);
      it.pipe.end();
      bed.feed(data(1, 0, true));
      it.pipe.abort();
      expect(bed.frames()).toEqual(['RST_STREAM 1 CANCEL']);
      expect(it.log.at(-1)).toMatch(/^closed/);
      expect(bed.feed(windowUpdate(1, 10_000))).toEqual([]);
      bed.close();
    });
  },
);

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
