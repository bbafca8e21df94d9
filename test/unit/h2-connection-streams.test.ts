// How an H2 connection's streams end, whoever has them: what the peer is sent, what the exchange is told and once, what is
// charged for, and what another stream does not notice.
import { describe, expect, it } from 'vitest';
import { answerStatus, LimitError, UndercoatError } from '../../src/errors.js';
import type { Lease } from '../../src/memory/index.js';
import type { H2Connection } from '../../src/session/h2/connection.js';
import { NO_ERROR } from '../../src/session/h2/frames-codes.js';
import { streamError } from '../../src/session/h2/h2-errors.js';
import type { H2Session } from '../../src/session/h2/session.js';
import type { H2Stream } from '../../src/session/h2/stream.js';
import { h2StreamTable } from '../../src/session/h2/tables.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { ask } from '../support/h2-asked.js';
import { data, get, goaway, H2Bed, headers, ping, put, settings } from '../support/h2-bed.js';
import { ToldSink } from '../support/h2-stream-alone.js';
import { open } from '../support/h2-tunnel.js';
import { some, starve } from '../support/memory.js';

const { state, event } = h2StreamTable;
const answered = { status: 204, pseudo: [], fields: [] };
const none = { burst: 0, perSecond: 0 };
const reason = (code: string, answer: UndercoatError['answer'] = { kind: 'none' }) =>
  new UndercoatError('peer-misbehaved', code, 'OWN-7', code, answer);

const connectionOf = (bed: H2Bed): H2Connection => (bed.end.session as H2Session).connection;

/** A server's stream whose request has begun, with an exchange or without. */
function begun(bed: H2Bed, id: number, sink: ToldSink | null): H2Stream {
  const connection = connectionOf(bed);
  const stream = connection.makeStream(id, 0);
  connection.streams.begunByPeer(id);
  connection.streams.add(stream);
  stream.machine.take(event['receive-headers']);
  stream.headReceived = true;
  stream.sink = sink;
  return stream;
}

describe('a stream that no exchange has', () => {
  it('ends when both messages are complete', () => {
    const bed = new H2Bed('server');
    const stream = begun(bed, 1, null);
    stream.machine.take(event['receive-end']);
    stream.inputComplete = true;
    stream.head(answered, true);
    expect(stream.ending).toBe(true);
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 204']);
    expect([stream.isLive, stream.machine.is(state.closed)]).toEqual([false, true]);
    bed.close();
  });

  it('is done with when its answer is whole, though its request is not', () => {
    const bed = new H2Bed('server');
    const stream = begun(bed, 1, null);
    stream.head(answered, true);
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 204', 'RST_STREAM 1 NO_ERROR']);
    expect(stream.isLive).toBe(false);
    bed.close();
  });

  it('has its deadlines', () => {
    const bed = new H2Bed('server', { end: { deadlines: { total: 50, firstByte: 20 } } });
    const stream = begun(bed, 1, null);
    connectionOf(bed).touch(stream);
    bed.frames();
    expect(bed.end.deadline()).toBe(20);
    bed.close();
  });
});

describe('the first stream, whose request was complete before (RFC 7540 §3.2)', () => {
  it('is half-closed of a server, which has not answered yet', () => {
    const bed = new H2Bed('server');
    const connection = connectionOf(bed);
    connection.availabilityChanged = false;
    const stream = connection.firstStream();
    expect(connection.streams).toMatchObject({ lastOfPeer: 1, next: 2, peerCount: 1, ourCount: 0 });
    expect(stream).toMatchObject({ headReceived: true, inputComplete: true, headSent: false, ending: false });
    expect(stream.machine.is(state['half-closed-remote'])).toBe(true);
    expect(connection.availabilityChanged).toBe(false);
    stream.sink = new ToldSink();
    bed.close();
  });

  it('is half-closed of a client, which has sent all', () => {
    const bed = new H2Bed('client');
    const connection = connectionOf(bed);
    connection.availabilityChanged = false;
    const stream = connection.firstStream();
    expect(connection.streams).toMatchObject({ lastOfPeer: 0, next: 3, peerCount: 0, ourCount: 1 });
    expect(stream).toMatchObject({ headReceived: false, inputComplete: false, headSent: true, ending: true });
    expect(stream.machine.is(state['half-closed-local'])).toBe(true);
    expect(connection.availabilityChanged).toBe(true);
    stream.sink = new ToldSink();
    bed.close();
  });
});

describe('a stream that is broken off', () => {
  it('is so for the first reason, and its exchange hears nothing else any more', () => {
    const bed = new H2Bed('server');
    const sink = new ToldSink();
    const stream = begun(bed, 1, sink);
    const connection = connectionOf(bed);
    stream.outputFailed = true;
    connection.breakOff(stream, reason('first'));
    connection.breakOff(stream, reason('second'));
    bed.frames();
    expect(sink.told).toEqual(['failed first']);
    bed.close();
  });

  it.each<[what: string, answer: UndercoatError['answer'], frame: string]>([
    ['nothing', { kind: 'none' }, 'HEADERS 1 END | :status: 500'],
    ['a status', answerStatus(408), 'HEADERS 1 END | :status: 408'],
    ['a code', { kind: 'h2-stream', code: 8 }, 'RST_STREAM 1 CANCEL'],
    ['a connection’s code', { kind: 'h2-connection', code: 2 }, 'RST_STREAM 1 INTERNAL_ERROR'],
  ])('is answered as its reason says: %s', (_, answer, frame) => {
    const bed = new H2Bed('server', { h2: { resets: none } });
    const sink = new ToldSink();
    const stream = begun(bed, 1, sink);
    stream.machine.take(event['receive-end']);
    connectionOf(bed).breakOff(stream, reason('x', answer));
    // It was no mistake of the peer's: nothing is charged for.
    expect(bed.frames()[0]).toBe(frame);
    expect(sink.told).toEqual(['failed x']);
    expect(bed.end.state).toBe('open');
    bed.close();
  });

  it('and touched later lets its exchange say what it has to say, and fails no second time', () => {
    const bed = new H2Bed('server');
    const sink = new ToldSink();
    const stream = begun(bed, 1, sink);
    const connection = connectionOf(bed);
    connection.breakOff(stream, reason('x'));
    bed.frames();
    connection.touch(stream);
    bed.frames();
    expect(sink.told).toEqual(['failed x', 'settle']);
    bed.close();
  });

  it('while DATA of another arrives does not touch that', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false), headers(3, put(), false));
    const [one, three] = bed.exchanges as [ServerExchange, ServerExchange];
    const taken: number[] = [];
    one.body.consume({
      data: (lease) => {
        taken.push(lease.length);
        lease.release();
      },
      end: () => taken.push(-1),
      failed: () => taken.push(-2),
    });
    const frame = data(1, 10, true);
    bed.feed(frame.subarray(0, 12));
    three.abort();
    bed.feed(frame.subarray(12));
    // All of it, in two pieces, and its end.
    expect(taken).toEqual([3, 7, -1]);
    one.reply(204, [], new Uint8Array(0));
    bed.frames();
    bed.close();
  });

  it('while DATA of it arrives takes none of the rest, which is credited (CON-4)', () => {
    const bed = new H2Bed('server');
    const sink = new ToldSink();
    sink.wantsBody = true;
    const stream = begun(bed, 1, sink);
    const frame = data(1, 10, true);
    bed.feed(frame.subarray(0, 13));
    connectionOf(bed).breakOff(stream, streamError(8, 'x', 'OWN-7', 'x'));
    expect(bed.frames()).toEqual(['RST_STREAM 1 CANCEL']);
    expect(bed.feed(frame.subarray(13))).toEqual([]);
    expect(sink.told.filter((text) => text !== 'settle')).toEqual(['data 4', 'failed x']);
    expect(connectionOf(bed).window.held).toBe(0);
    bed.close();
  });
});

it('what is let go of after its stream is over is credited to the connection alone (CON-4)', () => {
  const bed = new H2Bed('server');
  const sink = new ToldSink();
  const kept: Lease[] = [];
  sink.wantsBody = true;
  sink.data = (lease) => kept.push(lease);
  const stream = begun(bed, 1, sink);
  const connection = connectionOf(bed);
  bed.feed(data(1, 10));
  expect([stream.receiveWindow.held, connection.window.held]).toEqual([10, 10]);
  connection.breakOff(stream, reason('x'));
  bed.frames();
  expect([stream.receiveWindow.held, connection.window.held]).toEqual([0, 10]);
  for (const lease of kept) lease.release();
  expect([stream.receiveWindow.held, connection.window.held]).toEqual([0, 0]);
  bed.close();
});

describe('what an exchange is told', () => {
  it('is nothing of content that it discards', () => {
    const bed = new H2Bed('server');
    const sink = new ToldSink();
    const stream = begun(bed, 1, sink);
    bed.feed(data(1, 10));
    expect(stream.backlog).toHaveLength(1);
    sink.discardsBody = true;
    connectionOf(bed).touch(stream);
    bed.frames();
    expect([stream.backlog.length, sink.told.includes('data 10')]).toEqual([0, false]);
    bed.close();
  });

  it('is whether a request may be asked again when its connection is lost', () => {
    for (const [unseenAbove, told] of [
      [0, 'failed x retryable'],
      [1, 'failed x'],
      [3, 'failed x'],
    ] as const) {
      const bed = new H2Bed('client');
      const connection = connectionOf(bed);
      const stream = connection.firstStream();
      const sink = new ToldSink();
      stream.sink = sink;
      connection.endAll(reason('x'), unseenAbove);
      expect(sink.told[0]).toBe(told);
      expect(stream.machine.is(state.closed)).toBe(true);
      bed.close();
    }
  });

  it('is that the peer, which goes away, has not processed it', () => {
    const bed = new H2Bed('client');
    const stream = connectionOf(bed).firstStream();
    const sink = new ToldSink();
    stream.sink = sink;
    expect(bed.feed(goaway(0))).toEqual(['GOAWAY 0 NO_ERROR']);
    expect([sink.told[0], stream.machine.is(state.closed)]).toEqual(['failed goaway retryable', true]);
    bed.close();
  });

  it('is once that a request could not be built, though it is touched again', () => {
    const bed = new H2Bed('client');
    const connection = connectionOf(bed);
    for (const sink of [new ToldSink(), null]) {
      const stream = connection.makeStream(connection.streams.next, 0);
      stream.sink = sink;
      stream.outputFailed = true;
      connection.touch(stream);
      bed.frames();
      connection.touch(stream);
      bed.frames();
      expect(sink?.told ?? []).toEqual(sink === null ? [] : ['failed output-exhausted retryable', 'settle']);
    }
    bed.close();
  });

  it('what there was no memory for: limit, rule and code', () => {
    const bed = new H2Bed('server', { end: { limitBytes: 4 * (16_384 + 64) } });
    bed.feed(headers(1, get()));
    const errors: (UndercoatError | undefined)[] = [];
    bed.exchange.onClosed = (error) => errors.push(error);
    const feed = starve(bed.end.pool);
    bed.exchange.respond(200);
    bed.frames();
    feed();
    expect(errors[0]).toBeInstanceOf(LimitError);
    expect(errors[0]).toMatchObject({
      limit: 'limitBytes',
      code: 'output-exhausted',
      cites: 'WS-9',
      answer: { kind: 'h2-stream', code: 2 },
    });
    bed.close();
  });
});

describe('what comes up after a turn’s end', () => {
  it.each<[what: string, act: (connection: H2Connection, stream: H2Stream) => void, due: boolean]>([
    ['a stream to look at', (connection, stream) => connection.touch(stream), true],
    ['credit', (connection, stream) => connection.due.add(stream), true],
    ['nothing', () => {}, false],
  ])('asks for another: %s', (_, act, due) => {
    const bed = new H2Bed('server');
    const stream = begun(bed, 1, new ToldSink());
    const connection = connectionOf(bed);
    bed.frames();
    connection.beginTurn(0);
    act(connection, stream);
    expect(bed.end.due).toBe(false);
    connection.endTurn();
    expect(bed.end.due).toBe(due);
    bed.close();
  });
});

describe('what is charged for', () => {
  it('are answers that could not be built (WORK-1), to a client', () => {
    const options = { h2: { resets: none }, end: { limitBytes: 4 * (16_384 + 64) } };
    for (const act of [
      (exchange: ServerExchange) => exchange.respond(200),
      (exchange: ServerExchange) => exchange.abort(),
    ]) {
      const bed = new H2Bed('server', options);
      bed.feed(headers(1, get()));
      const feed = starve(bed.end.pool);
      act(bed.exchange);
      expect(bed.frames()).toEqual(['RST_STREAM 1 INTERNAL_ERROR', 'GOAWAY 1 ENHANCE_YOUR_CALM']);
      expect(bed.end.session.error).toMatchObject({ code: 'calm-down', limit: 'resets' });
      feed();
      bed.close();
    }
  });

  it('and not a request of ours that could not go on', () => {
    const bed = new H2Bed('client', { h2: { resets: none }, end: { limitBytes: 4 * (16_384 + 64) } });
    const { exchange, told } = ask(bed, { method: 'PUT', end: false });
    const feed = starve(bed.end.pool);
    exchange.end([['x', 'y']]);
    expect(bed.frames()).toEqual(['RST_STREAM 1 INTERNAL_ERROR']);
    expect([bed.end.state, told.at(-1)]).toEqual(['open', 'closed output-exhausted']);
    feed();
    bed.close();
  });

  it('are frames without use: one of them may come for each 512 octets of content', () => {
    const bed = new H2Bed('server', { h2: { trifles: { burst: 2, perSecond: 0 } } });
    bed.feed(headers(1, get()));
    bed.exchange.respond(200);
    expect(bed.feed(ping(), ping())).toHaveLength(3);
    bed.exchange.send(new Uint8Array(512));
    bed.frames();
    expect(bed.feed(ping())).toEqual(['PING ACK']);
    expect(bed.feed(ping()).at(-1)).toBe('GOAWAY 1 ENHANCE_YOUR_CALM');
    bed.close();
  });
});

describe('a connection without streams', () => {
  it('is idle since the last of them was over', () => {
    const bed = new H2Bed('server', { end: { deadlines: { idle: 100 } } });
    bed.feed(headers(1, get()), headers(3, get()));
    const [one, three] = bed.exchanges as [ServerExchange, ServerExchange];
    for (const [exchange, now] of [
      [one, 10],
      [three, 30],
    ] as const) {
      bed.end.now = now;
      expect(bed.end.deadline()).toBeGreaterThan(1000);
      exchange.reply(204, [], new Uint8Array(0));
      bed.frames();
    }
    expect(bed.end.deadline()).toBe(130);
    expect(bed.at(129)).toEqual([]);
    expect(bed.at(130)).toEqual(['GOAWAY 3 NO_ERROR']);
    bed.close();
  });

  it('of a client says that a request may begin, once', () => {
    const bed = new H2Bed('client');
    bed.feed(settings([3, 1]));
    let said = 0;
    bed.client.onAvailable = () => said++;
    const { exchange } = ask(bed);
    expect(said).toBe(0);
    exchange.abort();
    bed.frames();
    expect(said).toBe(1);
    bed.frames();
    bed.feed(ping());
    expect(said).toBe(1);
    bed.close();
  });
});

it('the deadline of writing to a tunnel runs from when bytes began to wait, wherever in their buffer they lie', () => {
  const { bed, it } = open('server', []);
  bed.feed(settings([4, 0]));
  const stream = some(connectionOf(bed).streams.live.get(1));
  const bytes = new Uint8Array(200);
  for (const [now, start] of [
    [5, 100],
    [9, 110],
  ] as const) {
    bed.end.now = now;
    it.pipe.write([{ bytes, start, end: start + 10 }]);
    bed.frames();
    expect([stream.waitingBytes, stream.sentAt]).toEqual([start - 90, 5]);
  }
  bed.close();
});

it('a request whose peer goes by no priorities is told none', () => {
  for (const [said, frames] of [
    [settings([9, 1]), ['PRIORITY_UPDATE 1 u=0']],
    [settings(), []],
  ] as const) {
    const bed = new H2Bed('client', { silent: true });
    bed.feed(said);
    const { exchange } = ask(bed);
    exchange.prioritise({ urgency: 0 });
    expect(bed.frames()).toEqual(frames);
    bed.feed(goaway(1, NO_ERROR));
    bed.close();
  }
});
