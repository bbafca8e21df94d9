// How a peer by hand comes to speak HTTP with an end of a stack: what it says before, and what it begins with then.
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import { proxy, proxySend } from '../../src/endpoint/proxy.js';
import type { Steps } from '../../src/endpoint/step.js';
import { relayed } from '../../src/kit/stack-under-test.js';
import type { H2Options } from '../../src/session/h2/options.js';
import { latin1, wire } from './proxy-headers.js';

const none = new Uint8Array(0);

/** The PROXY header that comes before everything else; nothing for a stack without one. */
export function openingOf(version: 1 | 2 | undefined): Uint8Array {
  return version === undefined ? none : wire(relayed(version));
}

/** Both ends of H2, and what has to be said to each before H2. */
export interface H2Entrance {
  readonly server: (options: H2Options | undefined) => Steps;
  readonly client: (options: H2Options | undefined) => Steps;
  /** To a server, before the preface. */
  readonly opening: Uint8Array;
  /** To a client that has asked for it. */
  readonly agreement: Uint8Array;
  /** The first stream that is the peer's, or the application's, to begin: an upgrade is the first by itself. */
  readonly first: 1 | 3;
}

/** H2 by prior knowledge. */
export const plainH2: H2Entrance = { server: h2, client: h2, opening: none, agreement: none, first: 1 };

/** By the name of its stack. */
export const h2Entrances: ReadonlyMap<string, H2Entrance> = new Map<string, H2Entrance>([
  ['h2', plainH2],
  [
    'h2c',
    {
      server: upgraded,
      client: upgraded,
      opening: latin1(
        'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
      ),
      agreement: latin1('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'),
      first: 3,
    },
  ],
  [
    'proxy-v2+h2',
    {
      server: (options) => proxy({ trust: ['127.0.0.0/8'], versions: 2 }).then(h2(options)),
      client: (options) => proxySend(relayed(2)).then(h2(options)),
      opening: openingOf(2),
      agreement: none,
      first: 1,
    },
  ],
]);

function upgraded(options: H2Options | undefined): Steps {
  return h1({ h2c: options === undefined ? true : { h2: options } });
}
