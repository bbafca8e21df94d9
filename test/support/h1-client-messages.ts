// What the tests of the client's H1 session say and expect.
import { ClientBench, type Taker } from './h1-bench.js';

export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
export const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A bench whose responses' bodies go to `taker`. */
export function taking(taker: Taker, options?: ConstructorParameters<typeof ClientBench>[0]): ClientBench {
  const bench = new ClientBench(options);
  bench.onResponse = (_, exchange) => exchange.body.consume(taker);
  return bench;
}
