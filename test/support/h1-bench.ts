// One end of an H1 connection in a test's hand: feed it text, see the text that it wrote, act as its application.

import type { H1StepOptions } from '../../src/endpoint/h1.js';
import { h1 } from '../../src/endpoint/h1.js';
import type { UndercoatError } from '../../src/errors.js';
import { SessionEnd, type SessionEndOptions } from '../../src/kit/session-end.js';
import type { Lease } from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import type {
  BodyConsumer,
  ClientExchange,
  ClientSession,
  Fields,
  RequestOptions,
  ResponseHead,
  ServerExchange,
} from '../../src/stream/contract.js';
import { rowRecorder } from './rows.js';

export interface BenchOptions extends SessionEndOptions {
  readonly h1?: H1StepOptions;
  /** What a server's responses are dated; none by default. */
  readonly httpDate?: () => string;
}

export function octets(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  plainText.write(text, bytes, 0);
  return bytes;
}

/** A consumer that writes down what it is told, and releases or keeps what it is given. */
export class Taker implements BodyConsumer {
  readonly told: string[] = [];
  readonly leases: Lease[] = [];
  keeps = false;
  onData: (lease: Lease) => void = () => {};
  onEnd: (trailers: Fields | undefined) => void = () => {};

  data(lease: Lease): void {
    this.told.push(plainText.latin1(lease.bytes, lease.start, lease.end));
    this.leases.push(lease);
    this.onData(lease);
    if (!this.keeps && lease.live) lease.release();
  }

  end(trailers: Fields | undefined): void {
    this.told.push(trailers === undefined ? '<end>' : `<end ${trailers.toArray().join(';')}>`);
    this.onEnd(trailers);
  }

  failed(error: UndercoatError): void {
    this.told.push(`<${error.code}>`);
  }
}

abstract class Bench {
  abstract readonly end: SessionEnd;
  /** What the application threw when it was too late to break its exchange off. */
  readonly reported: unknown[] = [];
  private seen = 0;

  /** Delivers text, at once or in pieces, and does what becomes due. */
  feed(text: string, piece = text.length): this {
    const bytes = octets(text);
    for (let at = 0; at < bytes.length; ) {
      const count = this.end.deliver(bytes, at, Math.min(bytes.length, at + Math.max(1, piece)));
      if (count === 0) throw new Error(`no room for ${bytes.length - at} bytes`);
      at += count;
      this.work();
    }
    return this;
  }

  /** Turns that are due; output stays with the pipe until `drain`. */
  work(): this {
    while (this.end.due) this.end.turn();
    return this;
  }

  /** What was written since the last call; the pipe takes all of it. */
  drain(): string {
    this.work();
    for (;;) {
      this.end.take();
      if (this.end.inFlight === 0) break;
      this.end.written(this.end.inFlight);
      this.work();
    }
    const { sent } = this.end;
    const text = plainText.latin1(sent, this.seen, sent.length);
    this.seen = sent.length;
    return text;
  }

  peerEnds(): this {
    this.end.endInput();
    return this.work();
  }

  /** Lets time go on to `now`, and tells the session if it is due. */
  at(now: number): this {
    this.end.now = now;
    if (this.end.deadline() <= now) this.end.expire();
    return this.work();
  }

  get code(): string | undefined {
    return this.end.session.error?.code;
  }

  /** `state ending`: what the session wants of the pipe. */
  get stands(): string {
    return this.end.verdict === 'closed' ? `closed ${this.end.session.ending}` : this.end.verdict;
  }

  /** The pipe goes; then nothing may be held, and nothing may have escaped. */
  close(): void {
    this.end.lose();
    const [thrown] = this.end.thrown;
    if (thrown !== undefined) throw thrown;
    this.end.assertQuiescent();
  }
}

/** A server's end. `handler` is called with each exchange, and may be changed. */
export class ServerBench extends Bench {
  readonly end: SessionEnd;
  readonly exchanges: ServerExchange[] = [];
  /** What each `onClosed` said: `ok` or a code. */
  readonly closed: string[] = [];
  handler: (exchange: ServerExchange) => void;

  constructor(handler: (exchange: ServerExchange) => void = () => {}, options: BenchOptions = {}) {
    super();
    this.handler = handler;
    this.end = new SessionEnd(
      h1(options.h1),
      {
        role: 'server',
        httpDate: options.httpDate,
        report: (error) => this.reported.push(error),
        exchange: (exchange) => {
          this.exchanges.push(exchange);
          exchange.onClosed = (error) => this.closed.push(error?.code ?? 'ok');
          this.handler(exchange);
        },
      },
      { observer: rowRecorder(), ...options },
    );
  }

  get exchange(): ServerExchange {
    return this.exchanges[this.exchanges.length - 1] as ServerExchange;
  }
}

/** A client's end. */
export class ClientBench extends Bench {
  readonly end: SessionEnd;
  /** What the listeners were told, in order. */
  readonly told: string[] = [];
  readonly closed: string[] = [];
  onResponse: (head: ResponseHead, exchange: ClientExchange) => void = () => {};
  onInform: (head: ResponseHead) => void = () => {};
  upgrades = true;
  session: ClientSession;

  constructor(options: BenchOptions = {}) {
    super();
    const ready: ClientSession[] = [];
    this.end = new SessionEnd(
      h1(options.h1),
      {
        role: 'client',
        ready: (session) => ready.push(session),
        report: (error) => this.reported.push(error),
      },
      { observer: rowRecorder(), ...options },
    );
    this.session = ready[0] as ClientSession;
  }

  /** Asks; the request is written. */
  ask(options: Partial<RequestOptions> = {}): ClientExchange {
    const upgraded = (head: ResponseHead) => this.told.push(`upgraded ${head.status}`);
    const exchange = this.session.request(
      { authority: 'a', ...options },
      {
        inform: (head) => {
          this.told.push(`inform ${head.status}`);
          this.onInform(head);
        },
        response: (head, it) => {
          this.told.push(`response ${head.status}`);
          this.onResponse(head, it);
        },
        failed: (error, retryable) => this.told.push(`failed ${error.code} ${retryable}`),
        ...(this.upgrades ? { upgraded } : {}),
      },
    );
    exchange.onClosed = (error) => this.closed.push(error?.code ?? 'ok');
    return exchange;
  }
}

/** The code with which an act is refused, `nothing` if it is not. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as UndercoatError).code ?? String(error);
  }
  return 'nothing';
}
