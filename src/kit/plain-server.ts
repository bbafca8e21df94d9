/**
 * The plainest application of a server: takes every body whole, answers with how long it was, and tells what it saw.
 * Gives a session under test something to carry. This file does not know what carries the exchanges.
 */
import type { Application } from '../endpoint/step.js';
import type { Fields, ServerExchange } from '../stream/contract.js';

/** An application of a server's end, and what it saw. */
export interface PlainServer {
  readonly application: Application;
  readonly seen: () => unknown;
  readonly toldOfFailure: () => boolean;
}

/** A new one, which has seen nothing yet: `seen` is plain data, and grows as it is called. */
export function plainServer(): PlainServer {
  const records: SeenExchange[] = [];
  const exchange = (it: ServerExchange): void => {
    const record = seeExchange(it);
    records.push(record);
    answer(it, record);
  };
  return {
    application: { role: 'server', exchange, httpDate: undefined },
    seen: () => records,
    toldOfFailure: () => records.some(({ closed }) => closed !== '' && closed !== 'ok'),
  };
}

interface SeenExchange {
  readonly head: readonly string[];
  bytes: number;
  sum: number;
  trailers: readonly string[];
  end: string;
  closed: string;
}

function seeExchange({ request: { method, target, authority, fields } }: ServerExchange): SeenExchange {
  const head = [`${method} ${target} ${authority}`, ...lines(fields)];
  return { head, bytes: 0, sum: 0, trailers: [], end: '', closed: '' };
}

function answer(exchange: ServerExchange, record: SeenExchange): void {
  exchange.onClosed = (error) => {
    record.closed = error?.code ?? 'ok';
  };
  exchange.body.consume({
    data: (lease) => {
      record.bytes += lease.length;
      for (let i = lease.start; i < lease.end; i++) {
        record.sum = (Math.imul(record.sum, 31) + (lease.bytes[i] as number)) | 0;
      }
      lease.release();
    },
    end: (trailers) => {
      record.end = 'complete';
      record.trailers = trailers === undefined ? [] : lines(trailers);
      exchange.respond(200, [['X-Content', `${record.bytes} ${record.sum}`]], { end: true });
    },
    failed: ({ code }) => {
      record.end = code;
    },
  });
}

function lines(fields: Fields): string[] {
  return [...fields].map(([name, value]) => `${name}: ${value}`);
}
