/**
 * The trailer section of an H1 message (RFC 9112 §7.1.2) for the application: its fields, and the lease they lie in.
 * It does not know when the exchange ends, which ends both.
 */
import type { Lease } from '../memory/index.js';
import type { TextCodec } from '../memory/text.js';
import { FieldsView } from '../session/h1/fields.js';
import type { Trailers } from './exchange.js';

export class H1Trailers implements Trailers {
  readonly fields: FieldsView;
  private readonly lease: Lease;

  /** @param lease covers the field lines; it is the trailers' from now on */
  constructor(lease: Lease, text: TextCodec) {
    this.fields = new FieldsView(lease.bytes, lease.start, lease.end, text);
    this.lease = lease;
  }

  revoke(): void {
    this.fields.revoke();
    this.lease.release();
  }
}
