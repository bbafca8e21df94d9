// What the tests of the server's H1 session say and expect: requests, answers, and the plainest handlers.
import type { ServerExchange } from '../../src/stream/contract.js';
import { octets, type Taker } from './h1-bench.js';

export const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
export const closing = (status: string) =>
  `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
export const reply = (exchange: ServerExchange) => exchange.reply(200, undefined, octets('ok'));
export const post = (framing: string, more = '') => `POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n${more}\r\n`;
export const length = (n: number) => post(`Content-Length: ${n}`);
export const chunked = post('Transfer-Encoding: chunked');
export const take = (taker: Taker) => (exchange: ServerExchange) => exchange.body.consume(taker);
