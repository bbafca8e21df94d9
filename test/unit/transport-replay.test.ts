import { describe, expect, test } from 'vitest';
import { Probe } from '../../src/kit/conformance/probe.js';
import type { Transport } from '../../src/transport/contract.js';
import { memoryPair } from '../../src/transport/memory.js';
import { type RecordedAct, recorder, replayedFacts } from '../../src/transport/recording.js';
import { Replayer } from '../../src/transport/replayer.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { rowRecorder } from '../support/rows.js';

const observer = rowRecorder();

/** A user of a transport: asks, and answers every report in a way of its own. */
function user(transport: Transport, room = 50): Probe {
  const probe = new Probe('left', transport, 1, 2);
  probe.roomSize = room;
  probe.on.opened = () => probe.write(100, 20);
  probe.on.received = (count) => {
    if (probe.accepted < 400) probe.write(count);
    else probe.end();
  };
  probe.open();
  return probe;
}

/** A user and an echo, recorded. `change` gives them other reactions. */
function record(change?: (left: Probe, right: Probe) => void) {
  const clock = new VirtualClock();
  const { left, right } = memoryPair(clock);
  const acts: RecordedAct[] = [];
  const probe = user(recorder(acts)(left));
  const echo = new Probe('right', right, 2, 1);
  echo.on.received = (count) => echo.write(count, 1);
  echo.on.ended = () => echo.end();
  echo.open();
  change?.(probe, echo);
  clock.run();
  expect([...probe.violations, ...echo.violations]).toEqual([]);
  return { probe, acts: JSON.parse(JSON.stringify(acts)) as RecordedAct[] };
}

function replay(acts: readonly RecordedAct[], room?: number) {
  const clock = new VirtualClock();
  const again: RecordedAct[] = [];
  const replayer = new Replayer(acts, clock, { observer });
  const probe = user(recorder(again)(replayer), room);
  clock.run();
  return { clock, probe, replayer, again };
}

/** The same story: acts with cuts left out of account. */
function told(acts: readonly RecordedAct[]) {
  const all = (kind: string) =>
    acts.flatMap((act) => (act.act === kind && 'bytes' in act ? [act.bytes] : [])).join('');
  return { received: all('received'), written: all('write'), last: acts.at(-1) };
}

describe('a recording', () => {
  const { probe, acts } = record();

  test('is played to the same user to the same end', () => {
    const { again, replayer, probe: replayed } = replay(acts);
    expect(replayed.violations).toEqual([]);
    expect(again).toEqual(acts);
    expect([replayer.finished, replayer.state]).toEqual([true, 'closed']);
    expect(replayed.receivedTotal).toBe(probe.receivedTotal);
    expect(acts.at(-1)).toEqual({ act: 'closed' });
  });

  test('keeps its bytes when the user takes them in other pieces', () => {
    const quiet = acts.filter(({ act }) => act !== 'written');
    const reader = new Probe('left', new Replayer(quiet, new VirtualClock()), 1, 2);
    expect(reader.transport.kind).toBe('memory');
    const clock = new VirtualClock();
    const replayer = new Replayer(
      acts.filter(({ act }) => act === 'opened' || act === 'received'),
      clock,
    );
    const again: RecordedAct[] = [];
    const slow = new Probe('left', recorder(again)(replayer), 1, 2);
    slow.roomSize = 3;
    slow.on.received = () => slow.pause();
    slow.open();
    for (let i = 0; i < 1000; i++) {
      clock.run();
      slow.resume();
    }
    expect(slow.violations).toEqual([]);
    expect(told(again).received).toBe(told(acts).received);
    expect(replayer.finished).toBe(true);
  });

  test('stops a user who writes something else', () => {
    const wrong = acts.map(
      (act): RecordedAct => (act.act === 'write' ? { ...act, bytes: `00${act.bytes.slice(2)}` } : act),
    );
    const { probe: replayed, replayer } = replay(wrong);
    expect([replayed.error?.code, replayed.error?.cites, replayer.finished]).toEqual([
      'replay-mismatch',
      'CON-2',
      false,
    ]);
  });

  test('stops a user who writes more than was recorded, or ends too soon', () => {
    const endAt = acts.findIndex(({ act }) => act === 'end');
    const lastWrite = acts.findLastIndex(({ act }) => act === 'write');
    const shorter = acts.filter((_, index) => index !== lastWrite);
    expect(endAt).toBeGreaterThan(0);
    expect(replay(shorter).probe.error?.code).toBe('replay-mismatch');
    const clock = new VirtualClock();
    const hasty = new Probe('left', new Replayer(acts, clock), 1, 2);
    hasty.on.opened = () => {
      hasty.write(5);
      hasty.end();
    };
    hasty.open();
    clock.run();
    expect(hasty.error?.code).toBe('replay-mismatch');
  });

  test('waits for a user who writes nothing', () => {
    const clock = new VirtualClock();
    const replayer = new Replayer(acts, clock);
    const silent = new Probe('left', replayer, 1, 2);
    silent.open();
    clock.run();
    expect([silent.isOpen, silent.isClosed, silent.receivedTotal]).toEqual([true, false, 0]);
    expect(acts[replayer.position]?.act).toBe('write');
    silent.abort();
    clock.run();
    expect(silent.isClosed).toBe(true);
    expect(silent.violations).toEqual([]);
  });
});

test('an abort is a point to wait at, and a reset is played', () => {
  const aborted = record((left) => {
    left.on.received = () => left.abort();
  });
  expect(aborted.acts.slice(-2)).toEqual([{ act: 'abort' }, { act: 'closed' }]);
  const { probe, replayer } = replay(aborted.acts);
  expect([probe.isClosed, aborted.acts[replayer.position]?.act]).toEqual([false, 'abort']);

  const reset = record((_left, right) => {
    right.on.received = () => right.abort();
  });
  expect(reset.acts.at(-1)).toMatchObject({ act: 'closed', error: { code: 'connection-reset' } });
  const { probe: again } = replay(reset.acts);
  expect([again.error?.code, again.violations]).toEqual(['connection-reset', []]);
});

test('facts survive JSON, certificates too', () => {
  const facts = {
    kind: 'tls',
    tls: {
      version: 'TLSv1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      authorized: true,
      peerCertificate: Uint8Array.of(0, 48, 255),
    },
    below: { kind: 'unix', local: { family: 'unix', path: '/x' } },
  } as const;
  const acts: RecordedAct[] = [];
  const lower = { kind: 'tls', open: () => {} };
  const decorated = recorder(acts)(lower as unknown as Transport);
  decorated.open(new Probe('upper', decorated, 1, 2));
  (decorated as unknown as Probe).opened(facts);
  const [first] = JSON.parse(JSON.stringify(acts)) as RecordedAct[];
  expect(first?.act === 'opened' && replayedFacts(first.facts)).toEqual(facts);
});
