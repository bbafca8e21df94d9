// A stream of H2 without its connection: what it asks of its host is counted.
import type { Lease } from '../../src/memory/index.js';
import type { SessionContext } from '../../src/session/contract.js';
import { FieldJudge } from '../../src/session/h2/outgoing.js';
import { H2Stream, type StreamHost } from '../../src/session/h2/stream.js';
import { stream as owner } from './memory.js';

/** Bytes that consumers let go of, by stream. */
export type Credited = Map<number, number>;

/** A stream that is in a list of streams, and whose windows are as wide as they are at first. */
export function streamAlone(id: number, credited: Credited = new Map()): H2Stream {
  const host: StreamHost = {
    context: {} as SessionContext,
    judge: new FieldJudge(true),
    over: false,
    head: () => {},
    message: () => {},
    data: () => undefined,
    lease: () => {},
    endMessage: () => {},
    cutShort: () => {},
    breakOff: () => {},
    prioritise: () => {},
    touch: () => {},
    credited: (stream, bytes) => credited.set(stream.id, (credited.get(stream.id) ?? 0) + bytes),
  };
  const stream = new H2Stream(id, host, owner, null, 65_535, 65_535, 0);
  stream.isLive = true;
  return stream;
}

/** What waits at a stream, as the lengths of its pieces. */
export const piecesOf = (stream: H2Stream): number[] =>
  stream.backlog.map((lease: Lease): number => lease.length);
