/**
 * The client's application of a simulated run: asks for the exchanges in order, so many at a time, and takes what comes
 * as each plan says. This file does not know what carries the exchanges.
 */
import type { Client, ClientListener, PendingRequest } from '../../endpoint/client.js';
import { UndercoatError } from '../../errors.js';
import type { ClientExchange, RequestOptions, ResponseHead } from '../../stream/contract.js';
import type { Transport } from '../../transport/contract.js';
import { requireRefused } from '../body-player.js';
import { breakAt } from '../server-player.js';
import { authority, tunnelProtocol } from './answering.js';
import { BodySending, BodyTaker, type Stage, type TakingHooks } from './body-play.js';
import { checkFields, fieldList, whose } from './fields.js';
import { Mark } from './marks.js';
import type { Story } from './story.js';
import { TunnelEnd, type TunnelStage } from './tunnel-play.js';

export interface ClientStage extends Stage, TunnelStage {
  /** Which connection an exchange is on. */
  connectionOf(exchange: ClientExchange): number;
  /** Milliseconds since something arrived on a connection. */
  quietOf(connection: number): number;
  broken(story: Story, by: 'server' | 'client'): void;
  /** The client has heard the last of it. */
  settled(story: Story): void;
}

/** Asks for one exchange. */
export function ask(client: Client, story: Story, stage: ClientStage): void {
  const asker = new Asker(story, stage);
  if (story.plan.misuses) misuse(client);
  try {
    asker.asked = client.request(optionsOf(story), asker);
  } catch (error) {
    asker.refused(error);
  }
  asker.cancelLater();
}

function optionsOf({ plan, index }: Story): RequestOptions {
  const { method, request, tunnel, expectsContinue } = plan;
  const fields = fieldList(index, plan.fields);
  if (tunnel !== undefined) {
    return method === 'CONNECT'
      ? { method, target: `tunnel.test:${index + 1}`, authority: `tunnel.test:${index + 1}`, fields }
      : { method, target: `/${index}`, authority, fields, upgrade: tunnelProtocol };
  }
  const options = { method, target: `/${index}`, authority, fields };
  if (request === undefined) return options;
  return request.declared
    ? { ...options, length: request.bytes, end: false, expectContinue: expectsContinue }
    : { ...options, end: false, expectContinue: expectsContinue };
}

class Asker implements ClientListener {
  asked: PendingRequest | undefined;
  private readonly story: Story;
  private readonly stage: ClientStage;
  private exchange: ClientExchange | undefined;
  private sending: BodySending | undefined;
  private isTunnel: boolean;

  constructor(story: Story, stage: ClientStage) {
    this.asked = undefined;
    this.story = story;
    this.stage = stage;
    this.exchange = undefined;
    this.sending = undefined;
    this.isTunnel = false;
  }

  /** The client did not take it. */
  refused(error: unknown): void {
    const { story, stage } = this;
    story.refused = true;
    if (error instanceof UndercoatError) this.closed(error);
    else {
      story.assert(story.claims['WIRE-3'], () => `request ${story.index}: ${String(error)}`);
      this.closed(undefined);
    }
    stage.mark(Mark.refused);
  }

  cancelLater(): void {
    const { stage, story } = this;
    const { cancelsAfter } = story.plan;
    if (cancelsAfter < 0) return;
    stage.clock.at(stage.clock.now() + cancelsAfter, () => {
      if (story.clientEnd !== undefined || this.isTunnel) return;
      stage.broken(story, 'client');
      this.asked?.abort();
    });
  }

  begun(exchange: ClientExchange): void {
    const { story, stage } = this;
    const { request, clientBreaks, tunnel } = story.plan;
    this.exchange = exchange;
    story.connection = stage.connectionOf(exchange);
    story.quiet = stage.quietOf(story.connection);
    exchange.onClosed = (error) => {
      // Of a tunnel that was agreed to, the exchange ends before the tunnel begins.
      const isAgreed = error === undefined && tunnel !== undefined && story.status === 0;
      if (!isAgreed && !this.isTunnel) this.closed(error);
      breakAt('throw-at-close', clientBreaks, exchange);
    };
    if (request === undefined) return;
    this.sending = new BodySending(exchange, request, story, false, stage.clock, () => {
      this.breaks('within-body', exchange);
    });
    if (!story.plan.expectsContinue) this.send(exchange);
  }

  inform(head: ResponseHead): void {
    const { story, stage } = this;
    if (head.status === 100) {
      stage.mark(Mark.continued);
      if (this.exchange !== undefined) this.send(this.exchange);
      return;
    }
    const asSent = head.status === 103 && head.fields.get('x-inform') === String(story.informs);
    story.assert(
      story.claims['WIRE-4'],
      asSent ||
        (() => {
          return `exchange ${story.index}: interim response ${story.informs} is not as sent`;
        }),
    );
    story.informs += 1;
    stage.mark(Mark.informed);
  }

  response(head: ResponseHead, exchange: ClientExchange): void {
    const { story, stage } = this;
    const { plan } = story;
    story.assert(
      story.claims['OWN-7'],
      story.status === 0 || (() => `exchange ${story.index} was answered twice`),
    );
    story.status = head.status;
    const isOurs = head.fields.get(whose);
    if (isOurs === undefined) {
      // No application gave this answer: it must be an error's.
      story.assert(
        story.claims['WIRE-4'],
        head.status >= 400 ||
          (() => {
            return `exchange ${story.index}: nobody sent ${head.status}`;
          }),
      );
      stage.mark(Mark.refused);
      exchange.body.discard();
      return;
    }
    story.assert(
      story.claims['CON-1'],
      isOurs === String(story.index) ||
        (() => {
          return `exchange ${story.index} was given the response to ${isOurs}`;
        }),
    );
    story.assert(
      story.claims['WIRE-4'],
      head.status === plan.status ||
        (() => {
          return `response ${story.index} has ${head.status}`;
        }),
    );
    story.assert(
      story.claims['WIRE-4'],
      checkFields(head.fields, plan.fields) ||
        (() => {
          return `response ${story.index}: its fields are not as sent`;
        }),
    );
    if (plan.keepsFields) stage.keepsakes.keep(head.fields);
    this.breaks('head', exchange);
    new BodyTaker(exchange.body, plan.takingResponse, story.response, stage, this.hooks(exchange)).begin();
  }

  upgraded(head: ResponseHead, pipe: Transport): void {
    const { story, stage } = this;
    this.isTunnel = true;
    story.status = head.status;
    new TunnelEnd(pipe, story, false, stage, (error) => {
      story.tunnelEnds += 1;
      this.closed(error);
    }).begin();
  }

  failed(error: UndercoatError, retryable: boolean): void {
    const { story } = this;
    story.retryable = retryable;
    // Without an exchange nobody else will say so.
    if (this.exchange === undefined) this.closed(error);
  }

  private closed(error: UndercoatError | undefined): void {
    this.story.clientClosed(error);
    this.stage.settled(this.story);
  }

  /** What the application throws in a callback of the clock has nobody above it. */
  private send(exchange: ClientExchange): void {
    const { sending } = this;
    this.sending = undefined;
    if (sending === undefined || exchange.closed) return;
    sending.begin();
  }

  private hooks(exchange: ClientExchange): TakingHooks {
    const { clientBreaks } = this.story.plan;
    if (clientBreaks === 'never') return {};
    return {
      data: () => this.breaks('data', exchange),
      end: () => this.breaks('end', exchange),
    };
  }

  private breaks(place: string, exchange: ClientExchange): void {
    const { clientBreaks } = this.story.plan;
    if (clientBreaks === 'never' || !clientBreaks.endsWith(place)) return;
    this.stage.broken(this.story, 'client');
    breakAt(clientBreaks, clientBreaks, exchange);
  }
}

/** Requests that are refused at the call, and change nothing. */
function misuse(client: Client): void {
  const listener = { response: () => {}, failed: () => {} };
  requireRefused(
    () => client.request({ authority: 'bad authority' }, listener),
    () => client.request({ authority, method: 'bad method' }, listener),
    () => client.request({ authority, fields: [['X', 'a\nb']] }, listener),
    () => client.request({ authority, length: 1.5 }, listener),
  );
}
