/**
 * One end of a connection without a driver: a chain of sessions over buffers of a chosen size, under the checked
 * ledger, called one act at a time. What the driver of a connection does is done here by hand, so that a property can
 * choose every cut, every order and every fault.
 *
 * It does not know what any session speaks, who is at the other end, or what time it is.
 */
import { Chain } from '../endpoint/chain.js';
import { type Application, type SessionStep, type Steps, stepsOf } from '../endpoint/step.js';
import { UnusedBytes } from '../endpoint/unused-bytes.js';
import { MisuseError, TransportError, type UndercoatError } from '../errors.js';
import { ActAudit, type MachineObserver } from '../machine/index.js';
import {
  BumpWorkspace,
  CheckedLedger,
  EmulatedWorkspace,
  Owner,
  ReceiveBuffer,
  SlabPool,
} from '../memory/index.js';
import { plainText, type TextCodec } from '../memory/text.js';
import type { Carried } from '../session/carried.js';
import type { Session, SessionContext, Verdict } from '../session/contract.js';
import { type Deadlines, defaultDeadlines } from '../session/deadlines.js';
import type { ConnectionFacts } from '../session/facts.js';
import { FrozenBatch, joined } from './frozen-batch.js';
import { loopback } from './loopback.js';
import { OwedBytes, requireAccounts, requireHandedOff, roomIn } from './owed-bytes.js';
import { broken } from './rule-broken.js';
import { WatchedSendBuffer } from './watched-send-buffer.js';

/** What one end of a connection has: memory, what watches it, and what it may know. Times are in milliseconds. */
export interface SessionEndOptions {
  /** Bytes of a slab; default 4096. */
  readonly slabBytes?: number;
  /** Bytes of slabs that may be out; default 64 slabs. */
  readonly limitBytes?: number;
  /** The real workspace, or its emulation (WS-10). */
  readonly workspace?: 'bump' | 'emulated';
  /** `off` for none; a checked one by default, whose dead bytes look like `poison`. */
  readonly ledger?: 'checked' | 'off';
  readonly poison?: number | ((offset: number) => number);
  /** Fills what a delivery leaves of its room, as a transport may (OWN-6); untouched by default. */
  readonly tail?: number | undefined;
  readonly deadlines?: Partial<Deadlines>;
  readonly facts?: ConnectionFacts;
  readonly observer?: MachineObserver | null;
  readonly text?: TextCodec;
}

/**
 * `open` while a session works; `finishing` when it is over and its output is still to be written; `ended` when that
 * was half-closed, too; `aborted` when it wants the pipe torn down; `tunnel` after a handoff to whoever is not of the
 * chain; `gone` when everything was given back.
 */
export type EndState = 'open' | 'finishing' | 'ended' | 'aborted' | 'tunnel' | 'gone';

/** Calls of a session in one act because it woke itself. More is a loop. */
const mostRounds = 1000;

const nothing = new Uint8Array(0);

/**
 * One end of a connection without a transport: bytes are delivered to it and taken from it by hand, on a time of its
 * own. Its calls throw MisuseError of the rule that a session breaks.
 */
export class SessionEnd {
  readonly ledger: CheckedLedger | null;
  readonly audit: ActAudit | null;
  readonly pool: SlabPool;
  readonly output: WatchedSendBuffer;
  input: ReceiveBuffer;
  session: Session;
  verdict: Verdict;
  state: EndState;
  now: number;
  /** What came out of a call that must not throw. */
  readonly thrown: unknown[];
  private readonly given: Uint8Array[];
  private readonly behind: Uint8Array[];
  /** Of a handoff to nobody of the chain: what it was, and a copy of what it did not use. */
  handedOff:
    | { readonly to: string; readonly unused: Uint8Array | undefined; readonly ended: boolean }
    | undefined;

  private readonly chain: Chain;
  private readonly application: Application;
  private readonly options: SessionEndOptions;
  private readonly owner: Owner;
  private readonly inputs: ReceiveBuffer[];
  private readonly flight: FrozenBatch;
  private facts: ConnectionFacts;
  private carried: Carried | undefined;
  private begunAt: number | undefined;
  private readonly unused: UnusedBytes;
  private readonly owed: OwedBytes;
  private woken: boolean;
  private peerEnded: boolean;
  private endTold: boolean;
  private draining: boolean;
  private drainTold: boolean;

  /** @throws MisuseError LAY-1 when `steps` has a transport: there is none to stand on */
  constructor(steps: Steps, application: Application, options: SessionEndOptions = {}, now = 0) {
    const { slabBytes = 4096, poison = 0xdb } = options;
    const workspace = options.workspace === 'emulated' ? EmulatedWorkspace : BumpWorkspace;
    this.audit = null;
    this.ledger = null;
    if (options.ledger !== 'off') {
      const ledger: CheckedLedger = new CheckedLedger({ poison, onAct: (record) => audit.act(record) });
      const audit = new ActAudit(ledger, options.observer ?? null);
      this.ledger = ledger;
      this.audit = audit;
    }
    const limitBytes = options.limitBytes ?? 64 * slabBytes;
    this.pool = new SlabPool({ slabBytes, limitBytes, workspace, ledger: this.ledger });
    this.owner = new Owner('session', 'session-end', 1);
    this.output = new WatchedSendBuffer(this.pool, this.owner);
    this.input = new ReceiveBuffer(this.pool, this.owner);
    this.inputs = [this.input];
    this.flight = new FrozenBatch();
    this.chain = new Chain(stepsOf(steps));
    this.application = application;
    this.options = options;
    this.facts = options.facts ?? loopback;
    this.carried = undefined;
    this.begunAt = undefined;
    this.unused = new UnusedBytes(undefined);
    this.owed = new OwedBytes();
    this.verdict = 'need-data';
    this.state = 'open';
    this.now = now;
    this.thrown = [];
    this.given = [];
    this.behind = [];
    this.handedOff = undefined;
    this.woken = false;
    this.peerEnded = false;
    this.endTold = false;
    this.draining = false;
    this.drainTold = false;
    this.refuseTransport(undefined);
    this.session = this.make(this.chain.session());
    this.call(() => this.session.start(this.now));
  }

  /** True when `turn` would do something. */
  get due(): boolean {
    return this.state === 'open' && this.woken;
  }

  /** What the session before the present one left is not all with it yet. */
  get holdsUnused(): boolean {
    return !this.unused.none;
  }

  /** Everything that was ever given to the pipe. */
  get sent(): Uint8Array {
    return joined(this.given);
  }

  /** After a handoff: everything that whoever took the pipe over has received. */
  get tunnelled(): Uint8Array {
    return joined([this.handedOff?.unused ?? nothing, ...this.behind]);
  }

  /** Bytes with the pipe, neither written nor failed. */
  get inFlight(): number {
    return this.flight.bytes;
  }

  /** Delivers some of `bytes[from..to)` and says how many: as much as there is room for. */
  deliver(bytes: Uint8Array, from: number, to: number): number {
    if (this.state === 'tunnel') this.behind.push(bytes.slice(from, to));
    if (this.state === 'gone' || this.state === 'aborted' || this.state === 'tunnel') return to - from;
    if (!this.unused.none) return 0;
    const { input } = this;
    const room = roomIn(input);
    if (room === undefined) return 0;
    const count = Math.min(room.end - room.start, to - from);
    room.bytes.set(bytes.subarray(from, from + count), room.start);
    if (this.options.tail !== undefined) room.bytes.fill(this.options.tail, room.start + count, room.end);
    input.received(count);
    if (this.state === 'open') this.call(() => this.session.receive(this.now));
    else input.discard(input.pendingBytes);
    this.settle();
    return count;
  }

  /** Gives the present session more of what the one before left. @returns whether there was some, and room for it */
  feedUnused(): boolean {
    if (this.state !== 'open' || this.unused.none || !this.feed()) return false;
    this.call(() => this.session.receive(this.now));
    this.settle();
    return true;
  }

  /** The peer half-closed, behind all that was delivered. */
  endInput(): void {
    this.peerEnded = true;
    if (this.state === 'open') this.call(() => this.verdict);
    this.settle();
  }

  /** A turn that somebody asked for. */
  turn(): void {
    if (this.state !== 'open') return;
    this.woken = false;
    this.call(() => this.session.receive(this.now));
    this.settle();
  }

  shutdown(): void {
    this.draining = true;
    if (this.state === 'open') this.call(() => this.verdict);
    this.settle();
  }

  /** Gives all output to the pipe: a copy of what is new. The originals are frozen until `written`. */
  take(): Uint8Array {
    if (this.state === 'aborted' || this.state === 'gone') return nothing;
    const taken = this.flight.add(this.output.take());
    if (taken.length > 0) this.given.push(taken);
    if (this.state === 'finishing' && this.flight.bytes === 0 && !this.output.ready) this.state = 'ended';
    return taken;
  }

  /** The pipe below took the next `count` bytes. @throws MisuseError OWN-4 when they are not what they were */
  written(count: number): void {
    if (this.state === 'gone' || count === 0) return;
    this.flight.remove(count);
    this.output.written(count);
    if (this.state === 'open') this.call(() => this.session.written(this.now));
    if (this.state === 'finishing' && this.flight.bytes === 0 && !this.output.ready) this.state = 'ended';
    this.settle();
  }

  deadline(): number {
    return this.state === 'open' ? this.session.deadline() : Number.POSITIVE_INFINITY;
  }

  expire(): void {
    if (this.state === 'open') this.call(() => this.session.expire(this.now));
    this.settle();
  }

  /** The pipe is gone, in good order or with `error`. Idempotent. */
  lose(error?: UndercoatError): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.guard(() => this.session.fail(error, this.now));
    this.guard(() => this.carried?.drop(error));
    this.guard(() => this.unused.drop());
    this.guard(() => this.input.close());
    this.flight.clear();
    this.guard(() => this.output.fail());
  }

  /** What a broken pipe is told with. */
  static reset(): TransportError {
    return new TransportError('reset', 'the pipe broke');
  }

  /**
   * What was found first, under whatever call: what came after it came of it, and says less.
   * @throws RuleViolation
   */
  assertNoViolation(): void {
    const [violation] = this.ledger?.violations ?? [];
    if (violation !== undefined) throw violation;
  }

  /** The accounts of both directions hold (CON-1, CON-2). @throws MisuseError with the rule */
  assertAccounts(): void {
    requireAccounts(this.inputs, this.output, this.flight.bytes);
  }

  /** Everything went back, but what the application retained by name (OWN-7). @throws RuleViolation, MisuseError */
  assertQuiescent(): void {
    this.assertAccounts();
    this.audit?.settled();
    this.ledger?.assertQuiescent();
    // One that was thrown under an application's callback was taken for the application's.
    this.assertNoViolation();
    const retained = new Set([...(this.ledger?.retained.keys() ?? [])].map(({ slab }) => slab.root));
    if (this.ledger !== null && this.pool.heldBytes > retained.size * this.pool.slabBytes) {
      throw broken('OWN-7', `${this.pool.heldBytes} bytes are held`);
    }
  }

  private make(step: SessionStep): Session {
    const context: SessionContext = {
      input: this.input,
      output: this.output,
      facts: this.facts,
      carried: this.carried,
      begunAt: this.begunAt,
      deadlines: { ...defaultDeadlines, ...this.options.deadlines },
      text: this.options.text ?? plainText,
      observer: this.audit ?? this.options.observer ?? null,
      id: 1,
      wake: () => {
        this.woken = true;
      },
    };
    this.endTold = false;
    this.drainTold = false;
    return step.start(context, this.application);
  }

  private call(act: () => Verdict): void {
    try {
      this.follow(act());
      this.ledger?.assertNothingReserved();
    } catch (thrown) {
      this.thrown.push(thrown);
      this.state = 'aborted';
    }
  }

  private guard(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.thrown.push(thrown);
    }
  }

  private follow(first: Verdict): void {
    let verdict = first;
    for (let round = 0; round < mostRounds; round++) {
      this.verdict = verdict;
      const { session } = this;
      if (verdict === 'closed') {
        this.finish(session);
        return;
      }
      if (verdict === 'handed-off') {
        if (!this.goOn(session)) return;
        verdict = this.session.start(this.now);
      } else if (this.draining && !this.drainTold) {
        this.drainTold = true;
        verdict = session.shutdown(this.now);
      } else if (!this.unused.none && this.feed()) {
        verdict = session.receive(this.now);
      } else if (this.peerEnded && !this.endTold && this.unused.none) {
        this.endTold = true;
        verdict = session.end(this.now);
      } else return;
    }
    throw broken('WORK-1', `a session was called ${mostRounds} times in one act`);
  }

  private finish(session: Session): void {
    if (session.ending === 'abort') {
      this.state = 'aborted';
      return;
    }
    this.state = 'finishing';
    this.unused.drop();
    this.input.discard(this.input.pendingBytes);
  }

  /** @returns whether a session of the chain goes on */
  private goOn(session: Session): boolean {
    const { discardedBytes } = this.input;
    const { to, unused, facts, inputEnded, takeOver, carried, begunAt } = session.handoff();
    requireHandedOff(this.input, unused, discardedBytes);
    this.input.close();
    this.facts = facts;
    this.carried = carried;
    this.begunAt = begunAt;
    this.peerEnded ||= inputEnded;
    if (takeOver !== undefined) {
      this.handedOff = { to, unused: unused?.copy(), ended: this.peerEnded };
      unused?.release();
      this.state = 'tunnel';
      return false;
    }
    this.owed.add(unused?.copy() ?? nothing);
    this.unused.giveBack(unused);
    this.refuseTransport(to);
    this.input = new ReceiveBuffer(this.pool, this.owner);
    this.inputs.push(this.input);
    this.session = this.make(this.chain.session());
    return true;
  }

  private feed(): boolean {
    const room = roomIn(this.input);
    if (room === undefined) return false;
    const count = this.unused.into(room);
    this.owed.pay(room.bytes, room.start, count, this.unused.none);
    this.input.received(count);
    return true;
  }

  private refuseTransport(to: string | undefined): void {
    if (this.chain.decide(this.facts, to)) {
      throw new MisuseError('not-a-session', 'LAY-1', 'a chain of sessions has no transports in it');
    }
  }

  private settle(): void {
    if (this.input.start === this.input.end) this.input.settle();
  }
}
