// The stream machine of RFC 9113 §5.1, exhaustively: every frame type with every combination of flags, in every place a
// stream can be in, to either role; what comes of it is what the model says.
import { describe, expect, it } from 'vitest';
import { type ModelOutcome, type ModelPlace, type ModelRole, outcomeOf } from '../../models/h2-stream.js';
import {
  FLAG_END_HEADERS,
  FLAG_PADDED,
  FLAG_PRIORITY,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PING,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  FRAME_PUSH_PROMISE,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_WINDOW_UPDATE,
  frameTypeName,
  MAX_31_BITS,
} from '../../src/session/h2/frames-codes.js';
import { H2Session } from '../../src/session/h2/session.js';
import type { ClientExchange, IncomingBody } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';
import {
  block,
  data,
  frame,
  get,
  goaway,
  H2Bed,
  headers,
  put,
  reset,
  uint32,
  warningAnswered,
} from '../support/h2-bed.js';

const unknownType = 0x77;
const types = [
  FRAME_DATA,
  FRAME_HEADERS,
  FRAME_PRIORITY,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_PUSH_PROMISE,
  FRAME_PING,
  FRAME_GOAWAY,
  FRAME_WINDOW_UPDATE,
  FRAME_CONTINUATION,
  FRAME_PRIORITY_UPDATE,
  unknownType,
];
/** The flags that mean something on some frame, and one that never does. */
const bits = [0x01, 0x04, 0x08, 0x20, 0x40];
const flagSets = Array.from({ length: 1 << bits.length }, (_, set) =>
  bits.reduce((flags, bit, i) => flags | ((set >> i) & 1 ? bit : 0), 0),
);

interface Standing {
  readonly role: ModelRole;
  readonly place: ModelPlace;
  readonly headed: boolean;
  /** Brings an end there, and says which stream it is. */
  readonly reach: (bed: H2Bed) => number;
}

const reads = (body: IncomingBody): void =>
  body.consume({ data: (lease) => lease.release(), end: () => {}, failed: () => {} });

const connect: [string, string][] = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];

function opens(pipe: Transport): void {
  const room = { bytes: new Uint8Array(64), start: 0, end: 64 };
  pipe.open({
    opened() {},
    room: () => room,
    received() {},
    ended() {},
    written() {},
    closed() {},
  });
}

/** A server's stream 1 whose request is open, or complete. */
function asked(bed: H2Bed, ends: boolean): number {
  bed.feed(ends ? headers(1, get()) : headers(1, put(), false));
  if (!ends) reads(bed.exchange.body);
  return 1;
}
const answered = (bed: H2Bed): void => bed.exchange.respond(204, [], { end: true });

const server: readonly Standing[] = (
  [
    ['connection', () => 0],
    ['idle', () => 1],
    ['idle-of-server', () => 2],
    ['open', (bed) => asked(bed, false)],
    [
      'half-closed-local',
      (bed) => {
        const id = asked(bed, false);
        answered(bed);
        return id;
      },
    ],
    ['half-closed-remote', (bed) => asked(bed, true)],
    [
      'connected',
      (bed) => {
        bed.feed(headers(1, connect, false));
        bed.exchange.upgrade(opens);
        return 1;
      },
    ],
    [
      'closed-by-ends',
      (bed) => {
        const id = asked(bed, true);
        answered(bed);
        return id;
      },
    ],
    [
      'closed-by-our-reset',
      (bed) => {
        const id = asked(bed, false);
        bed.exchange.respond(200);
        bed.exchange.abort();
        return id;
      },
    ],
    [
      'closed-by-their-reset',
      (bed) => {
        const id = asked(bed, false);
        bed.feed(reset(id, 8));
        return id;
      },
    ],
    [
      'passed-over',
      (bed) => {
        bed.feed(headers(3, get()));
        return 1;
      },
    ],
    [
      'beyond-our-goaway',
      (bed) => {
        asked(bed, true);
        bed.end.shutdown();
        bed.feed(warningAnswered, headers(3, put(), false));
        return 3;
      },
    ],
  ] as const satisfies readonly [ModelPlace, (bed: H2Bed) => number][]
).map(([place, reach]) => ({ role: 'server', place, headed: stands(place), reach }));

function stands(place: ModelPlace): boolean {
  return place !== 'connection' && !place.startsWith('idle');
}

/** A client's stream 1: what it has sent, and whether it was answered. */
function asks(bed: H2Bed, ends: boolean, headed: boolean): ClientExchange {
  const exchange = bed.client.request(
    { authority: 'a.test', method: ends ? 'GET' : 'PUT', end: ends },
    { response: (_head, { body }) => reads(body), failed: () => {} },
  );
  bed.frames();
  if (headed) bed.feed(headers(1, [[':status', '200']], false));
  return exchange;
}

const client: readonly Standing[] = (
  [
    ['connection', false, () => 0],
    ['idle', false, () => 1],
    ['idle-of-server', false, () => 2],
    ['open', false, (bed) => asks(bed, false, false).id],
    ['open', true, (bed) => asks(bed, false, true).id],
    [
      'connected',
      true,
      (bed) => {
        const listener = {
          response: () => {},
          upgraded: (_head: unknown, pipe: Transport) => opens(pipe),
          failed: () => {},
        };
        const { id } = bed.client.request({ method: 'CONNECT', authority: 'a:1', target: 'a:1' }, listener);
        bed.frames();
        bed.feed(headers(id, [[':status', '200']], false));
        return id;
      },
    ],
    ['half-closed-local', false, (bed) => asks(bed, true, false).id],
    ['half-closed-local', true, (bed) => asks(bed, true, true).id],
    [
      'half-closed-remote',
      true,
      (bed) => {
        const { id } = asks(bed, false, true);
        bed.feed(data(id, 1, true));
        return id;
      },
    ],
    [
      'closed-by-ends',
      true,
      (bed) => {
        const { id } = asks(bed, true, true);
        bed.feed(data(id, 1, true));
        return id;
      },
    ],
    [
      'closed-by-our-reset',
      true,
      (bed) => {
        const exchange = asks(bed, true, true);
        exchange.abort();
        return exchange.id;
      },
    ],
    [
      'closed-by-their-reset',
      true,
      (bed) => {
        const { id } = asks(bed, true, true);
        bed.feed(reset(id, 8));
        return id;
      },
    ],
    [
      'beyond-their-goaway',
      false,
      (bed) => {
        asks(bed, true, false);
        const { id } = asks(bed, true, false);
        bed.feed(goaway(1));
        return id;
      },
    ],
  ] as const satisfies readonly [ModelPlace, boolean, (bed: H2Bed) => number][]
).map(([place, headed, reach]) => ({ role: 'client', place, headed, reach }));

/** A payload that is right for the type, its flags, and the place of the stream. */
function payloadOf({ role, place, headed }: Standing, type: number, flags: number): number[] {
  const padded = (flags & FLAG_PADDED) !== 0;
  const pad = (octets: number[]): number[] => (padded ? [1, ...octets, 0] : octets);
  switch (type) {
    case FRAME_DATA:
      return pad([0x61, 0x62]);
    case FRAME_HEADERS: {
      const head = role === 'server' ? get() : ([[':status', '200']] as [string, string][]);
      const isTrailers = headed && place !== 'connection';
      const fields = block(isTrailers ? [['x', 'y']] : head);
      return pad((flags & FLAG_PRIORITY) === 0 ? fields : [...uint32(0), 15, ...fields]);
    }
    case FRAME_PRIORITY:
      return [...uint32(0), 15];
    case FRAME_RST_STREAM:
      return uint32(8);
    case FRAME_PUSH_PROMISE:
      return pad(uint32(2));
    case FRAME_PING:
      return [1, 2, 3, 4, 5, 6, 7, 8];
    case FRAME_GOAWAY:
      return [...uint32(MAX_31_BITS), ...uint32(0)];
    case FRAME_WINDOW_UPDATE:
      return uint32(1);
    case FRAME_PRIORITY_UPDATE:
      return [...uint32(1), 0x75, 0x3d, 0x31];
    default:
      return [];
  }
}

const states = ['open', 'half-closed-local', 'half-closed-remote'] as const;

/** What came of it. */
function observe(bed: H2Bed, id: number, said: readonly string[]): ModelOutcome {
  for (const text of said) {
    const [type, , code = ''] = text.split(' ');
    if (type === 'GOAWAY' && code !== 'NO_ERROR') return { kind: 'connection-error', code };
    if (type === 'RST_STREAM') return { kind: 'stream-error', code };
  }
  const { session } = bed.end;
  if (!(session instanceof H2Session)) throw new Error('another session');
  const { streams } = session.connection;
  const stream = streams.live.get(id);
  if (stream === undefined) {
    return { kind: 'state', state: id === 0 || streams.isIdle(id) ? 'idle' : 'closed' };
  }
  const state = states.find((it) => it === stream.machine.stateName);
  if (state === undefined) throw new Error(`no state of the model: ${stream.machine.stateName}`);
  return { kind: 'state', state };
}

describe('WIRE-1: every frame with every flag, in every place', () => {
  let tried = 0;
  for (const standing of [...server, ...client]) {
    const { role, place, headed, reach } = standing;
    it(`${role}: ${place}${headed ? ', its head received' : ''}`, () => {
      for (const type of types) {
        for (const flags of flagSets) {
          const bed = new H2Bed(role, { end: { slabBytes: 1024, ledger: 'off' } });
          const id = reach(bed);
          bed.frames();
          const frames = [frame(type, flags, id, payloadOf(standing, type, flags))];
          // A block that is not complete is judged with what completes it.
          if (type === FRAME_HEADERS && id > 0 && (flags & FLAG_END_HEADERS) === 0) {
            frames.push(frame(FRAME_CONTINUATION, FLAG_END_HEADERS, id));
          }
          const said = bed.feed(...frames);
          const due = outcomeOf({ role, place, headed }, type, flags);
          const name = `${frameTypeName(type)} with flags 0x${flags.toString(16)}`;
          expect({ name, outcome: observe(bed, id, said) }).toEqual({ name, outcome: due });
          bed.close();
          tried += 1;
        }
      }
    });
  }

  it('and that is all of them', () => {
    const due = (server.length + client.length) * types.length * flagSets.length;
    expect(tried).toBe(due);
    process.stdout.write(` h2-stream: ${tried} combinations of place, frame and flags\n`);
  });
});
