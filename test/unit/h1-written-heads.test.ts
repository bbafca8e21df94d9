// Heads as they are written: what an application says itself is not said again, and what it left out is said for it; and what
// of a head is refused, with the code and the section that say why.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { ClientBench, ServerBench } from '../support/h1-bench.js';
import { get } from '../support/h1-server-messages.js';

const date = 'Thu, 01 Jan 1970 00:00:00 GMT';
const own = 'Fri, 02 Jan 1970 00:00:00 GMT';

/** The answer to a GET, and how the session stands behind it. */
function answered(handler: (exchange: ServerExchange) => void): { said: string; stands: string } {
  const bench = new ServerBench(handler, { httpDate: () => date });
  bench.feed(get);
  const said = bench.drain();
  const { stands } = bench;
  bench.close();
  return { said, stands };
}

const respond =
  (...fields: [string, string][]) =>
  (exchange: ServerExchange) =>
    exchange.respond(200, fields, { end: true });

describe('RFC 9110 §6.6.1: the Date of a response', () => {
  it('is added where the application says none, and is its own where it does', () => {
    expect(answered(respond()).said).toBe(`HTTP/1.1 200 OK\r\nDate: ${date}\r\nContent-Length: 0\r\n\r\n`);
    const { said } = answered(respond(['dAtE', own]));
    expect(said).toBe(`HTTP/1.1 200 OK\r\ndAtE: ${own}\r\nContent-Length: 0\r\n\r\n`);
  });

  it('is added to other fields', () => {
    const { said } = answered(respond(['A', '1']));
    expect(said.match(/^Date: .*$/gm)).toEqual([`Date: ${date}`]);
  });
});

describe('RFC 9112 §9.6: `Connection: close` of an application', () => {
  it('ends the connection, and is said once', () => {
    const { said, stands } = answered(respond(['Connection', 'close']));
    expect(said.match(/connection: close/gi)).toHaveLength(1);
    expect(stands).toBe('closed linger');
    expect(answered(respond()).stands).toBe('need-data');
  });
});

describe('RFC 9110 §8.6: the Content-Length of a message without content', () => {
  it.each([
    ['POST', true],
    ['PUT', true],
    ['PATCH', true],
    ['GET', false],
    ['DELETE', false],
    ['OPTIONS', false],
  ])('a %s says it: %s', (method, says) => {
    const bench = new ClientBench();
    bench.ask({ method, target: '/', end: true });
    expect(/^Content-Length: 0\r$/m.test(bench.drain())).toBe(says);
    bench.close();
  });
});

describe('what is refused', () => {
  const refusal = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      const { code, cites } = error as { code: string; cites: string };
      return `${code} ${cites}`;
    }
    return 'nothing';
  };

  it.each(['', '1x', 'x1', '-1', '+1', '1.0', '1,1', '0x1'])('a Content-Length of %o', (value) => {
    const bench = new ServerBench();
    bench.feed(get);
    const { exchange } = bench;
    expect(refusal(() => exchange.respond(200, [['Content-Length', value]]))).toBe(
      'field-framing RFC 9110 §8.6',
    );
    bench.close();
  });

  it.each<[string, [string, string][], string]>([
    [
      'Content-Length twice',
      [
        ['Content-Length', '1'],
        ['Content-Length', '1'],
      ],
      'RFC 9110 §8.6',
    ],
    ['a Content-Length beyond any', [['Content-Length', '9007199254740992']], 'RFC 9110 §8.6'],
    ['Transfer-Encoding', [['Transfer-Encoding', 'chunked']], 'RFC 9110 §7.6.1'],
    ['Keep-Alive', [['Keep-Alive', 'timeout=1']], 'RFC 9110 §7.6.1'],
    ['another option of the connection', [['Connection', 'close, x']], 'RFC 9110 §7.6.1'],
    [
      'Host twice',
      [
        ['Host', 'a'],
        ['Host', 'a'],
      ],
      'RFC 9112 §3.2',
    ],
  ])('%s among the fields', (_, fields, section) => {
    const bench = new ClientBench();
    expect(refusal(() => bench.ask({ fields }))).toBe(`field-framing ${section}`);
    bench.close();
  });

  it.each<[string, object, string]>([
    ['a method that is no text', { method: 1 }, 'method RFC 9110 §9.1'],
    ['a target that is no text', { target: 1 }, 'target RFC 9112 §3.2'],
    ['an authority that is no text', { authority: 1 }, 'authority RFC 9112 §3.2'],
    ['* for a GET', { method: 'GET', target: '*' }, 'target RFC 9112 §3.2'],
    ['a path for a CONNECT', { method: 'CONNECT', target: '/a:1' }, 'target RFC 9112 §3.2'],
    ['a path without its slash', { target: 'a/' }, 'target RFC 9112 §3.2'],
    [
      'content of a CONNECT',
      { method: 'CONNECT', target: 'a:1', end: false },
      'connect-content RFC 9110 §9.3.6',
    ],
  ])('%s', (_, options, due) => {
    const bench = new ClientBench();
    expect(refusal(() => bench.ask(options))).toBe(due);
    bench.close();
  });
});
