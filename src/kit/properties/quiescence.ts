/**
 * OWN-7: however a connection ends (the pipe breaks, half of it ends, a shutdown, a stall, at any act; or what its
 * applications do), everybody is told once, nothing escapes, and nothing is held but what was retained by name.
 * LAY-4 with it: whoever waits has a deadline.
 */
import fc from 'fast-check';
import { pipePlan, roomyMemory } from '../arbitraries/connection-memory.js';
import { connectionScript } from '../arbitraries/connection-script.js';
import type { ConnectionScript } from '../exchange-script.js';
import { Reached } from '../reached.js';
import { type ConnectionRun, runConnection } from '../run-connection.js';
import type { FaultPlan } from '../session-pair.js';
import { observed, type StackUnderTest } from '../stack-under-test.js';

const kinds: readonly FaultPlan['kind'][] = [
  'lose',
  'end-of-client',
  'end-of-server',
  'shutdown-client',
  'shutdown-server',
  'stall',
];

/** Behaviours of any kind, and a fault at any act. */
export function quiescence(stack: StackUnderTest, reached = new Reached()): fc.IPropertyWithHooks<unknown[]> {
  const memory = roomyMemory(stack.capabilities.roomyBytes);
  return fc.property(
    connectionScript({ manner: 'wild' }),
    memory,
    memory,
    pipePlan(),
    pipePlan(),
    fc.option(fc.constantFrom(...kinds), { nil: undefined }),
    fc.nat(),
    (script, serverMemory, clientMemory, toServer, toClient, kind, place) => {
      const options = {
        server: observed(stack, serverMemory),
        client: observed(stack, clientMemory),
        toServer,
        toClient,
      };
      const run = runConnection(stack, script, options);
      markRun(reached, script, run);
      // Where somebody had lent what nobody has taken yet, which is seldom: he has to be told, too.
      const { lendsWaitedAt } = run.pair;
      const lent = lendsWaitedAt[place % lendsWaitedAt.length];
      if (lent !== undefined) {
        const { pair } = runConnection(stack, script, { ...options, fault: { kind: 'lose', at: lent } });
        reached.mark('lent bytes were queued when the pipe broke', pair.faulted);
      }
      if (kind === undefined) return;
      const fault = { kind, at: place % (run.pair.acts + 1) };
      const broken = runConnection(stack, script, { ...options, fault });
      reached.mark(`fault: ${kind}`, broken.pair.faulted);
    },
  );
}

/** One script, and the fault at each of its acts in turn. @returns how many runs that took */
export function faultAtEveryAct(
  stack: StackUnderTest,
  script: Parameters<typeof runConnection>[1],
  kind: FaultPlan['kind'],
  options: Parameters<typeof runConnection>[2] = {},
): number {
  const { acts } = runConnection(stack, script, options).pair;
  for (let at = 0; at <= acts; at++) runConnection(stack, script, { ...options, fault: { kind, at } });
  return acts + 1;
}

function markRun(reached: Reached, script: ConnectionScript, { pair, server, client }: ConnectionRun): void {
  const records = [...server, ...client];
  reached.mark(
    'ended well',
    records.some(({ closed }) => closed === 'ok'),
  );
  reached.mark(
    'failed',
    records.some(({ closed }) => closed !== undefined && closed !== 'ok'),
  );
  reached.mark('a deadline met', pair.expirations > 0);
  for (const { index } of server) {
    const { breaks, taking, answers } = script.exchanges[index] ?? {};
    reached.mark('the server threw', breaks?.startsWith('throw'));
    reached.mark('the server broke off', breaks?.startsWith('abort'));
    reached.mark('never answered', answers === 'never');
    reached.mark('leases retained', taking?.leases === 'retain');
  }
}
