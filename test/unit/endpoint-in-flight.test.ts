// What a chain of sessions wrote before its pipe was swapped is still in flight, whatever the connection does next: it is
// written, or it fails with the pipe, and goes back once (CON-2, OWN-5). The beds audit every act.
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/endpoint/connection.js';
import { h1 } from '../../src/endpoint/h1.js';
import type { Step, TransportStep } from '../../src/endpoint/step.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { DecoratedTransport } from '../../src/transport/decorator.js';
import { Bed } from '../support/connection-bed.js';
import { DoneActs } from '../support/done-acts.js';
import { turnedOver, turnedOverStep } from '../support/swapped.js';
import { echoStep, takerStep } from '../support/toy-sessions.js';
import { Wire } from '../support/wire.js';

/** A transport that never says that it is open. */
class Unopened extends DecoratedTransport {
  override opened(): void {}
}
const unopened: TransportStep = {
  kind: 'transport',
  name: 'unopened',
  wrap: (lower) => new Unopened(lower),
};
const tunnel = takerStep({ bytes: 0, takeOver: (pipe) => void new Wire(pipe) });
const above: readonly Step[] = [turnedOverStep(), echoStep()];
const linger = 700;

interface InFlight {
  readonly bed: Bed;
  readonly done: DoneActs;
  readonly connection: Connection;
  readonly wire: Wire;
}

/** The first session has spoken, and its peer does not read; these come after it, and the peer says this to them. */
function inFlight(after: readonly Step[], ...said: readonly string[]): InFlight {
  const done = new DoneActs();
  const steps = [takerStep({ bytes: 4, says: 'hello' }), ...after];
  const bed = new Bed(steps, { observer: done.observer, deadlines: { linger } });
  const { connection, wire } = bed.connect();
  wire.reading = false;
  wire.write('head');
  bed.clock.run();
  for (const text of said) wire.write(turnedOver(text));
  bed.clock.run();
  return { bed, done, connection, wire };
}

const breaks = ({ wire }: InFlight): void => wire.transport.abort();
const aborts = ({ connection }: InFlight): void => connection.abort();
const reads = ({ wire }: InFlight): void => wire.read();
const passes = ({ bed }: InFlight): void => void bed.clock.advance(linger);
const failed = ['failed output', 'release output'];
const written = ['written output', 'release output'];

describe('CON-2, OWN-5: output of before a swap', () => {
  test.each<
    [string, readonly string[], string, readonly Step[], (it: InFlight) => void, ...(readonly string[])]
  >([
    ['running --swap--> opening', failed, 'opening', [unopened, echoStep()], breaks],
    ['running --swap--> opening', written, 'opening', [unopened, echoStep()], reads],
    ['opening --abort--> aborting', failed, 'opening', [unopened, echoStep()], aborts],
    ['opening --opened--> running', failed, 'running', above, breaks],
    ['opening --opened--> running', written, 'running', above, reads],
    [
      'running --handoff--> running',
      failed,
      'running',
      [turnedOverStep(), takerStep({ bytes: 0 }), echoStep()],
      breaks,
    ],
    ['running --tunnel--> tunnelling', failed, 'tunnelling', [turnedOverStep(), tunnel], breaks],
    ['tunnelling --abort--> aborting', failed, 'tunnelling', [turnedOverStep(), tunnel], aborts],
    ['running --abort--> aborting', failed, 'running', above, aborts],
    ['running --finish--> finishing', failed, 'finishing', above, breaks, 'a\n', 'end\n'],
    ['running --finish--> finishing', written, 'finishing', above, reads, 'a\n', 'end\n'],
    ['finishing --abort--> aborting', failed, 'finishing', above, aborts, 'a\n', 'end\n'],
    ['finishing --flushed--> lingering', failed, 'lingering', above, breaks, 'end\n'],
    ['finishing --flushed--> lingering', written, 'lingering', above, reads, 'end\n'],
    ['lingering --abort--> aborting', failed, 'lingering', above, passes, 'end\n'],
  ])('%s: %j', (row, acts, state, after, act, ...said) => {
    const it = inFlight(after, ...said);
    const { bed, done, connection, wire } = it;
    expect(connection.state).toBe(state);
    act(it);
    bed.clock.run();
    done.expect(row, ...acts);
    wire.transport.abort();
    bed.clock.runUntilIdle();
    expect(bed.thrown).toEqual([]);
    bed.assertQuiescent();
  });
});

test('OWN-5: what is given to a connection that is being torn down fails with it', () => {
  const done = new DoneActs();
  let exchange: ServerExchange | undefined;
  const application = {
    role: 'server' as const,
    httpDate: undefined,
    exchange: (it: ServerExchange) => {
      exchange = it;
    },
  };
  const bed = new Bed(h1().steps, { observer: done.observer, application });
  const { connection, wire } = bed.connect();
  wire.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  bed.clock.run();
  connection.abort();
  exchange?.respond(200, [], { length: 2000 });
  exchange?.send(new Uint8Array(2000), true);
  bed.clock.runUntilIdle();
  done.expect('running --abort--> aborting', 'take output');
  bed.assertQuiescent();
});
