/**
 * Sends and checks planned messages, whichever end does it: content in pieces while the peer takes it, and each byte
 * and trailer of what comes. This file does not know which end it plays.
 */
import { TransportError, type UndercoatError } from '../errors.js';
import type { Lease } from '../memory/index.js';
import type { BodyConsumer, Fields, OutgoingBody } from '../stream/contract.js';
import { ContentCheck, type Pattern } from './content.js';
import type { PlannedMessage } from './plan.js';
import type { Trial } from './trial.js';

/** Host of every request. */
export const authority = 'localhost';

/** Why an exchange ends that a scenario breaks off. */
export function brokenOff(): TransportError {
  return new TransportError('broken-off', 'the scenario breaks the exchange off here');
}

/** Sends a message's content and ends the message; waits whenever the peer does not take it. */
export function sendContent(
  body: OutgoingBody,
  message: PlannedMessage,
  pattern: Pattern,
  stopAt = Number.POSITIVE_INFINITY,
  stop?: () => void,
): void {
  const last = Math.min(message.bodyBytes, stopAt);
  let sent = 0;
  const go = (): void => {
    while (sent < last) {
      if (!body.writable) return;
      const piece = pattern.at(message.from + sent, Math.min(message.pieceBytes, last - sent));
      sent += piece.length;
      body.send(piece);
    }
    body.onWritable = undefined;
    if (stop !== undefined) stop();
    else if (message.trailers.length > 0) body.end(message.trailers);
    else body.end();
  };
  body.onWritable = go;
  go();
}

/** What whoever receives a message adds to the checking of it. */
export interface MessageReader {
  /** So many bytes of content have come by now. */
  progressed?(receivedBytes: number): void;
  /** It came whole; what was wrong with it is on record. */
  ended(): void;
  /** It will not come whole. */
  failed?(error: UndercoatError): void;
}

/** Checks a message as it comes, and releases every lease of it at once. */
export class CheckingConsumer implements BodyConsumer {
  private readonly check: ContentCheck;
  private readonly what: string;
  private readonly message: PlannedMessage;
  private readonly trial: Trial;
  private readonly delivered: (bytes: number) => void;
  private readonly reader: MessageReader;

  /** `delivered` counts content that the application was given. `what` names the message in faults. */
  constructor(
    what: 'request' | 'response',
    message: PlannedMessage,
    expectedBytes: number,
    pattern: Pattern,
    trial: Trial,
    delivered: (bytes: number) => void,
    reader: MessageReader,
  ) {
    this.check = new ContentCheck(pattern, message.from, expectedBytes);
    this.what = what;
    this.message = message;
    this.trial = trial;
    this.delivered = delivered;
    this.reader = reader;
  }

  data(lease: Lease): void {
    const { bytes, start, end } = lease;
    this.check.take(bytes, start, end);
    lease.release();
    this.delivered(end - start);
    this.reader.progressed?.(this.check.receivedBytes);
  }

  end(trailers: Fields | undefined): void {
    this.check.complete();
    this.report();
    checkFields(`${this.what} trailer`, trailers, this.message.trailers, this.trial);
    const { length } = this.message.trailers;
    this.trial.expect(`number of ${this.what} trailers`, trailers?.count ?? 0, length);
    this.reader.ended();
  }

  failed(error: UndercoatError): void {
    this.report();
    this.reader.failed?.(error);
  }

  private report(): void {
    const { fault } = this.check;
    if (fault !== undefined) this.trial.fault(`${this.what} content: ${fault}`);
  }
}

/** Every field that was planned has come with its value. */
export function checkFields(
  what: string,
  given: Fields | undefined,
  expected: PlannedMessage['fields'],
  trial: Trial,
): void {
  for (const [name, value] of expected) trial.expect(`${what} ${name}`, given?.get(name), value);
}
