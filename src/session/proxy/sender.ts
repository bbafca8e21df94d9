/**
 * The session that sends a PROXY header as the first bytes of its own connection, and then hands over. The header
 * is made anew for each connection: one that is used again would speak for somebody else. This file does not know
 * who goes on.
 */

import { answerAbort, LimitError, MisuseError, UndercoatError } from '../../errors.js';
import { Machine } from '../../machine/index.js';
import { type Lease, Owner } from '../../memory/index.js';
import { callback, type OptionRules, readOptions, requireOption, text } from '../../options.js';
import type { Address } from '../../transport/facts.js';
import type { Ending, Handoff, Session, SessionContext, Verdict } from '../contract.js';
import type { ConnectionFacts } from '../facts.js';
import { encodeProxyHeader, proxyHeaderSize, proxyUnixAddress } from './encode.js';
import { addressUnspec, type ProxyAddress, type ProxyHeader, type ProxyTlv } from './header.js';
import { type ProxySenderView, proxySenderTable } from './sender-table.js';

export interface ProxySenderOptions {
  /** Makes the header of one connection, whose facts these are. Called once for each, before anything is sent. */
  readonly header: (facts: ConnectionFacts) => ProxyHeader;
  /** `to` of the handoff; default `next`. */
  readonly next?: string;
}

const { start, fail } = proxySenderTable.event;
const { 'handed-off': handedOff, closed } = proxySenderTable.state;

const rules: OptionRules<{ readonly next: string }> = {
  next: { kind: text, fallback: 'next', code: 'option-value', cites: 'LAY-1' },
};

/** Sessions that send a header, one for each connection. @throws MisuseError `proxy-no-header` when nobody makes it */
export function proxySender(options: ProxySenderOptions): (context: SessionContext) => Session {
  const { next } = readOptions(rules, options);
  requireOption('header', options?.header, callback(), 'proxy-no-header', 'proxy-protocol.txt §2');
  return (context) => new ProxySender(context, options.header, next);
}

/**
 * The header that says that a connection comes from `source` and was made to `destination`. Where the version
 * cannot say it (one is not known, they are of two families, version 1 and a Unix socket), the header says that
 * it does not know: UNKNOWN, or UNSPEC.
 */
export function proxyHeaderOf(
  version: 1 | 2,
  source: Address | undefined,
  destination: Address | undefined,
  tlvs: readonly ProxyTlv[] = [],
): ProxyHeader {
  const from = proxyAddressOf(source);
  const to = proxyAddressOf(destination);
  const isSaid =
    from.family === to.family && from.family !== 'unspec' && !(version === 1 && from.family === 'unix');
  return {
    version,
    command: 'proxy',
    transport: isSaid ? 'stream' : 'unspec',
    source: isSaid ? from : addressUnspec,
    destination: isSaid ? to : addressUnspec,
    tlvs,
  };
}

function proxyAddressOf(address: Address | undefined): ProxyAddress {
  switch (address?.family) {
    case 'ipv4':
    case 'ipv6': {
      const zone = address.address.indexOf('%');
      const text = zone < 0 ? address.address : address.address.slice(0, zone);
      return { family: address.family, address: text, port: address.port };
    }
    case 'unix':
      return proxyUnixAddress(address.path);
    default:
      return addressUnspec;
  }
}

class ProxySender implements Session, ProxySenderView {
  readonly name = 'proxy-sender';
  readonly pausedBy = undefined;
  readonly busy = false;
  readonly ending: Ending = 'abort';
  error: UndercoatError | undefined;
  sent: boolean;

  private readonly context: SessionContext;
  private readonly makeHeader: (facts: ConnectionFacts) => ProxyHeader;
  private readonly next: string;
  private readonly owner: Owner;
  private readonly machine: Machine<ProxySenderView>;
  private unused: Lease | undefined;
  private inputEnded: boolean;
  private collected: boolean;

  constructor(context: SessionContext, makeHeader: (facts: ConnectionFacts) => ProxyHeader, next: string) {
    this.error = undefined;
    this.sent = false;
    this.context = context;
    this.makeHeader = makeHeader;
    this.next = next;
    this.owner = new Owner('session', this.name, context.id);
    this.machine = new Machine(proxySenderTable, this.owner, context.observer);
    this.unused = undefined;
    this.inputEnded = false;
    this.collected = false;
  }

  start(_now: number): Verdict {
    if (this.machine.can(start, this)) this.send();
    this.machine.take(start, this);
    const { input } = this.context;
    if (this.sent) this.unused = input.handOff(this.owner);
    else input.close();
    return this.verdict();
  }

  receive(_now: number): Verdict {
    return this.verdict();
  }

  end(_now: number): Verdict {
    this.inputEnded = true;
    return this.verdict();
  }

  written(_now: number): Verdict {
    return this.verdict();
  }

  deadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  expire(_now: number): Verdict {
    return this.verdict();
  }

  shutdown(_now: number): Verdict {
    return this.verdict();
  }

  fail(error: UndercoatError | undefined, _now: number): void {
    if (this.collected || !this.machine.step(fail, this)) return;
    this.unused?.release();
    this.unused = undefined;
    this.error = error;
    this.context.input.close();
  }

  handoff(): Handoff {
    if (!this.machine.is(handedOff) || this.collected) {
      throw new MisuseError('proxy-no-handoff', 'CON-3', `${this.owner} has nothing to hand off`);
    }
    this.collected = true;
    const { unused, inputEnded } = this;
    this.unused = undefined;
    return { to: this.next, unused, facts: this.context.facts, inputEnded };
  }

  /** Builds the header in the outbox, all of it or nothing; `sent` and `error` say which. */
  private send(): void {
    const { output, facts } = this.context;
    let header: ProxyHeader;
    let size: number;
    try {
      header = this.makeHeader(facts);
      size = proxyHeaderSize(header);
    } catch (cause) {
      this.error =
        cause instanceof UndercoatError
          ? cause
          : new MisuseError('proxy-no-header', 'LAY-1', `no PROXY header was made: ${String(cause)}`);
      return;
    }
    let room = output.open();
    if (room !== undefined && room.length < size) {
      output.cancel();
      room = output.openFresh();
    }
    if (room !== undefined && room.length >= size) {
      encodeProxyHeader(header, room.bytes, room.start);
      output.commit(size);
      this.sent = true;
      return;
    }
    if (room !== undefined) output.cancel();
    this.error = new LimitError(
      room === undefined ? 'limitBytes' : 'slabBytes',
      'proxy-header-no-room',
      'WS-9',
      `no room to build a PROXY header of ${size} bytes in`,
      answerAbort,
    );
  }

  private verdict(): Verdict {
    if (this.machine.is(closed)) return 'closed';
    return this.machine.is(handedOff) ? 'handed-off' : 'need-data';
  }
}
