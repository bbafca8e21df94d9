/**
 * Remembers the fields that were sent last, judged and encoded, for the sender who sends the same list message after
 * message: most handlers do. The list stays its owner's, who may change it at any time; so every string of it is
 * compared before what is remembered is used, and comparing a string with itself costs next to nothing. This file
 * does not know what the fields say.
 */
import { type OutgoingFields, PreparedFields } from './encode-fields.js';

/** More fields than this are encoded every time: what is kept for a connection is bounded. */
const mostFields = 16;
/** And so are longer lines. */
const mostBytes = 1024;

export class FieldMemory {
  /** The list of the last message; what it said then is in `prepared` from the second time on. */
  private list: OutgoingFields | null;
  private prepared: PreparedFields | null;
  /** Names and values in turn. */
  private readonly strings: string[];

  constructor() {
    this.list = null;
    this.prepared = null;
    this.strings = [];
  }

  /**
   * The list encoded, if it is the one of the last message.
   * @throws MisuseError as FieldJudge does
   */
  recall(fields: OutgoingFields): PreparedFields | OutgoingFields {
    if (fields !== this.list) {
      this.list = fields;
      this.prepared = null;
      return fields;
    }
    if (this.prepared !== null && this.same(fields)) return this.prepared;
    this.prepared = null;
    if (fields.length > mostFields) return fields;
    const prepared = new PreparedFields(fields);
    if (prepared.bytes.length > mostBytes) return fields;
    this.prepared = prepared;
    const { strings } = this;
    strings.length = 0;
    for (const [name, value] of fields) strings.push(name, value);
    return prepared;
  }

  private same(fields: OutgoingFields): boolean {
    const { strings } = this;
    if (fields.length * 2 !== strings.length) return false;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i];
      if (field?.[0] !== strings[2 * i] || field?.[1] !== strings[2 * i + 1]) return false;
    }
    return true;
  }
}
