// Every object of options: undefined stands for the default of each of them, and what one cannot be is refused at the call, as
// misuse that names it and says by what. The table has every option, for the types ask for it.
import { describe, expect, it } from 'vitest';
import { type FetchHandlerOptions, fetchHandler } from '../../src/adapters/fetch-handler.js';
import { type ClientOptions, createClient } from '../../src/endpoint/client.js';
import { connectionSettings, type EndpointOptions } from '../../src/endpoint/endpoint-options.js';
import { type H1StepOptions, h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import type { H2cOptions } from '../../src/endpoint/h2c.js';
import { type CloseOptions, withinOf } from '../../src/endpoint/keep.js';
import { proxy, proxySend } from '../../src/endpoint/proxy.js';
import { listen, type ServerOptions } from '../../src/endpoint/server.js';
import { MisuseError } from '../../src/errors.js';
import { SlabPool, type SlabPoolOptions } from '../../src/memory/index.js';
import { type Deadlines, defaultDeadlines } from '../../src/session/deadlines.js';
import {
  type ChunkedLimits,
  defaultChunkedLimits,
  defaultHeadLimits,
  type HeadLimits,
} from '../../src/session/h1/limits.js';
import { h1Settings } from '../../src/session/h1/options.js';
import type { Allowance } from '../../src/session/h2/budget.js';
import { type H2Options, h2Settings } from '../../src/session/h2/options.js';
import { proxyReadLimits } from '../../src/session/proxy/read.js';
import type { ProxyReceiverOptions } from '../../src/session/proxy/receiver.js';
import { type ProxySenderOptions, proxySender } from '../../src/session/proxy/sender.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { type TcpOptions, tcp } from '../../src/transport/node/tcp.js';
import {
  type TlsClientOptions,
  type TlsServerOptions,
  tlsClient,
  tlsServer,
} from '../../src/transport/node/tls.js';
import { type UnixOptions, unix } from '../../src/transport/node/unix.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

/** What an option can be, and what it cannot: values as a program without type checks may give them. */
interface Kind {
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
}

const { NaN: noNumber, POSITIVE_INFINITY: endless, NEGATIVE_INFINITY } = Number;
const noNumbers = [null, '5', true, {}, [], 5n, Symbol('five'), () => 5, noNumber, NEGATIVE_INFINITY];

const limit = (least = 0): Kind => ({
  right: [least, least + 1, endless],
  wrong: [...noNumbers, -1, least - 1, least + 0.5, 2 ** 53],
});
const whole = (least: number, most = 2 ** 53 - 1): Kind => ({
  right: [least, most],
  wrong: [...noNumbers, -1, least - 1, least + 0.5, most + 1, endless],
});
const duration: Kind = { right: [0, 0.5, 2 ** 60, endless], wrong: [...noNumbers, -1] };
const rate: Kind = { right: [0, 0.5], wrong: [...noNumbers, -1, endless] };
const flag: Kind = { right: [true, false], wrong: [null, 0, 1, 'true', {}] };
const text: Kind = { right: ['h3'], wrong: [null, 5, true, {}, ['h3']] };
const texts: Kind = { right: [[], ['h3']], wrong: [null, 5, 'h3', {}, [5]] };
const callback: Kind = { right: [() => undefined], wrong: [null, 5, 'call', {}] };
const nested: Kind = { right: [{}], wrong: [null, 5, 'none', true] };
const observer: Kind = { right: [null, { took: () => {} }], wrong: [5, 'all', {}, { took: 5 }] };
const ledger: Kind = { right: [null], wrong: [5, 'checked', {}] };
const among = (...right: unknown[]): Kind => ({ right, wrong: [null, 5, true, 'else', {}] });
/** Judged where it is used: by the platform, or in its own tests. */
const elsewhere: Kind = { right: [], wrong: [] };

const all = <T extends object>(defaults: T, kind: Kind) =>
  Object.fromEntries(Object.keys(defaults).map((name) => [name, kind])) as Record<keyof T, Kind>;

interface Row {
  readonly of: string;
  /** Takes the options; what they came to, if that can be seen. */
  readonly take: (options: never) => unknown;
  readonly kinds: readonly (readonly [name: string, kind: Kind])[];
  /** Those without a default. */
  readonly base: object;
}

function row<T extends object>(
  of: string,
  take: (options: T) => unknown,
  kinds: Record<keyof T, Kind>,
  base: Partial<T> = {},
): Row {
  return { of, take, kinds: Object.entries<Kind>(kinds), base };
}

const network = memoryNetwork(new VirtualClock());
const slabBytes = 16_384;
const hello = (): void => {};

const endpointKinds: Record<keyof EndpointOptions, Kind> = {
  slabBytes: { ...whole(1, 2 ** 30), right: [1, 65_536] },
  memoryBytes: { ...limit(1), right: [slabBytes, endless] },
  pool: { right: [new SlabPool()], wrong: [null, 5, {}, { slabBytes: 16_384 }] },
  receiveBytes: limit(3 * slabBytes),
  sendBytes: limit(slabBytes),
  lingerBytes: limit(),
  deadlines: nested,
  observer,
  ledger,
  nextId: callback,
};
const transportKinds = {
  observer,
  id: whole(0),
  clock: { right: [new VirtualClock()], wrong: [null, 5, {}] },
};
const tlsKinds = {
  ...transportKinds,
  cert: elsewhere,
  key: elsewhere,
  passphrase: { ...text, right: [] },
  ca: elsewhere,
  alpn: texts,
  minVersion: among('TLSv1.2', 'TLSv1.3'),
  maxVersion: among('TLSv1.2', 'TLSv1.3'),
  lingerMs: duration,
};

/** Listens and ends; what the pool came to. */
async function listening(options: ServerOptions): Promise<unknown> {
  const server = await listen(network.listenable('here'), h1(), hello, options);
  await server.close();
  return server.pool.limitBytes;
}

const settingsOf = (options: EndpointOptions) => {
  const { pool, ...settings } = connectionSettings(network.listenable('a').platform, h1(), 'server', options);
  return { ...settings, steps: [], limitBytes: pool.limitBytes, slabBytes: pool.slabBytes };
};

const rows: readonly Row[] = [
  row<Required<H1StepOptions>>('h1()', (options) => [h1(options).steps.length, h1Settings(options)], {
    head: nested,
    chunked: nested,
    maxBodyBytes: limit(),
    copyBelowBytes: limit(),
    outputHighWaterBytes: limit(),
    outputLimitBytes: limit(),
    drainBytes: limit(),
    date: callback,
    maxPipelined: limit(1),
    maxInterim: limit(),
    h2c: { right: [true, false, {}], wrong: [null, 5, 'yes'] },
  }),
  row<HeadLimits>('head of h1()', (head) => h1Settings({ head }), all(defaultHeadLimits, limit())),
  row<ChunkedLimits>(
    'chunked of h1()',
    (chunked) => h1Settings({ chunked }),
    all(defaultChunkedLimits, limit()),
  ),
  row<Required<H2cOptions>>('h2c of h1()', (h2c) => h1({ h2c }).steps.length, {
    h2: nested,
    maxRequestBytes: limit(),
  }),
  row<Required<H2Options>>('h2()', (options) => [h2(options).steps.length, h2Settings(options, slabBytes)], {
    maxConcurrentStreams: whole(0, 2 ** 32 - 1),
    maxUnreadStreams: limit(),
    streamWindowBytes: whole(1, 2 ** 31 - 1),
    connectionWindowBytes: whole(65_535, 2 ** 31 - 1),
    headerTableBytes: whole(0, 2 ** 32 - 1),
    encoderTableBytes: whole(0, 2 ** 32 - 1),
    sensitiveFields: texts,
    maxHeaderListBytes: whole(0, 2 ** 32 - 1),
    maxFields: limit(),
    maxContinuations: limit(),
    maxSettings: limit(),
    maxBodyBytes: limit(),
    copyBelowBytes: limit(),
    lendFromBytes: limit(),
    outputHighWaterBytes: limit(),
    outputLimitBytes: limit(),
    owedLimitBytes: limit(),
    resets: nested,
    trifles: nested,
    maxIdlePriorities: limit(),
    extendedConnect: flag,
  }),
  row<Allowance>('resets of h2()', (resets) => h2Settings({ resets }, 1), {
    burst: limit(),
    perSecond: rate,
  }),
  row<Allowance>('trifles of h2()', (trifles) => h2Settings({ trifles }, 1), {
    burst: limit(),
    perSecond: rate,
  }),
  row<ProxyReceiverOptions>(
    'proxy()',
    (options) => [proxy(options).steps.length, proxyReadLimits(options)],
    {
      trust: { right: [[], ['unix']], wrong: [undefined, null, '127.0.0.1', [5]] },
      next: text,
      versions: among(1, 2, 'either'),
      maxHeaderBytes: whole(107, 65_551),
      maxTlvs: whole(0),
    },
    { trust: [] },
  ),
  row<ProxySenderOptions>(
    'proxySender()',
    (options) => void proxySender(options),
    { header: { right: [hello], wrong: [undefined, null, {}] }, next: text },
    { header: hello as never },
  ),
  row<Required<EndpointOptions>>('options of an endpoint', settingsOf, endpointKinds),
  row<Deadlines>(
    'deadlines of an endpoint',
    (deadlines) => settingsOf({ deadlines }),
    all(defaultDeadlines, duration),
  ),
  row<Required<ServerOptions>>('listen()', listening, {
    ...endpointKinds,
    maxConnections: limit(1),
    maxTunnels: limit(),
    onError: callback,
  }),
  row<Required<ClientOptions>>(
    'createClient()',
    (options) => void createClient(network.connectable('x'), h1(), options),
    {
      ...endpointKinds,
      maxConnections: limit(1),
      maxWaiting: limit(),
      waitTimeout: duration,
      onError: callback,
    },
  ),
  row<Required<CloseOptions>>('close()', withinOf, { within: duration }),
  row<Required<SlabPoolOptions>>(
    'new SlabPool()',
    (options) => {
      const { kind, limitBytes, ledger: watching, slabBytes: size } = new SlabPool(options);
      return { kind, limitBytes, watching, size };
    },
    {
      slabBytes: { ...whole(1, 2 ** 30), right: [1, 65_536] },
      limitBytes: { ...limit(1), right: [slabBytes, endless] },
      ledger,
      workspace: callback,
    },
  ),
  row<Required<TcpOptions>>(
    'tcp()',
    (options) => tcp(options).key,
    {
      ...transportKinds,
      port: { ...whole(0, 65_535), wrong: [undefined, ...whole(0, 65_535).wrong] },
      host: text,
      backlog: whole(1, 2 ** 31 - 1),
    },
    { port: 0 },
  ),
  row<Required<UnixOptions>>(
    'unix()',
    (options) => unix(options).key,
    {
      ...transportKinds,
      path: { right: ['/a'], wrong: [undefined, null, '', 5] },
      backlog: whole(1, 2 ** 31 - 1),
    },
    { path: '/b' },
  ),
  row<TlsServerOptions>('tlsServer()', (options) => tlsServer(options).name, {
    ...tlsKinds,
    clientCertificate: among('none', 'request', 'require'),
  } as Record<keyof TlsServerOptions, Kind>),
  row<TlsClientOptions>('tlsClient()', (options) => tlsClient(options).name, {
    ...tlsKinds,
    servername: text,
    host: text,
    verify: flag,
  } as Record<keyof TlsClientOptions, Kind>),
  row<Required<FetchHandlerOptions>>(
    'fetchHandler()',
    (options) => void fetchHandler(() => new Response(), options),
    { scheme: text },
  ),
];

/** @returns what the options came to, or the misuse */
async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return error;
  }
}

it.each([undefined, null, 5, {}])('%j is no PROXY header', async (header) => {
  expect(await outcome(() => proxySend(header as never))).toMatchObject({ code: 'proxy-no-header' });
});

describe.each(rows)('$of', ({ take, kinds, base }) => {
  const taking = (options: unknown) => outcome(() => take(options as never));

  it('has its defaults where undefined is given', async () => {
    const plain = await taking(base);
    expect(plain).not.toBeInstanceOf(Error);
    for (const [name] of kinds) {
      if (name in base || kinds.find(([it, { wrong }]) => it === name && wrong.includes(undefined))) continue;
      expect(await taking({ ...base, [name]: undefined }), name).toEqual(plain);
    }
  });

  it.each(kinds)('%s is refused where it cannot be what it is for', async (name, { wrong, right }) => {
    for (const value of wrong) {
      const error = await taking({ ...base, [name]: value });
      const given = `${name}: ${String(typeof value === 'object' ? JSON.stringify(value) : value)}`;
      expect(error, given).toBeInstanceOf(MisuseError);
      expect((error as MisuseError).message, given).toContain(name);
      expect((error as MisuseError).cites, given).toMatch(/^(RFC \d+ §|proxy-protocol\.txt §|[A-Z]+-\d)/);
    }
    for (const value of right)
      expect(await taking({ ...base, [name]: value }), name).not.toBeInstanceOf(Error);
  });

  it.each([null, 5, 'all'])('cannot be %s', async (options) => {
    expect(await taking(options)).toBeInstanceOf(MisuseError);
  });
});
