/**
 * The session that requires a PROXY header as the first bytes of a connection, from a trusted peer and in time,
 * and then hands over. A wrong header, or a peer that is not trusted, is closed without a byte. This file does
 * not know who goes on, nor what the bytes behind the header are.
 */

import {
  answerClose,
  LimitError,
  MisuseError,
  ProtocolError,
  TransportError,
  type UndercoatError,
} from '../../errors.js';
import { Machine } from '../../machine/index.js';
import { type Lease, Owner } from '../../memory/index.js';
import { type OptionKind, type OptionRules, readOptions, requireOption, text, texts } from '../../options.js';
import type { Address, TransportFacts } from '../../transport/facts.js';
import type { Ending, Handoff, Session, SessionContext, Verdict } from '../contract.js';
import type { ConnectionFacts } from '../facts.js';
import type { ProxyHeader, ProxyReadLimits } from './header.js';
import { proxyReadLimits, readProxyHeader } from './read.js';
import { type ProxyReceiverView, proxyReceiverTable } from './receiver-table.js';
import { TrustList } from './trust.js';

const trustKind: OptionKind<readonly string[]> = {
  ...texts,
  what: 'an array of addresses, blocks, "unix" or "memory"',
};

export interface ProxyReceiverOptions extends Partial<ProxyReadLimits> {
  /** Who may send a header: see `TrustList`. Nobody else gets any further. */
  readonly trust: readonly string[];
  /** `to` of the handoff; default `next`. */
  readonly next?: string;
}

const rules: OptionRules<{ readonly next: string }> = {
  next: { kind: text, fallback: 'next', code: 'option-value', cites: 'LAY-1' },
};

const { start, complete, invalid, exhausted, end, expire, shutdown, fail } = proxyReceiverTable.event;
const { header: inHeader, 'handed-off': handedOff, closed } = proxyReceiverTable.state;

/**
 * Sessions that require a header. Options are checked here, once; what comes back makes one session for each
 * connection. @throws MisuseError on a trust list or a limit that is none
 */
export function proxyReceiver(options: ProxyReceiverOptions): (context: SessionContext) => Session {
  // There is no default for whom to believe.
  requireOption('trust of proxy()', options?.trust, trustKind, 'proxy-trust', 'proxy-protocol.txt §5');
  const trust = new TrustList(options.trust);
  const limits = proxyReadLimits(options);
  const { next } = readOptions(rules, options);
  return (context) => new ProxyReceiver(context, trust, limits, next);
}

class ProxyReceiver implements Session, ProxyReceiverView {
  readonly name: string;
  readonly pausedBy = undefined;
  error: UndercoatError | undefined;

  private readonly context: SessionContext;
  private readonly trust: TrustList;
  private readonly limits: ProxyReadLimits;
  private readonly next: string;
  private readonly owner: Owner;
  private readonly machine: Machine<ProxyReceiverView>;
  private dueAt: number;
  private header: ProxyHeader | undefined;
  private unused: Lease | undefined;
  private inputEnded: boolean;
  private collected: boolean;

  constructor(context: SessionContext, trust: TrustList, limits: ProxyReadLimits, next: string) {
    this.name = limits.versions === 'either' ? 'proxy' : `proxy-v${limits.versions}`;
    this.error = undefined;
    this.context = context;
    this.trust = trust;
    this.limits = limits;
    this.next = next;
    this.owner = new Owner('session', this.name, context.id);
    this.machine = new Machine(proxyReceiverTable, this.owner, context.observer);
    this.dueAt = Number.POSITIVE_INFINITY;
    this.header = undefined;
    this.unused = undefined;
    this.inputEnded = false;
    this.collected = false;
  }

  get trusted(): boolean {
    return this.trust.trusts(remoteOf(this.context.facts.transport));
  }

  get untouched(): boolean {
    return this.context.input.receivedBytes === 0;
  }

  get busy(): boolean {
    return this.machine.is(inHeader) && !this.untouched;
  }

  get ending(): Ending {
    return this.error?.answer.kind === 'abort' ? 'abort' : 'end';
  }

  start(now: number): Verdict {
    this.machine.take(start, this);
    if (this.machine.is(closed)) {
      return this.close(
        new ProtocolError(
          'proxy-untrusted',
          'proxy-protocol.txt §5',
          'the peer is not one of those that may send a PROXY header',
          answerClose,
        ),
      );
    }
    this.dueAt = now + this.context.deadlines.proxyHeader;
    return 'need-data';
  }

  receive(_now: number): Verdict {
    if (!this.machine.is(inHeader)) return this.verdict();
    const { input } = this.context;
    const read = readProxyHeader(input.bytes, input.start, input.end, this.limits);
    switch (read.kind) {
      case 'error':
        this.machine.take(invalid, this);
        return this.close(read.error);
      case 'complete':
        return this.complete(read.header, read.length);
      case 'need-data':
        return input.full ? this.exhaust() : 'need-data';
    }
  }

  end(_now: number): Verdict {
    if (this.machine.is(handedOff)) this.inputEnded = true;
    if (!this.machine.is(inHeader)) return this.verdict();
    const isTruncated = !this.untouched;
    this.machine.take(end, this);
    if (!isTruncated) return this.close(undefined);
    return this.close(
      new ProtocolError(
        'proxy-truncated',
        'proxy-protocol.txt §2.2',
        'the connection ended inside its PROXY header',
        answerClose,
      ),
    );
  }

  written(_now: number): Verdict {
    return this.verdict();
  }

  deadline(): number {
    return this.dueAt;
  }

  expire(now: number): Verdict {
    if (now < this.dueAt) return this.verdict();
    this.machine.take(expire, this);
    const why = `no whole PROXY header within ${this.context.deadlines.proxyHeader} ms`;
    return this.close(new TransportError('proxy-header-timeout', why, { cites: 'LAY-4' }));
  }

  /** A header that has begun is read to its end: the session after it is then told to shut down. */
  shutdown(_now: number): Verdict {
    if (this.machine.is(inHeader) && this.machine.step(shutdown, this)) return this.close(undefined);
    return this.verdict();
  }

  fail(error: UndercoatError | undefined, _now: number): void {
    if (this.collected || !this.machine.step(fail, this)) return;
    this.unused?.release();
    this.unused = undefined;
    this.close(error);
  }

  handoff(): Handoff {
    const { header } = this;
    if (header === undefined || !this.machine.is(handedOff) || this.collected) {
      throw new MisuseError('proxy-no-handoff', 'CON-3', `${this.owner} has nothing to hand off`);
    }
    this.collected = true;
    const { unused, inputEnded } = this;
    this.unused = undefined;
    const facts: ConnectionFacts = { ...this.context.facts, proxy: header };
    return { to: this.next, unused, facts, inputEnded };
  }

  private complete(header: ProxyHeader, length: number): Verdict {
    const { input } = this.context;
    this.machine.take(complete, this);
    this.dueAt = Number.POSITIVE_INFINITY;
    this.header = header;
    input.take(length, this.owner, 'header').release();
    this.unused = input.handOff(this.owner);
    return 'handed-off';
  }

  private exhaust(): Verdict {
    this.machine.take(exhausted, this);
    const { pendingBytes } = this.context.input;
    return this.close(
      new LimitError(
        'slabBytes',
        'proxy-header-over-slab',
        'WS-9',
        `the PROXY header is longer than a slab of ${pendingBytes} bytes`,
        answerClose,
      ),
    );
  }

  private close(error: UndercoatError | undefined): Verdict {
    this.error = error;
    this.dueAt = Number.POSITIVE_INFINITY;
    this.context.input.close();
    return 'closed';
  }

  private verdict(): Verdict {
    if (this.machine.is(closed)) return 'closed';
    return this.machine.is(handedOff) ? 'handed-off' : 'need-data';
  }
}

/** The peer's address, of the outermost transport that knows it. */
function remoteOf(facts: TransportFacts): Address | undefined {
  let at: TransportFacts | undefined = facts;
  while (at !== undefined && at.remote === undefined) at = at.below;
  return at?.remote;
}
