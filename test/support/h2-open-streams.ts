// A server with two streams that are open, whose requests are not whole: what happens to one is not to touch the other.
import { expect } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { type BedOptions, data, H2Bed, headers, put } from './h2-bed.js';

/** The application takes what comes, as text, and gives each byte back at once. */
export function reading(taken: string[]): (exchange: ServerExchange) => void {
  return (exchange) =>
    exchange.body.consume({
      data: (lease) => {
        taken.push(`${exchange.id}: ${lease.length}`);
        lease.release();
      },
      end: (trailers) =>
        taken.push(`${exchange.id}: end ${trailers === undefined ? '' : [...trailers].join()}`),
      failed: (error) => taken.push(`${exchange.id}: ${error.code}`),
    });
}

/** An end whose streams 1 and 3 are open; 1 must live through whatever happens to 3. */
export function open(options: BedOptions = {}, fields: [string, string][] = put()): H2Bed {
  const bed = new H2Bed('server', options);
  bed.feed(headers(1, put(), false), headers(3, fields, false));
  return bed;
}

export function stillServes(bed: H2Bed): void {
  expect(bed.end.state).toBe('open');
  bed.feed(data(1, 1, true));
  (bed.exchanges[0] as ServerExchange).reply(200, [], new Uint8Array(3));
  expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200 | content-length: 3', 'DATA 1 END 3']);
  bed.close();
}
