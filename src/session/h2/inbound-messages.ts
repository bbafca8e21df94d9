/**
 * The peer's messages (RFC 9113 §8.1): header blocks and DATA, held to the state of their streams, to what they declare,
 * to the windows and to the limits, and given to the streams' sinks.
 *
 * It does not know what an exchange means to the application.
 */
import { answerStatus, LimitError, type UndercoatError } from '../../errors.js';
import type { Lease, ReceiveBuffer } from '../../memory/index.js';
import type { UpgradedRequest } from '../carried.js';
import type { Closing } from './closing.js';
import type { H2Connection } from './connection.js';
import type { FrameIntake } from './frame-intake.js';
import {
  CANCEL,
  FLAG_END_STREAM,
  FLOW_CONTROL_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  STREAM_CLOSED,
} from './frames-codes.js';
import { calmDown, connectionError, onIdle, overLimit, streamError } from './h2-errors.js';
import { HeaderList } from './header-list.js';
import { HpackDecoder } from './hpack/decoder.js';
import { type Priority, parsePriority } from './priority.js';
import type { H2Sink, H2Stream } from './stream.js';
import { h2StreamTable } from './tables.js';

const { event } = h2StreamTable;

/** Makes the sink of a stream that the peer opened. Must not throw. */
export type H2RequestListener = (stream: H2Stream, list: HeaderList) => H2Sink;

export class InboundMessages {
  private readonly connection: H2Connection;
  private readonly closing: Closing;
  private readonly input: ReceiveBuffer;
  private readonly intake: FrameIntake;
  /** Null for a client. */
  private readonly listener: H2RequestListener | null;
  private readonly decoder: HpackDecoder;
  private readonly list: HeaderList;
  private dataEnds: boolean;

  constructor(
    connection: H2Connection,
    closing: Closing,
    intake: FrameIntake,
    listener: H2RequestListener | null,
  ) {
    this.connection = connection;
    this.closing = closing;
    this.input = connection.context.input;
    this.intake = intake;
    this.listener = listener;
    this.decoder = new HpackDecoder(undefined, undefined, connection.context.text);
    this.list = new HeaderList(connection.settings.maxFields);
    this.dataEnds = false;
  }

  /** Our SETTINGS_HEADER_TABLE_SIZE, once it is acknowledged. */
  setTableLimit(bytes: number): void {
    this.decoder.setLimit(bytes);
  }

  prioritise(stream: H2Stream, { urgency, incremental }: Priority): void {
    stream.incremental = incremental;
    this.connection.outbound.scheduler.reprioritise(stream, urgency);
  }

  /** A request that was read before this session began, with all its content, none of which was ever DATA. */
  takeUp(request: UpgradedRequest, content: readonly Lease[]): void {
    const { connection, list } = this;
    list.takeUp(request);
    const stream = connection.firstStream();
    stream.declaredLength = declaredBy(list, content.length === 0);
    if (list.priority !== undefined) this.prioritise(stream, parsePriority(list.priority));
    stream.sink = (this.listener as H2RequestListener)(stream, list);
    for (const lease of content) {
      stream.receivedBytes += lease.length;
      stream.keepReceived(lease.transfer(stream.machine.owner));
    }
  }

  beginData(): UndercoatError | undefined {
    const { connection } = this;
    const { view } = this.intake;
    const { length, padding, streamId } = view;
    if (connection.streams.isIdle(streamId)) return onIdle('DATA');
    if (!connection.window.charge(length)) {
      return connectionError(FLOW_CONTROL_ERROR, 'connection-window', 'RFC 9113 §6.9.1', beyondWindow);
    }
    // Padding is nobody's: its credit is due at once (CON-4).
    connection.window.credit(padding);
    connection.dataStream = null;
    this.dataEnds = (view.flags & FLAG_END_STREAM) !== 0;
    const stream = connection.streams.live.get(streamId);
    const isEmpty = length === padding;
    if (stream === undefined) {
      if (!this.isIgnored(streamId)) return onClosed('DATA');
      return isEmpty ? connection.trifle() : undefined;
    }
    const fault = this.charge(stream, length, padding);
    if (fault !== undefined) {
      return fault.answer.kind === 'status'
        ? this.refuse(stream, fault)
        : connection.streamFault(stream, fault);
    }
    connection.dataStream = stream;
    return isEmpty && !this.dataEnds ? connection.trifle() : undefined;
  }

  /**
   * DATA that has arrived: lent to its consumer where it lies, or copied if it is too little to pin a slab, or if it has
   * to wait (OWN-8).
   */
  takeData(count: number): void {
    const { connection, input } = this;
    const { dataStream: stream } = connection;
    this.intake.tookData(count);
    if (stream === null || stream.sink === null || stream.sink.discardsBody) {
      input.discard(count);
      if (stream === null) connection.window.credit(count);
      else {
        connection.credited(stream, count);
        // As on a socket: what is sent to whoever let go of the tunnel is answered by a reset.
        if (stream.isTunnel && stream.sink !== null) connection.breakOff(stream, tunnelLetGo());
      }
      return;
    }
    const { sink } = stream;
    if (stream.backlog.length > 0 || !sink.wantsBody) {
      connection.waiting.add(stream, count, connection.streams.live);
      return;
    }
    stream.bodyAt = connection.now;
    if (count < connection.settings.lendFromBytes) {
      const packer = connection.streams.packer(stream, input.source);
      const packed = packer.pack(input.bytes, input.start, input.start + count, sink.bodyOwner, 'body');
      if (packed !== undefined) {
        input.consume(count);
        packed.chargeTo(stream);
        sink.data(packed);
        if (!packed.live) packer.settle();
        return;
      }
    }
    const lease = input.take(count, sink.bodyOwner, 'body');
    lease.chargeTo(stream);
    sink.data(lease);
  }

  endData(): UndercoatError | undefined {
    const { connection } = this;
    const { dataStream: stream } = connection;
    connection.dataStream = null;
    if (stream === null || !this.dataEnds) return undefined;
    return this.complete(stream, undefined);
  }

  /** Every block is decoded, wherever it belongs (CON-5). */
  block(): UndercoatError | undefined {
    const { connection, intake, decoder, list } = this;
    const { streams, settings, isServer } = connection;
    const { streamId } = intake;
    const stream = streams.live.get(streamId);
    const isFresh = stream === undefined && isServer && streamId % 2 === 1 && streamId > streams.lastOfPeer;
    list.begin(stream?.headReceived === true ? 'trailers' : isServer ? 'request' : 'response');
    const sink = stream !== undefined || isFresh ? list : null;
    if (!decoder.decodeBlock(this.input.bytes, intake.at, intake.end, sink, settings.maxHeaderListBytes)) {
      return decoder.error;
    }
    list.finish(decoder.overLimit, isServer && settings.extendedConnect);
    const end = (intake.flags & FLAG_END_STREAM) !== 0;
    if (isFresh) return this.request(streamId, end);
    if (stream === undefined) {
      if (streams.isIdle(streamId)) return onIdle('HEADERS');
      if (streams.wasPassedOver(streamId)) return outOfOrder();
      return this.isIgnored(streamId) ? connection.trifle() : onClosed('HEADERS');
    }
    if (stream.inputComplete) {
      const error = streamError(
        STREAM_CLOSED,
        'headers-after-end',
        'RFC 9113 §5.1',
        'HEADERS after END_STREAM',
      );
      return connection.streamFault(stream, error);
    }
    if (stream.isTunnel) return connection.streamFault(stream, inTunnel());
    if (list.malformed !== '') return connection.streamFault(stream, malformed(list.malformed));
    return stream.headReceived ? this.trailers(stream, end) : this.response(stream, end);
  }

  private get isListTooLong(): boolean {
    return this.decoder.overLimit || this.list.tooMany;
  }

  /** Frames of such a stream may have been sent before the peer learnt that we had done with it. */
  private isIgnored(id: number): boolean {
    const { streams } = this.connection;
    return streams.wasReset(id) || (!streams.isOurs(id) && id > this.closing.ourLast);
  }

  private charge(stream: H2Stream, length: number, padding: number): UndercoatError | undefined {
    if (stream.inputComplete)
      return streamError(STREAM_CLOSED, 'data-after-end', 'RFC 9113 §5.1', 'DATA after END_STREAM');
    if (!stream.headReceived)
      return streamError(PROTOCOL_ERROR, 'data-before-head', 'RFC 9113 §8.1', 'DATA before the head');
    if (!stream.receiveWindow.charge(length))
      return streamError(FLOW_CONTROL_ERROR, 'stream-window', 'RFC 9113 §6.9.1', beyondWindow);
    stream.receiveWindow.credit(padding);
    if (padding > 0) this.connection.due.add(stream);
    const total = stream.receivedBytes + length - padding;
    if (stream.declaredLength >= 0 && total > stream.declaredLength)
      return streamError(PROTOCOL_ERROR, 'content-length', 'RFC 9113 §8.1.1', 'more DATA than there may be');
    const { maxBodyBytes } = this.connection.settings;
    if (total > maxBodyBytes && !stream.isTunnel) {
      const message = `the body is longer than ${maxBodyBytes} bytes`;
      if (this.listener === null) return overLimit('maxBodyBytes', 'body-too-large', 'OWN-8', message);
      return new LimitError(
        'maxBodyBytes',
        'body-too-large',
        'RFC 9110 §15.5.14',
        message,
        answerStatus(413),
      );
    }
    stream.receivedBytes = total;
    stream.machine.take(event['receive-data']);
    return undefined;
  }

  /** An answer in place of the application's, if it has not begun with its own. */
  private refuse(stream: H2Stream, error: UndercoatError): UndercoatError | undefined {
    const { connection } = this;
    const { answer } = error;
    if (stream.headSent || answer.kind !== 'status') return connection.streamFault(stream, error);
    connection.answerFor(stream, error, answer.status);
    if (!connection.resets.spend(connection.now)) return calmDown('resets', 'too many requests were refused');
    return connection.owed();
  }

  /** END_STREAM: what was declared must have come (RFC 9113 §8.1.1). */
  private complete(stream: H2Stream, trailers: string[] | undefined): UndercoatError | undefined {
    const { connection } = this;
    if (stream.declaredLength > stream.receivedBytes) {
      const error = streamError(
        PROTOCOL_ERROR,
        'content-length',
        'RFC 9113 §8.1.1',
        'less DATA than was declared',
      );
      return connection.streamFault(stream, error);
    }
    stream.inputComplete = true;
    stream.completeAt = connection.now;
    stream.trailers = trailers;
    stream.machine.take(event['receive-end']);
    connection.touch(stream);
    return undefined;
  }

  private request(id: number, end: boolean): UndercoatError | undefined {
    const { connection, list } = this;
    const { streams } = connection;
    streams.begunByPeer(id);
    const said = list.priority === undefined ? undefined : parsePriority(list.priority);
    const priority = streams.takePriority(id) ?? said;
    // Beyond the last stream that we said we would take: as if it had never been sent (RFC 9113 §6.8).
    if (id > this.closing.ourLast) return connection.trifle();
    if (this.isFull) return this.turnAway(id);
    const stream = connection.makeStream(id, connection.now);
    streams.add(stream);
    stream.machine.take(event['receive-headers']);
    stream.headReceived = true;
    if (list.malformed !== '') return connection.streamFault(stream, malformed(list.malformed));
    if (this.isListTooLong) return this.refuseHead(stream, end);
    // What follows a CONNECT is no content: it may be sent ahead of the answer (RFC 9110 §9.3.6).
    stream.declaredLength = list.method === 'CONNECT' ? -1 : declaredBy(list, end);
    if (end && stream.declaredLength > 0) return this.complete(stream, undefined);
    if (priority !== undefined) this.prioritise(stream, priority);
    stream.sink = (this.listener as H2RequestListener)(stream, list);
    connection.touch(stream);
    return end ? this.complete(stream, undefined) : undefined;
  }

  /** What our application has not read of streams that are over takes no place of those that we allow, up to a limit. */
  private get isFull(): boolean {
    const { settings, streams } = this.connection;
    const { maxConcurrentStreams, maxUnreadStreams } = settings;
    const { peerCount } = streams;
    // Those that are open are among them: as a rule there is nothing to count.
    if (peerCount < maxConcurrentStreams) return false;
    return peerCount >= maxConcurrentStreams + maxUnreadStreams || streams.openOfPeer >= maxConcurrentStreams;
  }

  /** A request that the application has not seen (RFC 9113 §8.7); charged for only if the peer went over its limit. */
  private turnAway(id: number): UndercoatError | undefined {
    const { connection } = this;
    const { streams, settings } = connection;
    connection.outbound.writer.reset(id, REFUSED_STREAM);
    streams.rememberReset(id);
    if (streams.openOfPeer < settings.maxConcurrentStreams) return connection.trifle() ?? connection.owed();
    if (!connection.resets.spend(connection.now)) return calmDown('resets', 'too many streams were refused');
    return connection.owed();
  }

  /** 431, without the application (RFC 6585 §5). */
  private refuseHead(stream: H2Stream, end: boolean): UndercoatError | undefined {
    const fault = end ? this.complete(stream, undefined) : undefined;
    const error = new LimitError(
      'maxHeaderListBytes',
      'headers-too-large',
      'RFC 6585 §5',
      'the header list is over the limit',
      answerStatus(431),
    );
    return fault ?? this.refuse(stream, error);
  }

  private response(stream: H2Stream, end: boolean): UndercoatError | undefined {
    const { connection, list } = this;
    if (this.isListTooLong) return connection.streamFault(stream, listTooLong());
    const { status } = list;
    const isInterim = status < 200;
    if (isInterim && end) {
      return connection.streamFault(stream, malformed('an interim response with END_STREAM'));
    }
    stream.machine.take(event['receive-headers']);
    if (isInterim) {
      stream.sink?.head(list, end);
      return connection.trifle();
    }
    // These have no content, whatever their Content-Length says (RFC 9110 §6.4.1, §8.6).
    const isEmpty = stream.noContent || status === 304 || status === 204;
    stream.declaredLength = isEmpty ? 0 : declaredBy(list, end);
    stream.sink?.head(list, end);
    stream.headReceived = true;
    stream.bodyAt = connection.now;
    connection.touch(stream);
    return end ? this.complete(stream, undefined) : undefined;
  }

  private trailers(stream: H2Stream, end: boolean): UndercoatError | undefined {
    const { connection } = this;
    if (!end) return connection.streamFault(stream, malformed('trailers without END_STREAM'));
    if (this.isListTooLong) return connection.streamFault(stream, listTooLong());
    stream.machine.take(event['receive-headers']);
    stream.sensitiveTrailers = this.list.sensitive;
    return this.complete(stream, this.list.takeFields());
  }
}

const beyondWindow = 'DATA beyond the window';

/** What a head says of its content: that it ends the message says that there is none. */
function declaredBy({ contentLength }: HeaderList, end: boolean): number {
  return end && contentLength < 0 ? 0 : contentLength;
}

function onClosed(what: string): UndercoatError {
  return connectionError(STREAM_CLOSED, 'closed-stream', 'RFC 9113 §5.1', `${what} on a closed stream`);
}

function outOfOrder(): UndercoatError {
  const message = 'a stream is begun below one that was begun before';
  return connectionError(PROTOCOL_ERROR, 'stream-order', 'RFC 9113 §5.1.1', message);
}

function malformed(why: string): UndercoatError {
  return streamError(PROTOCOL_ERROR, 'malformed', 'RFC 9113 §8.1.1', why);
}

function inTunnel(): UndercoatError {
  return streamError(PROTOCOL_ERROR, 'headers-in-tunnel', 'RFC 9113 §8.5', 'HEADERS on a connected stream');
}

function tunnelLetGo(): UndercoatError {
  return streamError(CANCEL, 'tunnel-let-go', 'RFC 9113 §8.5', 'DATA for a tunnel that nobody has any more');
}

function listTooLong(): UndercoatError {
  return overLimit(
    'maxHeaderListBytes',
    'headers-too-large',
    'RFC 9113 §6.5.2',
    'the header list is over the limit',
  );
}
