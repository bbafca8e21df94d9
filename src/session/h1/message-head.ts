/**
 * A head that was read, as the stream above gets it: it lies where it was received, under a lease, and strings are
 * made when they are read. When the lease is over, reading a field is misuse (OWN-5). This file does not know what
 * the message is for.
 */
import type { Lease, Owner, ReceiveBuffer } from '../../memory/index.js';
import type { TextCodec } from '../../memory/text.js';
import { saysUpgrade } from './field-section.js';
import { FieldsView } from './fields.js';
import type { HeadReader } from './head-reader.js';

export type HttpVersion = '1.0' | '1.1';

export class H1Head {
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
  private readonly minor: number;
  private readonly lease: Lease;
  private readonly fieldsAt: number;
  private readonly authorityAt: number;
  private readonly authorityEnd: number;
  private readonly text: TextCodec;
  private view: FieldsView | null;

  /**
   * Takes the head off `input`; the lease is `owner`'s.
   * @param reader has just completed the head that `input` begins with
   */
  constructor(reader: HeadReader, input: ReceiveBuffer, owner: Owner, text: TextCodec) {
    this.method = reader.method;
    // Made of the buffer: bytes of the lease would be asked for anew whether it lives.
    this.target = reader.targetOf(input.bytes, input.start, text);
    this.status = reader.status;
    this.reason = reader.reason;
    this.contentLength = reader.contentLength;
    this.framing = reader.framing;
    this.flags = reader.flags;
    this.minor = reader.minor;
    this.lease = input.take(reader.length, owner, 'head');
    this.fieldsAt = reader.fieldsAt;
    this.authorityAt = reader.authorityAt;
    this.authorityEnd = reader.authorityEnd;
    this.text = text;
    this.view = null;
  }

  get version(): HttpVersion {
    return this.minor === 1 ? '1.1' : '1.0';
  }

  /** The sender asks for, or agrees to, an upgrade. */
  get upgrades(): boolean {
    return saysUpgrade(this.minor, this.flags);
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

  /** A copy of the head as it was received, from its first octet to its empty line. @throws MisuseError OWN-5 */
  octets(): Uint8Array {
    return this.lease.copy();
  }

  /** Ends the lease; whoever kept the fields reads misuse from now on. */
  giveBack(): void {
    if (this.view !== null) this.view.revoke();
    this.lease.release();
  }
}
