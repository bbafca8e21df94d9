/**
 * What the peer's frames do to the connection (RFC 9113 §3.4, §6): the preface, SETTINGS, PING, WINDOW_UPDATE,
 * RST_STREAM, GOAWAY and PRIORITY_UPDATE (RFC 9218 §7.1). Messages are in `inbound-messages.ts`.
 *
 * It does not know what streams carry.
 */
import { TransportError, type UndercoatError } from '../../errors.js';
import type { ReceiveBuffer } from '../../memory/index.js';
import type { Carried } from '../carried.js';
import type { Closing } from './closing.js';
import type { H2Connection } from './connection.js';
import {
  FrameIntake,
  INTAKE_BLOCK,
  INTAKE_DATA,
  INTAKE_DATA_BYTES,
  INTAKE_DATA_END,
  INTAKE_ERROR,
  INTAKE_FAULT,
  INTAKE_FRAME,
  INTAKE_NEED,
  mostDebugBytes,
} from './frame-intake.js';
import {
  DEFAULT_WINDOW_SIZE,
  errorCodeName,
  FLAG_ACK,
  FLOW_CONTROL_ERROR,
  FRAME_GOAWAY,
  FRAME_PING,
  FRAME_PRIORITY_UPDATE,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_WINDOW_UPDATE,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
} from './frames-codes.js';
import { type FrameFault, frameError, PREFACE_INVALID } from './frames-faults.js';
import { matchPreface, PREFACE_BYTES } from './frames-preface.js';
import { calmDown, connectionError, onIdle, streamError } from './h2-errors.js';
import { type H2RequestListener, InboundMessages } from './inbound-messages.js';
import { parsePriority } from './priority.js';
import { h2ConnectionTable, h2StreamTable } from './tables.js';

const { event } = h2ConnectionTable;
const { event: streamEvent } = h2StreamTable;

const never = Number.POSITIVE_INFINITY;

export class Inbound {
  private readonly connection: H2Connection;
  private readonly closing: Closing;
  private readonly input: ReceiveBuffer;
  private readonly intake: FrameIntake;
  private readonly messages: InboundMessages;
  private prefaceBytes: number;
  /** Since when a header block, or a frame other than DATA, has been incomplete; `Infinity` if none is. */
  since: number;
  /** Which one that is: where it began. */
  private begunAt: number;

  constructor(connection: H2Connection, closing: Closing, listener: H2RequestListener | null) {
    const { maxContinuations, maxSettings } = connection.settings;
    this.connection = connection;
    this.closing = closing;
    this.input = connection.context.input;
    this.intake = new FrameIntake(maxContinuations, maxSettings);
    this.messages = new InboundMessages(connection, closing, this.intake, listener);
    this.prefaceBytes = 0;
    this.since = never;
    this.begunAt = 0;
  }

  /** Each octet as it comes: a peer that speaks something else is told apart at its first wrong one. @returns whether it is complete */
  readPreface(): boolean {
    const { input } = this;
    const matched = matchPreface(input.bytes, input.start, input.end, this.prefaceBytes);
    if (matched < 0) {
      this.closing.fail(frameError(PREFACE_INVALID));
      return false;
    }
    input.consume(matched - this.prefaceBytes);
    this.prefaceBytes = matched;
    if (matched < PREFACE_BYTES) return false;
    this.connection.prefaceDue = false;
    this.connection.machine.take(event.preface);
    return true;
  }

  /** Server: the request that asked for this session becomes stream 1, and its settings hold at once (RFC 7540 §3.2). */
  takeUp(carried: Carried): void {
    const { connection, messages } = this;
    const { settings } = carried.request;
    connection.machine.take(event.upgrade);
    const error = this.applySettings(settings, 0, settings.length);
    // The first frame is still to come (RFC 9218 §2.1.1).
    connection.peer.frames = 0;
    if (error !== undefined) {
      this.closing.fail(error);
      return;
    }
    messages.takeUp(carried.request, carried.takeContent());
    // What it brings about comes before the preface, as what a frame does comes before the next one (CON-6).
    connection.settleTouched();
  }

  /** All that has come, as long as the peer reads what it brings about. */
  readFrames(): void {
    const { connection, input, intake } = this;
    connection.inputHeld = false;
    while (!connection.over) {
      if (connection.isOutputFull && !intake.inData) {
        connection.inputHeld = true;
        this.since = never;
        return;
      }
      const result = intake.read(input);
      if (result === INTAKE_NEED) {
        this.timeBegun();
        return;
      }
      const error = result === INTAKE_ERROR ? intake.error : this.unit(result);
      if (error !== undefined) this.closing.fail(error);
      else if (result === INTAKE_FRAME || result === INTAKE_BLOCK) intake.done(input);
      // What a frame brings about comes before the next one, whether that has come yet or not (CON-6).
      connection.settleTouched();
      this.closing.settleDrain();
    }
  }

  /** What is begun and not complete is due from its first octet on, however many more come of it. */
  private timeBegun(): void {
    const { intake, input } = this;
    if (!intake.isWithin(input)) this.since = never;
    else if (this.since === never || this.begunAt !== intake.begunAt) {
      this.since = this.connection.now;
      this.begunAt = intake.begunAt;
    }
  }

  private unit(result: number): UndercoatError | undefined {
    const { connection, intake, messages } = this;
    const { view } = intake;
    if (!connection.settingsReceived) {
      const isFirst =
        result === INTAKE_FRAME && view.type === FRAME_SETTINGS && (view.flags & FLAG_ACK) === 0;
      if (!isFirst)
        return connectionError(
          PROTOCOL_ERROR,
          'settings-first',
          'RFC 9113 §3.4',
          'the first frame was not SETTINGS',
        );
    }
    switch (result) {
      case INTAKE_FRAME:
        return this.frame();
      case INTAKE_DATA:
        return messages.beginData();
      case INTAKE_DATA_BYTES:
        messages.takeData(intake.end - intake.at);
        return undefined;
      case INTAKE_DATA_END:
        return messages.endData();
      case INTAKE_BLOCK:
        return messages.block();
      case INTAKE_FAULT:
        return this.fault(view.fault as FrameFault);
      default:
        return connection.trifle();
    }
  }

  private frame(): UndercoatError | undefined {
    const { view } = this.intake;
    switch (view.type) {
      case FRAME_SETTINGS:
        return (view.flags & FLAG_ACK) !== 0 ? this.settingsAck() : this.takeSettings();
      case FRAME_PING:
        return this.ping();
      case FRAME_WINDOW_UPDATE:
        return this.windowUpdate(view.streamId, view.increment);
      case FRAME_RST_STREAM:
        return this.peerReset(view.streamId, view.errorCode);
      case FRAME_GOAWAY:
        return this.goaway(view.lastStreamId, view.errorCode);
      case FRAME_PRIORITY_UPDATE:
        return this.priorityUpdate();
      default:
        // PRIORITY is deprecated (RFC 9113 §5.3.2): read over.
        return this.connection.trifle();
    }
  }

  /** A fault that ends a stream. One that is idle cannot be reset: the connection ends (RFC 9113 §5.4.2). */
  private fault(found: FrameFault): UndercoatError | undefined {
    const { connection } = this;
    const { streamId } = this.intake.view;
    const stream = connection.streams.live.get(streamId);
    if (stream !== undefined) return connection.streamFault(stream, frameError(found));
    if (!connection.streams.isIdle(streamId)) return connection.trifle();
    return connectionError(found.errorCode, found.code, found.cites, found.message);
  }

  private takeSettings(): UndercoatError | undefined {
    const { connection } = this;
    const { view } = this.intake;
    const error = this.applySettings(this.input.bytes, view.bodyStart, view.bodyEnd);
    if (error !== undefined) return error;
    connection.outbound.writer.settingsAck();
    if (connection.settingsReceived) return connection.trifle() ?? connection.owed();
    connection.settingsReceived = true;
    connection.machine.take(event.settings);
    return undefined;
  }

  private applySettings(bytes: Uint8Array, start: number, end: number): UndercoatError | undefined {
    const { connection } = this;
    const { peer, outbound } = connection;
    const before = peer.initialWindowSize;
    const found = peer.apply(bytes, start, end, !connection.isServer);
    if (found !== undefined) return frameError(found);
    // The smallest of the frame must be said in the next block (RFC 7541 §4.2).
    outbound.encoder.setLimit(peer.lowestHeaderTableSize);
    outbound.encoder.setLimit(peer.headerTableSize);
    const difference = peer.initialWindowSize - before;
    if (difference !== 0) {
      for (const stream of connection.streams.live.all()) {
        if (!stream.sendWindow.add(difference)) {
          return connectionError(FLOW_CONTROL_ERROR, 'window-overflow', 'RFC 9113 §6.9.2', overflow);
        }
        outbound.windowChanged(stream);
      }
    }
    connection.availabilityChanged = true;
    return undefined;
  }

  private settingsAck(): UndercoatError | undefined {
    const { connection } = this;
    if (connection.settingsAcked) return connection.trifle();
    connection.settingsAcked = true;
    this.settingsHold();
    return undefined;
  }

  /** What we have set holds from now on. */
  settingsHold(): void {
    const { connection } = this;
    if (connection.settingsHold) return;
    connection.settingsHold = true;
    const { streamWindowBytes, headerTableBytes } = connection.settings;
    this.messages.setTableLimit(headerTableBytes);
    const difference = streamWindowBytes - DEFAULT_WINDOW_SIZE;
    for (const stream of connection.streams.live.all()) {
      stream.receiveWindow.shift(difference);
      // What was too little to announce of the window before may be all that the peer waits for now.
      connection.due.add(stream);
    }
  }

  private ping(): UndercoatError | undefined {
    const { connection, closing } = this;
    const { view } = this.intake;
    if ((view.flags & FLAG_ACK) !== 0) {
      closing.pingAnswered(this.input.bytes, view.bodyStart);
      return connection.trifle();
    }
    connection.outbound.writer.ping(this.input.bytes, view.bodyStart, true);
    return connection.trifle() ?? connection.owed();
  }

  private windowUpdate(id: number, increment: number): UndercoatError | undefined {
    const { connection } = this;
    const { outbound, streams } = connection;
    if (id === 0) {
      if (outbound.window.add(increment)) return connection.trifle();
      return connectionError(FLOW_CONTROL_ERROR, 'window-overflow', 'RFC 9113 §6.9.1', overflow);
    }
    const stream = streams.live.get(id);
    if (stream === undefined) return streams.isIdle(id) ? onIdle('WINDOW_UPDATE') : connection.trifle();
    if (!stream.sendWindow.add(increment)) {
      const error = streamError(FLOW_CONTROL_ERROR, 'window-overflow', 'RFC 9113 §6.9.1', overflow);
      return connection.streamFault(stream, error);
    }
    outbound.windowChanged(stream);
    return connection.trifle();
  }

  private peerReset(id: number, code: number): UndercoatError | undefined {
    const { connection } = this;
    const { streams } = connection;
    const stream = streams.live.get(id);
    if (stream === undefined) return streams.isIdle(id) ? onIdle('RST_STREAM') : connection.trifle();
    // Both messages are complete already; only the application has not read all of it.
    if (!stream.machine.step(streamEvent['receive-reset'])) return connection.trifle();
    if (code === NO_ERROR && !connection.isServer && stream.inputComplete) {
      // The answer is whole and stays so; only the rest of the request is not wanted (RFC 9113 §8.1).
      stream.outputUnwanted = true;
      connection.outbound.drop(stream);
      connection.touch(stream);
      return connection.trifle();
    }
    const error = streamError(
      code,
      'peer-reset',
      'RFC 9113 §6.4',
      `the peer reset the stream: ${errorCodeName(code)}`,
    );
    connection.remove(stream, error, code === REFUSED_STREAM);
    // What costs us an exchange and the peer a frame is counted (CVE-2023-44487).
    return connection.resets.spend(connection.now)
      ? undefined
      : calmDown('resets', 'too many streams were reset');
  }

  private goaway(last: number, code: number): UndercoatError | undefined {
    const { connection, closing } = this;
    if (last > closing.peerLast) {
      return connectionError(
        PROTOCOL_ERROR,
        'goaway-raised',
        'RFC 9113 §6.8',
        'GOAWAY raised its last stream',
      );
    }
    closing.peerLast = last;
    connection.machine.take(event['goaway-received']);
    closing.drainSince = Math.min(closing.drainSince, connection.now);
    const said = `${errorCodeName(code)}${this.goawayDebug()}`;
    const unprocessed = new TransportError('goaway', `the peer is going away: ${said}`, {
      cites: 'RFC 9113 §6.8',
    });
    closing.peerSaid = unprocessed;
    for (const stream of connection.streams.live.all()) {
      if (stream.id <= last || !connection.streams.isOurs(stream.id)) continue;
      // The peer ignores such a stream: nothing more is sent on it.
      stream.machine.step(streamEvent['send-reset']);
      connection.remove(stream, unprocessed, true);
    }
    connection.availabilityChanged = true;
    return connection.trifle();
  }

  /** What GOAWAY says to people, as much of it as is worth keeping. */
  private goawayDebug(): string {
    const { bodyStart, bodyEnd } = this.intake.view;
    if (bodyStart === bodyEnd) return '';
    const end = Math.min(bodyEnd, bodyStart + mostDebugBytes);
    return `, ${JSON.stringify(this.connection.context.text.latin1(this.input.bytes, bodyStart, end))}`;
  }

  private priorityUpdate(): UndercoatError | undefined {
    const { connection } = this;
    const { view } = this.intake;
    if (!connection.isServer) {
      return connectionError(
        PROTOCOL_ERROR,
        'priority-update',
        'RFC 9218 §7.1',
        'PRIORITY_UPDATE from a server',
      );
    }
    const { prioritizedId } = view;
    const { streams, settings } = connection;
    const text = connection.context.text.latin1(this.input.bytes, view.bodyStart, view.bodyEnd);
    const priority = parsePriority(text);
    const stream = streams.live.get(prioritizedId);
    if (stream !== undefined) this.messages.prioritise(stream, priority);
    else if (streams.isIdle(prioritizedId)) {
      if (streams.isOurs(prioritizedId)) return onIdle('PRIORITY_UPDATE');
      // Before it has acknowledged how many there may be, the peer cannot know.
      const most = connection.settingsAcked ? settings.maxConcurrentStreams : never;
      if (!streams.rememberPriority(prioritizedId, priority, most)) return tooManyIdle();
    }
    return connection.trifle();
  }
}

function tooManyIdle(): UndercoatError {
  const message = 'more streams have a priority than there may be';
  return connectionError(PROTOCOL_ERROR, 'priorities-over-streams', 'RFC 9218 §7.1', message);
}

const overflow = 'a window over 2^31-1';
