/**
 * Plays the two halves of a body's script: taking one that comes, sending one that goes. Written the way careless
 * applications are: leases are kept, bodies paused, callbacks throw. This file does not know whose message it is.
 */
import { MisuseError, UndercoatError } from '../errors.js';
import { type Lease, Owner } from '../memory/index.js';
import type { BodyConsumer, Fields, IncomingBody, OutgoingBody } from '../stream/contract.js';
import type { ExchangeRecord } from './exchange-record.js';
import { type BodyScript, contentOf, type TakingScript } from './exchange-script.js';
import type { Keepsakes } from './keepsakes.js';
import type { Later } from './session-pair.js';

/** What is done beside the taking of a body. Any of them may throw. */
export interface TakingHooks {
  readonly data?: () => void;
  readonly end?: () => void;
}

/** What every stack under test copies, so that its sender may use the buffer again at once (OWN-4). */
const copiedBytes = 64;
/** What a sender's next use leaves in a buffer that is its own again. */
const reused = 0x21;

const elsewhere = new Owner('application', 'elsewhere', 0);

export class BodyTaker implements BodyConsumer {
  private readonly keepsakes: Keepsakes;
  private readonly body: IncomingBody;
  private readonly script: TakingScript;
  private readonly record: ExchangeRecord;
  private readonly later: Later;
  private readonly hooks: TakingHooks;
  private readonly held: Lease[];
  private deliveries: number;

  constructor(
    body: IncomingBody,
    script: TakingScript,
    record: ExchangeRecord,
    later: Later,
    keepsakes: Keepsakes,
    hooks: TakingHooks,
  ) {
    this.keepsakes = keepsakes;
    this.body = body;
    this.script = script;
    this.record = record;
    this.later = later;
    this.hooks = hooks;
    this.held = [];
    this.deliveries = 0;
  }

  begin(): void {
    switch (this.script.mode) {
      case 'consume':
        this.body.consume(this);
        break;
      case 'late':
        this.later.tasks.push(() => this.body.consume(this));
        break;
      case 'discard':
        this.body.discard();
        break;
      case 'ignore':
        break;
    }
  }

  data(lease: Lease): void {
    this.record.callback(() => this.take(lease));
  }

  end(trailers: Fields | undefined): void {
    this.record.callback(() => {
      if (trailers !== undefined) this.keepsakes.keep(trailers);
      const lines = trailers === undefined ? [] : [...trailers];
      this.record.end(lines.map(([name, value]) => `${name}: ${value}`).join('; '));
      this.releaseHeld();
      this.hooks.end?.();
    });
  }

  failed(error: UndercoatError): void {
    this.record.callback(() => this.record.failBody(error.code));
  }

  private take(lease: Lease): void {
    const { bytes, start, end } = lease;
    let text = '';
    for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
    this.record.data(text);
    this.deliveries += 1;
    this.dispose(lease);
    const { pauseEach } = this.script;
    if (pauseEach > 0 && this.deliveries % pauseEach === 0) {
      this.body.pause();
      this.later.tasks.push(() => this.body.resume());
    }
    this.hooks.data?.();
  }

  private dispose(lease: Lease): void {
    switch (this.script.leases) {
      case 'release':
        lease.release();
        break;
      case 'hold':
        if (this.held.length === 0) this.later.tasks.push(() => this.releaseHeld());
        this.held.push(lease);
        break;
      case 'keep':
        break;
      case 'retain':
        this.keepsakes.retain(lease);
        break;
      case 'split':
        if (lease.length > 1) {
          const [head] = lease.split(1);
          head.release();
        }
        break;
      case 'transfer':
        lease.transfer(elsewhere);
        break;
    }
  }

  /** What is still held; what the exchange's end took back is left alone. */
  private releaseHeld(): void {
    for (const lease of this.held.splice(0)) if (lease.live) lease.release();
  }
}

/** Sends one body. `within` is called before its last piece, and may throw. */
export function sendBody(
  out: OutgoingBody,
  script: BodyScript,
  record: ExchangeRecord,
  within: () => void = () => {},
): void {
  const content = contentOf(script);
  const buffer = new Uint8Array(copiedBytes);
  let at = 0;
  let piece = 0;
  /** Sends and lets go: a short piece out of the one buffer, and a long one that is overwritten when it came back. */
  const send = (from: number, length: number, end: boolean): void => {
    const range = content.subarray(from, from + length);
    if (length <= copiedBytes) {
      buffer.set(range);
      out.send(buffer.subarray(0, length), end);
      buffer.fill(reused);
      return;
    }
    record.lent += 1;
    try {
      out.send(range, end, () => {
        record.returned += 1;
        range.fill(reused);
      });
    } catch (error) {
      record.lent -= 1;
      throw error;
    }
  };
  const pump = (): void => {
    while (piece < script.pieces.length) {
      if (script.patient && !out.writable) {
        out.onWritable = pump;
        return;
      }
      const length = script.pieces[piece] as number;
      piece += 1;
      const last = piece === script.pieces.length;
      if (last) within();
      send(at, length, last && script.endsWithData);
      record.sentBytes += length;
      at += length;
    }
    out.onWritable = undefined;
    if (!script.endsWithData || script.pieces.length === 0) {
      out.end(script.declared || script.trailers.length === 0 ? undefined : script.trailers);
    }
  };
  pump();
}

/** Calls what must be refused as misuse. @throws MisuseError when it is not */
export function requireRefused(...acts: (() => void)[]): void {
  for (const [i, act] of acts.entries()) {
    let found: unknown = 'nothing';
    try {
      act();
    } catch (error) {
      found = error;
    }
    if (found instanceof UndercoatError && found.fault === 'api-misuse') continue;
    throw new MisuseError('not-refused', 'LAY-3', `misuse ${i} was answered with ${String(found)}`);
  }
}
