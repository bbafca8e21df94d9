// A request at an H2 client by hand, and a consumer of a body on either side: what they are told, as text.
import type { Lease } from '../../src/memory/index.js';
import type { BodyConsumer, ClientExchange, ResponseHead } from '../../src/stream/contract.js';
import type { H2Bed } from './h2-bed.js';

/** A consumer that writes down what it is told. */
export function taker(told: string[], data = (lease: Lease): void => lease.release()): BodyConsumer {
  return {
    data: (lease) => {
      told.push(`data ${lease.length}`);
      data(lease);
    },
    end: (trailers) => told.push(`end ${[...(trailers ?? [])].join()}`),
    failed: (error) => told.push(`failed ${error.code} ${error.cites} ${error.answer.kind}`),
  };
}

/** A request, and what its listener is told. */
export function ask(
  bed: H2Bed,
  options = {},
): { exchange: ClientExchange; told: string[]; heads: ResponseHead[] } {
  const told: string[] = [];
  const heads: ResponseHead[] = [];
  const exchange = bed.client.request(
    { authority: 'a.test', ...options },
    {
      response: (head) => {
        heads.push(head);
        told.push(`response ${head.status}`);
      },
      failed: (error) => told.push(`failed ${error.code}`),
    },
  );
  exchange.onClosed = (error) => told.push(`closed ${error?.code ?? 'in order'}`);
  bed.frames();
  return { exchange, told, heads };
}
