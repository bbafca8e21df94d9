// One connection over a memory pair on a virtual clock with a checked ledger, and a wire at the far end.
import { Connection } from '../../src/endpoint/connection.js';
import type { ConnectionSettings } from '../../src/endpoint/connection-settings.js';
import type { Application, Step } from '../../src/endpoint/step.js';
import type { MachineObserver } from '../../src/machine/index.js';
import { type CheckedLedger, SlabPool, type WorkspaceKind } from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import { type Deadlines, defaultDeadlines } from '../../src/session/deadlines.js';
import type { Transport } from '../../src/transport/contract.js';
import { memoryPair } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { audited } from './audited.js';
import { rowRecorder } from './rows.js';
import { Wire } from './wire.js';

export interface BedOptions {
  readonly deadlines?: Partial<Deadlines>;
  readonly slabBytes?: number;
  readonly limitBytes?: number;
  readonly receiveBytes?: number;
  readonly sendBytes?: number;
  readonly lingerBytes?: number;
  readonly application?: Application;
  readonly workspace?: WorkspaceKind;
  /** Sees every row and act, and has to hand them on to the recorder. */
  readonly observer?: MachineObserver;
  /** Sees every row, beside the recorder. */
  readonly took?: () => void;
  /** Puts a decorator on our end. */
  readonly decorate?: (transport: Transport, clock: VirtualClock) => Transport;
}

/** What several connections share. */
export class Bed {
  readonly clock = new VirtualClock({ maxSteps: 200_000 });
  readonly ledger: CheckedLedger;
  readonly pool: SlabPool;
  readonly settings: ConnectionSettings;
  readonly closed: Connection[] = [];
  /** Connections that were started and are not closed. */
  readonly live = new Set<Connection>();
  readonly tunnelled: Connection[] = [];
  readonly thrown: unknown[] = [];
  private readonly options: BedOptions;
  private count = 0;

  constructor(steps: readonly Step[], options: BedOptions = {}) {
    const slabBytes = options.slabBytes ?? 1024;
    const { ledger, audit } = audited(options.observer ?? watched(options.took));
    this.options = options;
    this.ledger = ledger;
    this.pool = new SlabPool({
      slabBytes,
      limitBytes: options.limitBytes ?? 1 << 20,
      ledger,
      ...(options.workspace === undefined ? {} : { workspace: options.workspace }),
    });
    this.settings = {
      clock: this.clock,
      text: plainText,
      pool: this.pool,
      receiveBytes: options.receiveBytes ?? 4 * slabBytes,
      sendBytes: options.sendBytes ?? 4 * slabBytes,
      lingerBytes: options.lingerBytes ?? 4096,
      deadlines: { ...defaultDeadlines, ...options.deadlines },
      observer: audit,
      steps,
    };
  }

  /** A started connection and its far end. Nothing has run yet. */
  connect(): { connection: Connection; wire: Wire } {
    const { left, right } = memoryPair(this.clock);
    const own = this.options.decorate?.(left, this.clock) ?? left;
    const application = this.options.application ?? {
      role: 'server',
      exchange: () => {},
      httpDate: undefined,
    };
    const connection = new Connection(
      own,
      this.settings,
      application,
      {
        tunnelled: (it) => this.tunnelled.push(it),
        closed: (it) => {
          this.live.delete(it);
          this.closed.push(it);
        },
        threw: (error) => this.thrown.push(error),
      },
      this.count++,
    );
    this.live.add(connection);
    connection.start();
    return { connection, wire: new Wire(right) };
  }

  /** Nothing is held, no timer is set, everything was closed once. */
  assertQuiescent(): void {
    this.ledger.assertQuiescent();
    if (this.pool.heldBytes !== 0) throw new Error(`${this.pool.heldBytes} bytes are held`);
    if (this.clock.timers !== 0) throw new Error(`${this.clock.timers} timers are set`);
    if (this.closed.length !== this.count) throw new Error(`${this.closed.length} of ${this.count} closed`);
  }
}

function watched(took: (() => void) | undefined): MachineObserver {
  const recorder = rowRecorder();
  if (took === undefined) return recorder;
  return {
    took: (machine, row) => {
      took();
      recorder.took(machine, row);
    },
    did: (row, act) => recorder.did?.(row, act),
  };
}
