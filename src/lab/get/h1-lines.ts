/**
 * One direction of an H1 connection as lines for people: heads with their fields, content, chunks and trailers, told
 * while they pass, in whatever pieces. This file does not know where the bytes come from, nor who reads the lines.
 */
import { plainText } from '../../memory/text.js';
import { ChunkedReader } from '../../session/h1/chunked-reader.js';
import { FieldsView } from '../../session/h1/fields.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH, FRAMING_NONE, HeadReader } from '../../session/h1/head-reader.js';
import { COMPLETE, DATA, ERROR, NEED_DATA } from '../../session/h1/results.js';
import type { FrameLines, Tell } from './frame-lines.js';
import { KeptOctets } from './kept-octets.js';

export class H1Lines implements FrameLines {
  private readonly tell: Tell;
  private readonly heads: HeadReader;
  private readonly chunks: ChunkedReader;
  private readonly isRequest: boolean;
  private readonly method: string;
  private readonly upgraded: FrameLines | undefined;
  private isUpgraded = false;
  /** What must be read again with what follows. */
  private readonly kept = new KeptOctets();
  private phase: 'head' | 'content' | 'chunks' | 'rest' = 'head';
  private contentLeft = 0;

  /**
   * @param method of the requests, which decides whether a response has content
   * @param upgraded reads on after a 101
   */
  constructor(role: 'request' | 'response', method: string, tell: Tell, upgraded?: FrameLines) {
    this.tell = tell;
    this.upgraded = upgraded;
    this.heads = new HeadReader(role);
    this.chunks = new ChunkedReader(role);
    this.isRequest = role === 'request';
    this.method = method;
    this.heads.reset(method);
  }

  take(given: Uint8Array, from: number, to: number): void {
    const { bytes, start, end } = this.kept.before(given, from, to);
    let at = start;
    while (at < end) {
      const next = this.read(bytes, at, end);
      if (next === undefined) break;
      at = next;
    }
    this.kept.keep(bytes, at, end);
  }

  /** @returns where to go on; undefined when more must come first */
  private read(bytes: Uint8Array, at: number, end: number): number | undefined {
    switch (this.phase) {
      case 'head':
        return this.readHead(bytes, at, end);
      case 'chunks':
        return this.readChunks(bytes, at, end);
      case 'content': {
        const taken = Math.min(this.contentLeft, end - at);
        this.contentLeft -= taken;
        this.tell('content', `${taken} bytes${this.contentLeft > 0 ? `, ${this.contentLeft} to come` : ''}`);
        if (this.contentLeft === 0) this.nextHead();
        return at + taken;
      }
      case 'rest':
        if (this.isUpgraded && this.upgraded !== undefined) this.upgraded.take(bytes, at, end);
        else this.tell('bytes', String(end - at));
        return end;
    }
  }

  private readHead(bytes: Uint8Array, at: number, end: number): number | undefined {
    const { heads } = this;
    const result = heads.read(bytes, at, end);
    if (result === NEED_DATA) return undefined;
    if (result === ERROR) {
      this.phase = 'rest';
      this.tell('no head', heads.error?.message ?? '');
      return at;
    }
    const version = `HTTP/1.${heads.minor}`;
    const after = at + heads.length;
    const line = this.isRequest
      ? `${heads.method} ${heads.targetOf(bytes, at, plainText)} ${version}`
      : `${version} ${heads.status} ${heads.reason}`;
    this.tell('head', line.trimEnd(), lines(new FieldsView(bytes, at + heads.fieldsAt, after)));
    this.contentLeft = Math.max(heads.contentLength, 0);
    // After an agreed upgrade it is another protocol.
    this.isUpgraded = !this.isRequest && heads.status === 101;
    if (this.isUpgraded) this.phase = 'rest';
    else if (heads.framing === FRAMING_CHUNKED) this.phase = 'chunks';
    else if (heads.framing === FRAMING_LENGTH && this.contentLeft > 0) this.phase = 'content';
    else if (heads.framing === FRAMING_LENGTH || heads.framing === FRAMING_NONE) this.nextHead();
    else this.phase = 'rest';
    return after;
  }

  private readChunks(bytes: Uint8Array, at: number, end: number): number | undefined {
    const { chunks } = this;
    switch (chunks.read(bytes, at, end)) {
      case DATA: {
        const due = chunks.dueBytes;
        this.tell('chunk', `${chunks.dataEnd - chunks.dataStart} bytes${due > 0 ? `, ${due} to come` : ''}`);
        return chunks.position;
      }
      case COMPLETE: {
        const trailers = new FieldsView(bytes, chunks.trailersStart, chunks.trailersEnd);
        this.tell('last', `chunk, ${chunks.trailerCount} trailers`, lines(trailers));
        chunks.reset();
        this.nextHead();
        return chunks.position;
      }
      case ERROR:
        this.phase = 'rest';
        this.tell('no chunk', chunks.error?.message ?? '');
        return chunks.position;
      default:
        // A trailer section is wanted again from its start; of anything else nothing is.
        if (!chunks.inTrailers) return end;
        return chunks.position > at ? chunks.position : undefined;
    }
  }

  private nextHead(): void {
    this.heads.reset(this.method);
    this.phase = 'head';
  }
}

function lines(fields: FieldsView): string[] {
  return [...fields].map(([name, value]) => `${name}: ${value}`);
}
