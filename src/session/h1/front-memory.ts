/**
 * Remembers how the head of the last final response began: its status-line, Date and the sender's fields in one piece. A
 * sender who answers alike does so with the same encoded fields, and Date stays the same for a second: what is compared is
 * which objects they are, for these never change. This file does not know what follows in a head.
 */
import { type OutgoingFields, PreparedFields } from './encode-fields.js';

export class FrontMemory {
  /** What the front of the last response was made of; `bytes` from the second time on. */
  private status: number;
  private date: PreparedFields | undefined;
  private fields: PreparedFields | null;
  private bytes: Uint8Array | null;

  constructor() {
    this.status = 0;
    this.date = undefined;
    this.fields = null;
    this.bytes = null;
  }

  /**
   * The front in one piece, if it is the one of the last response; else null.
   * @param line the status-line of `status`, with its CRLF
   */
  recall(
    status: number,
    line: Uint8Array,
    date: PreparedFields | undefined,
    fields: OutgoingFields | PreparedFields,
  ): Uint8Array | null {
    if (!(fields instanceof PreparedFields)) return null;
    if (status !== this.status || date !== this.date || fields !== this.fields) {
      this.status = status;
      this.date = date;
      this.fields = fields;
      this.bytes = null;
      return null;
    }
    if (this.bytes === null) {
      const dated = date === undefined ? 0 : date.bytes.length;
      this.bytes = new Uint8Array(line.length + dated + fields.bytes.length);
      this.bytes.set(line);
      if (date !== undefined) this.bytes.set(date.bytes, line.length);
      this.bytes.set(fields.bytes, line.length + dated);
    }
    return this.bytes;
  }
}
