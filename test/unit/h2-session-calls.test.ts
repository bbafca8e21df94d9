// The H2 session's own calls: which deadline has passed and which has not, calls that come late or twice, and what GOAWAY says
// of both phases.
import { describe, expect, it } from 'vitest';
import { TransportError, type UndercoatError } from '../../src/errors.js';
import { SessionEnd } from '../../src/kit/session-end.js';
import { FLAG_ACK, FRAME_PING } from '../../src/session/h2/frames-codes.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { ask } from '../support/h2-asked.js';
import {
  data,
  frame,
  get,
  goaway,
  H2Bed,
  headers,
  put,
  settings,
  settingsAck,
  warningAnswered,
} from '../support/h2-bed.js';

const ok: [string, string][] = [[':status', '200']];
const empty = new Uint8Array(0);

describe('one deadline passes, and not another', () => {
  it('of a stream while SETTINGS are waited for', () => {
    const bed = new H2Bed('server', { silent: true, end: { deadlines: { settings: 1000, firstByte: 10 } } });
    bed.feed(PREFACE, settings(), headers(1, get()));
    expect(bed.at(10)).toEqual(['HEADERS 1 END | :status: 503']);
    expect(bed.at(999)).toEqual([]);
    expect(bed.at(1000)).toEqual(['GOAWAY 1 SETTINGS_TIMEOUT']);
    bed.close();
  });

  it('of a stream while a frame has begun', () => {
    const bed = new H2Bed('server', { end: { deadlines: { head: 50, firstByte: 10 } } });
    bed.feed(headers(1, get()));
    bed.end.now = 5;
    bed.feed(headers(3, get()).subarray(0, 11));
    expect(bed.at(10)).toEqual(['HEADERS 1 END | :status: 503']);
    expect(bed.at(54)).toEqual([]);
    expect(bed.at(55)).toEqual(['GOAWAY 1 ENHANCE_YOUR_CALM']);
    bed.close();
  });

  it('of a stream while the connection drains', () => {
    const bed = new H2Bed('server', { end: { deadlines: { drain: 50, firstByte: 10 } } });
    bed.feed(headers(1, get()), headers(3, put(), false));
    bed.exchange.body.consume({ data: () => {}, end: () => {}, failed: () => {} });
    bed.end.now = 5;
    bed.end.shutdown();
    bed.frames();
    expect(bed.at(10)).toEqual(['HEADERS 1 END | :status: 503']);
    expect(bed.at(54)).toEqual([]);
    expect(bed.at(55)).toEqual(['GOAWAY 3 NO_ERROR']);
    bed.close();
  });

  it('none, when it is asked early', () => {
    const bed = new H2Bed('server', { end: { deadlines: { idle: 100 } } });
    bed.frames();
    expect(bed.end.session.expire(99)).toBe('need-data');
    expect([bed.frames(), bed.end.state]).toEqual([[], 'open']);
    bed.close();
  });

  it('nor that of being idle while there is a stream', () => {
    const bed = new H2Bed('server', { end: { deadlines: { idle: 10, firstByte: 20 } } });
    bed.feed(headers(1, get()));
    expect(bed.end.deadline()).toBe(20);
    bed.close();
  });
});

describe('calls to a session that is over', () => {
  it('change nothing, and say so', () => {
    const bed = new H2Bed('server', { silent: true, end: { deadlines: { settings: 10 } } });
    expect(bed.at(10)).toEqual(['GOAWAY 0 SETTINGS_TIMEOUT']);
    const { session } = bed.end;
    const { error } = session;
    expect(error).toMatchObject({ code: 'settings-timeout', limit: 'settings' });
    expect(session.deadline()).toBe(Number.POSITIVE_INFINITY);
    expect([session.expire(11), session.receive(11), session.written(11), session.shutdown(11)]).toEqual([
      'closed',
      'closed',
      'closed',
      'closed',
    ]);
    expect([session.error, session.ending, bed.frames()]).toEqual([error, 'linger', []]);
    bed.close();
    // And when the pipe is gone, too.
    expect([session.receive(12), session.deadline()]).toEqual(['closed', Number.POSITIVE_INFINITY]);
  });

  it('hands on what was not used, which is nothing', () => {
    const bed = new H2Bed('server');
    expect(bed.end.session.name).toBe('h2');
    expect(bed.end.session.handoff()).toMatchObject({ to: 'h2', unused: undefined, inputEnded: false });
    bed.close();
  });
});

describe('going away', () => {
  it('is said once, however often it is asked for', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    bed.end.session.shutdown(0);
    expect(bed.frames()).toEqual(['GOAWAY 2147483647 NO_ERROR', 'PING']);
    bed.end.session.shutdown(0);
    expect(bed.frames()).toEqual([]);
    bed.close();
  });

  it('is warned of without a reason, and by a PING of eight octets that nobody else sends', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    const before = bed.end.sent.length;
    bed.end.session.shutdown(0);
    bed.frames();
    const said = bed.end.sent.subarray(before);
    expect(said).toHaveLength(9 + 8 + 9 + 8);
    expect(String.fromCharCode(...said.subarray(-8))).toBe('undercoa');
    bed.close();
  });

  it('has its last word behind the answer to that PING: not before, not for another, and once', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    expect(bed.feed(warningAnswered)).toEqual([]);
    bed.end.session.shutdown(0);
    bed.frames();
    for (let i = 0; i < 8; i++) {
      const other = warningAnswered.slice(9);
      other[i] = 0;
      expect(bed.feed(frame(FRAME_PING, FLAG_ACK, 0, other))).toEqual([]);
    }
    expect(bed.feed(warningAnswered)).toEqual(['GOAWAY 1 NO_ERROR']);
    expect(bed.feed(headers(3, get()), warningAnswered)).toEqual([]);
    bed.close();
  });

  it('waits for no answer to the warning when the peer has ended', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    bed.end.session.shutdown(0);
    bed.frames();
    bed.end.endInput();
    expect(bed.end.state).toBe('open');
    bed.exchange.reply(204, [], empty);
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 204', 'GOAWAY 1 NO_ERROR']);
    expect(bed.end.state).not.toBe('open');
    bed.close();
  });
});

describe('a request that is lost with its connection', () => {
  /** What the application is told of it. */
  const lost = (act: (bed: H2Bed) => void): UndercoatError | undefined => {
    const bed = new H2Bed('client');
    const { exchange } = ask(bed);
    let told: UndercoatError | undefined;
    exchange.onClosed = (error) => {
      told = error;
    };
    act(bed);
    bed.frames();
    bed.close();
    return told;
  };

  it('says how the pipe broke, and what the peer had said before', () => {
    const plain = lost((bed) => bed.end.lose(SessionEnd.reset()));
    expect(plain).toBeInstanceOf(TransportError);
    expect(plain?.cause).toBeUndefined();
    expect(plain?.message).not.toContain('goes away');
    const said = lost((bed) => {
      bed.feed(goaway(1));
      bed.end.lose(SessionEnd.reset());
    });
    expect(said?.code).toBe(plain?.code);
    expect(said?.message).toContain('goes away');
    expect(said?.cause).toMatchObject({ code: 'goaway', cites: 'RFC 9113 §6.8' });
  });

  it('says that the peer ended it within a message', () => {
    const said = lost((bed) => {
      bed.feed(headers(1, ok, false), data(1, 3));
      bed.end.endInput();
    });
    expect(said).toMatchObject({ code: 'ended', cites: 'RFC 9113 §9.1' });
  });

  it('ends its session by an abort', () => {
    const bed = new H2Bed('client');
    bed.end.lose(SessionEnd.reset());
    expect(bed.end.session).toMatchObject({ ending: 'abort' });
    bed.end.assertQuiescent();
  });
});

describe('before the peer has acknowledged what we set', () => {
  it('its windows are what they are at first', () => {
    const bed = new H2Bed('server', { silent: true, h2: { streamWindowBytes: 10 } });
    bed.feed(PREFACE, settings(), headers(1, put(), false));
    expect(bed.feed(data(1, 100))).toEqual([]);
    bed.close();
    const acknowledged = new H2Bed('server', { h2: { streamWindowBytes: 10 } });
    acknowledged.feed(headers(1, put(), false));
    expect(acknowledged.feed(data(1, 11))).toEqual(['RST_STREAM 1 FLOW_CONTROL_ERROR']);
    acknowledged.close();
  });

  it('nothing holds up what it sends, and nothing is told', () => {
    const bed = new H2Bed('server', { silent: true });
    expect(bed.end.session.pausedBy).toBeUndefined();
    bed.feed(PREFACE, settings(), settingsAck);
    expect(bed.end.session.pausedBy).toBeUndefined();
    bed.close();
  });
});
