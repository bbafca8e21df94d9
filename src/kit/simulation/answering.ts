/**
 * The server's application of a simulated run: answers each exchange as its plan says. This file does not know what
 * carries the exchanges.
 */
import type { Handler } from '../../endpoint/handler.js';
import type { ServerExchange } from '../../stream/contract.js';
import { requireRefused } from '../body-player.js';
import { breakAt } from '../server-player.js';
import { BodySending, BodyTaker, type Stage, type TakingHooks } from './body-play.js';
import { checkFields, fieldList, whose } from './fields.js';
import { Mark } from './marks.js';
import type { Assert, Claims, Story } from './story.js';
import { TunnelEnd, type TunnelStage } from './tunnel-play.js';

export const authority = 'simulated.test';
export const tunnelProtocol = 'simulated';

export interface ServerStage extends Stage, TunnelStage {
  /** The story of a request, by its target. */
  storyOf(target: string): Story | undefined;
  /** The application breaks an exchange off now. */
  broken(story: Story, by: 'server' | 'client'): void;
  readonly claims: Claims;
  readonly assert: Assert;
}

export function answering(stage: ServerStage): Handler {
  return (exchange) => {
    const { target } = exchange.request;
    const story = stage.storyOf(target);
    if (story === undefined) {
      stage.assert(stage.claims['CON-1'], () => `a request came for ${target}, which nobody sent`);
      exchange.reply(404, undefined, new Uint8Array(0));
      return;
    }
    serve(exchange, story, stage);
  };
}

function serve(exchange: ServerExchange, story: Story, stage: ServerStage): void {
  const { plan } = story;
  story.servings += 1;
  stage.assert(stage.claims['CON-1'], story.servings === 1 || (() => `request ${story.index} came twice`));
  requireAsSent(exchange, story);
  exchange.onClosed = (error) => {
    story.serverClosed(error);
    breakAt('throw-at-close', plan.breaks, exchange);
  };
  if (plan.keepsFields) stage.keepsakes.keep(exchange.request.fields);
  if (plan.misuses) misuse(exchange);
  breaks('head', exchange, story, stage);
  const taker = new BodyTaker(
    exchange.body,
    plan.taking,
    story.request,
    stage,
    hooksOf(exchange, story, stage),
  );
  for (let i = 0; i < plan.informs; i++) exchange.inform(103, [['x-inform', String(i)]]);
  taker.begin();
  if (plan.answers === 'later') {
    stage.clock.at(stage.clock.now() + plan.thinks, () => answerLate(exchange, story, stage));
  }
  const hears = plan.taking.mode === 'consume' || plan.taking.mode === 'late';
  if (plan.answers === 'at-head' || (plan.answers === 'at-end' && !hears)) answer(exchange, story, stage);
}

function hooksOf(exchange: ServerExchange, story: Story, stage: ServerStage): TakingHooks {
  const { breaks: where, answers } = story.plan;
  return {
    data: where.endsWith('-data') ? () => breaks('data', exchange, story, stage) : undefined,
    end: () => {
      breaks('end', exchange, story, stage);
      if (answers === 'at-end') answer(exchange, story, stage);
    },
  };
}

function requireAsSent({ request }: ServerExchange, { plan, index, claims, assert }: Story): void {
  const { fields, method } = request;
  assert(claims['WIRE-4'], method === plan.method || (() => `request ${index} has method ${method}`));
  assert(
    claims['WIRE-4'],
    fields.get(whose) === String(index) || (() => `request ${index} has the fields of another`),
  );
  assert(
    claims['WIRE-4'],
    checkFields(fields, plan.fields) || (() => `request ${index}: its fields are not as sent`),
  );
  // A tunnel is asked of whoever the target names.
  const isOurs = plan.tunnel !== undefined || request.authority === authority;
  assert(claims['WIRE-4'], isOurs || (() => `request ${index} is for ${request.authority}`));
}

/** Nobody waits any more for an answer that comes after the end. */
function answerLate(exchange: ServerExchange, story: Story, stage: ServerStage): void {
  if (exchange.closed || exchange.responded) return;
  try {
    answer(exchange, story, stage);
  } catch (error) {
    // What a callback of the clock throws has nobody above it.
    exchange.abort();
    stage.broken(story, 'server');
    stage.assert(
      stage.claims['LAY-3'],
      story.plan.breaks !== 'never' || (() => `answer ${story.index}: ${String(error)}`),
    );
  }
}

function answer(exchange: ServerExchange, story: Story, stage: ServerStage): void {
  const { plan } = story;
  const fields = fieldList(story.index, plan.fields);
  if (plan.tunnel !== undefined) {
    const isUpgrade = plan.method !== 'CONNECT';
    exchange.upgrade(
      (pipe) => {
        stage.mark(Mark.tunnelled);
        new TunnelEnd(pipe, story, true, stage, () => {
          story.tunnelEnds += 1;
        }).begin();
      },
      isUpgrade ? [...fields, ['Upgrade', tunnelProtocol]] : fields,
    );
    return;
  }
  const { status, response } = plan;
  if (response === undefined) {
    exchange.respond(status, fields, { end: true });
    return;
  }
  exchange.respond(status, fields, response.declared ? { length: response.bytes } : {});
  new BodySending(exchange, response, story, true, stage.clock, () =>
    breaks('within-body', exchange, story, stage),
  ).begin();
}

/** Breaks off or throws, if the plan says so at `place`; and notes that it does. */
function breaks(place: string, exchange: ServerExchange, story: Story, stage: ServerStage): void {
  const { breaks: where } = story.plan;
  if (where === 'never' || !where.endsWith(place)) return;
  stage.broken(story, 'server');
  breakAt(where, where, exchange);
}

/** What is refused before an answer, whatever the request is. */
function misuse(exchange: ServerExchange): void {
  requireRefused(
    () => exchange.send(new Uint8Array(1)),
    () => exchange.end(),
    () => exchange.respond(99),
    () => exchange.respond(200, [['bad name', 'x']]),
    () => exchange.respond(200, [], { length: -2 }),
    () => exchange.reply(204, [], new Uint8Array(1)),
    () => exchange.inform(200),
  );
}
