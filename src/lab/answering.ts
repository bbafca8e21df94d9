/**
 * The server's end of a run: finds the plan of each request, checks the request against it, and answers as planned.
 * This file does not know which stack it stands on.
 */
import type { ConnectionFacts } from '../session/facts.js';
import type { ServerExchange } from '../stream/contract.js';
import type { Pattern } from './content.js';
import { authority, brokenOff, CheckingConsumer, checkFields, sendContent } from './message-player.js';
import type { Plan } from './plan.js';
import type { Trial } from './trial.js';

export interface Answering {
  readonly pattern: Pattern;
  /** The trial of a request, by its target. */
  readonly trialOf: (target: string) => Trial | undefined;
  /** A request came that nobody planned. */
  readonly stray: (message: string) => void;
  /** Content that was given to the application. */
  readonly delivered: (bytes: number) => void;
  readonly facts: ((facts: ConnectionFacts) => string | undefined) | undefined;
}

/** Answers what was planned, and everything else with 404. */
export function answerPlans(answering: Answering): (exchange: ServerExchange) => void {
  return (exchange) => {
    const { target } = exchange.request;
    const trial = answering.trialOf(target);
    if (trial === undefined) {
      answering.stray(`a request came for ${target}`);
      exchange.reply(404, undefined, new Uint8Array(0));
      return;
    }
    trial.serverBegan();
    exchange.onClosed = (error) => trial.serverEnded(error);
    checkHead(exchange, trial);
    const wrong = answering.facts?.(exchange.facts);
    if (wrong !== undefined) trial.fault(`facts: ${wrong}`);
    receive(exchange, trial, answering);
  };
}

function checkHead({ request }: ServerExchange, trial: Trial): void {
  const { plan } = trial;
  trial.expect('method', request.method, plan.method);
  trial.expect('authority', request.authority, authority);
  checkFields('request field', request.fields, plan.request.fields, trial);
}

function receive(exchange: ServerExchange, trial: Trial, answering: Answering): void {
  const { plan } = trial;
  const { kind, request } = plan;
  if (kind.answer === 'early') {
    // In this order the answer can say whether the connection goes on (RFC 9112 §9.6).
    exchange.body.discard();
    answer(exchange, plan, answering.pattern);
    return;
  }
  exchange.body.consume(
    new CheckingConsumer(
      'request',
      request,
      request.bodyBytes,
      answering.pattern,
      trial,
      answering.delivered,
      {
        ended: () => answer(exchange, plan, answering.pattern),
      },
    ),
  );
}

function answer(exchange: ServerExchange, plan: Plan, pattern: Pattern): void {
  const { status, response, method, kind, resetAt } = plan;
  const { fields, bodyBytes, chunked } = response;
  if (status === 204 || status === 205 || status === 304) {
    exchange.respond(status, fields, { end: true });
  } else if (method === 'HEAD' || (bodyBytes === 0 && !chunked)) {
    exchange.respond(status, fields, { length: bodyBytes, end: true });
  } else {
    exchange.respond(status, fields, chunked ? {} : { length: bodyBytes });
    if (kind.reset === 'server') {
      sendContent(exchange, response, pattern, resetAt, () => exchange.abort(brokenOff()));
    } else sendContent(exchange, response, pattern);
  }
}
