/**
 * Remembers the header block that was sent last, for the sender who says the same again: most requests of a client and most
 * answers of a handler differ in little from the one before, and many in nothing. What is remembered holds while the
 * encoder's table is as it was, and only if the block added nothing to it, so that it says the same if it is sent again
 * (CON-5). The list of fields stays its owner's, who may change it at any time; so every string of it is compared.
 *
 * A block with names that are never indexed for its sake is not remembered. This file does not know HPACK.
 */
import { copyBytes } from '../../memory/copy-bytes.js';
import type { HpackEncoder } from './hpack/encoder.js';
import type { FieldList, HeaderFields } from './writer.js';

/** More fields than this are encoded every time: what is kept for a connection is bounded. */
const mostFields = 16;
/** And so are longer blocks. */
const mostBytes = 512;

export class BlockMemory {
  /** What the last block was made of. */
  private status: number;
  private pseudo: FieldList | null;
  private fields: FieldList | null;
  private date: string | undefined;
  private contentLength: number | undefined;
  /** The block, from the second time on: `bytes[0, length)`, and what it says of fields; no block when it is 0. */
  private length: number;
  private readonly bytes: Uint8Array;
  private readonly strings: string[];
  /** Whose block it is, and the state of its table that it holds for. */
  private encoder: HpackEncoder | null;
  private version: number;

  constructor() {
    this.status = 0;
    this.pseudo = null;
    this.fields = null;
    this.date = undefined;
    this.contentLength = undefined;
    this.length = 0;
    this.bytes = new Uint8Array(mostBytes);
    this.strings = [];
    this.encoder = null;
    this.version = 0;
  }

  /**
   * Writes the block if it is the one before.
   * @returns the position after it, or -1: it is to be encoded
   */
  recall(block: HeaderFields, encoder: HpackEncoder, bytes: Uint8Array, at: number, end: number): number {
    const { length } = this;
    if (length === 0 || length > end - at) return -1;
    if (encoder !== this.encoder || encoder.version !== this.version) return -1;
    if (!this.isAlike(block) || !this.says(block.fields)) return -1;
    return copyBytes(this.bytes, 0, length, bytes, at);
  }

  /**
   * A block was encoded.
   * @param before the encoder's version before that
   */
  note(
    block: HeaderFields,
    encoder: HpackEncoder,
    before: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { fields } = block;
    const isAlike = this.isAlike(block);
    this.length = 0;
    this.status = block.status;
    this.pseudo = block.pseudo;
    this.fields = fields;
    this.date = block.date;
    this.contentLength = block.contentLength;
    if (!isAlike || encoder.version !== before) return;
    if (fields.length > mostFields || end - start > mostBytes) return;
    const { strings } = this;
    strings.length = 0;
    for (const [name, value] of fields) strings.push(name, value);
    copyBytes(bytes, start, end, this.bytes, 0);
    this.length = end - start;
    this.encoder = encoder;
    this.version = before;
  }

  /** All but what the list of fields says. Lists of pseudo-header fields are ours and never change. */
  private isAlike(block: HeaderFields): boolean {
    return (
      block.fields === this.fields &&
      block.pseudo === this.pseudo &&
      block.status === this.status &&
      block.date === this.date &&
      block.contentLength === this.contentLength &&
      block.sensitive === undefined
    );
  }

  private says(fields: FieldList): boolean {
    const { strings } = this;
    if (fields.length * 2 !== strings.length) return false;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as readonly [string, string];
      if (field[0] !== strings[2 * i] || field[1] !== strings[2 * i + 1]) return false;
    }
    return true;
  }
}
