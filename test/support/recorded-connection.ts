// One connection of production with both ends recorded: the drivers, transports, sessions and streams that run, over a
// memory pair on a virtual clock, played by a connection script of the kit. What is recorded of each end is every row that
// one of its machines took and every change of owner that its ledger saw, in the order in which they happened.
import { Connection } from '../../src/endpoint/connection.js';
import { type Application, type Steps, stepsOf } from '../../src/endpoint/step.js';
import { TransportError } from '../../src/errors.js';
import { ClientPlayer } from '../../src/kit/client-player.js';
import type { ConnectionScript } from '../../src/kit/exchange-script.js';
import { ServerPlayer } from '../../src/kit/server-player.js';
import type { Later } from '../../src/kit/session-pair.js';
import type { AnyMachine, MachineObserver } from '../../src/machine/index.js';
import { type ActRecord, type CheckedLedger, SlabPool } from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import { defaultDeadlines } from '../../src/session/deadlines.js';
import type { Transport } from '../../src/transport/contract.js';
import { memoryPair } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { audited } from './audited.js';
import { rowRecorder } from './rows.js';

/** One thing that was seen of an end. */
export type Recorded =
  | { readonly machine: AnyMachine; readonly row: number; readonly act?: undefined }
  | { readonly act: ActRecord };

/** What happens to the connection in the `at`-th round of the clock. */
export interface RecordedFault {
  readonly at: number;
  readonly kind: 'lose' | 'abort' | 'shutdown';
  readonly end: 'server' | 'client';
}

export interface RecordedOptions {
  readonly server: Steps;
  readonly client: Steps;
  readonly fault?: RecordedFault | undefined;
  readonly slabBytes?: number;
  readonly slabs?: number;
}

class End {
  readonly records: Recorded[] = [];
  readonly ledger: CheckedLedger;
  readonly thrown: unknown[] = [];
  readonly transport: Transport;
  readonly connection: Connection;

  constructor(
    transport: Transport,
    clock: VirtualClock,
    application: Application,
    steps: Steps,
    { slabBytes = 2048, slabs = 64 }: RecordedOptions,
  ) {
    const { ledger, audit } = audited(
      { took: (machine, row) => this.took(machine, row), did: (row, act) => rowRecorder().did?.(row, act) },
      (act) => this.records.push({ act }),
    );
    const pool = new SlabPool({ slabBytes, limitBytes: slabs * slabBytes, ledger });
    this.ledger = ledger;
    this.transport = transport;
    this.connection = new Connection(
      transport,
      {
        clock,
        text: plainText,
        pool,
        receiveBytes: pool.limitBytes,
        sendBytes: pool.limitBytes,
        lingerBytes: 1 << 20,
        deadlines: defaultDeadlines,
        observer: audit,
        steps: stepsOf(steps),
      },
      application,
      { tunnelled: () => {}, closed: () => {}, threw: (error) => this.thrown.push(error) },
      1,
    );
  }

  took(machine: AnyMachine, row: number): void {
    this.records.push({ machine, row });
    rowRecorder().took(machine, row);
  }
}

/** Runs the script to the end of everything. @throws what escaped, or what a ledger found */
export function recordConnection(
  script: ConnectionScript,
  options: RecordedOptions,
): { readonly server: readonly Recorded[]; readonly client: readonly Recorded[] } {
  const clock = new VirtualClock({ maxSteps: 1_000_000 });
  const later: Later = { tasks: [] };
  const serverPlayer = new ServerPlayer(script, later);
  const clientPlayer = new ClientPlayer(script, later);
  // A transport's machine is seen for the first time while its end is started.
  let starting: End | null = null;
  const ends = new Map<AnyMachine, End>();
  const observer: MachineObserver = {
    took: (machine, row) => {
      if (starting !== null) ends.set(machine, starting);
      ends.get(machine)?.took(machine, row);
    },
  };
  const { left, right } = memoryPair(clock, { observer });
  const server = new End(
    right,
    clock,
    { role: 'server', exchange: serverPlayer.listener, httpDate: undefined },
    options.server,
    options,
  );
  const client = new End(
    left,
    clock,
    { role: 'client', ready: (session) => clientPlayer.ready(session) },
    options.client,
    options,
  );
  for (const end of [server, client]) {
    starting = end;
    end.connection.start();
  }
  starting = null;
  plan(options.fault, clock, { server, client });
  for (let closing = false; ; ) {
    clock.run();
    const task = later.tasks.shift();
    if (task !== undefined) task();
    else if (!closing && clientPlayer.over) {
      closing = true;
      client.connection.shutdown();
    } else if (clock.idle) break;
    else clock.runUntilIdle();
  }
  serverPlayer.keepsakes.settle();
  clientPlayer.keepsakes.settle();
  for (const end of [server, client]) {
    const [thrown] = end.thrown;
    if (thrown !== undefined) throw thrown;
    end.ledger.assertQuiescent();
  }
  return { server: server.records, client: client.records };
}

function plan(
  fault: RecordedFault | undefined,
  clock: VirtualClock,
  ends: { readonly server: End; readonly client: End },
): void {
  if (fault === undefined) return;
  const { connection, transport } = ends[fault.end];
  let left = fault.at;
  const round = (): void => {
    left -= 1;
    if (left >= 0) clock.defer(round);
    else if (fault.kind === 'lose') transport.abort(new TransportError('lost', 'the pipe broke'));
    else connection[fault.kind]();
  };
  clock.defer(round);
}
