/**
 * The exchange of a request that asks for h2c on its way: H1's until the server agrees, and H2's from then on. The
 * application has this one, and need not know. It does not know when one session follows another.
 */
import { TransportError, type UndercoatError } from '../errors.js';
import type { Lease, Returned } from '../memory/index.js';
import type { Carried, UpgradedRequest } from '../session/carried.js';
import type { ConnectionFacts } from '../session/facts.js';
import { CarriedBody } from './carried-body.js';
import type {
  ClientExchange,
  FieldList,
  Priority,
  RequestOptions,
  ResponseHead,
  ResponseListener,
  TrailerOptions,
} from './contract.js';
import type { H2Client } from './h2-client.js';

export class H2cExchange implements ClientExchange, Carried {
  readonly request: UpgradedRequest;
  /** What either session tells; the application's listener hears it with this exchange. */
  readonly heard: ResponseListener;
  onWritable: (() => void) | undefined;
  onClosed: ((error: UndercoatError | undefined) => void) | undefined;
  private readonly listener: ResponseListener;
  private readonly report: ((error: unknown) => void) | undefined;
  private carrier: ClientExchange | null;
  /** The body, once the application has asked for it. */
  private incoming: CarriedBody | null;
  /** Told when H2 has it; set while neither session does. */
  private takenUp: ((h2: H2Client) => void) | null;
  /** What the request did not say: H2 is told when it has it. */
  private priority: Priority | undefined;

  constructor(
    options: RequestOptions,
    settings: Uint8Array,
    listener: ResponseListener,
    report: ((error: unknown) => void) | undefined,
  ) {
    const { method = 'GET', target = '/', authority, fields = [] } = options;
    const lowered = fields.map(([name, value]) => [name.toLowerCase(), value] as const);
    this.request = { protocol: 'h2c', method, target, authority, fields: lowered, settings };
    this.heard = {
      inform: (head) => listener.inform?.(head),
      response: (head) => listener.response(head, this),
      failed: (error, retryable) => listener.failed(error, retryable),
    };
    this.onWritable = undefined;
    this.onClosed = undefined;
    this.listener = listener;
    this.report = report;
    this.carrier = null;
    this.incoming = null;
    this.takenUp = null;
    this.priority = undefined;
  }

  // The way from one session to the other.

  enter(carrier: ClientExchange): void {
    this.carrier = carrier;
    carrier.onWritable = () => this.onWritable?.();
    carrier.onClosed = (error) => this.tell(error);
    this.incoming?.goOn(carrier.body);
  }

  /** H1 is done with it; `takenUp` is told who goes on. */
  leave(takenUp: (h2: H2Client) => void): void {
    this.own.onClosed = undefined;
    this.takenUp = takenUp;
  }

  takeUp(h2: H2Client): void {
    const { takenUp } = this;
    this.takenUp = null;
    this.enter(h2.takeUpSent(this.request.method, this.heard));
    if (this.priority !== undefined) this.own.prioritise(this.priority);
    takenUp?.(h2);
  }

  takeContent(): Lease[] {
    return [];
  }

  drop(error: UndercoatError | undefined): void {
    if (this.takenUp === null) return;
    this.takenUp = null;
    const reason =
      error ?? new TransportError('closed', 'the connection closed before the exchange was complete');
    this.guard(() => this.incoming?.fail(reason));
    this.guard(() => this.listener.failed(reason, false));
    this.guard(() => this.tell(reason));
  }

  // The exchange.

  get id(): number {
    return this.own.id;
  }

  get protocol(): 'h1' | 'h2' {
    return this.own.protocol;
  }

  get facts(): ConnectionFacts {
    return this.own.facts;
  }

  get response(): ResponseHead | undefined {
    return this.own.response;
  }

  get body(): CarriedBody {
    this.incoming ??= new CarriedBody(this.own.body);
    return this.incoming;
  }

  get closed(): boolean {
    return this.own.closed;
  }

  get writable(): boolean {
    return this.own.writable;
  }

  send(bytes: Uint8Array, end?: boolean, returned?: Returned): boolean {
    return this.own.send(bytes, end, returned);
  }

  sendLease(lease: Lease, end?: boolean): boolean {
    return this.own.sendLease(lease, end);
  }

  end(trailers?: FieldList, options?: TrailerOptions): void {
    this.own.end(trailers, options);
  }

  prioritise(priority: Priority): void {
    this.own.prioritise(priority);
    this.priority = priority;
  }

  abort(reason?: UndercoatError): void {
    this.own.abort(reason);
  }

  private get own(): ClientExchange {
    return this.carrier as ClientExchange;
  }

  private tell(error: UndercoatError | undefined): void {
    const { onClosed } = this;
    this.onClosed = undefined;
    onClosed?.(error);
  }

  private guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.report?.(error);
    }
  }
}
