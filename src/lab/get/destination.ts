/**
 * Where a URL leads: the pipe, the stack to speak on it, and what the request says of it. This file does not know what is
 * asked for.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { h1 } from '../../endpoint/h1.js';
import { h2 } from '../../endpoint/h2.js';
import { proxySend } from '../../endpoint/proxy.js';
import { byAlpn, type Stack, stack } from '../../endpoint/stack.js';
import type { Step, Steps } from '../../endpoint/step.js';
import { answerClose, ProtocolError } from '../../errors.js';
import type { MachineObserver } from '../../machine/index.js';
import { proxyHeaderOf } from '../../session/proxy/sender.js';
import type { Connectable } from '../../transport/contract.js';
import { decorateConnectable } from '../../transport/decorator.js';
import { tcp } from '../../transport/node/tcp.js';
import { type TlsClientOptions, tlsClient } from '../../transport/node/tls.js';
import { unix } from '../../transport/node/unix.js';
import { UsageError } from '../usage.js';
import type { WireLines } from './wire-lines.js';
import { wireTap } from './wire-tap.js';

export interface DestinationOptions {
  readonly protocol: 'h1' | 'h2' | 'h2c' | 'auto';
  readonly proxy?: 'v1' | 'v2' | undefined;
  /** The path of a Unix socket to connect to, wherever the URL leads. */
  readonly unix?: string | undefined;
  /** Goes on with a certificate that does not verify. */
  readonly insecure: boolean;
  /** Files of PEM. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly observer: MachineObserver | null;
  /** Is shown what passes, as it is inside TLS. */
  readonly lines: WireLines | null;
}

export interface Destination {
  readonly connectable: Connectable;
  readonly stack: Stack;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly target: string;
}

/** A response is shown as it comes, however long it is: nothing of it is gathered. */
const endless = { maxBodyBytes: Number.POSITIVE_INFINITY };

/** @throws UsageError */
export function destinationOf(text: string, options: DestinationOptions): Destination {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UsageError(`${JSON.stringify(text)} is no URL of http or https`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('the URL has user information, which is not sent (RFC 9110 §4.2.4)');
  }
  const isSecure = url.protocol === 'https:';
  // An IPv6 address has brackets in a URL and nowhere else.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const { observer } = options;
  const pipe =
    options.unix === undefined
      ? tcp({ host, port: Number(url.port || (isSecure ? 443 : 80)), observer })
      : unix({ path: options.unix, observer });
  return {
    connectable: tapped(pipe, isSecure, options),
    stack: stackOf(host, isSecure, options),
    scheme: isSecure ? 'https' : 'http',
    authority: url.host,
    target: url.pathname + url.search,
  };
}

/** Shows what passes below TLS: a PROXY header, and all the rest where there is no TLS. */
function tapped(pipe: Connectable, isSecure: boolean, { lines, proxy }: DestinationOptions): Connectable {
  if (lines === null || (isSecure && proxy === undefined)) return pipe;
  const rest = isSecure ? () => {} : lines.protocol;
  return decorateConnectable(pipe, wireTap(proxy === undefined ? rest : lines.behindProxy(rest)));
}

/** The layers above the pipe, the one nearest to the wire first. */
function stackOf(host: string, isSecure: boolean, options: DestinationOptions): Stack {
  const { protocol, proxy, lines } = options;
  const version = proxy === 'v1' ? 1 : 2;
  const layers: Steps[] = [];
  if (proxy !== undefined) {
    // We speak for ourselves: the connection's own addresses.
    layers.push(proxySend(({ transport: { local, remote } }) => proxyHeaderOf(version, local, remote)));
  }
  if (!isSecure) return stack(...layers, protocol === 'h2' ? h2(endless) : plainH1(protocol === 'h2c'));
  if (protocol === 'h2c')
    throw new UsageError('--protocol: an upgrade to h2c is not for TLS (RFC 7540 §3.3)');
  const alpn = protocol === 'auto' ? ['h2', 'http/1.1'] : [protocol === 'h2' ? 'h2' : 'http/1.1'];
  layers.push(secure(host, alpn, options));
  if (lines !== null) {
    layers.push({ kind: 'transport', name: 'wire-tap', wrap: wireTap(lines.protocol) });
  }
  const chosen = byAlpn(
    { h2: h2(endless), 'http/1.1': h1(endless) },
    protocol === 'h2' ? { kind: 'choice', name: 'no-h2', choose: refuse } : h1(endless),
  );
  return stack(...layers, chosen);
}

function plainH1(upgrades: boolean): Stack {
  return h1(upgrades ? { ...endless, h2c: { h2: endless } } : endless);
}

/** RFC 9113 §3.3: over TLS H2 is agreed by ALPN, and not otherwise. */
function refuse(): never {
  throw new ProtocolError(
    'h2-not-agreed',
    'RFC 9113 §3.3',
    'the peer did not agree to h2 by ALPN',
    answerClose,
    'peer-incompatible',
  );
}

/** @throws UsageError when a file cannot be read, or is not what it should be */
function secure(host: string, alpn: readonly string[], options: DestinationOptions): Step {
  const { ca, cert, key, insecure, observer } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('--cert and --key go together: a certificate and its key');
  }
  const read = (path: string | undefined): Buffer | undefined =>
    path === undefined ? undefined : readFileSync(path);
  try {
    const files = { ca: read(ca), cert: read(cert), key: read(key) };
    const given = Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined));
    const name: TlsClientOptions = isIP(host) === 0 ? { servername: host } : { host };
    return tlsClient({ ...given, ...name, alpn, verify: !insecure, observer });
  } catch (error) {
    const names = [ca && '--ca', cert && '--cert, --key'].filter(Boolean).join(', ');
    throw new UsageError(`${names}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
