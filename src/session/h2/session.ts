/**
 * The H2 session (RFC 9113), for both roles: keeps streams, windows, settings and budgets, and gives each stream's events
 * to its sink. Frames come apart in `frame-intake.ts`; what streams send goes through `outbound.ts`.
 *
 * It does not know what an exchange means to the application, who drives it, what carries the bytes, or what time it is.
 */
import { LimitError, TransportError, type UndercoatError } from '../../errors.js';
import { Machine } from '../../machine/index.js';
import { type Lease, Owner, Packer, type ReceiveBuffer, type Returned } from '../../memory/index.js';
import type { Ending, Handoff, PauseCause, Session, SessionContext, Verdict } from '../contract.js';
import { Budget } from './budget.js';
import { ReceiveWindow } from './flow.js';
import {
  FrameIntake,
  INTAKE_BLOCK,
  INTAKE_DATA,
  INTAKE_DATA_BYTES,
  INTAKE_DATA_END,
  INTAKE_ERROR,
  INTAKE_FRAME,
  INTAKE_NEED,
} from './frame-intake.js';
import {
  CANCEL,
  DEFAULT_WINDOW_SIZE,
  FLAG_ACK,
  FLAG_END_STREAM,
  FLOW_CONTROL_ERROR,
  FRAME_GOAWAY,
  FRAME_PING,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_WINDOW_UPDATE,
  INTERNAL_ERROR,
  MAX_31_BITS,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  SETTING_ENABLE_CONNECT_PROTOCOL,
  SETTING_ENABLE_PUSH,
  SETTING_HEADER_TABLE_SIZE,
  SETTING_INITIAL_WINDOW_SIZE,
  SETTING_MAX_CONCURRENT_STREAMS,
  SETTING_MAX_HEADER_LIST_SIZE,
  SETTING_NO_RFC7540_PRIORITIES,
  SETTINGS_TIMEOUT,
  STREAM_CLOSED,
} from './frames-codes.js';
import { calmDown, codeOf, connectionError, streamError } from './h2-errors.js';
import { HeaderList } from './header-list.js';
import { HpackDecoder } from './hpack/decoder.js';
import { type H2Options, type H2Settings, h2Settings } from './options.js';
import { Outbound } from './outbound.js';
import { PeerSettings } from './peer-settings.js';
import { parsePriority } from './priority.js';
import { type H2Sink, H2Stream, type StreamHost } from './stream.js';
import { h2ConnectionTable, h2StreamTable } from './tables.js';
import type { HeaderFields, Setting } from './writer.js';

const { state, event } = h2ConnectionTable;
const { state: streamState, event: streamEvent } = h2StreamTable;
const never = Number.POSITIVE_INFINITY;
/** The client's first bytes (RFC 9113 §3.4). */
export const clientPreface: Uint8Array = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (character) =>
  character.charCodeAt(0),
);
/** Streams that we reset, of which frames may still be on their way. */
const rememberedResets = 128;
const pingOpaque = Uint8Array.from([0x75, 0x6e, 0x64, 0x65, 0x72, 0x63, 0x6f, 0x61]);

/** Makes the sink of a stream that the peer opened. Must not throw. */
export type H2RequestListener = (stream: H2Stream, list: HeaderList, session: H2Session) => H2Sink;

export class H2Session implements Session, StreamHost {
  readonly name: string;
  readonly context: SessionContext;
  readonly settings: H2Settings;
  readonly owner: Owner;
  readonly outbound: Outbound;
  readonly peer: PeerSettings;
  /** The connection's receive window: the account of CON-4. */
  readonly window: ReceiveWindow;
  pausedBy: PauseCause | undefined;
  ending: Ending;
  error: UndercoatError | undefined;
  /** Client: told when a request may begin again, or never will. */
  onAvailable: (() => void) | undefined;

  private readonly isServer: boolean;
  private readonly listener: H2RequestListener | null;
  private readonly machine: Machine;
  private readonly input: ReceiveBuffer;
  private readonly intake: FrameIntake;
  private readonly decoder: HpackDecoder;
  private readonly list: HeaderList;
  private readonly streams: Map<number, H2Stream>;
  private readonly packers: Map<H2Stream, Packer>;
  private readonly resets: Budget;
  private readonly trifles: Budget;
  /** Streams that we reset and whose frames are ignored; and idle ones whose priority is known. */
  private readonly resetByUs: Set<number>;
  private readonly idlePriorities: Map<number, string>;
  private prefaceAt: number;
  /** Streams that the peer opened and that are not closed. */
  private peerStreams: number;
  private lastPeerStream: number;
  private nextStream: number;
  /** The last stream that the peer will process, by its GOAWAY. */
  private peerLast: number;
  /** The last stream that we process, by our GOAWAY; and whether that is the final one. */
  private ourLast: number;
  private goawaySent: boolean;
  private finalGoaway: boolean;
  private shuttingDown: boolean;
  private inputEnded: boolean;
  private settingsAcked: boolean;
  private settingsReceived: boolean;
  /** DATA that is arriving goes to this stream; null: it is thrown away. */
  private dataStream: H2Stream | null;
  private dataEnds: boolean;
  /** Streams to look at before the turn ends: over, to be announced credit, or with news for their sinks. */
  private dirty: H2Stream[];
  private touched: H2Stream[];
  private now: number;
  private startedAt: number;
  private idleSince: number;
  private drainSince: number;
  /** No deadline of a stream is before this. */
  private streamsDue: number;

  constructor(context: SessionContext, options: H2Options, listener: H2RequestListener | null) {
    this.name = 'h2';
    this.context = context;
    this.isServer = listener !== null;
    this.settings = h2Settings(options, context.input.source.slabBytes);
    this.owner = new Owner('session', this.isServer ? 'h2-server' : 'h2-client', context.id);
    this.outbound = new Outbound(context.output, context.text, this.settings);
    this.peer = new PeerSettings(this.isServer);
    this.window = new ReceiveWindow(DEFAULT_WINDOW_SIZE);
    this.pausedBy = undefined;
    this.ending = 'end';
    this.error = undefined;
    this.onAvailable = undefined;
    this.listener = listener;
    this.machine = new Machine(h2ConnectionTable, this.owner, context.observer);
    this.input = context.input;
    this.intake = new FrameIntake(this.settings.maxContinuations, this.settings.maxSettings);
    this.decoder = new HpackDecoder(undefined, undefined, context.text);
    this.list = new HeaderList(this.settings.maxFields);
    this.streams = new Map();
    this.packers = new Map();
    this.resets = new Budget(this.settings.resets, 0);
    this.trifles = new Budget(this.settings.trifles, 0);
    this.resetByUs = new Set();
    this.idlePriorities = new Map();
    this.prefaceAt = 0;
    this.peerStreams = 0;
    this.lastPeerStream = 0;
    this.nextStream = this.isServer ? 2 : 1;
    this.peerLast = MAX_31_BITS;
    this.ourLast = MAX_31_BITS;
    this.goawaySent = false;
    this.finalGoaway = false;
    this.shuttingDown = false;
    this.inputEnded = false;
    this.settingsAcked = false;
    this.settingsReceived = false;
    this.dataStream = null;
    this.dataEnds = false;
    this.dirty = [];
    this.touched = [];
    this.now = 0;
    this.startedAt = 0;
    this.idleSince = 0;
    this.drainSince = never;
    this.streamsDue = never;
  }

  get busy(): boolean {
    return this.streams.size > 0;
  }

  /** Client: how many more requests may begin now. */
  get available(): number {
    if (this.over || this.shuttingDown || this.inputEnded || this.machine.is(state.draining)) return 0;
    if (this.nextStream > MAX_31_BITS) return 0;
    // Before the peer's SETTINGS its limit is not known: 100 is what RFC 9113 §6.5.2 recommends at least.
    const limit = this.settingsReceived ? this.peer.maxConcurrentStreams : 100;
    return Math.max(0, limit - (this.streams.size - this.peerStreams));
  }

  start(now: number): Verdict {
    this.now = now;
    this.startedAt = now;
    this.idleSince = now;
    const { writer } = this.outbound;
    writer.settings(this.ourSettings(), this.isServer ? undefined : clientPreface);
    const increment = this.window.grow(this.settings.connectionWindowBytes);
    if (increment > 0) writer.windowUpdate(0, increment);
    // A client's peer begins with SETTINGS, which is its preface (RFC 9113 §3.4).
    if (!this.isServer) this.machine.take(event.preface);
    return this.verdict();
  }

  receive(now: number): Verdict {
    this.now = now;
    return this.advance();
  }

  end(now: number): Verdict {
    this.now = now;
    this.inputEnded = true;
    return this.advance();
  }

  written(now: number): Verdict {
    this.now = now;
    if (this.over) return 'closed';
    this.outbound.pump();
    this.settle();
    return this.verdict();
  }

  deadline(): number {
    const { deadlines } = this.context;
    if (this.over) return never;
    let due = this.streamsDue;
    if (!this.settingsAcked || !this.settingsReceived)
      due = Math.min(due, this.startedAt + deadlines.settings);
    if (this.streams.size === 0) due = Math.min(due, this.idleSince + deadlines.idle);
    return Math.min(due, this.drainSince + deadlines.drain);
  }

  expire(now: number): Verdict {
    this.now = now;
    if (this.over || now < this.deadline()) return this.verdict();
    const { deadlines } = this.context;
    if (this.startedAt + deadlines.settings <= now && !(this.settingsAcked && this.settingsReceived)) {
      this.failConnection(
        timeout('settings', 'settings-timeout', SETTINGS_TIMEOUT, 'RFC 9113 §6.5.3'),
        event.timeout,
      );
    } else if (this.drainSince + deadlines.drain <= now) {
      this.failConnection(timeout('drain', 'drain-timeout', NO_ERROR, 'RFC 9113 §6.8'), event.timeout);
    } else if (this.streams.size === 0 && this.idleSince + deadlines.idle <= now) this.leave();
    else this.expireStreams(now);
    this.settle();
    return this.verdict();
  }

  shutdown(now: number): Verdict {
    this.now = now;
    if (this.over || this.shuttingDown) return this.verdict();
    this.shuttingDown = true;
    if (this.streams.size === 0) this.leave();
    else {
      // In two phases (RFC 9113 §6.8): first a warning, so that what is on its way to us is still taken.
      this.sendGoaway(this.isServer ? MAX_31_BITS : 0, NO_ERROR, '');
      if (this.isServer) this.outbound.writer.ping(pingOpaque, false);
      else this.finalGoaway = true;
      this.drainSince = now;
    }
    return this.verdict();
  }

  fail(error: UndercoatError | undefined, now: number): void {
    this.now = now;
    if (!this.machine.step(event['transport-gone'])) return;
    const reason =
      error ?? new TransportError('closed', 'the connection closed before the exchange was complete');
    if (this.machine.is(state.failed)) this.error = reason;
    this.ending = 'abort';
    this.endAll(reason);
  }

  handoff(): Handoff {
    return {
      to: 'h2',
      unused: this.input.handOff(this.owner),
      facts: this.context.facts,
      inputEnded: this.inputEnded,
    };
  }

  // Commands of the streams. They change what is to be written and ask for a turn; they never call back.

  /** Client: begins a request. The caller has seen that `available` is not 0. Undefined when it could not be built. */
  open(fields: HeaderFields, end: boolean): H2Stream | undefined {
    const stream = this.makeStream(this.nextStream);
    if (!this.outbound.head(stream, fields, end)) return undefined;
    this.nextStream += 2;
    this.streams.set(stream.id, stream);
    stream.headSent = true;
    stream.ending = end;
    this.context.wake();
    return stream;
  }

  /** Sends a header block on a stream. */
  head(stream: H2Stream, fields: HeaderFields, end: boolean): void {
    if (!this.outbound.head(stream, fields, end)) this.breakOff(stream, exhausted());
    else if (end) stream.ending = true;
    this.touch(stream);
  }

  data(stream: H2Stream, bytes: Uint8Array, returned: Returned | undefined, end: boolean): boolean {
    this.outbound.data(stream, bytes, returned, end);
    return this.queued(stream);
  }

  lease(stream: H2Stream, lease: Lease, end: boolean): boolean {
    this.outbound.lease(stream, lease, end);
    return this.queued(stream);
  }

  endMessage(stream: H2Stream, trailers: HeaderFields | undefined): void {
    this.outbound.end(stream, trailers);
    this.touch(stream);
  }

  /** The consumer wants its body, or does not want it any more: a turn is due. */
  bodyChanged(stream: H2Stream): void {
    this.touch(stream);
  }

  /** Breaks a stream off in the next turn: by the answer that the reason names if none is committed; the connection goes on. */
  breakOff(stream: H2Stream, reason: UndercoatError): void {
    if (stream.broken === undefined) stream.broken = reason;
    this.touch(stream);
  }

  /** The final consumer let go: credit is due (CON-4). */
  credited(stream: H2Stream, bytes: number): void {
    this.window.credit(bytes);
    if (!stream.inputComplete && !stream.machine.is(streamState.closed)) stream.receive.credit(bytes);
    if (!stream.dirty) {
      stream.dirty = true;
      this.dirty.push(stream);
      this.context.wake();
    }
  }

  private get over(): boolean {
    return this.machine.is(state.closing) || this.machine.is(state.closed) || this.machine.is(state.failed);
  }

  private verdict(): Verdict {
    return this.over ? 'closed' : 'need-data';
  }

  private ourSettings(): Setting[] {
    const { settings } = this;
    const entries: Setting[] = [
      [SETTING_HEADER_TABLE_SIZE, settings.headerTableBytes],
      [SETTING_MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams],
      [SETTING_INITIAL_WINDOW_SIZE, settings.streamWindowBytes],
      [SETTING_MAX_HEADER_LIST_SIZE, settings.maxHeaderListBytes],
      [SETTING_NO_RFC7540_PRIORITIES, 1],
    ];
    if (!this.isServer) entries.push([SETTING_ENABLE_PUSH, 0]);
    else if (settings.extendedConnect) entries.push([SETTING_ENABLE_CONNECT_PROTOCOL, 1]);
    return entries;
  }

  private advance(): Verdict {
    if (this.over) return 'closed';
    if (this.machine.is(state.preface)) this.readPreface();
    if (!this.machine.is(state.preface)) this.readFrames();
    this.settle();
    if (this.inputEnded && !this.over) this.endedByPeer();
    return this.verdict();
  }

  /** Each octet as it comes: a peer that speaks something else is told apart at its first wrong one. */
  private readPreface(): void {
    const { input } = this;
    const count = Math.min(input.pendingBytes, clientPreface.length - this.prefaceAt);
    for (let i = 0; i < count; i++) {
      if (input.bytes[input.start + i] === clientPreface[this.prefaceAt + i]) continue;
      this.failConnection(
        connectionError(PROTOCOL_ERROR, 'preface', 'RFC 9113 §3.4', 'this is no H2 preface'),
      );
      return;
    }
    this.prefaceAt += count;
    input.consume(count);
    if (this.prefaceAt === clientPreface.length) this.machine.take(event.preface);
  }

  private readFrames(): void {
    const { input, intake } = this;
    while (!this.over) {
      let error: UndercoatError | undefined;
      switch (intake.read(input)) {
        case INTAKE_NEED:
          return;
        case INTAKE_ERROR:
          error = intake.error;
          break;
        case INTAKE_FRAME:
          error = this.frame();
          if (error === undefined) intake.done(input);
          break;
        case INTAKE_DATA:
          error = this.beginData();
          break;
        case INTAKE_DATA_BYTES:
          this.takeData(intake.end - intake.at);
          break;
        case INTAKE_DATA_END:
          this.endData();
          break;
        case INTAKE_BLOCK:
          error = this.block();
          if (error === undefined) intake.done(input);
          break;
        default:
          error = this.trifle();
      }
      if (error !== undefined) this.failConnection(error);
    }
  }

  private frame(): UndercoatError | undefined {
    const { intake, input } = this;
    if (!this.settingsReceived && intake.type !== FRAME_SETTINGS) return noSettings();
    const { bytes } = input;
    const { at } = intake;
    switch (intake.type) {
      case FRAME_SETTINGS:
        return (intake.flags & FLAG_ACK) !== 0 ? this.settingsAck() : this.takeSettings(at, intake.end);
      case FRAME_PING:
        return this.ping(at);
      case FRAME_WINDOW_UPDATE:
        return this.windowUpdate(intake.streamId, uint32(bytes, at) & MAX_31_BITS);
      case FRAME_RST_STREAM:
        return this.peerReset(intake.streamId, uint32(bytes, at));
      case FRAME_GOAWAY:
        return this.goaway(uint32(bytes, at) & MAX_31_BITS, uint32(bytes, at + 4));
      case FRAME_PRIORITY:
        // Deprecated (RFC 9113 §5.3.2): read over.
        return this.trifle();
      case FRAME_PRIORITY_UPDATE:
        return this.priorityUpdate(uint32(bytes, at) & MAX_31_BITS, at + 4, intake.end);
      default:
        return undefined;
    }
  }

  private takeSettings(at: number, end: number): UndercoatError | undefined {
    const { peer, outbound, input } = this;
    const before = peer.streamWindowBytes;
    for (let p = at; p < end; p += 6) {
      const id = ((input.bytes[p] as number) << 8) | (input.bytes[p + 1] as number);
      const value = uint32(input.bytes, p + 2);
      const error = peer.apply(id, value);
      if (error !== undefined) return error;
      // Each occurrence counts: the smallest must be said in the next block (RFC 7541 §4.2).
      if (id === SETTING_HEADER_TABLE_SIZE) outbound.encoder.setLimit(value);
    }
    outbound.maxFrame = Math.min(peer.maxFrameBytes, 16_384);
    const difference = peer.streamWindowBytes - before;
    if (difference !== 0) {
      for (const stream of this.streams.values()) {
        if (!stream.send.add(difference)) return windowOverflow();
        outbound.windowChanged(stream);
      }
    }
    if (!this.settingsReceived) {
      this.settingsReceived = true;
      this.machine.take(event.settings);
    } else {
      const error = this.trifle();
      if (error !== undefined) return error;
    }
    outbound.writer.settingsAck();
    this.onAvailable?.();
    return this.owed();
  }

  private settingsAck(): UndercoatError | undefined {
    if (this.settingsAcked) return this.trifle();
    this.settingsAcked = true;
    this.decoder.setLimit(this.settings.headerTableBytes);
    return undefined;
  }

  private ping(at: number): UndercoatError | undefined {
    const { intake, input, outbound } = this;
    if ((intake.flags & FLAG_ACK) !== 0) {
      if (this.goawaySent && !this.finalGoaway) this.sayFinalGoaway();
      return this.trifle();
    }
    const error = this.trifle();
    if (error !== undefined) return error;
    outbound.writer.ping(input.bytes.subarray(at, at + 8), true);
    return this.owed();
  }

  private windowUpdate(id: number, increment: number): UndercoatError | undefined {
    const { outbound } = this;
    if (id === 0) {
      if (increment === 0)
        return connectionError(PROTOCOL_ERROR, 'window-update-zero', 'RFC 9113 §6.9', 'an increment of 0');
      if (!outbound.window.add(increment)) return windowOverflow();
      return this.trifle();
    }
    const stream = this.streams.get(id);
    if (stream === undefined) return this.isIdle(id) ? onIdle('WINDOW_UPDATE') : this.trifle();
    if (increment === 0) {
      return this.streamFault(
        stream,
        streamError(PROTOCOL_ERROR, 'window-update-zero', 'RFC 9113 §6.9', 'an increment of 0'),
      );
    }
    if (!stream.send.add(increment)) {
      return this.streamFault(
        stream,
        streamError(FLOW_CONTROL_ERROR, 'window-overflow', 'RFC 9113 §6.9.1', 'a window over 2^31-1'),
      );
    }
    outbound.windowChanged(stream);
    return this.trifle();
  }

  private peerReset(id: number, code: number): UndercoatError | undefined {
    const stream = this.streams.get(id);
    if (stream === undefined) return this.isIdle(id) ? onIdle('RST_STREAM') : this.trifle();
    // Rapid reset: what costs us an exchange and the peer a frame is counted (CVE-2023-44487).
    const error =
      code === NO_ERROR || this.resets.spend(this.now)
        ? undefined
        : calmDown('resets', 'too many streams were reset');
    stream.machine.take(streamEvent['receive-reset']);
    if (code === NO_ERROR && stream.inputComplete) {
      // The answer is whole and stays so; only the rest of the request is not wanted (RFC 9113 §8.1).
      this.outbound.drop(stream);
      this.touch(stream);
      return undefined;
    }
    const refused = code === REFUSED_STREAM;
    this.remove(
      stream,
      streamError(code, 'peer-reset', 'RFC 9113 §6.4', `the peer reset the stream (${code})`),
      refused,
    );
    return error;
  }

  private goaway(last: number, code: number): UndercoatError | undefined {
    if (last > this.peerLast) {
      return connectionError(
        PROTOCOL_ERROR,
        'goaway-raised',
        'RFC 9113 §6.8',
        'GOAWAY raised its last stream',
      );
    }
    this.peerLast = last;
    this.machine.take(event['goaway-received']);
    if (this.drainSince === never) this.drainSince = this.now;
    const unprocessed = new TransportError('goaway', `the peer is going away (${code})`, {
      cites: 'RFC 9113 §6.8',
    });
    for (const stream of [...this.streams.values()]) {
      if (stream.id <= last || !this.isOurs(stream.id)) continue;
      // What waits for such a stream would be sent for nothing.
      stream.machine.take(streamEvent['send-reset']);
      this.remove(stream, unprocessed, true);
    }
    this.onAvailable?.();
    return this.trifle();
  }

  private priorityUpdate(id: number, at: number, end: number): UndercoatError | undefined {
    if (!this.isServer)
      return connectionError(
        PROTOCOL_ERROR,
        'priority-update',
        'RFC 9218 §7.1',
        'PRIORITY_UPDATE from a server',
      );
    if (id === 0)
      return connectionError(
        PROTOCOL_ERROR,
        'priority-update',
        'RFC 9218 §7.1',
        'PRIORITY_UPDATE for stream 0',
      );
    const text = this.context.text.latin1(this.input.bytes, at, end);
    const stream = this.streams.get(id);
    if (stream !== undefined) this.prioritise(stream, text);
    else if (this.isIdle(id) && this.idlePriorities.size < this.settings.maxIdlePriorities) {
      this.idlePriorities.set(id, text);
    }
    return this.trifle();
  }

  private prioritise(stream: H2Stream, text: string): void {
    const { urgency, incremental } = parsePriority(text);
    stream.incremental = incremental;
    this.outbound.scheduler.reprioritise(stream, urgency);
  }

  private beginData(): UndercoatError | undefined {
    const { intake } = this;
    if (!this.settingsReceived) return noSettings();
    const { length, streamId } = intake;
    if (this.isIdle(streamId)) return onIdle('DATA');
    if (!this.window.charge(length)) {
      return connectionError(
        FLOW_CONTROL_ERROR,
        'connection-window',
        'RFC 9113 §6.9.1',
        'DATA beyond the window',
      );
    }
    // Padding is nobody's: its credit is due at once (CON-4).
    this.window.credit(intake.overhead);
    this.dataStream = null;
    this.dataEnds = (intake.flags & FLAG_END_STREAM) !== 0;
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      return this.resetByUs.has(streamId) ? undefined : closedStream('DATA');
    }
    const fault = this.chargeData(stream, length, intake.overhead);
    if (fault !== undefined) return this.streamFault(stream, fault);
    if (length === intake.overhead && !this.dataEnds) {
      const error = this.trifle();
      if (error !== undefined) return error;
    }
    this.dataStream = stream;
    return undefined;
  }

  private chargeData(stream: H2Stream, length: number, overhead: number): UndercoatError | undefined {
    if (stream.inputComplete)
      return streamError(STREAM_CLOSED, 'data-after-end', 'RFC 9113 §5.1', 'DATA after END_STREAM');
    if (!stream.headReceived)
      return streamError(PROTOCOL_ERROR, 'data-before-head', 'RFC 9113 §8.1', 'DATA before the head');
    if (!stream.receive.charge(length)) {
      return streamError(FLOW_CONTROL_ERROR, 'stream-window', 'RFC 9113 §6.9.1', 'DATA beyond the window');
    }
    stream.receive.credit(overhead);
    const total = stream.receivedBytes + length - overhead;
    if (stream.declaredLength >= 0 && total > stream.declaredLength) {
      return streamError(
        PROTOCOL_ERROR,
        'content-length',
        'RFC 9113 §8.1.1',
        'more DATA than Content-Length said',
      );
    }
    if (total > this.settings.maxBodyBytes) {
      return new LimitError(
        'maxBodyBytes',
        'body-too-large',
        'RFC 9110 §15.5.14',
        `the body is longer than ${this.settings.maxBodyBytes} bytes`,
        { kind: 'h2-stream', code: CANCEL },
      );
    }
    stream.receivedBytes = total;
    stream.machine.take(streamEvent['receive-data']);
    return undefined;
  }

  /** DATA that has arrived: lent to its stream where it lies, or copied if it is too little to pin a slab (OWN-8). */
  private takeData(count: number): void {
    const { input, intake, dataStream: stream } = this;
    intake.tookData(count);
    if (stream === null || stream.discarding || stream.sink === null || stream.sink.discardsBody) {
      input.discard(count);
      this.window.credit(count);
      if (stream !== null) {
        stream.receive.credit(count);
        this.markDirty(stream);
      }
      return;
    }
    stream.bodyAt = this.now;
    const { sink } = stream;
    let lease: Lease | undefined;
    if (count < this.settings.lendFromBytes) {
      lease = this.packer(stream).pack(input.bytes, input.start, input.start + count, sink.bodyOwner, 'body');
      if (lease !== undefined) input.consume(count);
    }
    lease ??= input.take(count, sink.bodyOwner, 'body');
    lease.chargeTo(stream);
    if (stream.backlog.length === 0 && sink.wantsBody) sink.data(lease);
    else stream.backlog.push(lease);
  }

  private endData(): void {
    const { dataStream: stream } = this;
    this.dataStream = null;
    // The connection's window may have to be announced, whoever the DATA was for.
    if (stream === null) {
      this.context.wake();
      return;
    }
    if (this.dataEnds) this.inputComplete(stream, undefined);
  }

  /** END_STREAM: what was declared must have come (RFC 9113 §8.1.1). */
  private inputComplete(stream: H2Stream, trailers: string[] | undefined): UndercoatError | undefined {
    if (stream.declaredLength >= 0 && stream.receivedBytes !== stream.declaredLength) {
      return this.streamFault(
        stream,
        streamError(
          PROTOCOL_ERROR,
          'content-length',
          'RFC 9113 §8.1.1',
          'less DATA than Content-Length said',
        ),
      );
    }
    stream.inputComplete = true;
    stream.completeAt = this.now;
    stream.trailers = trailers;
    stream.machine.take(streamEvent['receive-end']);
    this.touch(stream);
    return undefined;
  }

  /** Every block is decoded, wherever it belongs (CON-5). */
  private block(): UndercoatError | undefined {
    const { intake, input, decoder, list, settings } = this;
    if (!this.settingsReceived) return noSettings();
    const { streamId } = intake;
    const stream = this.streams.get(streamId);
    const fresh =
      stream === undefined && this.isServer && streamId % 2 === 1 && streamId > this.lastPeerStream;
    list.begin(stream?.headReceived === true ? 'trailers' : this.isServer ? 'request' : 'response');
    const { bytes } = input;
    const wanted = stream !== undefined || fresh;
    if (
      !decoder.decodeBlock(bytes, intake.at, intake.end, wanted ? list : null, settings.maxHeaderListBytes)
    ) {
      return decoder.error;
    }
    list.finish(decoder.overLimit, this.isServer && settings.extendedConnect);
    const end = (intake.flags & FLAG_END_STREAM) !== 0;
    if (fresh) return this.request(streamId, end);
    if (stream === undefined) {
      if (this.isIdle(streamId))
        return connectionError(
          PROTOCOL_ERROR,
          'stream-id',
          'RFC 9113 §5.1.1',
          `HEADERS on stream ${streamId}`,
        );
      return this.resetByUs.has(streamId) ? this.trifle() : closedStream('HEADERS');
    }
    if (stream.inputComplete) {
      return this.streamFault(
        stream,
        streamError(STREAM_CLOSED, 'headers-after-end', 'RFC 9113 §5.1', 'HEADERS after END_STREAM'),
      );
    }
    if (list.malformed !== '') return this.streamFault(stream, malformed(list.malformed));
    if (stream.headReceived) return this.trailers(stream, end);
    return this.response(stream, end);
  }

  private request(id: number, end: boolean): UndercoatError | undefined {
    const { list, decoder } = this;
    this.lastPeerStream = id;
    const priority = this.idlePriorities.get(id);
    if (priority !== undefined) this.idlePriorities.delete(id);
    // Beyond the last stream that we said we would take: as if it had never been sent (RFC 9113 §6.8).
    if (id > this.ourLast) {
      this.remember(id);
      return this.trifle();
    }
    if (this.peerStreams >= this.settings.maxConcurrentStreams) {
      this.outbound.writer.reset(id, REFUSED_STREAM);
      this.remember(id);
      return this.resets.spend(this.now) ? this.owed() : calmDown('resets', 'too many streams were refused');
    }
    const stream = this.makeStream(id);
    this.streams.set(id, stream);
    this.peerStreams += 1;
    stream.machine.take(streamEvent['receive-headers']);
    stream.headReceived = true;
    stream.declaredLength = list.contentLength;
    if (priority !== undefined || list.priority !== undefined)
      this.prioritise(stream, priority ?? (list.priority as string));
    if (list.malformed !== '') return this.streamFault(stream, malformed(list.malformed));
    if (decoder.overLimit || list.tooMany) return this.refuseHead(stream, end);
    this.dueBy(stream);
    stream.sink = (this.listener as H2RequestListener)(stream, list, this);
    if (end) return this.inputComplete(stream, undefined);
    return undefined;
  }

  /** 431, without the application (RFC 6585 §5). */
  private refuseHead(stream: H2Stream, end: boolean): UndercoatError | undefined {
    if (end) this.inputComplete(stream, undefined);
    const built = this.outbound.head(stream, { status: 431, pseudo: [], fields: [] }, true);
    stream.ending = true;
    if (built && end) {
      this.touch(stream);
      return undefined;
    }
    return this.streamFault(
      stream,
      new LimitError(
        'maxHeaderListBytes',
        'headers-too-large',
        'RFC 6585 §5',
        'the header list is over the limit',
        {
          kind: 'h2-stream',
          code: built ? NO_ERROR : INTERNAL_ERROR,
        },
      ),
    );
  }

  private response(stream: H2Stream, end: boolean): UndercoatError | undefined {
    const { list, decoder } = this;
    if (decoder.overLimit || list.tooMany) {
      return this.streamFault(
        stream,
        new LimitError(
          'maxHeaderListBytes',
          'headers-too-large',
          'RFC 9113 §6.5.2',
          'the header list is over the limit',
          {
            kind: 'h2-stream',
            code: CANCEL,
          },
        ),
      );
    }
    const interim = list.status < 200;
    if (interim && end) return this.streamFault(stream, malformed('an interim response with END_STREAM'));
    stream.machine.take(streamEvent['receive-headers']);
    if (interim) {
      const error = this.trifle();
      if (error !== undefined) return error;
    } else {
      stream.headReceived = true;
      stream.bodyAt = this.now;
      // Of an answer to HEAD, and of 304, the length is not the content's (RFC 9110 §8.6).
      stream.declaredLength =
        stream.noContent || list.status === 304 || list.status === 204 ? -1 : list.contentLength;
    }
    stream.sink?.head(list, end);
    return end ? this.inputComplete(stream, undefined) : undefined;
  }

  private trailers(stream: H2Stream, end: boolean): UndercoatError | undefined {
    const { list, decoder } = this;
    if (!end) return this.streamFault(stream, malformed('trailers without END_STREAM'));
    stream.machine.take(streamEvent['receive-headers']);
    if (decoder.overLimit || list.tooMany) {
      return this.streamFault(
        stream,
        new LimitError(
          'maxHeaderListBytes',
          'headers-too-large',
          'RFC 9113 §6.5.2',
          'the trailers are over the limit',
          {
            kind: 'h2-stream',
            code: CANCEL,
          },
        ),
      );
    }
    return this.inputComplete(stream, list.fields);
  }

  /** A stream error that the peer made: RST_STREAM, and one more of those it may make (CVE-2025-8671). */
  private streamFault(stream: H2Stream, error: UndercoatError): UndercoatError | undefined {
    this.sendReset(stream, error);
    if (!this.resets.spend(this.now)) return calmDown('resets', 'too many streams had to be reset');
    return this.owed();
  }

  private sendReset(stream: H2Stream, error: UndercoatError): void {
    if (stream.machine.step(streamEvent['send-reset']))
      this.outbound.writer.reset(stream.id, codeOf(error.answer));
    this.remember(stream.id);
    this.remove(stream, error, false);
  }

  private remember(id: number): void {
    if (this.resetByUs.size >= rememberedResets) {
      const [oldest] = this.resetByUs;
      this.resetByUs.delete(oldest as number);
    }
    this.resetByUs.add(id);
  }

  private makeStream(id: number): H2Stream {
    const owner = new Owner('session', 'h2-stream', id);
    const { settings, peer, context, now } = this;
    return new H2Stream(
      id,
      this,
      owner,
      context.observer,
      settings.streamWindowBytes,
      peer.streamWindowBytes,
      now,
    );
  }

  private packer(stream: H2Stream): Packer {
    let packer = this.packers.get(stream);
    if (packer === undefined) {
      packer = new Packer(this.input.source, stream.machine.owner);
      this.packers.set(stream, packer);
    }
    return packer;
  }

  /** The stream is over before both messages were complete. */
  private remove(stream: H2Stream, error: UndercoatError, retryable: boolean): void {
    this.forget(stream);
    stream.sink?.failed(error, retryable);
  }

  /** Out of every list; what it held goes back. What its consumer holds is credited when he lets go. */
  private forget(stream: H2Stream): void {
    if (!this.streams.delete(stream.id)) return;
    if (!this.isOurs(stream.id)) this.peerStreams -= 1;
    if (this.dataStream === stream) this.dataStream = null;
    stream.discarding = true;
    stream.receive.writeOff();
    this.outbound.drop(stream);
    const { backlog } = stream;
    stream.backlog = [];
    for (const lease of backlog) lease.release();
    const packer = this.packers.get(stream);
    if (packer !== undefined) {
      packer.close();
      this.packers.delete(stream);
    }
    if (this.streams.size === 0) {
      this.idleSince = this.now;
      this.streamsDue = never;
    }
    this.onAvailable?.();
  }

  private touch(stream: H2Stream): void {
    if (!stream.touched) {
      stream.touched = true;
      this.touched.push(stream);
    }
    this.context.wake();
  }

  private queued(stream: H2Stream): boolean {
    if (stream.waitingBytes > 0 || this.context.output.pendingBytes >= this.settings.outputHighWaterBytes) {
      stream.overHighWater = true;
    }
    this.touch(stream);
    return !stream.overHighWater;
  }

  private markDirty(stream: H2Stream): void {
    if (stream.dirty) return;
    stream.dirty = true;
    this.dirty.push(stream);
  }

  /** Before a turn ends: sinks hear their news, streams that are over end, credit is announced, DATA is framed. */
  private settle(): void {
    if (this.over) return;
    const { outbound } = this;
    for (;;) {
      this.settleTouched();
      outbound.pump();
      if (outbound.ended.length === 0) break;
      const { ended } = outbound;
      outbound.ended = [];
      for (const stream of ended) this.touch(stream);
    }
    this.tellWritable();
    this.announceCredit();
    if (this.streams.size === 0 && this.machine.is(state.draining)) this.leaveDrained();
  }

  private settleTouched(): void {
    while (this.touched.length > 0) {
      const { touched } = this;
      this.touched = [];
      for (const stream of touched) {
        stream.touched = false;
        this.settleStream(stream);
      }
    }
  }

  private settleStream(stream: H2Stream): void {
    if (stream.machine.is(streamState.closed) && !this.streams.has(stream.id)) return;
    if (stream.outputFailed && stream.broken === undefined) stream.broken = exhausted();
    if (stream.broken !== undefined) {
      this.endBroken(stream, stream.broken);
      return;
    }
    const { sink } = stream;
    if (sink !== null) {
      while (stream.backlog.length > 0 && (sink.wantsBody || sink.discardsBody)) {
        const lease = stream.backlog.shift() as Lease;
        if (sink.discardsBody) lease.release();
        else sink.data(lease);
      }
      if (stream.inputComplete && !stream.endTold && stream.backlog.length === 0) {
        stream.endTold = true;
        sink.receiveEnd(stream.trailers);
      }
      sink.settle();
    }
    this.dueBy(stream);
    if (stream.broken !== undefined) {
      this.endBroken(stream, stream.broken);
    } else if (stream.machine.is(streamState.closed)) {
      if (stream.endTold || sink === null) this.complete(stream);
    } else if (this.isServer && stream.ending && stream.machine.is(streamState['half-closed-local'])) {
      // The answer is whole: the rest of the request is not needed (RFC 9113 §8.1).
      if (sink?.wantsBody !== true) {
        this.sendReset(
          stream,
          streamError(NO_ERROR, 'body-undrained', 'RFC 9113 §8.1', 'the request is not needed'),
        );
      }
    }
  }

  private endBroken(stream: H2Stream, reason: UndercoatError): void {
    const { answer } = reason;
    if (!this.isServer || stream.headSent || answer.kind === 'h2-stream' || answer.kind === 'h2-connection') {
      this.sendReset(stream, reason);
      return;
    }
    const status = answer.kind === 'status' ? answer.status : 500;
    if (!this.outbound.head(stream, { status, pseudo: [], fields: [] }, true))
      this.sendReset(stream, exhausted());
    else if (stream.machine.is(streamState.closed)) this.remove(stream, reason, false);
    else {
      // The rest of the request is not needed (RFC 9113 §8.1).
      stream.machine.take(streamEvent['send-reset']);
      this.outbound.writer.reset(stream.id, NO_ERROR);
      this.remember(stream.id);
      this.remove(stream, reason, false);
    }
  }

  /** Both messages are complete. */
  private complete(stream: H2Stream): void {
    this.forget(stream);
    this.resets.earn(1);
    this.trifles.earn(4);
    stream.sink?.finished();
  }

  private tellWritable(): void {
    if (this.context.output.pendingBytes * 2 >= this.settings.outputHighWaterBytes) return;
    for (const stream of this.streams.values()) {
      if (!stream.overHighWater || stream.waitingBytes > 0) continue;
      stream.overHighWater = false;
      stream.sink?.sendable();
    }
  }

  /** WINDOW_UPDATE where half of a window is due. */
  private announceCredit(): void {
    const { writer } = this.outbound;
    const increment = this.window.update();
    if (increment > 0) writer.windowUpdate(0, increment);
    if (this.dirty.length === 0) return;
    const dirty = this.dirty;
    this.dirty = [];
    for (const stream of dirty) {
      stream.dirty = false;
      if (stream.inputComplete || !this.streams.has(stream.id)) continue;
      const more = stream.receive.update();
      if (more > 0) writer.windowUpdate(stream.id, more);
    }
  }

  /** An act of the peer that moves nothing (RFC 9113 §10.5). */
  private trifle(): UndercoatError | undefined {
    return this.trifles.spend(this.now) ? undefined : calmDown('trifles', 'too many frames without use');
  }

  /** What we owe the peer must not pile up because it does not read. */
  private owed(): UndercoatError | undefined {
    const { outputHighWaterBytes, owedLimitBytes } = this.settings;
    if (this.context.output.pendingBytes <= outputHighWaterBytes + owedLimitBytes) return undefined;
    return calmDown('owedLimitBytes', 'the peer asks for answers and does not read them');
  }

  private isOurs(id: number): boolean {
    return (id % 2 === 0) === this.isServer;
  }

  private isIdle(id: number): boolean {
    return this.isOurs(id) ? id >= this.nextStream : id > this.lastPeerStream;
  }

  private sendGoaway(last: number, code: number, reason: string): void {
    this.goawaySent = true;
    this.ourLast = last;
    if (this.machine.can(event['goaway-sent'])) this.machine.take(event['goaway-sent']);
    this.outbound.writer.goaway(last, code, reason);
  }

  private sayFinalGoaway(): void {
    this.finalGoaway = true;
    this.sendGoaway(this.lastPeerStream, NO_ERROR, '');
  }

  /** Nothing is under way: says goodbye and closes. */
  private leave(): void {
    if (!this.finalGoaway) this.sayFinalGoaway();
    if (this.machine.can(event['last-stream-closed'])) this.machine.take(event['last-stream-closed']);
    this.finish('linger', undefined);
  }

  private leaveDrained(): void {
    // The warning's answer has not come: streams may still be on their way to us.
    if (this.goawaySent && !this.finalGoaway && !this.inputEnded) return;
    this.leave();
  }

  private endedByPeer(): void {
    if (this.machine.is(state.preface) || this.streams.size === 0) {
      if (this.machine.is(state.preface)) this.machine.take(event['input-end']);
      else this.machine.take(event['input-end']);
      this.finish('end', undefined);
      return;
    }
    // Exchanges whose requests are complete are still answered.
    const cut = new TransportError('ended', 'the peer ended the connection within a message', {
      cites: 'RFC 9113 §9.1',
    });
    for (const stream of [...this.streams.values()]) {
      if (!stream.inputComplete) this.sendReset(stream, cut);
    }
    if (this.streams.size > 0) return;
    this.machine.take(event['input-end']);
    this.finish('end', undefined);
  }

  /** GOAWAY with the code and the reason, then the close (RFC 9113 §5.4.1); nothing more is interpreted (WIRE-2). */
  private failConnection(error: UndercoatError, cause: number = event.error): void {
    this.machine.take(cause);
    this.outbound.writer.goaway(this.lastPeerStream, codeOf(error.answer), error.message);
    this.goawaySent = true;
    this.input.discard(this.input.pendingBytes);
    this.finish('linger', error);
    this.endAll(error);
  }

  private endAll(error: UndercoatError): void {
    for (const stream of [...this.streams.values()]) {
      const unseen = this.isOurs(stream.id) && stream.id > this.peerLast;
      stream.machine.step(streamEvent['send-reset']);
      this.remove(stream, error, unseen);
    }
    this.dirty = [];
    this.touched = [];
    this.onAvailable?.();
  }

  private finish(ending: Ending, error: UndercoatError | undefined): void {
    this.ending = ending;
    this.error = error;
  }

  /** When something of the stream is due; `never` if it waits for nothing that has a deadline. */
  private dueOf(stream: H2Stream): number {
    const { deadlines } = this.context;
    let due = stream.since + deadlines.total;
    if (!stream.inputComplete && stream.headReceived && stream.sink?.wantsBody === true) {
      due = Math.min(due, stream.bodyAt + deadlines.betweenBytes, stream.since + deadlines.body);
    }
    const waits = this.isServer
      ? !stream.headSent && (stream.inputComplete || stream.sink?.wantsBody !== true)
      : !stream.headReceived && stream.ending;
    if (waits) due = Math.min(due, Math.max(stream.completeAt, stream.since) + deadlines.firstByte);
    return due;
  }

  private dueBy(stream: H2Stream): void {
    const due = this.dueOf(stream);
    if (due < this.streamsDue) this.streamsDue = due;
  }

  private expireStreams(now: number): void {
    for (const stream of [...this.streams.values()]) {
      if (this.dueOf(stream) > now) continue;
      const answer = this.isServer && !stream.headSent;
      const error = timeout('stream', 'stream-timeout', CANCEL, 'LAY-4');
      if (answer && stream.inputComplete)
        this.outbound.head(stream, { status: 503, pseudo: [], fields: [] }, true);
      if (stream.machine.is(streamState.closed)) this.remove(stream, error, false);
      else this.sendReset(stream, error);
    }
    this.streamsDue = never;
    for (const stream of this.streams.values()) this.dueBy(stream);
  }
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

function noSettings(): UndercoatError {
  return connectionError(
    PROTOCOL_ERROR,
    'settings-first',
    'RFC 9113 §3.4',
    'the first frame was not SETTINGS',
  );
}

function onIdle(what: string): UndercoatError {
  return connectionError(PROTOCOL_ERROR, 'idle-stream', 'RFC 9113 §5.1', `${what} on an idle stream`);
}

function closedStream(what: string): UndercoatError {
  return connectionError(STREAM_CLOSED, 'closed-stream', 'RFC 9113 §5.1', `${what} on a closed stream`);
}

function malformed(why: string): UndercoatError {
  return streamError(PROTOCOL_ERROR, 'malformed', 'RFC 9113 §8.1.1', why);
}

function windowOverflow(): UndercoatError {
  return connectionError(FLOW_CONTROL_ERROR, 'window-overflow', 'RFC 9113 §6.9.1', 'a window over 2^31-1');
}

/** WS-9: no slab for a header block, or a block that fits none. */
function exhausted(): LimitError {
  return new LimitError('limitBytes', 'output-exhausted', 'WS-9', 'no memory for a header block', {
    kind: 'h2-stream',
    code: INTERNAL_ERROR,
  });
}

function timeout(limit: string, name: string, code: number, cites: string): LimitError {
  return new LimitError(limit, name, cites, `the ${limit} deadline has passed`, {
    kind: 'h2-connection',
    code,
  });
}
