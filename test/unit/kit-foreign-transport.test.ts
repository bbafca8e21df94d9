// A transport that is none of ours under the kit: alone under the transports' suite, and beneath our stacks; and the same
// transport with a mistake in it, which both find.
import { describe, expect, it } from 'vitest';
import { UndercoatError } from '../../src/errors.js';
import type { CarriedPair } from '../../src/kit/carried-ends.js';
import { carriedConformance } from '../../src/kit/conformance/carried.js';
import type { ConformanceCase } from '../../src/kit/conformance/case.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { PropertyFailure } from '../../src/kit/properties/require.js';
import { h1Stack, h2Stack } from '../../src/kit/stack-under-test.js';
import { plainText } from '../../src/memory/text.js';
import type { TransportFacts } from '../../src/transport/facts.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import {
  ForgetfulTransport,
  type MessagePort,
  MessageTransport,
  messagePair,
  windowBytes,
} from '../examples/message-pipe.js';

function makePair(kind?: Parameters<typeof messagePair>[1]): CarriedPair {
  const clock = new VirtualClock({ maxSteps: 1_000_000 });
  const platform = { clock, text: plainText };
  return { ...messagePair(clock, kind), platform, run: () => clock.run(), later: () => clock.runUntilIdle() };
}

const claims = { halfClose: true, reset: true, holds: windowBytes };

describe('a pipe of messages', () => {
  for (const { name, run } of transportConformance(() => makePair(), claims)) it(name, run);
  for (const stack of [h1Stack(), h2Stack()]) {
    describe(stack.name, () => {
      for (const { name, run } of carriedConformance(stack, () => makePair(), { runs: 8 })) it(name, run);
    });
  }
});

/** Tells nobody that it is over. */
class SilentTransport extends MessageTransport {
  protected override reportClosed(): void {}
  protected override reportDone(): void {}
}

/** Loses the first byte that it is given. */
class LossyTransport extends MessageTransport {
  constructor(port: MessagePort, ...rest: [VirtualClock, TransportFacts]) {
    super(losing(port), ...rest);
  }
}

function losing(port: MessagePort): MessagePort {
  const { send } = port;
  port.send = (message) => {
    if (message.kind !== 'bytes') send(message);
    else {
      port.send = send;
      send({ kind: 'bytes', bytes: message.bytes.subarray(1) });
    }
  };
  return port;
}

/** The rule that a case finds broken; undefined when it finds none. */
async function brokenRule(found: ConformanceCase | undefined): Promise<string | undefined> {
  try {
    await found?.run();
  } catch (error) {
    const cause = error instanceof PropertyFailure ? error : (error as Error).cause;
    if (cause instanceof PropertyFailure) return cause.rule;
    return cause instanceof UndercoatError ? cause.cites : `no rule: ${String(error)}`;
  }
  return undefined;
}

describe.each(['h1', 'h2'])('a mistake beneath %s is found, and its rule named', (name) => {
  const stack = name === 'h1' ? h1Stack() : h2Stack();
  // H2 ends a connection whose first octet is lost; so of many runs none ends well.
  const [lostWhole, lostTorn] = name === 'h1' ? ['CON-1', 'CON-1'] : ['WIRE-4', 'OWN-7'];
  it.each([
    ['nobody is told of the end, in good order', SilentTransport, 0, 'LAY-4'],
    ['nobody is told of the end, torn down', SilentTransport, 1, 'LAY-4'],
    ['an octet is lost, in good order', LossyTransport, 0, lostWhole],
    ['an octet is lost, torn down', LossyTransport, 1, lostTorn],
  ])('%s', async (_, kind, at, rule) => {
    const found = carriedConformance(stack, () => makePair(kind), { runs: 3 })[at];
    expect(await brokenRule(found)).toBe(rule);
  });
});

describe('the same, forgetful', () => {
  it('is found by the suite for transports', async () => {
    const [, , smallRooms] = transportConformance(() => makePair(ForgetfulTransport), claims);
    await expect(smallRooms?.run()).rejects.toThrow('CON-1');
  });

  it('is found beneath a stack', async () => {
    const [roundTrip] = carriedConformance(h1Stack(), () => makePair(ForgetfulTransport), { runs: 20 });
    // Wherever the rest was: in a body, in a head, or in what says how long they are.
    expect(await brokenRule(roundTrip)).toMatch(/^(WIRE-4|CON-1|LAY-4)$/);
  });
});
