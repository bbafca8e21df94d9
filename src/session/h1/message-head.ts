/**
 * A head that was read, as the stream above gets it: it lies where it was received, under a lease, and strings are
 * made when they are read. When the lease is over, reading a field is misuse (OWN-5). This file does not know what
 * the message is for.
 */
import type { Lease } from '../../memory/index.js';
import type { TextCodec } from '../../memory/text.js';
import { FieldsView } from './fields.js';
import type { HeadReader } from './head-reader.js';

export type HttpVersion = '1.0' | '1.1';

export class H1Head {
  readonly version: HttpVersion;
  /** Of a request; empty for a response. */
  readonly method: string;
  /** Of a request, as it was sent. */
  readonly target: string;
  /** Of a response; 0 for a request. */
  readonly status: number;
  /** Of a response. */
  readonly reason: string;
  /** The value of Content-Length, or -1. */
  readonly contentLength: number;
  /** One of the reader's `FRAMING_` constants. */
  readonly framing: number;
  /** The reader's flags: what the fields say and have. */
  readonly flags: number;
  /** The sender asks for, or agrees to, an upgrade. */
  readonly upgrades: boolean;
  private readonly lease: Lease;
  private readonly fieldsAt: number;
  private readonly authorityAt: number;
  private readonly authorityEnd: number;
  private readonly text: TextCodec;
  private view: FieldsView | null;

  /** @param reader has just completed the head that `lease` covers */
  constructor(reader: HeadReader, lease: Lease, text: TextCodec) {
    this.version = reader.minor === 1 ? '1.1' : '1.0';
    this.method = reader.method;
    this.target = reader.target;
    this.status = reader.status;
    this.reason = reader.reason;
    this.contentLength = reader.contentLength;
    this.framing = reader.framing;
    this.flags = reader.flags;
    this.upgrades = reader.upgrades;
    this.lease = lease;
    this.fieldsAt = reader.fieldsAt;
    this.authorityAt = reader.authorityAt;
    this.authorityEnd = reader.authorityEnd;
    this.text = text;
    this.view = null;
  }

  /** @throws MisuseError OWN-5 after the head was given back */
  get fields(): FieldsView {
    if (this.view === null) {
      const { bytes, start, end } = this.lease;
      this.view = new FieldsView(bytes, start + this.fieldsAt, end, this.text);
    }
    return this.view;
  }

  /** A request's authority: the target's, or Host's; undefined when there is neither. @throws MisuseError OWN-5 */
  get authority(): string | undefined {
    if (this.authorityEnd === this.authorityAt) return undefined;
    const { bytes, start } = this.lease;
    return this.text.latin1(bytes, start + this.authorityAt, start + this.authorityEnd);
  }

  /** Ends the lease; whoever kept the fields reads misuse from now on. */
  giveBack(): void {
    if (this.view !== null) this.view.revoke();
    this.lease.release();
  }
}
