/**
 * What the parts of an H2 connection share: the machine, the windows, the budgets, the streams, and what is known of the
 * peer. This file does not know what any of them does with it.
 */
import type { UndercoatError } from '../../errors.js';
import { Machine } from '../../machine/index.js';
import { Owner } from '../../memory/index.js';
import type { SessionContext } from '../contract.js';
import { Budget } from './budget.js';
import { DueCredit } from './due-credit.js';
import { ReceiveWindow } from './flow.js';
import { DEFAULT_WINDOW_SIZE, MIN_MAX_FRAME_SIZE } from './frames-codes.js';
import { SettingsValues } from './frames-settings.js';
import { calmDown } from './h2-errors.js';
import type { H2Settings } from './options.js';
import { Outbound } from './outbound.js';
import { FieldJudge } from './outgoing.js';
import type { H2Stream } from './stream.js';
import { Streams } from './streams.js';
import { h2ConnectionTable } from './tables.js';
import { WaitingData } from './waiting-data.js';

const { state } = h2ConnectionTable;
const never = Number.POSITIVE_INFINITY;

export class ConnectionParts {
  readonly context: SessionContext;
  readonly isServer: boolean;
  readonly settings: H2Settings;
  readonly machine: Machine;
  readonly outbound: Outbound;
  readonly judge: FieldJudge;
  readonly streams: Streams;
  /** What the peer has set. */
  readonly peer: SettingsValues;
  /** The connection's receive window: the account of CON-4. */
  readonly window: ReceiveWindow;
  readonly due: DueCredit;
  /** DATA that no consumer has taken. */
  readonly waiting: WaitingData;
  readonly resets: Budget;
  readonly trifles: Budget;
  settingsAcked: boolean;
  settingsReceived: boolean;
  /** What we have set holds (RFC 9113 §6.5.3): it was acknowledged, or asked for with the upgrade (RFC 7540 §3.2.1). */
  settingsHold: boolean;
  /** Server: the client's preface is not complete. */
  prefaceDue: boolean;
  /** DATA that is arriving goes to this stream; null: it is thrown away. */
  dataStream: H2Stream | null;
  now: number;
  /** Server: nothing more is read until the peer has read some of what waits for it. */
  inputHeld: boolean;
  /** What the connection is to end for, though no frame that is being read was a mistake. */
  fault: UndercoatError | undefined;
  /** Since when there has been no stream. */
  idleSince: number;
  /** Requests may begin again, or never will: to be told at the end of the turn. */
  availabilityChanged: boolean;
  /** With more output than this pending, nothing more is read. */
  private readonly fullBytes: number;

  constructor(context: SessionContext, settings: H2Settings, isServer: boolean) {
    this.context = context;
    this.isServer = isServer;
    this.settings = settings;
    const owner = new Owner('session', isServer ? 'h2-server' : 'h2-client', context.id);
    this.machine = new Machine(h2ConnectionTable, owner, context.observer);
    this.outbound = new Outbound(context.output, context.text, settings);
    this.judge = new FieldJudge(!isServer);
    this.streams = new Streams(isServer, context.deadlines, settings.maxIdlePriorities, owner);
    this.peer = new SettingsValues();
    this.window = new ReceiveWindow(DEFAULT_WINDOW_SIZE);
    this.due = new DueCredit(this.window, this.outbound.writer);
    this.waiting = new WaitingData(context.input, owner, settings.connectionWindowBytes);
    this.resets = new Budget(settings.resets, 0);
    this.trifles = new Budget(settings.trifles, 0);
    this.settingsAcked = false;
    this.settingsReceived = false;
    this.settingsHold = false;
    this.prefaceDue = isServer;
    this.dataStream = null;
    this.now = 0;
    this.inputHeld = false;
    this.fault = undefined;
    this.idleSince = 0;
    this.availabilityChanged = false;
    const { outputHighWaterBytes, owedLimitBytes } = settings;
    // DATA goes over the mark by one frame; what is owed ends the connection before it stops the reading. A client's
    // output is what its application asks for: it reads on, so that two ends never wait for one another.
    this.fullBytes = isServer ? outputHighWaterBytes + MIN_MAX_FRAME_SIZE + owedLimitBytes : never;
  }

  get over(): boolean {
    const now = this.machine.state;
    return now === state.closing || now === state.closed || now === state.failed;
  }

  /** Each frame that is read may add to what waits for the peer: none is until it has read some of that (OWN-8, WORK-1). */
  get isOutputFull(): boolean {
    return this.context.output.pendingBytes > this.fullBytes;
  }

  /** An act of the peer that moves nothing (RFC 9113 §10.5). */
  trifle(): UndercoatError | undefined {
    return this.trifles.spend(this.now) ? undefined : calmDown('trifles', 'too many frames without use');
  }

  /** What we owe the peer must not pile up because it does not read. */
  owed(): UndercoatError | undefined {
    if (this.outbound.writer.owed.bytes <= this.settings.owedLimitBytes) return undefined;
    return calmDown('owedLimitBytes', 'the peer asks for answers and does not read them');
  }
}
