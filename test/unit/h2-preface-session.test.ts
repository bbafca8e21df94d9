// The session that tells H2 from H1, by itself: what it answers to each call, what it hands on, and how it ends.
import { describe, expect, it } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { ReceiveBuffer, SendBuffer } from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import { defaultDeadlines } from '../../src/session/deadlines.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { PrefaceSession } from '../../src/session/h2/preface-session.js';
import { octets } from '../support/h1.js';
import { checkedPool, session as owner, some } from '../support/memory.js';

function bed(slabBytes = 64) {
  const { pool, ledger } = checkedPool({ slabBytes, limitBytes: 4 * slabBytes });
  const input = new ReceiveBuffer(pool, owner);
  const session = new PrefaceSession({
    input,
    output: new SendBuffer(pool, owner),
    facts: { transport: { kind: 'none' } },
    deadlines: { ...defaultDeadlines, head: 100 },
    text: plainText,
    observer: null,
    id: 1,
    wake: () => {},
  });
  expect(session.start(7)).toBe('need-data');
  return {
    session,
    give: (text: string | Uint8Array) => {
      const bytes = typeof text === 'string' ? octets(text) : text;
      const room = some(input.room());
      room.bytes.set(bytes, room.start);
      input.received(bytes.length);
      return session.receive(8);
    },
    /** What was not used, which is given back. */
    unused: () => {
      const { to, unused, inputEnded, begunAt } = session.handoff();
      const length = unused?.length;
      unused?.release();
      return { to, length, inputEnded, begunAt };
    },
    close: () => {
      input.close();
      ledger.assertQuiescent();
    },
  };
}

describe('the session that looks', () => {
  it('waits for data, is not busy, and is due by the deadline of a head from its start', () => {
    const { session, close } = bed();
    expect(session).toMatchObject({ name: 'preface', busy: false, ending: 'end', error: undefined });
    expect(session.pausedBy).toBeUndefined();
    expect([session.deadline(), session.written(8), session.receive(8)]).toEqual([
      107,
      'need-data',
      'need-data',
    ]);
    close();
  });

  it('hands on to H2 what is all of the preface, and to H1 what is not, with all its octets', () => {
    for (const [texts, to] of [
      [[PREFACE], 'h2'],
      [[PREFACE.subarray(0, 5), PREFACE.subarray(5)], 'h2'],
      [['GET'], 'h1'],
      [['PRI * ', 'x'], 'h1'],
    ] as const) {
      const { session, give, unused, close } = bed();
      const verdicts = texts.map(give);
      expect(verdicts.slice(0, -1)).toEqual(texts.slice(1).map(() => 'need-data'));
      expect(verdicts.at(-1)).toBe('handed-off');
      expect([session.deadline(), session.written(9), session.receive(9)]).toEqual([
        Number.POSITIVE_INFINITY,
        'handed-off',
        'handed-off',
      ]);
      const length = texts.reduce((sum, text) => sum + text.length, 0);
      expect(unused()).toEqual({ to, length, inputEnded: false, begunAt: 7 });
      close();
    }
  });

  it('hands on to H1 what its slab is too short for', () => {
    const { give, unused, close } = bed(16);
    expect(give(PREFACE.subarray(0, 16))).toBe('handed-off');
    expect(unused()).toMatchObject({ to: 'h1', length: 16 });
    close();
  });

  it('ends with the peer that said nothing, and lets H1 judge the beginning of a preface', () => {
    const silent = bed();
    expect([silent.session.end(8), silent.session.ending]).toEqual(['closed', 'end']);
    expect([silent.session.error, silent.session.receive(9)]).toEqual([undefined, 'closed']);
    silent.close();
    const begun = bed();
    expect([begun.give('PRI'), begun.session.end(9)]).toEqual(['need-data', 'handed-off']);
    expect(begun.unused()).toEqual({ to: 'h1', length: 3, inputEnded: true, begunAt: 7 });
    begun.close();
  });

  it('closes at its deadline, and not before', () => {
    const { session, give, close } = bed();
    expect([session.expire(106), session.deadline()]).toEqual(['need-data', 107]);
    expect([session.expire(107), session.deadline()]).toEqual(['closed', Number.POSITIVE_INFINITY]);
    expect([session.ending, session.error, give('GET')]).toEqual(['end', undefined, 'closed']);
    close();
  });

  it('is shut down while nothing was said', () => {
    const silent = bed();
    expect([silent.session.shutdown(8), silent.session.ending]).toEqual(['closed', 'end']);
    silent.close();
    const begun = bed();
    begun.give('P');
    expect(begun.session.shutdown(9)).toBe('need-data');
    begun.close();
  });

  it('fails with its pipe, by what is said of it, and only while it looks', () => {
    const said = new TransportError('reset', 'reset by the peer');
    for (const [error, code] of [
      [said, 'reset'],
      [undefined, 'closed'],
    ] as const) {
      const { session, close } = bed();
      session.fail(error, 8);
      expect(session.error?.code).toBe(code);
      expect([session.ending, session.receive(9)]).toEqual(['abort', 'closed']);
      close();
    }
    const { session, close } = bed();
    session.end(8);
    session.fail(said, 9);
    expect([session.ending, session.error]).toEqual(['end', undefined]);
    close();
  });
});
