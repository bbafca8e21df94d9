/**
 * The H1 session of a client (RFC 9112): frames requests in order, reads the responses in the same order with the head
 * reader that the server's session uses too, and decides whether the connection can be used again.
 *
 * It does not know what an exchange means to the application, who drives it, or what carries the bytes.
 */
import { answerClose, type LimitError, type UndercoatError } from '../../errors.js';
import type { Verdict } from '../contract.js';
import { OVERDRAWN, PAUSED } from './body-reader.js';
import { H1ClientRequests, type InFlight, untimed } from './client-requests.js';
import { outputExhausted } from './content-writer.js';
import { FieldsView } from './fields.js';
import { FRAMING_TUNNEL, FRAMING_UNTIL_CLOSE } from './head-reader.js';
import { H1Head } from './message-head.js';
import { COMPLETE, ERROR } from './results.js';
import {
  connectionClosed,
  earlyResponse,
  incomplete,
  inputExhausted,
  notAnswered,
  timeout,
  tooManyInterim,
  unasked,
  undrained,
  unsolicited,
} from './session-errors.js';
import { h1ClientTable } from './tables.js';

const { state, event } = h1ClientTable;

export class H1ClientSession extends H1ClientRequests {
  written(now: number): Verdict {
    this.now = now;
    this.noteTime();
    if (!this.relieved()) return this.verdict();
    if (this.sending !== null) this.sending.stream.sendable();
    return this.advance();
  }

  deadline(): number {
    const { deadlines } = this.context;
    const current = this.flight[0];
    if (this.over) return Number.POSITIVE_INFINITY;
    if (current === undefined) return this.since + deadlines.idle;
    if (current.since === untimed) return Number.POSITIVE_INFINITY;
    const total = current.since + deadlines.total;
    switch (this.machine.state) {
      case state.waiting:
        return Math.min(total, this.answerDue(current));
      case state.head:
        return Math.min(total, this.since + deadlines.head);
      default:
        return this.responseComplete ? total : Math.min(total, this.bodyDue(current.since));
    }
  }

  expire(now: number): Verdict {
    this.now = now;
    if (now < this.deadline()) return this.verdict();
    const current = this.flight[0];
    if (current === undefined) {
      this.machine.take(event.timeout);
      this.finish('end', undefined);
    } else this.breakOff(event.timeout, this.timeoutOf(current, now));
    return this.told();
  }

  shutdown(now: number): Verdict {
    this.now = now;
    this.shuttingDown = true;
    if (this.machine.state === state.idle) {
      this.machine.take(event.shutdown);
      this.finish('end', undefined);
    }
    return this.told();
  }

  fail(error: UndercoatError | undefined, now: number): void {
    this.now = now;
    if (!this.machine.step(event['transport-gone'])) {
      this.abandon(error);
      return;
    }
    const reason = error ?? connectionClosed();
    this.finish('abort', this.machine.state === state.failed ? reason : this.error);
    this.endAll(reason);
    this.told();
  }

  protected advance(): Verdict {
    this.pausedBy = undefined;
    this.noteTime();
    if (this.writer.exhausted && this.broken === undefined) this.broken = outputExhausted();
    let more = true;
    while (more && !this.over) {
      if (this.broken !== undefined) {
        this.breakOffAll(this.broken);
        break;
      }
      switch (this.machine.state) {
        case state.idle:
          more = this.idle();
          break;
        case state.waiting:
        case state.head:
          more = this.readHead();
          break;
        default:
          more = this.readBody();
      }
    }
    return this.told();
  }

  private idle(): boolean {
    if (this.input.pendingBytes > 0) {
      this.machine.take(event.refuse);
      this.input.discard(this.input.pendingBytes);
      this.finish('abort', unsolicited());
    } else if (this.inputEnded) {
      this.machine.take(event['input-end']);
      this.finish('end', undefined);
    } else if (this.shuttingDown) {
      this.machine.take(event.shutdown);
      this.finish('end', undefined);
    }
    return false;
  }

  /** @returns whether there is more to do */
  private readHead(): boolean {
    const { input, reader, machine } = this;
    if (input.end > input.start) {
      // What came before the request went out answers something else.
      if (this.context.output.takenBytes <= (this.flight[0] as InFlight).sentAt)
        return this.refuse(unsolicited());
      const result = reader.read(input.bytes, input.start, input.end);
      if (result === COMPLETE) return this.headComplete();
      if (result === ERROR) return this.refuse(reader.error as UndercoatError);
      if (machine.state === state.waiting) {
        machine.take(event.bytes);
        this.since = this.now;
      }
      if (input.full) return this.refuse(inputExhausted(answerClose));
    }
    if (this.inputEnded) {
      const begun = machine.state === state.head;
      this.breakOff(event['input-end'], begun ? incomplete('head', answerClose) : notAnswered());
    }
    return false;
  }

  private headComplete(): boolean {
    const { reader, input } = this;
    const current = this.flight[0] as InFlight;
    const { stream } = current;
    const interim = reader.status < 200 && reader.status !== 101;
    const switches = reader.status === 101 || reader.framing === FRAMING_TUNNEL;
    if (switches && !this.agreed(current)) return this.refuse(unasked());
    if (interim && current.interims >= this.settings.maxInterim)
      return this.refuse(tooManyInterim(current.interims));
    const { framing, contentLength, persistent } = reader;
    const untilClose = framing === FRAMING_UNTIL_CLOSE;
    if (interim) this.machine.take(event.interim);
    else if (switches) this.machine.take(event.upgrade);
    else this.machine.take(untilClose ? event['response-until-close'] : event.response);
    const head = new H1Head(reader, input, this.owner, this.context.text);
    reader.reset(stream.method);
    if (interim) {
      current.interims += 1;
      stream.interim(head);
      head.giveBack();
      return true;
    }
    if (switches) return this.switchOver(current, head);
    current.head = head;
    if (!persistent || untilClose) this.persistent = false;
    this.bodyReader.begin(framing, contentLength);
    this.bodyWaiting = false;
    this.responseComplete = false;
    stream.final(head);
    return true;
  }

  /** LAY-7: we asked for what the peer does, have sent all of it, and there is somebody to go on. */
  private agreed({ stream }: InFlight): boolean {
    if (!stream.takesPipe) return false;
    if (this.reader.status !== 101) return true;
    return stream.asksUpgrade && this.reader.upgrades && stream.asksFor(this.protocols());
  }

  /** What the head that was just read says in Upgrade: a borrow (OWN-3). */
  private protocols(): string {
    const { input, reader } = this;
    const { bytes, start } = input;
    const fields = new FieldsView(bytes, start + reader.fieldsAt, start + reader.length, this.context.text);
    return fields.get('upgrade') ?? '';
  }

  private switchOver(current: InFlight, head: H1Head): boolean {
    this.successor = current.stream.upgraded(head);
    head.giveBack();
    // Nothing follows a request that asks for this: it was the only one.
    this.flight.shift();
    current.stream.finished();
    return false;
  }

  /** @returns whether there is more to do */
  private readBody(): boolean {
    const { bodyReader, input, machine } = this;
    const current = this.flight[0] as InFlight;
    const { stream } = current;
    stream.settle();
    if (this.responseComplete) return this.completeIfSent(current);
    const before = bodyReader.receivedBytes;
    const discards = stream.discardsBody;
    if (discards && !bodyReader.drainable)
      return this.breakOff(event.abort, undrained(this.settings.drainBytes));
    const result = bodyReader.read(input, discards ? null : stream);
    // What the application broke off in a callback is over, whatever came behind those bytes.
    if (this.broken !== undefined) return true;
    if (result === COMPLETE) {
      this.responseComplete = true;
      stream.receiveEnd(this.takeTrailers());
      return true;
    }
    if (result === ERROR) return this.refuse(bodyReader.error as UndercoatError);
    if (result === OVERDRAWN) return this.breakOff(event.abort, undrained(this.settings.drainBytes));
    if (result === PAUSED) {
      this.bodyWaiting = false;
      this.pausedBy = 'application';
      // The application may have discarded it in a callback.
      return stream.discardsBody;
    }
    this.awaitBytes(before);
    if (input.full) return this.refuse(inputExhausted(answerClose));
    if (!this.inputEnded) return false;
    if (machine.state !== state['until-close'])
      return this.breakOff(event['input-end'], incomplete('body', answerClose));
    machine.take(event['input-end']);
    return this.endWithResponse(current);
  }

  /** The end of the connection is the end of the response (RFC 9112 §6.3). */
  private endWithResponse(current: InFlight): false {
    const { stream } = current;
    this.flight.shift();
    stream.receiveEnd(undefined);
    if (current.requestComplete) {
      this.finish('end', undefined);
      stream.finished();
    } else {
      this.finish('abort', earlyResponse());
      stream.failed(earlyResponse(), false);
    }
    current.head?.giveBack();
    this.endAll(notAnswered());
    return false;
  }

  /** The response is complete; the exchange is when the request is, too (RFC 9112 §9.3). */
  private completeIfSent(current: InFlight): boolean {
    if (!current.stream.bodySettled) {
      this.pausedBy = 'application';
      return false;
    }
    if (!current.requestComplete) {
      this.pausedBy = 'application';
      if (this.persistent && !this.inputEnded) return false;
      // The peer will not read the rest (RFC 9112 §9.5).
      return this.breakOff(event.abort, earlyResponse());
    }
    this.flight.shift();
    this.since = this.now;
    const last = !this.persistent;
    if (last) this.machine.take(event['last-body-complete']);
    else this.machine.take(this.flight.length > 0 ? event['body-complete-more'] : event['body-complete']);
    if (last) this.finish('end', undefined);
    const next = this.flight[0];
    if (next !== undefined) this.prepare(next);
    // First: the application may begin the next exchange in the callback.
    current.head?.giveBack();
    current.stream.finished();
    if (last) this.endAll(notAnswered());
    return true;
  }

  private refuse(error: UndercoatError): false {
    return this.breakOff(event.refuse, error);
  }

  private breakOffAll(reason: UndercoatError): void {
    if (this.machine.state === state.idle) this.machine.take(event.refuse);
    else this.machine.take(event.abort);
    this.input.discard(this.input.pendingBytes);
    this.finish('abort', reason);
    this.endAll(reason);
  }

  /** Nothing after an error is interpreted (WIRE-2): the connection ends, and so does everything in flight. */
  private breakOff(cause: number, error: UndercoatError): false {
    this.machine.take(cause);
    this.input.discard(this.input.pendingBytes);
    this.finish('abort', error);
    this.endAll(error);
    return false;
  }

  private answerDue(current: InFlight): number {
    if (current.writtenAt === untimed) return Number.POSITIVE_INFINITY;
    return Math.max(current.writtenAt, this.since) + this.context.deadlines.firstByte;
  }

  private timeoutOf(current: InFlight, now: number): LimitError {
    const { deadlines } = this.context;
    if (current.since + deadlines.total <= now)
      return timeout('total', 'exchange-timeout', 'LAY-4', answerClose);
    if (this.machine.state === state.waiting)
      return timeout('firstByte', 'first-byte-timeout', 'LAY-4', answerClose);
    if (this.machine.state === state.head) return timeout('head', 'head-timeout', 'LAY-4', answerClose);
    return this.bodyTimeout(now, 'LAY-4', answerClose);
  }
}
