// What may become of that which waits at a stream, after each row that allows it (OWN-2): DATA that nobody takes yet is moved
// together, given to whoever reads it, or let go; a lease that waits to be sent goes in parts, whole, or is copied. The beds
// audit every act.
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/memory/index.js';
import type { ClientExchange, IncomingBody, ServerExchange } from '../../src/stream/contract.js';
import { DoneActs } from '../support/done-acts.js';
import {
  type BedOptions,
  data,
  get,
  H2Bed,
  headers,
  put,
  reset,
  settings,
  windowUpdate,
} from '../support/h2-bed.js';

/** So many pieces may wait before they are moved together. */
const mostPieces = 512;
const status = (code: number): [string, string][] => [[':status', `${code}`]];

/** A bed, and what was done after which row in it. */
class Watched extends H2Bed {
  readonly done: DoneActs;

  constructor(role: 'server' | 'client', options: BedOptions = {}) {
    const done = new DoneActs();
    super(role, { ...options, end: { observer: done.observer } });
    this.done = done;
  }
}

/** A consumer that takes nothing for now: what comes waits. */
function paused(body: IncomingBody): void {
  body.consume({ data: (lease) => lease.release(), end: () => {}, failed: () => {} });
  body.pause();
}

/** Stream 3 is sent so much in single octets that all that waits is moved, of stream 1 too, over the end of a slab. */
const movedTogether = (bed: Watched): void =>
  void bed.feed(new Uint8Array(Array.from({ length: mostPieces + 8 }, () => [...data(3, 1)]).flat()));

describe('OWN-2: DATA that waits', () => {
  const before = [data(3, 1000), data(1, 10_000), data(1, 10_000)];
  const wholeHead = { end: true } as const;

  it.each<[string, (bed: Watched, exchange: ServerExchange) => void]>([
    ['open --receive-data--> open', () => {}],
    ['open --send-headers--> open', (_, exchange) => exchange.respond(200)],
    [
      'open --send-data--> open',
      (_, exchange) => {
        exchange.respond(200);
        exchange.send(new Uint8Array(9));
      },
    ],
    ['open --receive-end--> half-closed-remote', (bed) => bed.feed(data(1, 0, true))],
    ['open --send-end--> half-closed-local', (_, exchange) => exchange.respond(200, [], wholeHead)],
    [
      'half-closed-remote --send-headers--> half-closed-remote',
      (bed, exchange) => {
        bed.feed(data(1, 0, true));
        exchange.respond(200);
      },
    ],
    [
      'half-closed-remote --send-data--> half-closed-remote',
      (bed, exchange) => {
        bed.feed(data(1, 0, true));
        exchange.respond(200);
        exchange.send(new Uint8Array(9));
      },
    ],
    [
      'half-closed-remote --send-end--> closed',
      (bed, exchange) => {
        bed.feed(data(1, 0, true));
        exchange.respond(200, [], wholeHead);
      },
    ],
    [
      'half-closed-local --receive-data--> half-closed-local',
      (bed, exchange) => {
        exchange.respond(200, [], wholeHead);
        bed.feed(data(1, 100));
      },
    ],
    [
      'half-closed-local --receive-end--> closed',
      (bed, exchange) => {
        exchange.respond(200, [], wholeHead);
        bed.feed(data(1, 0, true));
      },
    ],
  ])('%s', (row, act) => {
    const bed = new Watched('server', { exchange: ({ body }) => paused(body) });
    bed.feed(headers(1, put(), false), headers(3, put(), false), ...before);
    const [first] = bed.exchanges as [ServerExchange];
    act(bed, first);
    bed.frames();
    movedTogether(bed);
    first.body.resume();
    bed.frames();
    bed.done.expect(row, 'take body', 'split body', 'release body', 'transfer body');
    bed.close();
  });

  it('half-closed-remote --receive-reset--> closed: an answer that is whole', () => {
    const bed = new Watched('client');
    const bodies: IncomingBody[] = [];
    const response = (_: unknown, { body }: ClientExchange): void => {
      bodies.push(body);
      paused(body);
    };
    for (const _ of [1, 3])
      bed.client.request(
        { authority: 'a.test', method: 'PUT', target: '/', end: false },
        { response, failed: () => {} },
      );
    bed.feed(headers(1, status(200), false), headers(3, status(200), false), ...before);
    bed.feed(data(1, 0, true), reset(1, 0));
    movedTogether(bed);
    bodies[0]?.resume();
    bed.frames();
    bed.done.expect(
      'half-closed-remote --receive-reset--> closed',
      'take body',
      'split body',
      'release body',
      'transfer body',
    );
    bed.close();
  });

  it.each([
    ['open --receive-reset--> closed', {}],
    ['half-closed-local --receive-reset--> closed', wholeHead],
  ])('%s: it goes back', (row, options) => {
    const bed = new Watched('server', { exchange: ({ body }) => paused(body) });
    bed.feed(headers(1, put(), false), data(1, 1000));
    bed.exchange.respond(200, [], options);
    bed.frames();
    bed.feed(reset(1, 8));
    bed.done.expect(row, 'release body');
    bed.close();
  });
});

describe('OWN-2: a lease that waits to be sent', () => {
  const h2 = { lendFromBytes: 16, copyBelowBytes: 100 };

  /** A server whose stream 1 gave this lease, and whose stream 3 waits for a window. */
  function server(): { bed: Watched; lease: Lease } {
    const leases: Lease[] = [];
    const bed = new Watched('server', {
      h2,
      exchange: ({ body, id }) => {
        if (id === 1) body.consume({ data: (it) => leases.push(it), end: () => {}, failed: () => {} });
        else paused(body);
      },
    });
    bed.feed(settings([4, 0]), headers(1, put(), false), data(1, 1000));
    return { bed, lease: leases[0] as Lease };
  }

  const answered = (bed: Watched, lease: Lease): void => {
    bed.exchange.respond(200);
    bed.exchange.sendLease(lease);
    bed.frames();
  };

  const rows: readonly [string, (bed: Watched, lease: Lease) => void][] = [
    [
      'open --send-headers--> open',
      (bed, lease) => {
        bed.feed(headers(3, put(), false));
        answered(bed, lease);
      },
    ],
    [
      'open --send-data--> open',
      (bed, lease) => {
        bed.feed(headers(3, put(), false));
        answered(bed, lease);
        bed.feed(windowUpdate(3, 20));
      },
    ],
    [
      'open --receive-data--> open',
      (bed, lease) => {
        bed.feed(headers(3, put(), false));
        answered(bed, lease);
        bed.feed(data(3, 9));
      },
    ],
    [
      'open --receive-end--> half-closed-remote',
      (bed, lease) => {
        bed.feed(headers(3, put(), false));
        answered(bed, lease);
        bed.feed(data(3, 0, true));
      },
    ],
    [
      'half-closed-remote --send-headers--> half-closed-remote',
      (bed, lease) => {
        bed.feed(headers(3, get()));
        answered(bed, lease);
      },
    ],
    [
      'half-closed-remote --send-data--> half-closed-remote',
      (bed, lease) => {
        bed.feed(headers(3, get()));
        answered(bed, lease);
        bed.feed(windowUpdate(3, 20));
      },
    ],
  ];

  it.each(rows.flatMap(([row, act]) => [400, 50].map((window) => [row, window, act] as const)))(
    '%s, %i bytes of it and the rest',
    (row, window, act) => {
      const { bed, lease } = server();
      act(bed, lease);
      expect(bed.feed(windowUpdate(3, window))).toEqual([`DATA 3 ${window}`]);
      bed.done.expect(row, 'split output', window > h2.copyBelowBytes ? 'transfer output' : 'release output');
      expect(bed.feed(windowUpdate(3, 1000))).toHaveLength(1);
      bed.close();
    },
  );

  const ends: readonly [string, (bed: Watched) => void][] = [
    ['receive-reset', (bed) => void bed.feed(reset(3, 8))],
    ['send-reset', (bed) => bed.exchange.abort()],
  ];
  it.each(ends.flatMap(([row, act]) => [false, true].map((whole) => [row, whole, act] as const)))(
    '%s: it goes back, the request being whole: %s',
    (event, whole, act) => {
      const { bed, lease } = server();
      bed.feed(headers(3, put(), whole));
      answered(bed, lease);
      act(bed);
      bed.frames();
      bed.done.expect(`${whole ? 'half-closed-remote' : 'open'} --${event}--> closed`, 'release output');
      bed.close();
    },
  );

  it.each(
    ['idle --send-headers--> open', 'open --receive-headers--> open'].flatMap((row) =>
      [400, 50].map((window) => [row, window] as const),
    ),
  )('%s, %i bytes of it and the rest', (row, window) => {
    const leases: Lease[] = [];
    const bed = new Watched('client', { h2 });
    const response = (_: unknown, { body }: ClientExchange): void =>
      body.consume({ data: (it) => leases.push(it), end: () => {}, failed: () => {} });
    bed.client.request({ authority: 'a.test', target: '/' }, { response, failed: () => {} });
    bed.feed(settings([4, 0]), headers(1, status(200), false), data(1, 1000));
    const asked = bed.client.request(
      { authority: 'a.test', method: 'PUT', target: '/', end: false },
      { response, failed: () => {} },
    );
    asked.sendLease(leases[0] as Lease);
    bed.frames();
    if (row.startsWith('open')) bed.feed(headers(3, status(103), false));
    expect(bed.feed(windowUpdate(3, window))).toEqual([`DATA 3 ${window}`]);
    bed.done.expect(row, 'split output', window > h2.copyBelowBytes ? 'transfer output' : 'release output');
    expect(bed.feed(windowUpdate(3, 1000))).toHaveLength(1);
    bed.close();
  });
});
