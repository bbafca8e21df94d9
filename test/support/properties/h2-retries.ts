// WIRE-5 on the wire: a server by hand takes some of the streams that a client began, and says with its GOAWAY up to which:
// of those nobody is told that they may be sent again, also where the connection is lost before the answer; of the others
// everybody is.
import fc from 'fast-check';
import { requireEqual } from '../../../src/kit/properties/require.js';
import type { H2Entrance } from '../entrances.js';
import { goaway, H2Bed, headers } from '../h2-bed.js';

export function retriesAreSafe(entrance?: H2Entrance) {
  return fc.property(
    fc.integer({ min: 1, max: 6 }),
    fc.nat({ max: 6 }),
    fc.nat({ max: 6 }),
    fc.boolean(),
    (count, taken, answered, answersFirst) => {
      const bed = new H2Bed('client', { entrance });
      const told = new Map<number, string>();
      const ids: number[] = [];
      for (let i = 0; i < count; i++) {
        const exchange = bed.client.request(
          { authority: 'a.test', end: true },
          {
            response: (_, { body }) => body.discard(),
            failed: (_, retryable) => told.set(exchange.id, retryable ? 'to be sent again' : 'lost'),
          },
        );
        exchange.onClosed = (error) => {
          if (error === undefined) told.set(exchange.id, 'answered');
        };
        ids.push(exchange.id);
      }
      bed.frames();
      const accepted = ids.slice(0, taken);
      const answer = (): void => {
        for (const id of accepted.slice(0, answered)) bed.feed(headers(id, [[':status', '200']]));
      };
      if (answersFirst) answer();
      bed.feed(goaway(accepted.at(-1) ?? 0));
      if (!answersFirst) answer();
      bed.end.lose();
      const due = ids.map((_, i) => (i >= taken ? 'to be sent again' : i < answered ? 'answered' : 'lost'));
      requireEqual(
        'WIRE-5',
        ids.map((id) => told.get(id)),
        due,
        'what came of the requests',
      );
      bed.close();
    },
  );
}
