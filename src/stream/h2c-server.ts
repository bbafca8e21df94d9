/**
 * `Upgrade: h2c` on a server (RFC 7540 §3.2): which requests are upgraded, and the stream of one, which reads its content
 * and agrees. An upgrade may always be ignored (RFC 9110 §7.8), so whatever is not as it must be is answered over H1.
 *
 * It does not know what goes on after the agreement, nor what an application would do with the request.
 */
import type { UndercoatError } from '../errors.js';
import { type Lease, Owner } from '../memory/index.js';
import type { Carried, UpgradedRequest } from '../session/carried.js';
import type { ConnectionFacts } from '../session/facts.js';
import { PreparedFields } from '../session/h1/encode-fields.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH } from '../session/h1/head-reader.js';
import type { H1Head } from '../session/h1/message-head.js';
import type { H1ServerSession } from '../session/h1/server-session.js';
import type { H1RequestSink } from '../session/h1/sinks.js';
import { decodeHttp2Settings } from '../session/h2/http2-settings.js';
import type { TransportFacts } from '../transport/facts.js';
import { listed } from './listed.js';

/** The limits of an upgrade. */
export interface H2cLimits {
  /** Most content of the request that asks: more, or an unknown length, and the upgrade is ignored. */
  readonly maxRequestBytes: number;
  /** Most settings in HTTP2-Settings. */
  readonly maxSettings: number;
}

/** Makes the stream of a request that is upgraded; undefined for any other. */
export type H2cListener = (head: H1Head, session: H1ServerSession) => H1RequestSink | undefined;

export function h2cListener(limits: H2cLimits): H2cListener {
  return (head, session) => {
    if (!head.upgrades) return undefined;
    const { facts, input } = session.context;
    // What is read ahead of an answer must leave room to receive (OWN-8).
    const maxRequestBytes = Math.min(limits.maxRequestBytes, input.source.slabBytes);
    const request = h2cRequest(head, facts, { ...limits, maxRequestBytes });
    return request === undefined ? undefined : new H2cRequest(request, head, session);
  };
}

/** Whether there is TLS anywhere below. */
export function isSecure({ transport }: ConnectionFacts): boolean {
  for (let at: TransportFacts | undefined = transport; at !== undefined; at = at.below) {
    if (at.tls !== undefined) return true;
  }
  return false;
}

/** What a request that asks for h2c asks of H2; undefined when it does not, or not as it must. */
function h2cRequest(
  head: H1Head,
  facts: ConnectionFacts,
  { maxRequestBytes, maxSettings }: H2cLimits,
): UpgradedRequest | undefined {
  const { method, target, authority, fields, framing, contentLength } = head;
  // Over TLS there is ALPN (RFC 7540 §3.2, §3.3).
  if (!head.upgrades || isSecure(facts)) return undefined;
  // The first is what the client likes best (RFC 9110 §7.8).
  if (listed(fields.get('upgrade') ?? '')[0] !== 'h2c') return undefined;
  const options = listed(fields.get('connection') ?? '');
  const [value, second] = fields.getAll('http2-settings');
  if (value === undefined || second !== undefined || !options.includes('http2-settings')) return undefined;
  const settings = decodeHttp2Settings(value, maxSettings);
  if (settings === undefined) return undefined;
  // What H2 says in :path; a target with a scheme may be for somebody else.
  if (!(target.startsWith('/') || target === '*') || authority === undefined) return undefined;
  if (framing === FRAMING_CHUNKED || contentLength > maxRequestBytes) return undefined;
  const dropped = new Set([...options, ...ofTheConnection]);
  const kept: [string, string][] = [];
  for (const [name, text] of fields) {
    const lower = name.toLowerCase();
    const saysTrailers = lower === 'te' && text.toLowerCase() === 'trailers';
    if (saysTrailers || !dropped.has(lower)) kept.push([lower, text]);
  }
  return { protocol: 'h2c', method, target, authority, fields: kept, settings };
}

/** Fields that end with H1 (RFC 9113 §8.2.2); Host is the authority, and what was expected has been done. */
const ofTheConnection: readonly string[] = [
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
];

const agreement = new PreparedFields([['Upgrade', 'h2c']]);

/** A request that is upgraded when all of it has come. */
class H2cRequest implements H1RequestSink, Carried {
  readonly request: UpgradedRequest;
  readonly bodyOwner: Owner;
  readonly wantsBody: true;
  readonly bodySettled: true;
  readonly takesBody: true;
  private readonly session: H1ServerSession;
  private content: Lease[];
  private whole: boolean;
  private agreed: boolean;

  constructor(request: UpgradedRequest, head: H1Head, session: H1ServerSession) {
    this.request = request;
    this.bodyOwner = new Owner('stream', 'h2c', session.context.id);
    this.wantsBody = true;
    this.bodySettled = true;
    this.takesBody = true;
    this.session = session;
    this.content = [];
    this.whole = head.framing !== FRAMING_LENGTH || head.contentLength === 0;
    this.agreed = false;
    // A client that expects to be told is told before the 101 (RFC 9110 §7.8).
    if (!this.whole) session.bodyWanted();
  }

  data(lease: Lease): void {
    this.content.push(lease);
  }

  receiveEnd(): void {
    this.whole = true;
    this.settle();
  }

  settle(): void {
    if (!this.whole || this.agreed) return;
    this.agreed = true;
    this.session.upgrade(101, agreement, this);
  }

  failed(error: UndercoatError): void {
    this.drop(error);
  }

  takeContent(): Lease[] {
    const { content } = this;
    this.content = [];
    return content;
  }

  drop(_error: UndercoatError | undefined): void {
    for (const lease of this.takeContent()) lease.release();
  }

  // Nothing is sent over H1 but the agreement, and nothing of the request is left behind.
  sendable(): void {}
  undelivered(): void {}
  finished(): void {}
}
