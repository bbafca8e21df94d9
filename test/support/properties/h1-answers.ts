// CON-1: what came before a request went out is no answer to it, though it came in one piece with the answer to the request
// before, and the request was made as soon as that one was over.
import fc from 'fast-check';
import { settle } from '../../../src/kit/by-hand.js';
import { requireEqual } from '../../../src/kit/properties/require.js';
import { SessionEnd } from '../../../src/kit/session-end.js';
import type { StackUnderTest } from '../../../src/kit/stack-under-test.js';
import type { ClientSession } from '../../../src/stream/contract.js';
import { octets } from '../h1.js';

const answer = (status: number, length: number) =>
  `HTTP/1.1 ${status} X\r\nContent-Length: ${length}\r\n\r\n${'b'.repeat(length)}`;

export function answersAreAskedFor(stack: StackUnderTest) {
  return fc.property(fc.nat({ max: 30 }), fc.nat({ max: 30 }), fc.nat(), (own, others, place) => {
    const statuses: number[] = [];
    const ask = (session: ClientSession): void => {
      const exchange = session.request(
        { authority: 'a', end: true },
        {
          response: ({ status }, { body }) => {
            statuses.push(status);
            body.discard();
          },
          failed: () => {},
        },
      );
      exchange.onClosed = () => {
        if (session.available > 0 && statuses.length === 1) ask(session);
      };
    };
    const end = new SessionEnd(stack.client, { role: 'client', ready: ask });
    settle(end);
    const first = answer(200, own);
    const bytes = octets(first + answer(299, others));
    // At once, or with the cut anywhere in the second: always some of it with the end of the first.
    const cut = first.length + 1 + (place % (bytes.length - first.length));
    let at = end.deliver(bytes, 0, cut);
    settle(end);
    at += end.deliver(bytes, at, bytes.length);
    settle(end);
    requireEqual('CON-1', statuses, [200], 'answers');
    end.lose();
    end.assertQuiescent();
  });
}
