/**
 * What streams send (RFC 9113 §5.2, §8.1; RFC 9218): heads at once, DATA as windows, priorities and the transport allow.
 * DATA that may go at once does; the rest waits at its stream, and the scheduler says whose turn it is.
 *
 * It does not know who receives, nor what an exchange means.
 */
import { LimitError, MisuseError } from '../../errors.js';
import type { Lease, Returned, SendBuffer } from '../../memory/index.js';
import type { TextCodec } from '../../memory/text.js';
import { SendWindow } from './flow.js';
import { DEFAULT_HEADER_TABLE_SIZE, DEFAULT_WINDOW_SIZE, MIN_MAX_FRAME_SIZE } from './frames-codes.js';
import { HpackEncoder } from './hpack/encoder.js';
import { type H2Settings, lentHighWaterBytes } from './options.js';
import { Scheduler } from './scheduler.js';
import { type H2Stream, noneWaiting, type Waiting } from './stream.js';
import { h2StreamTable } from './tables.js';
import { FrameWriter, type HeaderFields } from './writer.js';

const { event } = h2StreamTable;
/**
 * Frames of one turn of a message that is of no use in part (RFC 9218 §4.2): more of it at once, and no more, so that a
 * large one does not hold up a small one of its urgency. One that is used as it comes has one.
 */
const framesAtOnce = 4;
/** What every peer takes (RFC 9113 §6.5.2). Longer frames are not sent though it may allow them: they hold others up. */
const mostFrameBytes = MIN_MAX_FRAME_SIZE;

export class Outbound {
  readonly writer: FrameWriter;
  readonly encoder: HpackEncoder;
  /** The connection's window. */
  readonly window: SendWindow;
  readonly scheduler: Scheduler<H2Stream>;
  /** Streams whose message went out whole in a turn of the scheduler's; the session looks after them. */
  ended: H2Stream[];
  /** Bytes of DATA that were framed; whoever reads it sets it back. */
  framedBytes: number;
  private readonly output: SendBuffer;
  private readonly settings: H2Settings;
  private readonly lentHighWater: number;

  constructor(output: SendBuffer, text: TextCodec, settings: H2Settings) {
    this.writer = new FrameWriter(output, settings.copyBelowBytes);
    this.encoder = new HpackEncoder(
      settings.encoderTableBytes,
      text,
      DEFAULT_HEADER_TABLE_SIZE,
      settings.sensitiveFields,
    );
    this.window = new SendWindow(DEFAULT_WINDOW_SIZE);
    this.scheduler = new Scheduler();
    this.ended = [];
    this.framedBytes = 0;
    this.output = output;
    this.settings = settings;
    this.lentHighWater = lentHighWaterBytes(settings);
  }

  /** Sends a header block. False when it could not be built: nothing was sent, and the compression state is as it was. */
  head(stream: H2Stream, fields: HeaderFields, end: boolean): boolean {
    if (!this.writer.headers(stream.id, this.encoder, fields, end, mostFrameBytes)) return false;
    stream.machine.take(event['send-headers']);
    if (end) this.sentEnd(stream);
    return true;
  }

  /** Sends a whole message with content, whose bytes are treated as `data` does. False as for `head`. */
  message(stream: H2Stream, fields: HeaderFields, body: Uint8Array): boolean {
    const { length } = body;
    if (!this.goesAtOnce(stream, length)) {
      if (!this.head(stream, fields, false)) return false;
      this.data(stream, body, 0, length, undefined, true);
      return true;
    }
    if (!this.writer.message(stream.id, this.encoder, fields, body, mostFrameBytes)) return false;
    this.spend(stream, length);
    stream.machine.take(event['send-headers']);
    this.sentData(stream, true);
    return true;
  }

  /**
   * Body bytes of a foreign buffer: copied if they are few, else frozen until `returned` is told.
   * @returns `written` when they were copied, and `returned` will not be told
   */
  data(
    stream: H2Stream,
    bytes: Uint8Array,
    start: number,
    end: number,
    returned: Returned | undefined,
    last: boolean,
  ): 'written' | undefined {
    const length = end - start;
    if (length === 0) {
      if (last) this.end(stream, undefined);
      return 'written';
    }
    this.admit(stream);
    const isShort = length <= this.settings.copyBelowBytes;
    if (this.goesAtOnce(stream, length)) {
      this.spend(stream, length);
      if (isShort) this.writer.copy(stream.id, bytes, start, end, last);
      else this.writer.data(stream.id, foreign(bytes, start, end, returned), length, last);
      this.sentData(stream, last);
      return isShort ? 'written' : undefined;
    }
    // What waits for a tunnel stays its user's until it is framed: he goes by that, and is held back by it (OWN-8).
    const isCopied = isShort && !stream.isTunnel;
    const item = isCopied
      ? foreign(bytes.slice(start, end), 0, length, undefined)
      : foreign(bytes, start, end, returned);
    this.enqueue(stream, item);
    if (last) this.end(stream, undefined);
    return isCopied ? 'written' : undefined;
  }

  /** Body bytes that lie in a lease, which is the stream's from now on. */
  lease(stream: H2Stream, lease: Lease, end: boolean): void {
    if (lease.length === 0) lease.release();
    else {
      this.admit(stream);
      const own = lease.transfer(stream.machine.owner, 'output');
      const { bytes, start, end: last } = own;
      this.enqueue(stream, { bytes, start, end: last, lease: own, returned: undefined, lent: false });
    }
    if (end) this.end(stream, undefined);
  }

  /** The message is complete: END_STREAM goes with what is last. */
  end(stream: H2Stream, trailers: HeaderFields | undefined): void {
    stream.ending = true;
    stream.sendTrailers = trailers;
    if (stream.waiting.length === 0) this.sendEnd(stream);
  }

  /** What waits is not sent: it has failed. The message ends with what was. */
  cutShort(stream: H2Stream): void {
    this.drop(stream);
    if (stream.machine.can(event['send-end'])) this.end(stream, undefined);
  }

  /** Frames DATA while there is a window and the transport keeps up. */
  pump(now: number): void {
    const { scheduler, settings, output } = this;
    while (
      scheduler.size > 0 &&
      this.window.available > 0 &&
      output.pendingBytes < settings.outputHighWaterBytes
    ) {
      const stream = scheduler.take() as H2Stream;
      stream.sentAt = now;
      let frames = stream.incremental ? 1 : framesAtOnce;
      do {
        this.turn(stream);
        frames -= 1;
      } while (
        frames > 0 &&
        stream.queued &&
        this.window.available > 0 &&
        output.pendingBytes < settings.outputHighWaterBytes
      );
    }
  }

  /** The stream's window grew, or shrank. */
  windowChanged(stream: H2Stream): void {
    if (stream.sendWindow.available > 0 && stream.waiting.length > 0) this.scheduler.add(stream);
    else if (stream.sendWindow.available <= 0) this.scheduler.remove(stream);
  }

  /** Nothing more of the stream is sent: what waits has failed, and its leases go back. */
  drop(stream: H2Stream): void {
    this.scheduler.remove(stream);
    const { waiting } = stream;
    stream.waiting = noneWaiting;
    stream.waitingBytes = 0;
    for (const item of waiting) {
      item.lease?.release();
      const { returned } = item;
      if (returned === undefined) continue;
      // What was lent of it may be on its way: until that is written its owner keeps his hands off (OWN-4).
      if (item.lent && this.output.pendingBytes > 0) {
        this.output.lend(item.bytes, item.end, item.end, () => returned('failed'));
      } else returned('failed');
    }
  }

  private goesAtOnce(stream: H2Stream, length: number): boolean {
    const { copyBelowBytes, outputHighWaterBytes } = this.settings;
    return (
      stream.waiting.length === 0 &&
      length <= mostFrameBytes &&
      length <= stream.sendWindow.available &&
      length <= this.window.available &&
      this.scheduler.size === 0 &&
      this.output.pendingBytes < (length > copyBelowBytes ? this.lentHighWater : outputHighWaterBytes)
    );
  }

  /** One turn: one frame. */
  private turn(stream: H2Stream): void {
    const item = stream.waiting[0] as Waiting;
    const left = item.end - item.start;
    const count = Math.min(left, mostFrameBytes, stream.sendWindow.available, this.window.available);
    const last = count === left && stream.waiting.length === 1;
    const end = last && stream.ending && stream.sendTrailers === undefined;
    this.spend(stream, count);
    stream.waitingBytes -= count;
    if (count === left) stream.dropWaiting();
    this.writer.data(stream.id, item, count, end);
    item.start += count;
    if (last || stream.sendWindow.available <= 0) this.scheduler.remove(stream);
    this.sentData(stream, end);
    if (last && stream.ending) {
      if (!end) this.sendEnd(stream);
      this.ended.push(stream);
    }
  }

  private sentData(stream: H2Stream, end: boolean): void {
    stream.machine.take(event['send-data']);
    if (end) {
      stream.ending = true;
      this.sentEnd(stream);
    }
  }

  private sentEnd(stream: H2Stream): void {
    stream.machine.take(event['send-end']);
    // A client waits for the answer from the next turn on (LAY-4); what a server ends has been answered.
    stream.completeAt = Number.POSITIVE_INFINITY;
  }

  private sendEnd(stream: H2Stream): void {
    const { sendTrailers } = stream;
    if (sendTrailers === undefined) {
      this.writer.endData(stream.id);
      this.sentData(stream, true);
    } else if (!this.head(stream, sendTrailers, true)) stream.outputFailed = true;
  }

  private spend(stream: H2Stream, count: number): void {
    stream.sendWindow.spend(count);
    this.window.spend(count);
    this.framedBytes += count;
  }

  private enqueue(stream: H2Stream, item: Waiting): void {
    stream.keepWaiting(item);
    if (stream.sendWindow.available > 0) this.scheduler.add(stream);
  }

  private admit(stream: H2Stream): void {
    if (stream.ending) throw new MisuseError('after-end', 'RFC 9113 §8.1', 'the message is complete already');
    // A transport takes what it is given: its user goes by what was written.
    if (stream.isTunnel) return;
    const { outputLimitBytes } = this.settings;
    if (stream.waitingBytes > outputLimitBytes) {
      throw new LimitError(
        'outputLimitBytes',
        'output-limit',
        'OWN-8',
        `more than ${outputLimitBytes} bytes wait on the stream: wait for writable`,
        { kind: 'none' },
      );
    }
  }
}

function foreign(bytes: Uint8Array, start: number, end: number, returned: Returned | undefined): Waiting {
  return { bytes, start, end, lease: undefined, returned, lent: false };
}
