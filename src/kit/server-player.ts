/**
 * The server's application of a connection script: answers its exchanges in order as the script says, and records what
 * it saw. This file does not know what carries the exchanges.
 */
import { answerStatus, UndercoatError as Failure, type UndercoatError } from '../errors.js';
import type { ServerExchange, ServerListener } from '../stream/contract.js';
import { BodyTaker, requireRefused, sendBody } from './body-player.js';
import { ExchangeRecord, ScriptedFailure } from './exchange-record.js';
import type { BreakScript, ConnectionScript, ExchangeScript } from './exchange-script.js';
import { Keepsakes } from './keepsakes.js';
import type { Later } from './session-pair.js';

export class ServerPlayer {
  readonly records: ExchangeRecord[];
  readonly keepsakes: Keepsakes;
  readonly listener: ServerListener;
  private readonly script: ConnectionScript;
  private readonly later: Later;

  constructor(script: ConnectionScript, later: Later) {
    this.records = [];
    this.keepsakes = new Keepsakes();
    this.script = script;
    this.later = later;
    this.listener = (exchange) => this.begin(exchange);
  }

  private begin(exchange: ServerExchange): void {
    const { exchanges } = this.script;
    // A request that could not be sent has no place here: the target says which this is.
    const named = /^\/(\d)$/.exec(exchange.request.target);
    const index = named === null ? this.records.length : Number(named[1]);
    // A peer may send more than the script knows of: it is answered like the last.
    const script = exchanges[Math.min(index, exchanges.length - 1)] as ExchangeScript;
    const record = new ExchangeRecord(index);
    this.records.push(record);
    record.callback(() => this.play(exchange, script, record));
  }

  private play(exchange: ServerExchange, script: ExchangeScript, record: ExchangeRecord): void {
    const { method, target, authority, fields } = exchange.request;
    record.head.push(`${method} ${target} ${authority}`);
    this.keepsakes.keep(fields);
    for (const [name, value] of fields) record.head.push(`${name}: ${value}`);
    exchange.onClosed = (error) => {
      record.callback(() => {
        record.close(error);
        breakAt('throw-at-close', script.breaks, exchange);
      });
    };
    if (script.misuses) misuse(exchange);
    breakAt('throw-at-head', script.breaks, exchange);
    breakAt('abort-at-head', script.breaks, exchange);
    const taker = new BodyTaker(exchange.body, script.taking, record, this.later, this.keepsakes, {
      data: () => {
        breakAt('throw-at-data', script.breaks, exchange);
        breakAt('abort-at-data', script.breaks, exchange);
      },
      end: () => {
        breakAt('throw-at-end', script.breaks, exchange);
        if (script.answers === 'at-end') answer(exchange, script, record);
      },
    });
    for (const status of script.informs) exchange.inform(status, [['X-Interim', String(status)]]);
    taker.begin();
    if (script.answers === 'later') this.later.tasks.push(() => answer(exchange, script, record));
    const hears = script.taking.mode === 'consume' || script.taking.mode === 'late';
    if (script.answers === 'at-head' || (script.answers === 'at-end' && !hears)) {
      answer(exchange, script, record);
    }
  }
}

function answer(exchange: ServerExchange, script: ExchangeScript, record: ExchangeRecord): void {
  const { status, answerFields, response } = script;
  if (response === undefined) {
    exchange.respond(status, answerFields, { end: true });
    return;
  }
  const length = response.pieces.reduce((sum, piece) => sum + piece, 0);
  exchange.respond(status, answerFields, response.declared ? { length } : {});
  sendBody(exchange, response, record, () => breakAt('abort-within-body', script.breaks, exchange));
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
    () => exchange.upgrade(() => {}),
  );
}

interface Breakable {
  abort(reason?: UndercoatError): void;
}

/** Breaks off or throws, if the script says so at `place`. */
export function breakAt(place: BreakScript, script: BreakScript, exchange: Breakable): void {
  if (place !== script) return;
  if (place.startsWith('throw')) throw new ScriptedFailure(place);
  exchange.abort(
    new Failure('limit-reached', 'scripted', 'OWN-7', 'the script broke off', answerStatus(502)),
  );
}
