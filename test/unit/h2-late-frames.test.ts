// Frames that were on their way when we reset their stream (RFC 9113 §5.1), of however many streams: they are decoded, charged
// and credited, and disturb no exchange.
import { describe, expect, it } from 'vitest';
import type { ClientExchange, ServerExchange } from '../../src/stream/contract.js';
import { data, get, H2Bed, headers, put, settings } from '../support/h2-bed.js';

const odd = (i: number) => 2 * i + 1;
const answer = (exchange: ServerExchange) => exchange.reply(200, [], new Uint8Array(3));
const answered = (id: number) => [`HEADERS ${id} | :status: 200 | content-length: 3`, `DATA ${id} END 3`];

/** Content of so many streams that half of the connection's window is due for it (CON-4), in frames of 500 octets. */
function late(bed: H2Bed, count: number): string[] {
  return bed.feed(...Array.from({ length: count }, (_, i) => data(odd(i), 500)));
}

describe('more streams are reset than are remembered one by one', () => {
  it('by a client that gives up on 139 of 140 requests', () => {
    const bed = new H2Bed('client');
    bed.feed(settings([3, 200]));
    const told: string[] = [];
    const exchanges: ClientExchange[] = [];
    for (let i = 0; i < 140; i++) {
      const exchange = bed.client.request(
        { authority: 'a.test' },
        {
          response: (head, it) => {
            told.push(`${it.id} ${head.status} ${head.fields.get('x')}`);
            it.body.discard();
          },
          failed: (error) => told.push(`${exchange.id} ${error.code}`),
        },
      );
      exchanges.push(exchange);
    }
    bed.frames();
    for (const exchange of exchanges.slice(0, 139)) exchange.abort();
    expect(bed.frames()).toHaveLength(139);
    told.length = 0;
    // It goes into the table, which the answer beside it refers to (CON-5).
    const indexed = [0x40, 1, 0x78, 1, 0x79];
    const head = headers(1, [[':status', '200']], false);
    const first = Uint8Array.from([...head, ...indexed]);
    first[2] = (first[2] as number) + indexed.length;
    expect(bed.feed(first)).toEqual([]);
    expect(late(bed, 139)).toEqual([expect.stringMatching(/^WINDOW_UPDATE 0 /)]);
    const last = headers(odd(139), [[':status', '200']]);
    const second = Uint8Array.from([...last, 0xbe]);
    second[2] = (second[2] as number) + 1;
    bed.feed(second);
    expect(told).toEqual([`${odd(139)} 200 y`]);
    expect(bed.end.state).toBe('open');
    bed.close();
  });

  it('by a server that answers 200 uploads early', () => {
    const bed = new H2Bed('server', { exchange: answer });
    for (let i = 0; i < 200; i++) {
      expect(bed.feed(headers(odd(i), put(), false))).toEqual([
        ...answered(odd(i)),
        `RST_STREAM ${odd(i)} NO_ERROR`,
      ]);
    }
    expect(late(bed, 200)).toEqual([expect.stringMatching(/^WINDOW_UPDATE 0 /)]);
    expect(bed.feed(headers(401, get()))).toEqual(answered(401));
    bed.close();
  });

  it('by a server that refuses 150 uploads, which were sent before its SETTINGS were read', () => {
    const bed = new H2Bed('server', { h2: { maxConcurrentStreams: 1 } });
    bed.feed(headers(1, put(), false));
    for (let i = 1; i <= 150; i++) bed.feed(headers(odd(i), put(), false));
    for (let i = 1; i <= 150; i++)
      expect(bed.feed(data(odd(i), 400, true)).join()).toMatch(/^(WINDOW_UPDATE 0 \d+)?$/);
    bed.feed(data(1, 1, true));
    answer(bed.exchange);
    expect(bed.frames()).toEqual(answered(1));
    bed.close();
  });

  it('though what is behind the last of them is a mistake as before', () => {
    const bed = new H2Bed('server', { exchange: answer });
    for (let i = 0; i < 200; i++) bed.feed(headers(odd(i), i < 199 ? put() : get(), i === 199));
    expect(bed.feed(data(399, 1)).at(-1)).toBe('GOAWAY 399 STREAM_CLOSED');
    bed.close();
  });
});
