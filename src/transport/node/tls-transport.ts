/**
 * TLS on any transport of ours. The transport below carries ciphertext and is seen by the platform's TLS as a
 * stream; what the platform gives back is a stream again, and this is the transport on it. It keeps the pipe below
 * until that has closed: an alert of ours must still go out, and a pipe torn down too early would cost the
 * peer our last bytes. This file does not know which end we are.
 */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { TransportError } from '../../errors.js';
import type { TransportOptions } from '../base.js';
import type { Timer } from '../clock.js';
import type { Transport } from '../contract.js';
import type { TransportFacts } from '../facts.js';
import { TransportDuplex, type UnusedRange } from './duplex.js';
import { StreamTransport, type StreamTransportOptions } from './stream-transport.js';
import { tlsError, tlsFacts, tlsTruncated, tlsUnfinished } from './tls-facts.js';

/** Begins a handshake on a stream, and reports either way, later. */
export type Handshake = (
  pipe: Duplex,
  secured: (socket: TLSSocket, servername: string | undefined) => void,
  failed: (error: unknown) => void,
) => void;

export interface TlsTransportOptions extends TransportOptions, StreamTransportOptions {
  /** How long the pipe below is kept after TLS failed, for the peer to read our alert; 1000 ms if absent. */
  readonly lingerMs?: number;
}

export class TlsTransport extends StreamTransport<TLSSocket> {
  private readonly lower: Transport;
  private readonly unused: UnusedRange | undefined;
  private readonly handshake: Handshake;
  private readonly lingerMs: number;
  private pipe: CipherPipe | null = null;
  private socket: TLSSocket | null = null;
  private servername: string | undefined = undefined;
  /** close_notify came. */
  private notified = false;
  private truncated = false;
  /** TLS is over, and what `closed` will say when the pipe below has closed. */
  private ended: { readonly error: TransportError | undefined } | null = null;
  private lingering: Timer | null = null;

  constructor(
    lower: Transport,
    unused: UnusedRange | undefined,
    handshake: Handshake,
    options: TlsTransportOptions,
  ) {
    super('tls', options);
    this.lower = lower;
    this.unused = unused;
    this.handshake = handshake;
    this.lingerMs = options.lingerMs ?? 1000;
  }

  protected begin(): void {
    const pipe = new CipherPipe(this.lower, this.unused, {
      ended: () => this.onPipeEnded(),
      closed: (error) => this.onPipeClosed(error),
    });
    this.pipe = pipe;
    this.quietly(() => {
      this.handshake(
        pipe,
        (socket, servername) => this.onSecured(socket, servername),
        (error) => this.onFailed(error),
      );
    });
  }

  protected factsOf(socket: TLSSocket): TransportFacts {
    const below = this.pipe?.facts;
    const facts = { kind: 'tls', tls: tlsFacts(socket, this.servername) };
    return below === undefined ? facts : { ...facts, below };
  }

  protected override errorOf(error: unknown): TransportError {
    return tlsError(error);
  }

  protected override get endFault(): TransportError | undefined {
    return this.truncated ? tlsTruncated() : undefined;
  }

  /** TLS broke: our alert may be under way. */
  protected override broken(error: TransportError): void {
    this.lastWords(error);
  }

  /** Both have said close_notify: the pipe below follows. */
  protected override conclude(): void {
    this.lastWords(undefined);
  }

  protected override destroy(socket: TLSSocket): void {
    socket.destroy();
  }

  protected override tearDown(error: TransportError | undefined): void {
    super.tearDown(error);
    this.lingering?.cancel();
    this.lower.abort(error);
    this.forget();
    if (this.isIdle) this.unused?.release?.();
  }

  protected override letGo(): void {
    super.tearDown(undefined);
    this.lingering?.cancel();
    this.lower.release();
    this.forget();
    if (this.isIdle) this.unused?.release?.();
  }

  private onSecured(socket: TLSSocket, servername: string | undefined): void {
    this.socket = socket;
    this.servername = servername;
    const push = socket.push;
    // The platform tells an end by close_notify and the pipe's own end alike; here they are told apart.
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null) this.notified = true;
      return push.call(socket, chunk, encoding);
    };
    if (this.over || this.aborted || this.ended !== null) socket.destroy();
    else this.adopt(socket, null, true);
  }

  private onFailed(error: unknown): void {
    if (this.over || this.aborted) return;
    this.lastWords(tlsError(error));
  }

  /** The ciphertext has ended, and TLS has had all of it. */
  private onPipeEnded(): void {
    if (this.socket !== null) this.truncated = !this.notified;
    else this.onFailed(tlsUnfinished());
  }

  /** Nothing more is said to TLS; what it said last still goes out, then the pipe below closes. */
  private lastWords(error: TransportError | undefined): void {
    if (this.ended !== null) return;
    this.ended = { error };
    const { pipe, clock } = this;
    if (pipe === null || pipe.gone) {
      this.conclusion();
      return;
    }
    this.quietly(() => pipe.lastWords());
    if (error === undefined) return;
    this.lingering = clock.at(clock.now() + this.lingerMs, () => this.lower.abort());
  }

  private onPipeClosed(error: TransportError | undefined): void {
    if (this.over || this.aborted) return;
    if (this.ended === null && error !== undefined) this.ended = { error };
    if (this.ended !== null) this.conclusion();
    // Else the end of the ciphertext is on its way through TLS and comes out of it as an end.
  }

  private conclusion(): void {
    this.lingering?.cancel();
    const { socket, ended } = this;
    if (socket !== null) this.quietly(() => socket.destroy());
    this.forget();
    if (ended?.error === undefined && this.localEnded && this.peerEnded) this.reportDone();
    else this.reportClosed(ended?.error);
  }

  /** The platform keeps a TLS socket for as long as the stream below it has not closed, above all during the handshake. */
  private forget(): void {
    const { pipe } = this;
    if (pipe !== null) this.quietly(() => pipe.close());
  }
}

/** What the TLS transport hears of the pipe below. */
interface PipeEvents {
  readonly ended: () => void;
  readonly closed: (error: TransportError | undefined) => void;
}

/** The transport below as TLS sees it. It never tears that down: the TLS transport does. */
class CipherPipe extends TransportDuplex {
  private readonly events: PipeEvents;
  /** The transport below has closed. */
  gone = false;

  constructor(lower: Transport, unused: UnusedRange | undefined, events: PipeEvents) {
    super(lower, unused);
    this.events = events;
    // Before TLS hears of it.
    this.on('end', events.ended);
  }

  /** Ends the pipe behind what TLS wrote; what still comes is read and dropped. */
  lastWords(): void {
    this.discard();
    if (!this.writableEnded) this.end();
  }

  /** The platform's TLS destroys the stream below it when it fails; what it wrote, an alert, must still go out. */
  override destroy(): this {
    this.lastWords();
    return this;
  }

  /** Nobody reads or writes any more, TLS included. */
  close(): void {
    super.destroy();
  }

  protected override onClosed(error: TransportError | undefined): void {
    // TLS may still have to read what came before: the stream itself goes on.
    this.gone = true;
    this.isClosed = true;
    this.events.closed(error);
  }
}
