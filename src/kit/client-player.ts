/**
 * The client's application of a connection script: asks as soon as the session takes requests, in order, and records
 * what came back. This file does not know what carries the exchanges.
 */
import type { ClientExchange, ClientSession, ResponseHead } from '../stream/contract.js';
import { BodyTaker, requireRefused, sendBody } from './body-player.js';
import { ExchangeRecord } from './exchange-record.js';
import type { ConnectionScript, ExchangeScript } from './exchange-script.js';
import { Keepsakes } from './keepsakes.js';
import { breakAt } from './server-player.js';
import type { Later } from './session-pair.js';

export class ClientPlayer {
  readonly records: ExchangeRecord[];
  readonly keepsakes: Keepsakes;
  private readonly script: ConnectionScript;
  private readonly later: Later;
  private session: ClientSession | undefined;
  private scheduled: boolean;

  constructor(script: ConnectionScript, later: Later) {
    this.records = [];
    this.keepsakes = new Keepsakes();
    this.script = script;
    this.later = later;
    this.session = undefined;
    this.scheduled = false;
  }

  /** The session takes requests, or will say when. */
  ready(session: ClientSession): void {
    this.session = session;
    session.onAvailable = () => this.again();
    this.schedule();
  }

  /** True when every request was made and has come to its end. */
  get over(): boolean {
    return (
      this.records.length === this.script.exchanges.length &&
      this.records.every(({ closed }) => closed !== undefined)
    );
  }

  private again(): void {
    if (this.script.again === 'later') this.schedule();
    else this.ask();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.later.tasks.push(() => {
      this.scheduled = false;
      this.ask();
    });
  }

  private ask(): void {
    const { exchanges } = this.script;
    const session = this.session as ClientSession;
    while (session.available > 0 && this.records.length < exchanges.length) {
      this.request(session, exchanges[this.records.length] as ExchangeScript);
    }
  }

  private request(session: ClientSession, script: ExchangeScript): void {
    const index = this.records.length;
    const record = new ExchangeRecord(index);
    this.records.push(record);
    const { request, clientBreaks } = script;
    if (script.misuses) misuse(session);
    const sends = request !== undefined;
    const length = request?.pieces.reduce((sum, piece) => sum + piece, 0);
    const send = (exchange: ClientExchange): void => {
      if (request === undefined || exchange.closed) return;
      sendBody(exchange, request, record, () => breakAt('abort-within-body', clientBreaks, exchange));
    };
    const exchange = session.request(
      {
        method: script.method,
        target: `/${index}`,
        authority: 'example.test',
        fields: script.fields,
        end: !sends,
        ...(sends && request.declared && length !== undefined ? { length } : {}),
        expectContinue: script.expectsContinue && sends,
      },
      {
        inform: (head) => {
          record.callback(() => {
            this.keepsakes.keep(head.fields);
            record.head.push(headText(head));
          });
        },
        response: (head, exchange) => record.callback(() => this.respond(head, exchange, script, record)),
        failed: (error) => record.callback(() => record.fail(error.code)),
      },
    );
    exchange.onClosed = (error) => {
      record.callback(() => {
        record.close(error);
        breakAt('throw-at-close', clientBreaks, exchange);
      });
    };
    send(exchange);
  }

  private respond(
    head: ResponseHead,
    exchange: ClientExchange,
    script: ExchangeScript,
    record: ExchangeRecord,
  ): void {
    const { clientBreaks } = script;
    this.keepsakes.keep(head.fields);
    record.head.push(headText(head));
    breakAt('throw-at-head', clientBreaks, exchange);
    breakAt('abort-at-head', clientBreaks, exchange);
    const taker = new BodyTaker(exchange.body, script.takingResponse, record, this.later, this.keepsakes, {
      data: () => {
        breakAt('throw-at-data', clientBreaks, exchange);
        breakAt('abort-at-data', clientBreaks, exchange);
      },
      end: () => breakAt('throw-at-end', clientBreaks, exchange),
    });
    taker.begin();
  }
}

/** Requests that are refused, and change nothing. */
function misuse(session: ClientSession): void {
  const listener = { response: () => {}, failed: () => {} };
  const authority = 'example.test';
  requireRefused(
    () => session.request({ authority: 'bad authority' }, listener),
    () => session.request({ authority, method: 'bad method' }, listener),
    () => session.request({ authority, fields: [['X', 'a\nb']] }, listener),
    () => session.request({ authority, length: 1.5 }, listener),
  );
}

function headText(head: ResponseHead): string {
  const lines = [...head.fields].map(([name, value]) => `${name}: ${value}`);
  return `${head.status} ${lines.join('; ')}`;
}
