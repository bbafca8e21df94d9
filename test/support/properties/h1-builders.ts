// WS-8: heads and last chunks, built in a room of any size, are there whole and the same, or nothing is; and nothing is
// written beyond the room either way.
import fc from 'fast-check';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import {
  CONNECTION_CLOSE,
  CONNECTION_UNSAID,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  lineEndWithHost,
} from '../../../src/session/h1/encode.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH, FRAMING_NONE } from '../../../src/session/h1/head-reader.js';

type Build = (bytes: Uint8Array, at: number, end: number) => number;

const most = 600;
const lineEnd = lineEndWithHost('a.test');
const fields = fc.array(
  fc.tuple(
    fc.constantFrom('X-A', 'b', 'X-Long-Name-Of-A-Field'),
    fc.integer({ min: 0, max: 60 }).map((length) => 'v'.repeat(length)),
  ),
  { maxLength: 4 },
);

const builders: fc.Arbitrary<Build> = fc
  .record({
    kind: fc.constantFrom('request', 'response', 'last chunk'),
    list: fields,
    framing: fc.constantFrom(FRAMING_NONE, FRAMING_LENGTH, FRAMING_CHUNKED),
    length: fc.constantFrom(0, 7, 65_536),
    connection: fc.constantFrom(CONNECTION_CLOSE, CONNECTION_UNSAID),
    target: fc.integer({ min: 0, max: 40 }).map((length) => `/${'t'.repeat(length)}`),
    status: fc.constantFrom(200, 404),
  })
  .map(({ kind, list, framing, length, connection, target, status }): Build => {
    if (kind === 'last chunk') return (bytes, at, end) => encodeLastChunk(list, bytes, at, end);
    if (kind === 'response') {
      return (bytes, at, end) =>
        encodeResponseHead(bytes, at, end, status, list, framing, length, connection, undefined);
    }
    return (bytes, at, end) =>
      encodeRequestHead(bytes, at, end, 'GET', target, lineEnd, list, framing, length, connection);
  });

export function headsInAnyRoom() {
  return fc.property(builders, fc.nat({ max: 9 }), fc.nat(), (build, at, place) => {
    const whole = new Uint8Array(most);
    const size = build(whole, 0, most);
    requireThat('WS-8', size > 0, () => 'nothing was built though there is room');
    const room = place % (size + 3);
    const bytes = new Uint8Array(most + 20).fill(0x5a);
    const end = build(bytes, at, at + room);
    requireEqual('WS-8', end, room < size ? -1 : at + size, `in a room of ${room} for ${size}`);
    const around = [...bytes.subarray(0, at), ...bytes.subarray(at + room)];
    requireThat(
      'WS-8',
      around.every((octet) => octet === 0x5a),
      () => `written beyond a room of ${room}`,
    );
    if (end > 0)
      requireEqual('WS-8', [...bytes.subarray(at, end)], [...whole.subarray(0, size)], 'built again');
  });
}
