import { describe, expect, test } from 'vitest';
import { Probe } from '../../src/kit/conformance/probe.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import type { ByteRange, Transport, TransportReceiver } from '../../src/transport/contract.js';
import { DecoratedTransport } from '../../src/transport/decorator.js';
import type { TransportFacts } from '../../src/transport/facts.js';
import { FaultLog, faultInjector, type PipeFault } from '../../src/transport/fault-injector.js';
import { memoryPair } from '../../src/transport/memory.js';
import { platformClock } from '../../src/transport/node/clock.js';
import { toDuplex } from '../../src/transport/node/duplex.js';
import { tcp } from '../../src/transport/node/tcp.js';
import {
  type TlsClientOptions,
  type TlsServerOptions,
  tls,
  tlsClient,
  tlsServer,
} from '../../src/transport/node/tls.js';
import { segmenter } from '../../src/transport/segmenter.js';
import { certificates } from '../support/certificates.js';
import { connectedPair, turn } from '../support/pairs.js';

const { ca, server, client, stranger } = await certificates();
const serving = tlsServer(server);
const asking = tlsClient({ ca, servername: 'localhost' });

describe('TLS over TCP', () => {
  const cases = transportConformance(
    () =>
      connectedPair(tls(server, tcp({ port: 0 })), (port) =>
        tls({ ca, servername: 'localhost' }, tcp({ port })),
      ),
    { halfClose: true, reset: true, holds: 12_000_000 },
    { large: 300_000, seeds: [1, 2, 5, 7] },
  );
  for (const { name, run } of cases) test(name, run);
});

describe('TLS over memory', () => {
  const cases = transportConformance(
    () => {
      const { left, right } = memoryPair(platformClock);
      return { left: asking.wrap(left), right: serving.wrap(right), run: turn, live: true };
    },
    { halfClose: true, reset: true, holds: 600_000 },
    { large: 300_000, seeds: [1, 2, 5, 7] },
  );
  for (const { name, run } of cases) test(name, run);
});

describe('TLS over memory in many pieces', () => {
  const cases = transportConformance(
    () => {
      const cut = segmenter({ receive: { sizes: [1, 300] }, write: { sizes: [100, 1] } });
      const { left, right } = memoryPair(platformClock);
      return { left: asking.wrap(cut(left)), right: serving.wrap(cut(right)), run: turn, live: true };
    },
    { halfClose: true, reset: true, holds: 600_000 },
    { large: 50_000, seeds: [1] },
  );
  for (const { name, run } of cases) test(name, run);
});

/** A probe on each of two ends, opened. */
function probes(left: Transport, right: Transport) {
  const ends = { left: new Probe('left', left, 1, 2), right: new Probe('right', right, 2, 1) };
  const until = async (done: () => boolean) => {
    while (!done()) await turn();
    expect([...ends.left.violations, ...ends.right.violations]).toEqual([]);
  };
  ends.left.open();
  ends.right.open();
  return { ...ends, until };
}

/** The same, when the handshake is over. */
async function shaken(left: Transport, right: Transport): Promise<ReturnType<typeof probes>> {
  const ends = probes(left, right);
  const settled = ({ isOpen, isClosed }: Probe) => isOpen || isClosed;
  await ends.until(() => settled(ends.left) && settled(ends.right));
  return ends;
}

function over(clientOptions: TlsClientOptions, serverOptions: TlsServerOptions) {
  const { left, right } = memoryPair(platformClock);
  return {
    left: tlsClient(clientOptions).wrap(left),
    right: tlsServer(serverOptions).wrap(right),
    below: [left, right],
  };
}

/** Both ends closed, and the pipe below them. */
async function gone(ends: Awaited<ReturnType<typeof shaken>>, below: readonly Transport[]): Promise<void> {
  const done = ({ state }: Transport) => state === 'closed' || state === 'failed';
  await ends.until(() => ends.left.isClosed && ends.right.isClosed && below.every(done));
}

describe('what a handshake agrees is in the facts', () => {
  test('version, cipher, name, certificate, and the pipe below', async () => {
    const { left, right } = over({ ca, servername: 'localhost' }, server);
    const ends = await shaken(left, right);
    expect(ends.left.facts).toMatchObject({
      kind: 'tls',
      tls: { version: 'TLSv1.3', authorized: true, servername: 'localhost' },
      below: { kind: 'memory', local: { family: 'memory', name: 'left' } },
    });
    expect(ends.left.facts?.tls?.peerCertificate).toBeInstanceOf(Uint8Array);
    expect(ends.right.facts?.tls).toMatchObject({ servername: 'localhost', authorized: false });
    expect(ends.right.facts?.tls?.peerCertificate).toBeUndefined();
    expect(ends.right.facts?.tls?.alpn).toBeUndefined();
    ends.left.abort();
    ends.right.abort();
  });

  test('ALPN: the best that both speak', async () => {
    const { left, right } = over(
      { ca, servername: 'localhost', alpn: ['http/1.1', 'h2'] },
      { ...server, alpn: ['h2', 'http/1.1'] },
    );
    const ends = await shaken(left, right);
    expect([ends.left.facts?.tls?.alpn, ends.right.facts?.tls?.alpn]).toEqual(['h2', 'h2']);
    ends.left.abort();
    ends.right.abort();
  });

  test('mutual TLS: a certificate that verifies', async () => {
    const { left, right } = over(
      { ca, servername: 'localhost', ...client },
      { ...server, ca, clientCertificate: 'require' },
    );
    const ends = await shaken(left, right);
    expect(ends.right.facts?.tls).toMatchObject({ authorized: true });
    expect(ends.right.facts?.tls?.peerCertificate?.length).toBeGreaterThan(100);
    ends.left.abort();
    ends.right.abort();
  });

  test('a certificate that was asked for and does not verify is shown as such', async () => {
    const { left, right } = over(
      { ca, servername: 'localhost', ...stranger },
      { ...server, ca, clientCertificate: 'request' },
    );
    const ends = await shaken(left, right);
    expect(ends.right.facts?.tls).toMatchObject({ authorized: false });
    expect(ends.right.facts?.tls?.peerCertificate).toBeDefined();
    ends.left.abort();
    ends.right.abort();
  });

  test('a client that does not verify is told so', async () => {
    const { left, right } = over({ verify: false, servername: 'elsewhere' }, stranger);
    const ends = await shaken(left, right);
    expect(ends.left.facts?.tls).toMatchObject({ authorized: false });
    ends.left.abort();
    ends.right.abort();
  });
});

describe('a handshake that fails closes everything, and says why', () => {
  const cases: [string, TlsClientOptions, TlsServerOptions, string | RegExp, string | RegExp][] = [
    ['nobody vouches for the server', { servername: 'localhost' }, server, 'tls-certificate-rejected', /./],
    ['the server has another name', { ca, servername: 'elsewhere' }, server, 'tls-name-mismatch', /./],
    [
      'no protocol in common',
      { ca, servername: 'localhost', alpn: ['h2'] },
      { ...server, alpn: ['http/1.1'] },
      /^tls-/,
      'tls-no-application-protocol',
    ],
    [
      'no version in common',
      { ca, servername: 'localhost', maxVersion: 'TLSv1.2' },
      { ...server, minVersion: 'TLSv1.3' },
      'tls-alert',
      'tls-failed',
    ],
  ];
  for (const [name, clientOptions, serverOptions, leftCode, rightCode] of cases) {
    test(name, async () => {
      const { left, right, below } = over(clientOptions, serverOptions);
      const ends = await shaken(left, right);
      await gone(ends, below);
      expect(ends.left.error?.code).toMatch(leftCode);
      expect(ends.right.error?.code).toMatch(rightCode);
    });
  }

  for (const [name, identity] of [
    ['no certificate', {}],
    ['a certificate that does not verify', stranger],
  ] as const) {
    test(`a client that must show one and shows ${name}`, async () => {
      const { left, right, below } = over(
        { ca, servername: 'localhost', ...identity },
        { ...server, ca, clientCertificate: 'require' },
      );
      const ends = await shaken(left, right);
      await gone(ends, below);
      expect(ends.right.isOpen).toBe(false);
      expect(ends.right.error?.code).toMatch(/^tls-/);
      // In TLS 1.3 the client is done before the server has looked.
      expect(ends.left.error).toBeDefined();
    });
  }

  test('bytes that are no TLS', async () => {
    const { left, right } = memoryPair(platformClock);
    const ends = probes(left, serving.wrap(right));
    ends.left.write(100);
    await ends.until(() => ends.left.isEnded);
    ends.left.end();
    await ends.until(() => ends.right.isClosed && ends.left.isClosed);
    expect([ends.right.error?.code, ends.left.error]).toEqual(['tls-failed', undefined]);
  });

  test('a peer that ends in the middle', async () => {
    const { left, right } = memoryPair(platformClock);
    const ends = probes(left, serving.wrap(right));
    ends.left.end();
    await ends.until(() => ends.right.isClosed && ends.left.isClosed);
    expect(ends.right.error).toMatchObject({ code: 'tls-unfinished', cites: 'RFC 8446 §6.1' });
  });

  test('a peer that says nothing after our alert is not waited for', async () => {
    const { left, right } = memoryPair(platformClock);
    const ends = probes(left, tlsServer({ ...server, lingerMs: 5 }).wrap(right));
    ends.left.write(100);
    while (!ends.right.isClosed) await turn();
    expect(ends.right.error?.code).toBe('tls-failed');
    expect(right.state).toBe('closed');
  });

  test('a peer that resets in the middle, and a pipe that cannot connect', async () => {
    const { left, right } = memoryPair(platformClock);
    const ends = probes(left, serving.wrap(right));
    ends.left.abort();
    await ends.until(() => ends.right.isClosed);
    expect(ends.right.error?.code).toBe('connection-reset');
    const probe = new Probe('left', tls({ ca }, tcp({ port: 1 })).connect(), 1, 2);
    probe.open();
    while (!probe.isClosed) await turn();
    expect([probe.violations, probe.error?.code]).toEqual([[], 'connection-refused']);
  });
});

test('an end without close_notify is a truncation, reported after every byte before it', async () => {
  const { left, right } = memoryPair(platformClock);
  // A client whose pipe the test can cut under its feet.
  const ends = await shaken(asking.wrap(left), serving.wrap(right));
  ends.right.roomSize = 100;
  ends.left.write(5000);
  await ends.until(() => ends.right.receivedTotal > 0);
  await ends.until(() => ends.left.pending === 0);
  left.end();
  await ends.until(() => ends.right.isClosed);
  expect([ends.right.receivedTotal, ends.right.isEnded]).toEqual([5000, false]);
  expect(ends.right.error).toMatchObject({ code: 'tls-truncated', cites: 'RFC 8446 §6.1' });
});

describe('a pipe that breaks at any act below TLS', () => {
  /** A handshake, a message each way and an orderly end, over a pipe with a fault at the client's end. */
  async function converse(faults: readonly PipeFault[], log = new FaultLog()) {
    const { left, right } = memoryPair(platformClock);
    const ends = probes(asking.wrap(faultInjector(platformClock, faults, log)(left)), serving.wrap(right));
    ends.left.on.opened = () => ends.left.write(3000);
    ends.right.on.received = (count) => ends.right.write(count);
    ends.left.on.received = () => {
      if (ends.left.receivedTotal === 3000) ends.left.end();
    };
    for (const probe of [ends.left, ends.right]) probe.on.ended = () => probe.end();
    await ends.until(() => ends.left.isClosed && ends.right.isClosed);
    const done = ({ state }: Transport) => state === 'closed' || state === 'failed';
    await ends.until(() => done(left) && done(right));
    return { log, received: ends.left.receivedTotal, errors: [ends.left.error, ends.right.error] };
  }

  for (const fault of ['reset', 'eof', 'short-write'] as const) {
    test(`${fault}: both ends close, and say why`, async () => {
      const whole = await converse([]);
      expect([whole.received, ...whole.errors]).toEqual([3000, undefined, undefined]);
      for (let at = 0; at < whole.log.acts.length; at++) {
        const { log, received, errors } = await converse([{ at, fault }]);
        const [near] = errors;
        if (fault === 'short-write') {
          expect([at, received, ...errors]).toEqual([at, 3000, undefined, undefined]);
        } else if (log.applied.length > 0 && received < 3000) {
          expect([at, near?.code]).toEqual([
            at,
            expect.stringMatching(/^(connection-reset|tls-truncated|tls-unfinished)$/),
          ]);
        }
      }
    });
  }
});

test('a stream on TLS that is done does not tear down what its peer has still to read', async () => {
  const pair = await connectedPair(tls(server, tcp({ port: 0 })), (port) =>
    tls({ ca, servername: 'localhost' }, tcp({ port })),
  );
  const near = toDuplex(pair.left);
  const far = toDuplex(await pair.right);
  far.end();
  near.end(Buffer.alloc(300_000));
  near.resume();
  while (!near.closed) await turn();
  for (let i = 0; i < 20; i++) await turn();
  let total = 0;
  for await (const chunk of far) total += (chunk as Buffer).length;
  expect([total, near.errored, far.errored]).toEqual([300_000, null, null]);
  await pair.dispose?.();
});

/** A pipe whose first octets somebody else took; whoever opens it gets what follows. */
class Begun extends DecoratedTransport {
  private readonly taken: number[] = [];
  private readonly wanted: number;
  private readonly slab = new Uint8Array(4096);
  private facts: TransportFacts = { kind: 'memory' };
  private handedOver = false;

  constructor(lower: Transport, wanted: number) {
    super(lower);
    this.wanted = wanted;
    lower.open(this);
  }

  async take(): Promise<Uint8Array> {
    while (this.taken.length < this.wanted) await turn();
    return Uint8Array.from(this.taken);
  }

  override open(receiver: TransportReceiver): void {
    this.upper = receiver;
    platformClock.defer(() => {
      this.handedOver = true;
      receiver.opened(this.facts);
      this.lower.resume();
    });
  }

  override opened(facts: TransportFacts): void {
    this.facts = facts;
  }

  override room(): ByteRange | undefined {
    if (this.handedOver) return this.upper.room();
    const left = this.wanted - this.taken.length;
    return left === 0 ? undefined : { bytes: this.slab, start: 0, end: left };
  }

  override received(count: number): void {
    if (this.handedOver) this.upper.received(count);
    else this.taken.push(...this.slab.subarray(0, count));
  }
}

describe('bytes that were received before are read first', () => {
  /** A handshake whose first octets were received before TLS had the pipe. Returns them. */
  async function afterTaking(count: number): Promise<Uint8Array> {
    const { left, right } = memoryPair(platformClock);
    const begun = new Begun(right, count);
    const early = new Probe('left', asking.wrap(left), 1, 2);
    early.open();
    const taken = await begun.take();
    let released = 0;
    const bytes = Uint8Array.from([9, 9, ...taken, 9]);
    const release = () => {
      released++;
      bytes.fill(0);
    };
    const unused = { bytes, start: 2, end: 2 + taken.length, release };
    const late = new Probe('right', serving.wrap(begun, { unused }), 2, 1);
    late.open();
    while (!(early.isOpen && late.isOpen)) await turn();
    early.write(100);
    late.write(100);
    while (early.receivedTotal < 100 || late.receivedTotal < 100) await turn();
    expect([count, ...early.violations, ...late.violations, released]).toEqual([count, 1]);
    early.abort();
    while (!late.isClosed) await turn();
    return taken;
  }

  test('none, and as many as there are up to the whole ClientHello', {
    timeout: 60_000,
  }, async () => {
    const header = await afterTaking(5);
    const length = 5 + ((header[3] as number) << 8) + (header[4] as number);
    expect(length).toBeGreaterThan(200);
    // Every count within the heads of the record and the message, then some: each is a handshake.
    for (let count = 0; count < length; count += count < 50 ? 1 : 7) await afterTaking(count);
    await afterTaking(length);
  });

  test('are let go of when nobody opens it', () => {
    const { right } = memoryPair(platformClock);
    let released = 0;
    const unused = { bytes: new Uint8Array(3), start: 0, end: 3, release: () => released++ };
    serving.wrap(right, { unused }).abort();
    expect([released, right.state]).toEqual([1, 'closed']);
  });
});
