/**
 * A record of what passed through one transport, and the decorator that keeps it. Plain data: it survives
 * JSON. This file does not know what the bytes mean, nor who replays it.
 */
import type { TransportError } from '../errors.js';
import type { ByteRange, Transport } from './contract.js';
import { DecoratedTransport, type TransportDecorator } from './decorator.js';
import type { TlsFacts, TransportFacts } from './facts.js';

/** Facts with the certificate as hexadecimal text. */
export interface RecordedFacts extends Omit<TransportFacts, 'tls' | 'below'> {
  readonly tls?: Omit<TlsFacts, 'peerCertificate'> & { readonly peerCertificate?: string };
  readonly below?: RecordedFacts;
}

/** One act, in the order in which they passed. `bytes` is hexadecimal text; a batch is one `write`. */
export type RecordedAct =
  | { readonly act: 'opened'; readonly facts: RecordedFacts }
  | { readonly act: 'received'; readonly bytes: string }
  | { readonly act: 'ended' }
  | { readonly act: 'written'; readonly count: number }
  | { readonly act: 'closed'; readonly error?: { readonly code: string; readonly message: string } }
  | { readonly act: 'write'; readonly bytes: string }
  | { readonly act: 'end' }
  | { readonly act: 'abort' }
  | { readonly act: 'release' };

/** Appends what passes to `acts`. */
export function recorder(acts: RecordedAct[]): TransportDecorator {
  return (lower) => new Recorder(lower, acts);
}

class Recorder extends DecoratedTransport {
  private readonly acts: RecordedAct[];
  private lent: ByteRange | undefined;
  private hasEnded = false;
  private isClosed = false;

  constructor(lower: Transport, acts: RecordedAct[]) {
    super(lower);
    this.acts = acts;
  }

  override write(segments: readonly ByteRange[]): void {
    this.lower.write(segments);
    const bytes = segments.map((range) => hex(range.bytes, range.start, range.end)).join('');
    if (bytes !== '') this.acts.push({ act: 'write', bytes });
  }

  override end(): void {
    // Calls that change nothing are no acts.
    if (!this.hasEnded) this.acts.push({ act: 'end' });
    this.hasEnded = true;
    this.lower.end();
  }

  override abort(error?: TransportError): void {
    if (!this.isClosed) this.acts.push({ act: 'abort' });
    this.lower.abort(error);
  }

  override release(): void {
    if (!this.isClosed) this.acts.push({ act: 'release' });
    this.lower.release();
  }

  override opened(facts: TransportFacts): void {
    this.acts.push({ act: 'opened', facts: recordedFacts(facts) });
    this.upper.opened(facts);
  }

  override room(): ByteRange | undefined {
    this.lent = this.upper.room();
    return this.lent;
  }

  override received(count: number): void {
    if (this.lent !== undefined && count > 0) {
      const { bytes, start } = this.lent;
      this.acts.push({ act: 'received', bytes: hex(bytes, start, start + count) });
    }
    this.lent = undefined;
    this.upper.received(count);
  }

  override ended(): void {
    this.acts.push({ act: 'ended' });
    this.upper.ended();
  }

  override written(count: number): void {
    this.acts.push({ act: 'written', count });
    this.upper.written(count);
  }

  override closed(error?: TransportError): void {
    this.isClosed = true;
    if (error === undefined) this.acts.push({ act: 'closed' });
    else this.acts.push({ act: 'closed', error: { code: error.code, message: error.message } });
    this.upper.closed(error);
  }
}

const digits = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** `bytes[start..end)` as hexadecimal text, two lower-case digits an octet. */
function hex(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += digits[bytes[i] as number];
  return text;
}

/** The octets of hexadecimal text. */
export function unhex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function recordedFacts({ tls, below, ...rest }: TransportFacts): RecordedFacts {
  let recorded: RecordedFacts = rest;
  if (tls !== undefined) {
    const { peerCertificate: der, ...agreed } = tls;
    const shown = der === undefined ? agreed : { ...agreed, peerCertificate: hex(der, 0, der.length) };
    recorded = { ...recorded, tls: shown };
  }
  return below === undefined ? recorded : { ...recorded, below: recordedFacts(below) };
}

/** The facts that were recorded. */
export function replayedFacts({ tls, below, ...rest }: RecordedFacts): TransportFacts {
  let facts: TransportFacts = rest;
  if (tls !== undefined) {
    const { peerCertificate: text, ...agreed } = tls;
    const shown = text === undefined ? agreed : { ...agreed, peerCertificate: unhex(text) };
    facts = { ...facts, tls: shown };
  }
  return below === undefined ? facts : { ...facts, below: replayedFacts(below) };
}
