/**
 * A server's exchange: what H1 and H2 have in common of answering. When what may be sent is the table's to say; what
 * the head says, and how it is written, is the protocol's.
 *
 * It does not know how a message is framed, nor which protocol carries it.
 */
import { MisuseError, type UndercoatError } from '../errors.js';
import type { Owner } from '../memory/index.js';
import type { FieldList, SendOptions, ServerExchange, ServerListener, TrailerOptions } from './contract.js';
import { type Carrier, Exchange, type Side } from './exchange.js';
import { givenLength, requireBytes } from './given.js';
import { serverExchangeTable } from './tables.js';

const { state, event } = serverExchangeTable;
const noFields: FieldList = Object.freeze([]);

/** Told of what the application threw when it was too late to break the exchange off. */
export type LateReport = (error: unknown, exchange: ServerExchange) => void;

export abstract class AnsweringExchange<C extends Carrier> extends Exchange<C> {
  private readonly report: LateReport | undefined;

  constructor(
    side: Side,
    id: number,
    session: C,
    owner: Owner,
    bodyOwner: Owner,
    report: LateReport | undefined,
  ) {
    super(side, id, session, owner, bodyOwner);
    this.report = report;
  }

  /** The exchange as the application has it. */
  protected abstract get self(): ServerExchange;

  /** Writes an interim head. @throws MisuseError; nothing has changed then. The same holds for the others. */
  protected abstract writeInterim(status: number, fields: FieldList): void;
  /** @param length what the call declares, -1 for nothing */
  protected abstract writeHead(
    status: number,
    fields: FieldList,
    length: number,
    end: boolean,
    sensitive: readonly string[] | undefined,
  ): void;
  protected abstract writeWhole(status: number, fields: FieldList, body: Uint8Array): void;
  protected abstract writeEnd(
    trailers: FieldList | undefined,
    sensitive: readonly string[] | undefined,
  ): void;
  /** The section that says what a message is made of. */
  protected abstract get framing(): string;

  /** Gives the exchange to the application. */
  begin(listener: ServerListener): void {
    try {
      listener(this.self);
    } catch (error) {
      this.applicationFailed(error);
    }
  }

  get responded(): boolean {
    const now = this.machine.state;
    return now !== state.open && now !== state['half-closed-remote'];
  }

  inform(status: number, fields: FieldList = noFields): void {
    if (this.brokenOff) return;
    this.require(event['send-inform'], 'responded', 'an interim response comes before the final one');
    this.writeInterim(status, fields);
    this.machine.take(event['send-inform']);
  }

  respond(status: number, fields: FieldList = noFields, options?: SendOptions): void {
    if (this.brokenOff) return;
    this.require(event['send-head'], 'responded', 'an exchange has one final response');
    const end = options?.end === true;
    this.writeHead(status, fields, givenLength(options?.length), end, options?.sensitive);
    this.machine.take(event['send-head']);
    if (end) this.machine.take(event['send-end']);
  }

  reply(status: number, fields: FieldList | undefined, body: Uint8Array): void {
    if (this.brokenOff) return;
    this.require(event['send-head'], 'responded', 'an exchange has one final response');
    requireBytes(body);
    const { machine } = this;
    this.writeWhole(status, fields ?? noFields, body);
    machine.take(event['send-head']);
    if (body.length > 0) machine.take(event['send-data']);
    machine.take(event['send-end']);
  }

  override end(trailers?: FieldList, options?: TrailerOptions): void {
    if (this.brokenOff) return;
    this.require(event['send-end'], this.responded ? 'after-end' : 'before-head', 'nothing is being sent');
    this.writeEnd(trailers, options?.sensitive);
    this.machine.take(event['send-end']);
  }

  failed(error: UndercoatError): void {
    this.cutOff(error);
    this.tell(error);
  }

  /** A request that was not drained is broken off, though the answer to it is whole. */
  override finished(): void {
    this.curtail();
    super.finished();
  }

  protected reportLate(cause: unknown): void {
    this.report?.(cause, this.self);
  }

  /** A whole answer cannot be broken off either. */
  protected override get tooLate(): boolean {
    return super.tooLate || this.machine.state === state['half-closed-local'];
  }

  protected get received(): boolean {
    switch (this.machine.state) {
      case state['half-closed-remote']:
      case state['half-closed-remote-answering']:
      case state.closed:
      case state.upgraded:
        return true;
      default:
        return false;
    }
  }

  protected notSending(): MisuseError {
    const code = this.responded ? 'after-end' : 'before-head';
    return new MisuseError(code, this.framing, 'content is sent between the head and the end of a message');
  }

  protected require(needed: number, code: string, message: string): void {
    if (!this.machine.can(needed)) throw new MisuseError(code, 'LAY-3', message);
  }
}
