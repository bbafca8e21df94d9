// A field section as it was received: what shows a request to whoever sent it.
import { expect, test } from 'vitest';
import { echo } from '../../src/lab/echo.js';
import { get, H2Bed, headers } from '../support/h2-bed.js';

type Lines = [name: string, value: string][];

test.each<[string, Lines]>([
  [
    'in the order in which it came, with the scheme in its own case',
    [
      [':path', '/echo'],
      [':scheme', 'HTTP'],
      [':method', 'PUT'],
      [':authority', 'A.test'],
      ['x', '1'],
      ['host', 'a.test'],
      ['x', '\xe4'],
    ],
  ],
  [
    'without :authority where there was none',
    [
      [':method', 'PUT'],
      [':path', '/echo'],
      [':scheme', 'http'],
      ['host', 'a.test'],
    ],
  ],
  [
    'of extended CONNECT',
    [
      [':protocol', 'websocket'],
      [':method', 'CONNECT'],
      [':path', '/echo'],
      [':authority', 'a.test'],
      [':scheme', 'https'],
    ],
  ],
  [
    'of CONNECT',
    [
      [':authority', 'a.test:1'],
      [':method', 'CONNECT'],
    ],
  ],
])('%s', (_, lines) => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, get()));
  bed.feed(headers(3, lines, false));
  const { request } = bed.exchange;
  expect(request.fieldLines?.()).toEqual(lines);
  bed.exchange.abort();
  bed.settle();
  expect(() => request.fieldLines?.()).toThrow('fields-over');
  bed.close();
});

test('/echo shows it', () => {
  let told = '';
  const bed = new H2Bed('server', {
    exchange: (exchange) => {
      const send = exchange.send.bind(exchange);
      exchange.send = (bytes, ...rest) => {
        told += String.fromCharCode(...bytes);
        return send(bytes, ...rest);
      };
      echo(exchange);
    },
  });
  const lines: Lines = [[':path', '/echo'], ...get().slice(0, 3)];
  bed.feed(headers(1, [...lines, ['a', 'b']]));
  const text = ':path: /echo|:method: GET|:scheme: http|:authority: a.test|a: b||';
  expect(told).toBe(text.replaceAll('|', '\r\n'));
  bed.close();
});
