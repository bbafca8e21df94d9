// The content of messages in the send buffer: what is copied, lent or counted only, what becomes of it when there is no
// memory, and what is refused before anything is written.
import { describe, expect, it } from 'vitest';
import { type Lease, SendBuffer, type SlabPool } from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import type { H1Head } from '../../src/session/h1/message-head.js';
import { MessageWriter } from '../../src/session/h1/message-writer.js';
import { type H1Options, h1Settings } from '../../src/session/h1/options.js';
import { octets } from '../support/h1.js';
import { checkedPool, refusal, session, some, text, write } from '../support/memory.js';

const get = { method: 'GET', version: '1.1' } as H1Head;
const head = { method: 'HEAD', version: '1.1' } as H1Head;

interface Bed {
  readonly writer: MessageWriter;
  readonly output: SendBuffer;
  readonly pool: SlabPool;
  /** What the pipe is given now; it takes all of it. */
  drain(): string;
  /** A lease with this in it. */
  lease(content: string): Lease;
  /** The head of a response. */
  respond(length: number, to?: H1Head): void;
}

function bed(options: H1Options = {}, slabs = { slabBytes: 2048, limitBytes: 8192 }): Bed {
  const { pool } = checkedPool(slabs);
  const output = new SendBuffer(pool, session);
  // Settings that were read are read once.
  const settings = h1Settings(options);
  const writer = new MessageWriter(output, plainText, h1Settings(settings));
  return {
    writer,
    output,
    pool,
    drain: () => {
      const batch = output.take().map(text).join('');
      output.written(batch.length);
      return batch;
    },
    lease: (content) => {
      const workspace = some(pool.open(session));
      const unit = some(workspace.allocate(content.length));
      write(unit, content);
      const lease = workspace.leasePrefix(unit, content.length, session, 'content');
      workspace.retire();
      return lease;
    },
    respond: (length, to = get) => writer.response(to, 200, [], length, false, true, undefined),
  };
}

/** What is behind the head. */
const content = (whole: string): string => whole.slice(whole.indexOf('\r\n\r\n') + 4);

describe('content', () => {
  it.each([
    [5, '5\r\n12345\r\n0\r\n\r\n'],
    [6, '6\r\n123456\r\n0\r\n\r\n'],
  ])('of %i bytes in chunks is copied up to the mark, and lent above it', (size, expected) => {
    const { writer, respond, drain } = bed({ copyBelowBytes: 5 });
    respond(-1);
    const told: string[] = [];
    const bytes = octets('_123456_');
    const outcome = writer.data(bytes, 1, 1 + size, false, (what) => told.push(what));
    expect(outcome).toBe(size > 5 ? undefined : 'written');
    writer.end(undefined);
    // What was copied is its owner's again.
    if (outcome === 'written') bytes.fill(0x58);
    expect(content(drain())).toBe(expected);
    expect(told).toEqual(size > 5 ? ['written'] : []);
    expect(writer.ended).toBe(true);
  });

  it('of a declared length is sent as it is, and no more than that', () => {
    const { writer, respond, drain } = bed({ copyBelowBytes: 2 });
    respond(6);
    const bytes = octets('_123456_');
    expect(refusal(() => writer.data(bytes, 0, 7, false, undefined))).toBe('length-overrun RFC 9110 §8.6');
    expect(writer.data(bytes, 1, 3, false, undefined)).toBe('written');
    expect(writer.data(bytes, 3, 6, false, undefined)).toBeUndefined();
    expect(refusal(() => writer.end(undefined))).toBe('length-underrun RFC 9110 §8.6');
    expect(refusal(() => writer.data(bytes, 6, 6, true, undefined))).toBe('length-underrun RFC 9110 §8.6');
    expect(refusal(() => writer.data(bytes, 6, 8, true, undefined))).toBe('length-overrun RFC 9110 §8.6');
    expect(writer.data(bytes, 6, 7, true, undefined)).toBe('written');
    expect(writer.ended).toBe(true);
    expect(content(drain())).toBe('123456');
  });

  it('says how much is missing', () => {
    const { writer, respond } = bed();
    respond(6);
    expect(() => writer.data(octets('12'), 0, 2, true, undefined)).toThrow('leaves 4 bytes to be sent');
  });

  it('of no bytes is no chunk: that would be the last one', () => {
    const { writer, respond, drain, pool } = bed();
    respond(-1);
    expect(writer.data(octets('x'), 1, 1, false, undefined)).toBe('written');
    writer.data(octets('x'), 0, 1, true, undefined);
    expect(content(drain())).toBe('1\r\nx\r\n0\r\n\r\n');
    expect(pool.heldBytes).toBe(0);
  });

  it('in a lease is framed, and its memory goes back when it is written', () => {
    const { writer, respond, drain, lease, pool } = bed();
    respond(-1);
    writer.lease(lease('abc'), false);
    writer.lease(lease('de'), true);
    expect(writer.ended).toBe(true);
    expect(content(drain())).toBe('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n');
    respond(3);
    writer.lease(lease('abc'), true);
    expect(content(drain())).toBe('abc');
    expect(pool.heldBytes).toBe(0);
  });

  it('of an answer to HEAD is counted, not written, and given back', () => {
    const { writer, respond, drain, lease, pool } = bed({ copyBelowBytes: 0 });
    respond(5, head);
    drain();
    expect(writer.data(octets('ab'), 0, 2, false, undefined)).toBe('written');
    expect(refusal(() => writer.data(octets('abcd'), 0, 4, true, undefined))).toBe(
      'length-overrun RFC 9110 §8.6',
    );
    const leased = lease('cde');
    writer.lease(leased, true);
    expect(leased.live).toBe(false);
    expect(drain()).toBe('');
    expect(pool.heldBytes).toBe(0);
  });

  it('of an answer to HEAD whose length is not declared may be any, and less than declared', () => {
    const { writer, respond, drain } = bed();
    respond(-1, head);
    expect(writer.data(octets('ab'), 0, 2, true, undefined)).toBe('written');
    respond(5, head);
    expect(writer.data(octets('ab'), 0, 2, true, undefined)).toBe('written');
    respond(5, head);
    writer.end([['X', 'y']]);
    expect(drain()).not.toContain('ab');
  });

  it('is refused behind the end, and where there is none', () => {
    const { writer, respond, lease } = bed();
    const leased = lease('x');
    const refused = () => [
      refusal(() => writer.data(octets('x'), 0, 1, false, undefined)),
      refusal(() => writer.lease(leased, true)),
    ];
    const afterEnd = Array(2).fill('after-end RFC 9112 §6.3');
    // Of a new connection, too.
    expect(refused()).toEqual(afterEnd);
    expect(refusal(() => writer.end(undefined))).toBe(afterEnd[0]);
    respond(0);
    writer.end(undefined);
    expect(refused()).toEqual(afterEnd);
    expect(refusal(() => writer.end(undefined))).toBe(afterEnd[0]);
    writer.response(get, 204, [], -1, false, true, undefined);
    expect(refused()).toEqual(Array(2).fill('content-forbidden RFC 9112 §6.3'));
    expect(leased.live).toBe(true);
    leased.release();
    expect(writer.data(octets(''), 0, 0, false, undefined)).toBe('written');
  });

  it('of a reply is complete with it', () => {
    const { writer, drain } = bed();
    const reply = () => {
      writer.response(get, 200, [], 2, false, true, undefined);
      writer.whole(octets('ok'));
      return content(drain());
    };
    expect(reply()).toBe('ok');
    expect(writer.ended).toBe(true);
    expect(reply()).toBe('ok');
    writer.response(get, 200, [], 3, false, true, undefined);
    expect(refusal(() => writer.whole(octets('ok')))).toBe('length-underrun RFC 9110 §8.6');
  });
});

describe('a head', () => {
  const respond = (writer: MessageWriter, length: number, fields: [string, string][] = [], end = false) =>
    refusal(() => writer.response(get, 200, fields, length, end, true, undefined));

  it('declares what the call says, or what its fields say; not both differently', () => {
    const { writer, drain } = bed();
    for (const length of [-2, 1.5, Number.NaN, 2 ** 53, '5' as never]) {
      expect(respond(writer, length)).toBe('length RFC 9110 §8.6');
    }
    for (const [said, length] of [
      ['5', 0],
      ['0', 5],
      ['5', 4],
    ] as const) {
      expect(respond(writer, length, [['Content-Length', said]])).toBe('length-conflict RFC 9110 §8.6');
    }
    expect(respond(writer, 5, [], true)).toBe('length-underrun RFC 9110 §8.6');
    expect(drain()).toBe('');
    const framings: [number, [string, string][], boolean, string][] = [
      [0, [], true, 'Content-Length: 0'],
      [0, [], false, 'Content-Length: 0'],
      [0, [['Content-Length', '0']], true, 'Content-Length: 0'],
      [5, [['Content-Length', '5']], false, 'Content-Length: 5'],
      [-1, [['Content-Length', '5']], false, 'Content-Length: 5'],
      [-1, [], true, 'Content-Length: 0'],
      [-1, [], false, 'Transfer-Encoding: chunked'],
    ];
    for (const [length, fields, end, line] of framings) {
      expect(respond(writer, length, fields, end)).toBe('nothing');
      expect(drain()).toBe(`HTTP/1.1 200 OK\r\n${line}\r\n\r\n`);
      expect(writer.ended).toBe(end);
    }
  });

  it('goes into a slab of its own when it does not fit what is left of one, and nowhere when it is longer', () => {
    const { writer, drain } = bed({}, { slabBytes: 128, limitBytes: 384 });
    const long = (length: number): [string, string][] => [['X', 'x'.repeat(length)]];
    writer.interim(get, 103, long(10));
    writer.interim(get, 103, long(70));
    const early = 'HTTP/1.1 103 Early Hints\r\nX: ';
    expect(drain()).toBe(`${early}${'x'.repeat(10)}\r\n\r\n${early}${'x'.repeat(70)}\r\n\r\n`);
    expect(writer.exhausted).toBe(false);
    writer.interim(get, 103, long(128));
    expect(writer.exhausted).toBe(true);
    expect(drain()).toBe('');
  });

  it('of a request goes there, too', () => {
    const { writer, drain } = bed({}, { slabBytes: 128, limitBytes: 384 });
    const ask = (length: number) =>
      writer.request(
        {
          method: 'GET',
          target: `/${'x'.repeat(length)}`,
          authority: 'a',
          length: -1,
          end: true,
          close: false,
          http2Settings: false,
        },
        [],
      );
    ask(60);
    ask(61);
    expect(drain()).toBe([60, 61].map((n) => `GET /${'x'.repeat(n)} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    ask(128);
    expect(writer.exhausted).toBe(true);
    expect(drain()).toBe('');
  });

  it('that agrees to an upgrade names it, and has no content', () => {
    const { writer, drain } = bed();
    expect(refusal(() => writer.agree(get, 101, []))).toBe('upgrade-unnamed RFC 9110 §7.8');
    expect(refusal(() => writer.agree(get, 200, [['Upgrade', 'x']]))).toBe('status RFC 9110 §15');
    writer.agree(get, 101, [['Upgrade', 'x']]);
    expect(drain()).toBe('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n');
    expect(refusal(() => writer.end(undefined))).toBe('after-end RFC 9112 §6.3');
  });
});

describe('trailers', () => {
  it('need chunks, where there are any', () => {
    const { writer, respond, drain } = bed();
    respond(0);
    expect(refusal(() => writer.end([['X', 'y']]))).toBe('trailers RFC 9112 §7.1.2');
    writer.end([]);
    expect(writer.ended).toBe(true);
    respond(-1);
    writer.end([['X', 'y']]);
    expect(content(content(drain()))).toBe('0\r\nX: y\r\n\r\n');
  });

  it('that do not fit what is left of a slab go into the next', () => {
    const { writer, respond, drain } = bed({}, { slabBytes: 128, limitBytes: 256 });
    respond(-1);
    const value = 'z'.repeat(70);
    writer.data(octets('a'), 0, 1, false, undefined);
    writer.end([['X', value]]);
    expect(content(drain())).toBe(`1\r\na\r\n0\r\nX: ${value}\r\n\r\n`);
    expect(writer.exhausted).toBe(false);
  });
});

describe('settings', () => {
  it('are the defaults where nothing is set', () => {
    expect(h1Settings()).toEqual(h1Settings({}));
    expect(h1Settings({ head: {}, chunked: {} })).toEqual(h1Settings({}));
  });
});

describe('room (OWN-8)', () => {
  it('is refused above the limit, and not at it', () => {
    const { writer, output } = bed({ outputLimitBytes: 10 });
    output.lend(octets('0123456789'), 0, 10);
    writer.requireRoom();
    output.lend(octets('x'), 0, 1);
    expect(() => writer.requireRoom()).toThrow(
      expect.objectContaining({
        code: 'output-limit',
        cites: 'OWN-8',
        limit: 'outputLimitBytes',
        answer: { kind: 'none' },
      }),
    );
  });
});

describe('without memory (WS-9)', () => {
  const slabs = { slabBytes: 128, limitBytes: 256 };
  const long = octets('z'.repeat(100));

  /** A response in chunks with `chunks` of 100 bytes; the first slab holds the head as well. */
  const filled = (chunks: number, copyBelowBytes = 2048): Bed & { outcomes: unknown[] } => {
    const made = bed({ copyBelowBytes }, slabs);
    made.respond(-1);
    const outcomes = Array.from({ length: chunks }, () =>
      made.writer.data(long, 0, long.length, false, undefined),
    );
    return { ...made, outcomes };
  };

  it('chunks go into the next slab, until there is none; what comes then has failed', () => {
    const { writer, outcomes, drain } = filled(2);
    expect(outcomes).toEqual(['written', 'failed']);
    expect(writer.exhausted).toBe(true);
    expect(writer.data(long, 0, 1, false, undefined)).toBe('failed');
    expect(content(drain()).startsWith(`64\r\n${'z'.repeat(100)}\r\n`)).toBe(true);
    writer.data(long, 0, 1, true, undefined);
    expect(drain()).toBe('');
  });

  it('no chunk-size, no chunk: lent content and leases are given back', () => {
    const { writer, output, pool, respond, lease, drain } = bed({ copyBelowBytes: 0 }, slabs);
    respond(-1);
    const before = output.acceptedBytes;
    const told: string[] = [];
    const lend = () => writer.data(long, 0, 100, false, (what) => told.push(what));
    expect(lend()).toBeUndefined();
    expect(output.acceptedBytes).toBe(before + '64\r\n'.length + 100 + '\r\n'.length);
    // What others hold is not to be had.
    const mine = lease('abc');
    const outcomes = Array.from({ length: 9 }, lend);
    expect(outcomes.filter((outcome) => outcome !== undefined)).toContain('failed');
    expect(writer.exhausted).toBe(true);
    const end = output.acceptedBytes;
    writer.lease(mine, false);
    expect(mine.live).toBe(false);
    writer.end(undefined);
    expect(writer.ended).toBe(true);
    expect(output.acceptedBytes).toBe(end);
    drain();
    const lent = outcomes.filter((outcome) => outcome === undefined).length + 1;
    expect(told).toEqual(Array(lent).fill('written'));
    expect(pool.heldBytes).toBe(0);
  });

  it('a chunk that fits no more of the last slab has failed, and nothing ends the message', () => {
    const { writer, respond, drain } = bed({}, { slabBytes: 128, limitBytes: 128 });
    respond(-1);
    expect(writer.data(long, 0, long.length, true, undefined)).toBe('failed');
    expect(writer.exhausted).toBe(true);
    expect(content(drain())).not.toContain('0\r\n');
  });

  it('a lease whose chunk-size finds no slab is given back', () => {
    const { writer, pool, respond, lease } = bed({}, slabs);
    respond(-1);
    writer.data(long, 0, 50, false, undefined);
    const mine = lease('abc');
    expect(writer.exhausted).toBe(false);
    writer.lease(mine, false);
    expect(writer.exhausted).toBe(true);
    expect(mine.live).toBe(false);
    expect(pool.heldBytes).toBe(128);
  });

  it('content of a declared length that finds no slab has failed', () => {
    const { writer, respond, drain } = bed({}, slabs);
    respond(1000);
    const sent = Array.from({ length: 3 }, () => writer.data(long, 0, 100, false, undefined));
    expect(sent).toEqual(['written', 'failed', 'failed']);
    expect(writer.exhausted).toBe(true);
    expect(content(drain())).toBe('z'.repeat(100));
  });

  it('content that is longer than a slab, and is copied, lies in several', () => {
    const { writer, respond, drain, pool } = bed({}, { slabBytes: 64, limitBytes: 1024 });
    const body = octets(Array.from({ length: 200 }, (_, i) => String.fromCharCode(48 + (i % 75))).join(''));
    respond(200);
    expect(writer.data(body, 0, 200, true, undefined)).toBe('written');
    expect(octets(content(drain()))).toEqual(body);
    respond(-1);
    expect(writer.data(body, 0, 192, true, undefined)).toBe('written');
    expect(octets(content(drain()))).toEqual(
      octets(`c0\r\n${text({ bytes: body, start: 0, end: 192 })}\r\n0\r\n\r\n`),
    );
    expect(pool.heldBytes).toBe(0);
  });
});
