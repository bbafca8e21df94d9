/**
 * `Upgrade: h2c` on a client (RFC 7540 §3.2): requests go out over H1, the first one without content asks on its way, and once the
 * server has agreed they go out over H2. If it does not agree, all goes on over H1.
 *
 * It does not know how a message is framed, nor when one session follows another.
 */
import type { Session } from '../session/contract.js';
import { encodeHttp2Settings } from '../session/h2/http2-settings.js';
import type { ClientExchange, ClientSession, RequestOptions, ResponseListener } from './contract.js';
import type { H1Client } from './h1-client.js';
import type { H2Client } from './h2-client.js';
import { H2cExchange } from './h2c-exchange.js';

/** What a client asks for. */
export interface H2cTerms {
  /** The payload of HTTP2-Settings. */
  readonly settings: Uint8Array;
}

export class H2cClient implements ClientSession {
  onAvailable: (() => void) | undefined;
  private readonly h1: H1Client;
  private readonly terms: H2cTerms;
  private readonly report: ((error: unknown) => void) | undefined;
  private h2: H2Client | null;
  /** The question went out. */
  private asked: boolean;
  /** The server agreed: H1 is over, whether or not H2 has begun. */
  private agreed: boolean;

  constructor(h1: H1Client, terms: H2cTerms, report: ((error: unknown) => void) | undefined) {
    this.onAvailable = undefined;
    this.h1 = h1;
    this.terms = terms;
    this.report = report;
    this.h2 = null;
    this.asked = false;
    this.agreed = false;
    // Between the two sessions nothing is available, and yet nothing is over.
    h1.onAvailable = () => {
      if (!this.agreed) this.onAvailable?.();
    };
  }

  /** The session that begins. */
  get session(): Session {
    return this.h1.session;
  }

  get available(): number {
    if (this.agreed) return this.h2 === null ? 0 : this.h2.available;
    return this.h1.available;
  }

  awaits(options: RequestOptions): boolean {
    return this.h2?.awaits(options) === true;
  }

  request(options: RequestOptions, listener: ResponseListener): ClientExchange {
    if (this.h2 !== null) return this.h2.request(options, listener);
    const { settings } = this.terms;
    if (this.asked || !canAsk(options)) return this.h1.request(options, listener);
    const exchange = new H2cExchange(options, settings, listener, this.report);
    const agreed = (): H2cExchange => {
      this.agreed = true;
      exchange.leave((h2) => this.goOn(h2));
      return exchange;
    };
    const offer = { protocol: 'h2c', settings: encodeHttp2Settings(settings), agreed } as const;
    exchange.enter(this.h1.request(options, exchange.heard, offer));
    this.asked = true;
    return exchange;
  }

  private goOn(h2: H2Client): void {
    this.h2 = h2;
    h2.onAvailable = () => this.onAvailable?.();
  }
}

/** Whether H2 can say all that a request says, and it is whole with its head. */
function canAsk(options: RequestOptions): boolean {
  const { method, target = '/', scheme, upgrade, length, fields = [] } = options;
  if (method === 'CONNECT' || upgrade !== undefined || scheme === 'https') return false;
  if (!(target.startsWith('/') || target === '*')) return false;
  // Content that is not ended by its sender: the server may have all of it, and could agree before we may.
  if (!(options.end ?? (length === undefined || length === 0))) return false;
  return !fields.some(([name]) => unlikeH2.has(name.toLowerCase()));
}

/** Fields that are not H2's to send, or that declare content besides the call. */
const unlikeH2: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'te',
  'upgrade',
]);
