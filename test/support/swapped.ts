// A transport step to swap transports with: every byte is turned over (XOR 0xff), so that what passes it and what
// does not can be told apart, and what was received before the swap must come through it, too (LAY-6).

import type { TransportStep } from '../../src/endpoint/step.js';
import type { ByteRange, Transport } from '../../src/transport/contract.js';
import { DecoratedTransport } from '../../src/transport/decorator.js';
import type { TransportFacts } from '../../src/transport/facts.js';

class TurnedOver extends DecoratedTransport {
  private range: ByteRange | undefined = undefined;
  private readonly alpn: string | undefined;

  constructor(lower: Transport, alpn?: string) {
    super(lower);
    this.alpn = alpn;
  }

  override opened(facts: TransportFacts): void {
    const tls = { version: 'none', cipher: 'none', authorized: false };
    const agreed = this.alpn === undefined ? tls : { ...tls, alpn: this.alpn };
    this.upper.opened({ kind: 'turned-over', tls: agreed, below: facts });
  }

  override room(): ByteRange | undefined {
    this.range = this.upper.room();
    return this.range;
  }

  override received(count: number): void {
    if (this.range !== undefined) turnOver(this.range.bytes, this.range.start, this.range.start + count);
    this.upper.received(count);
  }

  override write(segments: readonly ByteRange[]): void {
    super.write(
      segments.map(({ bytes, start, end }) => {
        const own = bytes.slice(start, end);
        turnOver(own, 0, own.length);
        return { bytes: own, start: 0, end: own.length };
      }),
    );
  }
}

export function turnedOverStep(alpn?: string): TransportStep {
  return { kind: 'transport', name: 'turned-over', wrap: (lower) => new TurnedOver(lower, alpn) };
}

/** The text as it stands on the wire under a turned-over transport. */
export function turnedOver(text: string): string {
  return String.fromCharCode(...Array.from(text, (character) => character.charCodeAt(0) ^ 0xff));
}

function turnOver(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) bytes[i] = (bytes[i] as number) ^ 0xff;
}
