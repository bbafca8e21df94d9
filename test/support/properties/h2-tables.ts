// CON-5 on the wire: what a peer refers to by its place in the compression table is what stands there by the model, request
// after request; what stands there no more is nothing, and a table changes its size at the beginning of a block alone.
// WIRE-4 with it: what is answered is decoded as it was meant.
import fc from 'fast-check';
import { integer, type ModelRecipe, modelEncode, modelTable } from '../../../models/hpack-block.js';
import { PropertyFailure, requireEqual } from '../../../src/kit/properties/require.js';
import { FLAG_END_HEADERS, FLAG_END_STREAM, FRAME_HEADERS } from '../../../src/session/h2/frames-codes.js';
import type { H2Entrance } from '../entrances.js';
import { block, frame, get, H2Bed } from '../h2-bed.js';

const dynamicFrom = 62;
const value = fc.constantFrom('', '1', 'ab', 'v'.repeat(30), 'X'.repeat(127), 'X'.repeat(300));
const act = fc.record({
  kind: fc.constantFrom('add', 'refer', 'refer', 'fill'),
  place: fc.nat(),
  name: fc.constantFrom('a', 'b-own', 'x'),
  value,
  huffman: fc.boolean(),
});
const literal = (name: string, text: string, huffman: boolean): ModelRecipe => ({
  kind: 'literal',
  how: 'add',
  name,
  value: text,
  huffman,
  zeros: 0,
});
/** More than the table holds when its entries are counted right. */
const filling = Array.from({ length: 70 }, () => literal('a', 'v'.repeat(30), false));

export function tablesAreKept(entrance?: H2Entrance) {
  return fc.property(
    fc.array(fc.array(act, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('well', 'beyond the table', 'late update'),
    value,
    (requests, ends, answer) => {
      let seen: readonly (readonly [string, string])[] = [];
      const bed = new H2Bed('server', {
        entrance,
        exchange: (exchange) => {
          seen = [...exchange.request.fields];
          exchange.respond(200, [['x-answer', answer]], { end: true });
        },
      });
      const table = modelTable(4096);
      let next = bed.first;
      const send = (octets: readonly number[]): string[] => {
        const all = [...block(get()), ...octets];
        const head = frame(FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, next, all);
        next += 2;
        try {
          return bed.feed(head);
        } catch (cause) {
          throw new PropertyFailure('WIRE-4', `what was answered is not to be read: ${cause}`, { cause });
        }
      };
      for (const acts of requests) {
        const fields: [string, string][] = [];
        const octets: number[] = [];
        let isFilled = false;
        for (const { kind, place, name, value: text, huffman } of acts) {
          const size = table.entries.length;
          const recipes =
            kind === 'fill' && !isFilled
              ? filling
              : kind === 'fill' || kind === 'add' || size === 0
                ? [literal(name, text, huffman)]
                : [{ kind: 'indexed', index: dynamicFrom - 1 + (place % size), zeros: 0 } as const];
          // More fields than these are too many for one request.
          isFilled ||= kind === 'fill';
          for (const recipe of recipes) {
            const at = recipe.kind === 'indexed' ? table.entries[recipe.index - dynamicFrom + 1] : recipe;
            fields.push([String(at?.name), String(at?.value)]);
          }
          octets.push(...modelEncode([], recipes, table));
        }
        const [said] = send(octets);
        requireEqual('CON-5', bed.error, undefined, 'error of the connection');
        requireEqual('CON-5', seen, fields, 'fields');
        requireEqual('WIRE-4', said?.split(' | ').includes(`x-answer: ${answer}`), true, 'the answer');
      }
      if (ends === 'beyond the table') send(integer(0b1, 7, dynamicFrom + table.entries.length, 0));
      else if (ends === 'late update') send(integer(0b001, 5, 100, 0));
      const wrong = {
        well: undefined,
        'beyond the table': 'hpack-index',
        'late update': 'hpack-update-late',
      };
      requireEqual('CON-5', bed.error, wrong[ends as keyof typeof wrong], 'error of the connection');
      bed.close();
    },
  );
}
