/**
 * `proxy()` and `proxySend()`: the steps that require, and that send, a PROXY header before anything else on a
 * connection. This file does not know who goes on.
 */
import { type OptionKind, requireOption } from '../options.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { ProxyHeader } from '../session/proxy/header.js';
import { type ProxyReceiverOptions, proxyReceiver } from '../session/proxy/receiver.js';
import { proxySender } from '../session/proxy/sender.js';
import { Stack } from './stack.js';

/**
 * Requires a PROXY header of version 1 or 2 from a trusted peer: `proxy({ trust: ['127.0.0.0/8'] }).then(h1())`.
 * @throws MisuseError on a trust list or a limit that is none
 */
export function proxy(options: ProxyReceiverOptions): Stack {
  const make = proxyReceiver(options);
  return new Stack([{ kind: 'session', name: 'proxy', role: 'server', start: make }]);
}

type Header = ProxyHeader | ((facts: ConnectionFacts) => ProxyHeader);

const headerKind: OptionKind<Header> = {
  what: 'a PROXY header, or a function that makes one',
  fits: (value): value is Header =>
    typeof value === 'function' || (typeof value === 'object' && value !== null && 'version' in value),
};

/**
 * Sends a PROXY header on each connection of a client: the same for all, or made from the facts of each one. A
 * header that speaks for somebody is made per connection, since connections are used again for others.
 * @throws MisuseError `proxy-no-header` when it is neither
 */
export function proxySend(header: Header): Stack {
  requireOption('header', header, headerKind, 'proxy-no-header', 'proxy-protocol.txt §2');
  const make = proxySender({ header: typeof header === 'function' ? header : () => header });
  return new Stack([{ kind: 'session', name: 'proxy-sender', role: 'client', start: make }]);
}
