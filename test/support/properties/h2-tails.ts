// OWN-6 on the wire of H2: what stands in memory behind a frame that has come in part is no part of it.
import fc from 'fast-check';
import { requireEqual } from '../../../src/kit/properties/require.js';
import type { H2Entrance } from '../entrances.js';
import { data, H2Bed, headers, ping, put } from '../h2-bed.js';
import { concat } from '../proxy-headers.js';

export function framesInAnyTail(entrance?: H2Entrance) {
  return fc.property(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0x00, 0x01, 0xff), (size, tail) => {
    const said = (fill: number): unknown => {
      const bed = new H2Bed('server', { entrance, end: { tail: fill, poison: fill } });
      const { first, end } = bed;
      const octets = concat(headers(first, put(), false), ping(), data(first, 20), data(first, 1, true));
      const frames: string[] = [];
      for (let at = 0; at < octets.length; at += size) {
        frames.push(...bed.feed(octets.subarray(at, at + size)));
      }
      const found = { frames, error: bed.error, thrown: end.thrown.map(String) };
      end.lose();
      end.assertQuiescent();
      return found;
    };
    requireEqual('OWN-6', said(tail), said(0x05), 'what was said');
  });
}
