// What holds for messages and not for tunnels (RFC 9110 §9.3.6, RFC 9113 §8.5): lengths, limits, and what a failure says.
import { describe, expect, it } from 'vitest';
import { TransportError } from '../../src/errors.js';
import type { Transport } from '../../src/transport/contract.js';
import { data, H2Bed, headers, windowUpdate } from '../support/h2-bed.js';

type Pairs = [string, string][];

interface Tunnel {
  readonly pipe: Transport;
  received: number;
  written: number;
}

/** Opens it; what comes is counted. */
function tunnel(pipe: Transport): Tunnel {
  const room = { bytes: new Uint8Array(1024), start: 0, end: 1024 };
  const it: Tunnel = { pipe, received: 0, written: 0 };
  pipe.open({
    opened: () => {},
    room: () => room,
    received: (count) => {
      it.received += count;
    },
    ended: () => {},
    written: (count) => {
      it.written += count;
    },
    closed: () => {},
  });
  return it;
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
