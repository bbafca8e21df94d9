// Declared against delivered: a message is whole exactly when the DATA that came is what its Content-Length says, however it
// ends (WIRE-1); and padding is nobody's content, nor anybody's next frame (CON-1).
import fc from 'fast-check';
import { requireEqual, requireNoneThrown, requireThat } from '../../../src/kit/properties/require.js';
import {
  FLAG_END_STREAM,
  FLAG_PADDED,
  FRAME_DATA,
  FRAME_HEADERS,
} from '../../../src/session/h2/frames-codes.js';
import type { H2Entrance } from '../entrances.js';
import { frame, H2Bed, headers, put } from '../h2-bed.js';

const piece = fc.record({
  length: fc.constantFrom(0, 1, 7, 300),
  padding: fc.constantFrom(-1, -1, 0, 1, 40, 255),
  /** From its end; beyond its beginning it is whole. */
  cut: fc.constantFrom(0, 1, 2, 30, 1000),
});

export function declaredIsDelivered(entrance?: H2Entrance) {
  return fc.property(
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(0, 0, 0, -1, 1),
    fc.constantFrom('data', 'trailers'),
    (pieces, lie, ending) => {
      const total = pieces.reduce((sum, { length }) => sum + length, 0);
      const declared = Math.max(0, total + lie);
      let seen = 0;
      let ended = false;
      const bed = new H2Bed('server', {
        entrance,
        exchange: (exchange) => {
          exchange.body.consume({
            data: (lease) => {
              seen += lease.length;
              lease.release();
            },
            end: () => {
              ended = true;
            },
            failed: () => {},
          });
        },
      });
      const id = bed.first;
      bed.feed(headers(id, put(['content-length', String(declared)]), false));
      for (const [i, { length, padding, cut }] of pieces.entries()) {
        const last = ending === 'data' && i === pieces.length - 1;
        const payload = new Uint8Array(length + padding + 1).fill(0x61);
        if (padding >= 0) payload[0] = padding;
        // What is padding looks like the header of a frame to whoever takes it for one.
        if (padding > 0) payload.fill(0xff, payload.length - padding);
        const flags = (padding < 0 ? 0 : FLAG_PADDED) | (last ? FLAG_END_STREAM : 0);
        const octets = frame(FRAME_DATA, flags, id, payload);
        const at = Math.max(0, octets.length - cut);
        bed.feed(octets.subarray(0, at), octets.subarray(at));
        requireNoneThrown('OWN-9', bed.end.thrown);
      }
      if (ending === 'trailers') bed.feed(headers(id, [['x-sum', '1']]));
      requireEqual('CON-1', bed.error, undefined, 'error of the connection');
      if (declared !== total) {
        requireThat('WIRE-1', !ended, () => `${total} of ${declared} bytes passed for a whole message`);
      } else {
        requireThat('WIRE-1', ended, () => 'a whole message did not end');
        requireEqual('CON-1', seen, total, 'bytes of content');
      }
      bed.close();
    },
  );
}

/** Padding that leaves nothing of its frame is still padding; any more, and the frame is no frame (RFC 9113 §6.1). */
export function paddingFits(entrance?: H2Entrance) {
  return fc.property(
    fc.constantFrom(1, 2, 9, 200),
    fc.integer({ min: -2, max: 2 }),
    fc.boolean(),
    (length, beyond, isData) => {
      const padding = Math.max(0, length - 1 + beyond);
      const bed = new H2Bed('server', { entrance });
      const payload = new Uint8Array(length);
      payload[0] = padding;
      if (isData) bed.feed(headers(bed.first, put(), false));
      bed.feed(frame(isData ? FRAME_DATA : FRAME_HEADERS, FLAG_PADDED, bed.first, payload));
      const error = padding < length ? undefined : 'h2-padding';
      requireEqual('WIRE-1', bed.error, error, `padding of ${padding} in ${length}`);
      bed.close();
    },
  );
}
