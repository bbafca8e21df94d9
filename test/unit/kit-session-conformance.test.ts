// The suite for sessions, over one that a user might write: as it is it passes, and each mistake put into it is found by
// its rule.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UndercoatError } from '../../src/errors.js';
import { sessionConformance } from '../../src/kit/conformance/session.js';
import { PropertyFailure } from '../../src/kit/properties/require.js';
import { handedOn, type SessionUnderTest } from '../../src/kit/session-under-test.js';
import { type Lease, Owner } from '../../src/memory/index.js';
import type { Ending, Handoff, Verdict } from '../../src/session/contract.js';
import { NetstringSession, netstrings } from '../examples/netstring-session.js';

const octets = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

function underTest(kind: typeof NetstringSession): SessionUnderTest {
  return {
    name: kind.name,
    make: () => {
      const log = { strings: [] };
      const application = { role: 'server' as const, exchange: () => {}, httpDate: undefined };
      // Netstrings go on to the end; one of the mistaken kinds hands off.
      const steps = [netstrings(log, kind), handedOn(() => {})];
      return { steps, application, seen: () => log.strings };
    },
    conversation: fc
      .array(fc.constantFrom('', 'a', '1:x,', 'hello, world', 'y'.repeat(120)), {
        minLength: 1,
        maxLength: 4,
      })
      .map((strings) => octets(strings.map((it) => `${it.length}:${it},`).join(''))),
    telling: [0x2c, 0x3a, 0x30, 0x31, 0x00],
    roomyBytes: 600,
  };
}

describe('netstrings', () => {
  for (const { name, run } of sessionConformance(underTest(NetstringSession))) it(name, run);
});

class LooksBehind extends NetstringSession {
  protected override visibleEnd(): number {
    return Math.min(this.context.input.end + 1, this.context.input.bytes.length);
  }
}

class ForgetsWhatWasCut extends NetstringSession {
  override receive(now: number): Verdict {
    const verdict = super.receive(now);
    const { input } = this.context;
    if (verdict === 'need-data' && input.pendingBytes === 2) input.consume(1);
    return verdict;
  }
}

class ThrowsAtNul extends NetstringSession {
  protected override complete(): number {
    const { bytes, start, end } = this.context.input;
    if (start < end && bytes[start] === 0) throw new TypeError('NUL');
    return super.complete();
  }
}

class AnswersBehindAnError extends NetstringSession {
  protected override close(ending: Ending, error: UndercoatError | undefined): Verdict {
    if (error?.fault !== 'peer-misbehaved') return super.close(ending, error);
    this.context.input.consume(1);
    return this.verdict;
  }
}

const owner = new Owner('session', 'keeps-a-lease', 1);

class KeepsALease extends NetstringSession {
  private readonly kept: Lease[] = [];

  protected override done(length: number): void {
    this.kept.push(this.context.input.take(length, owner, 'kept'));
  }
}

class WaitsForEver extends NetstringSession {
  override deadline(): number {
    return Number.POSITIVE_INFINITY;
  }
}

class ExpiresEarly extends NetstringSession {
  override expire(_now: number): Verdict {
    return this.close('abort', undefined);
  }
}

class CountsQuestions extends NetstringSession {
  override receive(now: number): Verdict {
    const verdict = super.receive(now);
    if (verdict === 'need-data') this.due += 1;
    return verdict;
  }
}

class LosesWhatDoesNotFit extends NetstringSession {
  protected override answer(length: number): boolean {
    super.answer(length);
    return true;
  }
}

class DiscardsWhereItHandsOff extends NetstringSession {
  override receive(now: number): Verdict {
    const verdict = super.receive(now);
    return verdict === 'need-data' && this.log.strings.length > 0 ? 'handed-off' : verdict;
  }

  override handoff(): Handoff {
    const { facts, input } = this.context;
    input.discard(input.pendingBytes);
    return { to: 'handed-on', unused: undefined, facts, inputEnded: false };
  }
}

/** Takes every netstring, and nobody hears of it. */
class Deaf extends NetstringSession {
  protected override answer(): boolean {
    return true;
  }
}

/** Nothing is right by it. */
class RefusesEveryWholeOne extends NetstringSession {
  protected override payload(from: number, length: number): number {
    const whole = super.payload(from, length);
    return whole > 0 ? this.refuse('no netstring is good enough') : whole;
  }
}

const mistakes: readonly (readonly [rule: string, kind: typeof NetstringSession])[] = [
  ['OWN-6', LooksBehind],
  ['CON-6', ForgetsWhatWasCut],
  ['WIRE-3', ThrowsAtNul],
  ['WIRE-2', AnswersBehindAnError],
  ['OWN-7', KeepsALease],
  ['LAY-4', WaitsForEver],
  ['LAY-4', ExpiresEarly],
  ['LAY-2', CountsQuestions],
  ['WS-9', LosesWhatDoesNotFit],
  ['CON-3', DiscardsWhereItHandsOff],
];

describe('finds', () => {
  it.each(mistakes.map(([rule, kind]) => ({ rule, kind, name: kind.name })))(
    '$rule: $name',
    async ({ rule, kind }) => {
      const found: string[] = [];
      for (const { run } of sessionConformance(underTest(kind))) {
        await run().catch((error: Error) => found.push(ruleOf(error.cause ?? error)));
      }
      expect(found).toContain(rule);
    },
  );
});

it.each([Deaf, RefusesEveryWholeOne].map((kind) => ({ kind, name: kind.name })))(
  'says of a session with which nothing ever goes well that it has checked nothing: $name',
  async ({ kind }) => {
    for (const { run } of sessionConformance(underTest(kind))) await expect(run()).rejects.toThrow('heard');
  },
);

/** One that takes each octet as it comes, whatever it is, and writes nothing: there is no end of its memory. */
const takesAnything: SessionUnderTest = {
  ...underTest(NetstringSession),
  name: 'takes-anything',
  make: () => {
    const heard: number[] = [];
    const application = { role: 'server' as const, exchange: () => {}, httpDate: undefined };
    return { steps: handedOn((it) => heard.push(...it)), application, seen: () => heard };
  },
  floor: ['waits', 'heard'],
};

it.each([
  {
    never: 'handed on',
    session: { ...underTest(NetstringSession), handsOn: true },
    rules: ['CON-6', 'OWN-6'],
  },
  { never: 'memory ran out', session: takesAnything, rules: ['WS-10', 'WS-9'] },
  { never: undefined, session: { ...takesAnything, exhausts: false }, rules: [] },
])('says which case never met what it is about: $never', async ({ never, session, rules }) => {
  const failed: string[] = [];
  for (const { run } of sessionConformance(session)) {
    await run().catch((error: Error) => {
      failed.push(ruleOf(error));
      expect(error.message).toContain(never);
    });
  }
  expect(failed).toEqual(rules);
});

function ruleOf(error: unknown): string {
  if (error instanceof PropertyFailure) return error.rule;
  if (error instanceof UndercoatError) return error.cites;
  throw error;
}
