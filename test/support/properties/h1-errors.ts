// WIRE-2: behind a request that the grammar refuses nothing is taken for a request, and whoever was told of the error is
// told nothing more: the connection ends.
import fc from 'fast-check';
import { modelRequest } from '../../../models/h1-grammar.js';
import { give } from '../../../src/kit/by-hand.js';
import { requireThat } from '../../../src/kit/properties/require.js';
import { SessionEnd } from '../../../src/kit/session-end.js';
import type { StackUnderTest } from '../../../src/kit/stack-under-test.js';
import { octets } from '../h1.js';
import { h1Requests } from './h1-grammar.js';

const behind = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

export function errorsClose(stack: StackUnderTest, opening: Uint8Array = new Uint8Array(0)) {
  return fc.property(h1Requests, fc.boolean(), (text, isSplit) => {
    const all = `${text}${behind}`;
    fc.pre(modelRequest(all) === undefined);
    const targets: string[] = [];
    const end = new SessionEnd(
      stack.server,
      {
        role: 'server',
        httpDate: undefined,
        exchange: (exchange) => {
          targets.push(exchange.request.target);
          exchange.respond(200, [], { end: true });
        },
      },
      { slabBytes: 16_384 },
    );
    give(end, opening);
    for (const part of isSplit ? [text, behind] : [all]) give(end, octets(part));
    requireThat(
      'WIRE-2',
      targets.length === 0,
      () => `${targets.join()} was served behind what is no request`,
    );
    const isTold = String.fromCharCode(...end.sent.subarray(0, 12)).startsWith('HTTP/1.1 4');
    requireThat('WIRE-2', !isTold || end.state !== 'open', () => 'it goes on after an error');
    end.lose();
    end.assertQuiescent();
  });
}
