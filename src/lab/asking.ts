/**
 * The client's end of a run: sends the requests of a task on one connection, as planned, and checks each response.
 * This file does not know which stack it stands on.
 */
import type { Client, ClientListener } from '../endpoint/client.js';
import type { UndercoatError } from '../errors.js';
import type { ClientExchange, RequestOptions, ResponseHead } from '../stream/contract.js';
import type { Clock } from '../transport/clock.js';
import type { Pattern } from './content.js';
import { authority, brokenOff, CheckingConsumer, checkFields, sendContent } from './message-player.js';
import type { Plan } from './plan.js';
import type { Trial } from './trial.js';

export interface Asking {
  readonly client: Client;
  readonly clock: Clock;
  readonly pattern: Pattern;
  /** Content that was given to the application. */
  readonly delivered: (bytes: number) => void;
}

/** Sends the request of a trial; the trial is told how it ends. */
export function ask(trial: Trial, asking: Asking): void {
  const { plan } = trial;
  const asker = new Asker(trial, asking);
  try {
    asking.client.request(requestOf(plan), asker);
  } catch (error) {
    trial.giveUp(`the request was refused: ${String(error)}`);
  }
}

function requestOf({ kind, method, target, request }: Plan): RequestOptions {
  const { fields, bodyBytes, chunked } = request;
  const options = { method, target, authority, fields };
  if (kind.request?.body === undefined) return options;
  const expectContinue = kind.expectContinue === true;
  return chunked
    ? { ...options, expectContinue, end: false }
    : { ...options, expectContinue, length: bodyBytes };
}

class Asker implements ClientListener {
  private readonly trial: Trial;
  private readonly asking: Asking;
  private readonly sendsContent: boolean;
  private readonly waitsToContinue: boolean;
  private exchange: ClientExchange | undefined;
  private isAnswered: boolean;

  constructor(trial: Trial, asking: Asking) {
    const { kind, request } = trial.plan;
    this.trial = trial;
    this.asking = asking;
    this.sendsContent = kind.request?.body !== undefined && (request.chunked || request.bodyBytes > 0);
    this.waitsToContinue = this.sendsContent && kind.expectContinue === true;
    this.exchange = undefined;
    this.isAnswered = false;
  }

  begun(exchange: ClientExchange): void {
    this.exchange = exchange;
    exchange.onClosed = (error) => this.trial.clientEnded(error);
    if (this.sendsContent && !this.waitsToContinue) this.send(exchange);
  }

  inform(head: ResponseHead): void {
    this.trial.expect('interim status', head.status, 100);
    if (!this.waitsToContinue) this.trial.fault('100 Continue came unasked');
    else if (this.exchange !== undefined) this.send(this.exchange);
  }

  response(head: ResponseHead, exchange: ClientExchange): void {
    const { trial, asking } = this;
    const { plan } = trial;
    if (this.isAnswered) trial.fault('a second response came');
    this.isAnswered = true;
    trial.expect('status', head.status, plan.status);
    checkFields('response field', head.fields, plan.response.fields, trial);
    const expectedBytes = plan.method === 'HEAD' ? 0 : plan.response.bodyBytes;
    exchange.body.consume(
      new CheckingConsumer(
        'response',
        plan.response,
        expectedBytes,
        asking.pattern,
        trial,
        asking.delivered,
        {
          progressed: this.progress(exchange),
          ended: () => trial.clientReadAll(),
        },
      ),
    );
  }

  failed(error: UndercoatError): void {
    this.trial.clientEnded(error);
  }

  private send(exchange: ClientExchange): void {
    sendContent(exchange, this.trial.plan.request, this.asking.pattern);
  }

  /** What the plan does to the response while it is read. */
  private progress(exchange: ClientExchange): (receivedBytes: number) => void {
    const { kind, resetAt, response } = this.trial.plan;
    const { clock } = this.asking;
    if (kind.reset === 'client') {
      return (received) => {
        if (received >= resetAt) exchange.abort(brokenOff());
      };
    }
    const { slowReader } = kind;
    if (slowReader === undefined) return () => {};
    let nextPause = slowReader.bytes;
    return (received) => {
      if (received < nextPause || received >= response.bodyBytes) return;
      nextPause = received + slowReader.bytes;
      exchange.body.pause();
      clock.at(clock.now() + slowReader.milliseconds, () => exchange.body.resume());
    };
  }
}
