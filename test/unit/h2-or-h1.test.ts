// H2 and H1 on one port, told from one another by the first octets.
import { describe, expect, it } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import { SessionEnd } from '../../src/kit/session-end.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { rowRecorder } from '../support/rows.js';

const observer = rowRecorder();

describe('H2 and H1 on one port', () => {
  const text = (characters: string) => Uint8Array.from(characters, (it) => it.charCodeAt(0));

  function told(...pieces: Uint8Array[]): { end: SessionEnd; name: string } {
    const application = { role: 'server' as const, exchange: () => {}, httpDate: undefined };
    const end = new SessionEnd(byPreface({ h1: h1(), h2: h2() }), application, { observer });
    for (const bytes of pieces) end.deliver(bytes, 0, bytes.length);
    return { end, name: end.session.name };
  }
  function gone(end: SessionEnd): void {
    end.lose();
    expect(end.thrown).toEqual([]);
    end.assertQuiescent();
  }

  it('at every cut of the preface, and at the first octet that differs', () => {
    for (let cut = 1; cut < PREFACE.length; cut++) {
      const { end, name } = told(PREFACE.subarray(0, cut), PREFACE.subarray(cut));
      expect(name).toBe('h2');
      gone(end);
      const other = told(PREFACE.subarray(0, cut), text('x'));
      expect(other.name).toBe('h1');
      gone(other.end);
    }
    for (const start of ['GET / HTTP/1.1\r\n', 'PUT /', 'PRI * HTTP/1.1\r\n']) {
      const { end, name } = told(text(start));
      expect(name).toBe('h1');
      gone(end);
    }
  });

  it('nothing is said: the deadline, the end, a shutdown, the loss of the pipe', () => {
    for (const first of ['', 'PRI']) {
      const late = told(text(first));
      late.end.now = late.end.deadline();
      late.end.expire();
      expect(late.end.state).not.toBe('open');
      gone(late.end);
      const ended = told(text(first));
      ended.end.endInput();
      expect(ended.name).toBe('preface');
      gone(ended.end);
      const shut = told(text(first));
      shut.end.shutdown();
      expect(shut.end.state).toBe(first === '' ? 'finishing' : 'open');
      gone(shut.end);
      gone(told(text(first)).end);
    }
  });
});
