// Declared against delivered: a message is whole exactly when the DATA that came is what its Content-Length says, however it
// ends (WIRE-1); and padding is nobody's content, nor anybody's next frame (CON-1).
import fc from 'fast-check';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { FLAG_END_STREAM, FLAG_PADDED, FRAME_DATA } from '../../../src/session/h2/frames-codes.js';
import { frame, H2Bed, headers, put } from '../h2-bed.js';

const piece = fc.record({
  length: fc.constantFrom(0, 1, 7, 300),
  padding: fc.constantFrom(-1, -1, 0, 1, 40, 255),
});

export function declaredIsDelivered() {
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
      bed.feed(headers(1, put(['content-length', String(declared)]), false));
      for (const [i, { length, padding }] of pieces.entries()) {
        const last = ending === 'data' && i === pieces.length - 1;
        const payload = new Uint8Array(length + padding + 1).fill(0x61);
        if (padding >= 0) payload[0] = padding;
        // What is padding looks like the header of a frame to whoever takes it for one.
        if (padding > 0) payload.fill(0xff, payload.length - padding);
        bed.feed(
          frame(FRAME_DATA, (padding < 0 ? 0 : FLAG_PADDED) | (last ? FLAG_END_STREAM : 0), 1, payload),
        );
      }
      if (ending === 'trailers') bed.feed(headers(1, [['x-sum', '1']]));
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
