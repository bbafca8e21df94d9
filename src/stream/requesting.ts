/**
 * A client's exchange: what H1 and H2 have in common of asking. It takes the heads that come back, and tells whoever
 * waits for the response how it ends.
 *
 * It does not know how a message is framed, nor which protocol carries it.
 */
import { MisuseError, type UndercoatError } from '../errors.js';
import type { Owner } from '../memory/index.js';
import { flag, type OptionRules, readOptions, whole } from '../options.js';
import type {
  ClientExchange,
  FieldList,
  Priority,
  ResponseHead,
  ResponseListener,
  TrailerOptions,
} from './contract.js';
import { type Carrier, Exchange, type Side } from './exchange.js';
import { clientExchangeTable } from './tables.js';

const { state, event } = clientExchangeTable;

const code = 'priority';
const priorityRules: OptionRules<Required<Priority>> = {
  urgency: { kind: whole(0, 7), fallback: 3, code, cites: 'RFC 9218 §4.1' },
  incremental: { kind: flag, fallback: false, code, cites: 'RFC 9218 §4.2' },
};

/** Told of what the application threw when it was too late to break the exchange off. */
export type LateReport = (error: unknown) => void;

export abstract class RequestingExchange<C extends Carrier, H extends ResponseHead> extends Exchange<C> {
  protected readonly listener: ResponseListener;
  protected answer: H | undefined;
  private readonly report: LateReport | undefined;

  constructor(
    side: Side,
    id: number,
    session: C,
    owner: Owner,
    bodyOwner: Owner,
    listener: ResponseListener,
    report: LateReport | undefined,
  ) {
    super(side, id, session, owner, bodyOwner);
    this.listener = listener;
    this.answer = undefined;
    this.report = report;
  }

  /** The exchange as the application has it. */
  protected abstract get self(): ClientExchange;

  /** @throws MisuseError; nothing has changed then */
  protected abstract writeEnd(
    trailers: FieldList | undefined,
    sensitive: readonly string[] | undefined,
  ): void;
  /** Tells the peer, if it can be told. */
  protected abstract writePriority(priority: Required<Priority>): void;
  /** The section that says what a message is made of. */
  protected abstract get framing(): string;

  get response(): ResponseHead | undefined {
    return this.answer;
  }

  override end(trailers?: FieldList, options?: TrailerOptions): void {
    if (this.brokenOff) return;
    this.requireSending();
    this.writeEnd(trailers, options?.sensitive);
    this.machine.take(event['send-end']);
  }

  prioritise(priority: Priority): void {
    const given = readOptions(priorityRules, priority);
    if (!this.brokenOff && !this.over && !this.received) this.writePriority(given);
  }

  interim(head: H): void {
    this.machine.take(event['receive-inform']);
    this.call(() => this.listener.inform?.(head));
  }

  final(head: H): void {
    this.machine.take(event['receive-head']);
    this.answer = head;
    if (this.incoming !== null) this.incoming.declaredLength = this.declaredLength;
    this.deliver(head);
  }

  failed(error: UndercoatError, retryable: boolean): void {
    const answered = this.answer !== undefined;
    this.cutOff(error);
    if (!answered) this.call(() => this.listener.failed(error, retryable));
    this.tell(error);
  }

  /** Gives the final head to whoever waits for it. */
  protected deliver(head: H): void {
    this.call(() => this.listener.response(head, this.self));
  }

  protected reportLate(cause: unknown): void {
    this.report?.(cause);
  }

  protected get received(): boolean {
    return this.machine.state === state['half-closed-remote'] || this.machine.state === state.closed;
  }

  protected notSending(): MisuseError {
    return new MisuseError('after-end', this.framing, 'content is sent before the end of a message');
  }
}
