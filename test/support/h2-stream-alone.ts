// A stream of H2 without its connection, or without its exchange: what it asks of the one and tells the other.
import type { UndercoatError } from '../../src/errors.js';
import type { Lease } from '../../src/memory/index.js';
import type { SessionContext } from '../../src/session/contract.js';
import { FieldJudge } from '../../src/session/h2/outgoing.js';
import { type H2Sink, H2Stream, type StreamHost } from '../../src/session/h2/stream.js';
import { application, stream as owner } from './memory.js';

/** Bytes that consumers let go of, by stream. */
export type Credited = Map<number, number>;

/**
 * A stream that is in a list of streams, and whose windows are as wide as they are at first.
 * @param said what it asks of its host to send
 */
export function streamAlone(id: number, credited: Credited = new Map(), said: string[] = []): H2Stream {
  const host: StreamHost = {
    context: {} as SessionContext,
    judge: new FieldJudge(true),
    over: false,
    head: () => said.push('head'),
    message: () => said.push('message'),
    data: () => {
      said.push('data');
      return undefined;
    },
    lease: () => said.push('lease'),
    endMessage: () => said.push('end'),
    cutShort: () => said.push('cut short'),
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

/** The exchange of a stream, which says what it is told. */
export class ToldSink implements H2Sink {
  readonly told: string[] = [];
  /** What it failed by. */
  error: UndercoatError | undefined;
  wantsBody = false;
  discardsBody = false;
  takesBody = false;
  bodySettled = false;
  readonly bodyOwner = application;

  head(): void {
    this.told.push('head');
  }
  data(lease: Lease): void {
    this.told.push(`data ${lease.length}`);
    lease.release();
  }
  receiveEnd(): void {
    this.told.push('end');
  }
  failed(error: UndercoatError, retryable: boolean): void {
    this.error = error;
    this.told.push(`failed ${error.code}${retryable ? ' retryable' : ''}`);
  }
  sendable(): void {
    this.told.push('sendable');
  }
  settle(): void {
    this.told.push('settle');
  }
  finished(): void {
    this.told.push('finished');
  }
}
