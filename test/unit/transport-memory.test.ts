import { describe, expect, test } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import type { Transport } from '../../src/transport/contract.js';
import { memoryNetwork, memoryPair } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { rowRecorder } from '../support/rows.js';

const observer = rowRecorder();
const capabilities = { halfClose: true, reset: true, holds: 0 };

describe('memory pair', () => {
  const cases = transportConformance(() => {
    const clock = new VirtualClock();
    const { left, right } = memoryPair(clock, { observer });
    return { left, right, run: () => clock.runUntilIdle() };
  }, capabilities);
  for (const { name, run } of cases) test(name, run);
});

describe('memory network', () => {
  const cases = transportConformance(async () => {
    const clock = new VirtualClock();
    const network = memoryNetwork(clock, { observer });
    let accept: (transport: Transport) => void = () => {};
    const right = new Promise<Transport>((resolve) => {
      accept = resolve;
    });
    const listener = await network.listenable('server').listen(accept);
    return {
      left: network.connectable('server').connect(),
      right,
      run: async () => clock.runUntilIdle(),
      dispose: () => listener.close(),
    };
  }, capabilities);
  for (const { name, run } of cases) test(name, run);
});

test('a name that nobody listens to refuses; a name can be had once', async () => {
  const clock = new VirtualClock();
  const network = memoryNetwork(clock, { observer });
  const accepted: Transport[] = [];
  const listener = await network.listenable('here').listen((transport) => accepted.push(transport));
  await expect(network.listenable('here').listen(() => {})).rejects.toThrow(
    expect.objectContaining({ code: 'address-in-use' }),
  );
  const codes: (string | undefined)[] = [];
  const dial = (name: string) => {
    const transport = network.connectable(name).connect();
    transport.open({
      opened: () => codes.push('opened'),
      room: () => undefined,
      received: () => {},
      ended: () => {},
      written: () => {},
      closed: (error) => codes.push(error?.code),
    });
    clock.run();
    return transport.state;
  };
  expect(dial('there')).toBe('failed');
  expect(dial('here')).toBe('open');
  await listener.close();
  expect(dial('here')).toBe('failed');
  expect(codes).toEqual(['connection-refused', 'opened', 'connection-refused']);
  expect(accepted.length).toBe(1);
});

test('aborting with an error in every state fails the transport with that error', () => {
  const error = new TransportError('mine', 'given up');
  for (const reach of ['idle', 'connecting', 'open', 'half-closed-local', 'half-closed-remote'] as const) {
    for (const cause of [error, undefined]) {
      const clock = new VirtualClock();
      const { left, right } = memoryPair(clock, { observer });
      const closings: unknown[] = [];
      const receiver = {
        opened: () => {},
        room: () => undefined,
        received: () => {},
        ended: () => {},
        written: () => {},
        closed: (reason: unknown) => closings.push(reason),
      };
      if (reach !== 'idle') left.open(receiver);
      right.open({ ...receiver, closed: () => {} });
      if (reach === 'half-closed-local') left.end();
      if (reach === 'half-closed-remote') right.end();
      if (reach !== 'idle' && reach !== 'connecting') clock.run();
      expect(left.state).toBe(reach);
      left.abort(cause);
      if (reach === 'idle') left.open(receiver);
      expect(closings).toEqual([]);
      clock.run();
      expect(closings).toEqual([cause]);
      expect(left.state).toBe(cause === undefined ? 'closed' : 'failed');
      expect(right.state).toBe('failed');
    }
  }
});
