// H2 and H1 on one port, told from one another by the first octets.
import { describe, expect, it } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import { SessionEnd } from '../../src/kit/session-end.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { Bed } from '../support/connection-bed.js';
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

describe('LAY-4: how long the beginning of a connection may take', () => {
  const deadlines = { head: 1000, settings: 400, linger: 50 };

  /** A server's connection to which these texts come, each at its time. */
  function served(...texts: readonly (readonly [number, string])[]): Bed & { text: () => string } {
    const steps = byPreface({ h1: h1(), h2: h2() }).steps;
    const bed = new Bed(steps, { deadlines, slabBytes: 18_000 });
    const { wire } = bed.connect();
    bed.clock.run();
    for (const [at, text] of texts) {
      bed.clock.advance(at - bed.clock.now());
      wire.write(text);
      bed.clock.run();
    }
    return Object.assign(bed, { text: () => wire.text });
  }
  function ends(bed: Bed): void {
    bed.clock.runUntilIdle();
    expect(bed.thrown).toEqual([]);
    bed.assertQuiescent();
  }

  it.each(['', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r'])('nothing more than %j: one head deadline', (start) => {
    const bed = served([0, start]);
    bed.clock.advance(999);
    expect(bed.closed).toHaveLength(0);
    bed.clock.advance(1 + deadlines.linger);
    expect(bed.closed).toHaveLength(1);
    expect(bed.text()).toBe('');
    ends(bed);
  });

  it.each([
    ['a letter in common', 'P', 'OST / HTTP/1.1\r\n'],
    ['two', 'PR', 'OPFIND / HTTP/1.1\r\n'],
  ])('a head of H1 that is told from a preface late has no second one: %s', (_, start, rest) => {
    const bed = served([0, start], [900, rest]);
    bed.clock.advance(99);
    expect(bed.text()).toBe('');
    bed.clock.advance(1);
    expect(bed.text()).toMatch(/^HTTP\/1\.1 408 /);
    ends(bed);
  });

  it('a preface that is complete late has all the time for SETTINGS: they are asked for then', () => {
    const bed = served([0, 'PRI * HTTP/2.0\r\n\r\nSM\r\n'], [900, '\r\n']);
    const settings = bed.text().length;
    expect(settings).toBeGreaterThan(0);
    bed.clock.advance(399);
    expect(bed.text()).toHaveLength(settings);
    bed.clock.advance(1);
    expect(bed.text().length).toBeGreaterThan(settings);
    ends(bed);
  });
});
