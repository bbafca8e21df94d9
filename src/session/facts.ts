/**
 * What a connection knows about itself: what its transport said, and what a session before this one learnt.
 * Every exchange can read it. Plain data that outlives every buffer; this file does not know who learnt what.
 */

import type { TransportFacts } from '../transport/facts.js';
import type { UpgradedRequest } from './carried.js';
import type { ProxyHeader } from './proxy/header.js';

export interface ConnectionFacts {
  /** The outermost transport: TLS where there is TLS; `below` leads down to the socket. */
  readonly transport: TransportFacts;
  /** What the PROXY header said, when one was required and came. */
  readonly proxy?: ProxyHeader;
  /** The request that made H1 go on as H2 (RFC 7540 §3.2). */
  readonly upgrade?: UpgradedRequest;
}
