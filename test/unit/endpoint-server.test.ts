// The server: limits, drain, abort, stacks that cannot work.
import { expect, test } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { proxy, proxySend } from '../../src/endpoint/proxy.js';
import { listen } from '../../src/endpoint/server.js';
import { stack } from '../../src/endpoint/stack.js';
import { MisuseError } from '../../src/errors.js';
import { proxyHeaderOf } from '../../src/session/proxy/sender.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { createPair, latin1Bytes } from '../support/pair.js';
import { turnedOverStep } from '../support/swapped.js';
import { takerStep } from '../support/toy-sessions.js';
import { Wire } from '../support/wire.js';

const hello: Handler = (exchange) => exchange.reply(200, undefined, latin1Bytes('hello'));
const get = 'GET / HTTP/1.1\r\nHost: pair.test\r\n\r\n';

/** A handler whose exchanges are answered by the test. */
function held(): { handler: Handler; exchanges: ServerExchange[] } {
  const exchanges: ServerExchange[] = [];
  return { handler: (exchange) => void exchanges.push(exchange), exchanges };
}

test('the stack of the picture: PROXY, then a transport of its own, then H1', async () => {
  const facts: unknown[] = [];
  const header = proxyHeaderOf(
    2,
    { family: 'ipv4', address: '192.0.2.7', port: 4711 },
    { family: 'ipv4', address: '192.0.2.1', port: 80 },
  );
  const trusting = proxy({ trust: ['127.0.0.0/8', '::1/128', 'unix', 'memory'] });
  const pair = await createPair({
    handler: (exchange) => {
      facts.push(exchange.facts);
      hello(exchange);
    },
    serverStack: trusting.then(turnedOverStep()).then(h1()),
    clientStack: proxySend(header).then(turnedOverStep()).then(h1()),
  }).catch((error: unknown) => error);
  if (pair instanceof Error) throw pair;
  if (typeof pair !== 'object' || pair === null || !('request' in pair)) throw new Error('no pair');
  const real = pair as Awaited<ReturnType<typeof createPair>>;
  const outcome = real.request();
  await real.run();
  expect(outcome).toMatchObject({ status: 200, body: 'hello' });
  expect(facts).toMatchObject([
    {
      transport: { kind: 'turned-over', below: { kind: 'memory' } },
      proxy: { source: { address: '192.0.2.7', port: 4711 } },
    },
  ]);
  await real.finish();
});

test('over maxConnections nothing is read: torn down at once; a place that comes free is used again', async () => {
  const pair = await createPair({ handler: hello, server: { maxConnections: 2 } });
  const wires = [pair.wire(), pair.wire(), pair.wire()];
  for (const wire of wires) wire.write(get);
  await pair.run();
  expect(wires.map((wire) => wire.text.startsWith('HTTP/1.1 200'))).toEqual([true, true, false]);
  expect(wires[2]).toMatchObject({ closes: 1, error: { code: 'connection-reset' } });
  expect(pair.server).toMatchObject({ connections: 2, refused: 1 });
  wires[0]?.transport.end();
  await pair.run();
  const late = pair.wire();
  late.write(get);
  await pair.run();
  expect(late.text).toContain('hello');
  expect(pair.server.connections).toBe(2);
  wires[1]?.transport.end();
  late.transport.end();
  await pair.finish();
});

test('drain: idle connections close at once, exchanges under way are finished, nothing new is taken', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler });
  const idle = pair.wire();
  const busy = pair.wire();
  busy.write(get);
  await pair.run();
  const closed = pair.server.close({ within: 10_000 });
  let isClosed = false;
  closed.then(() => (isClosed = true));
  await pair.run();
  expect(idle).toMatchObject({ ends: 1, closes: 1, text: '' });
  expect(busy.closes).toBe(0);
  expect(isClosed).toBe(false);
  const late = pair.wire();
  late.write(get);
  await pair.run();
  expect(late.error?.code).toBe('connection-refused');
  exchanges[0]?.reply(200, undefined, latin1Bytes('done'));
  await pair.run();
  expect(busy.text).toContain('Connection: close');
  expect(busy.text).toContain('done');
  expect(isClosed).toBe(true);
  expect(await closed).toEqual({ torn: 0 });
  await pair.finish();
});

test('drain has a bound in time: what is left then is torn down, and its handler hears of it', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler });
  const busy = pair.wire();
  busy.write(get);
  await pair.run();
  const reasons: unknown[] = [];
  const [exchange] = exchanges;
  if (exchange !== undefined) exchange.onClosed = (error) => reasons.push(error?.code);
  const closed = pair.server.close({ within: 500 });
  await pair.advance(499);
  expect(reasons).toEqual([]);
  await pair.advance(1);
  expect(await closed).toEqual({ torn: 1 });
  expect(reasons).toEqual(['closed']);
  expect(busy.error?.code).toBe('connection-reset');
  await pair.finish();
});

test('abort tears everything down, and close resolves then', async () => {
  const { handler } = held();
  const pair = await createPair({ handler });
  const wires = [pair.wire(), pair.wire()];
  for (const wire of wires) wire.write(get);
  await pair.run();
  pair.server.abort();
  const closed = pair.server.close();
  await pair.run();
  await closed;
  expect(wires.map(({ closes }) => closes)).toEqual([1, 1]);
  await pair.finish();
});

test('an upgrade leaves the connections and stays among the tunnels until the pipe ends', async () => {
  let pipe: Wire | undefined;
  const pair = await createPair({
    handler: (exchange) =>
      exchange.upgrade((transport: Transport) => (pipe = new Wire(transport)), [['Upgrade', 'echo']]),
  });
  const wire = pair.wire();
  wire.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly`);
  await pair.run();
  expect(wire.text).toMatch(/^HTTP\/1\.1 101 /);
  expect(pipe?.text).toBe('early');
  expect(pair.server).toMatchObject({ connections: 0, tunnels: 1 });
  const closed = pair.server.close({ within: 100 });
  await pair.run();
  expect(wire.closes).toBe(0);
  await pair.advance(100);
  await closed;
  expect(wire.closes).toBe(1);
  expect(pair.server.tunnels).toBe(0);
  await pair.finish();
});

test('one tunnel more than there may be is not agreed to: 503, and a place that is free again is given', async () => {
  const pipes: Wire[] = [];
  const { handler, exchanges } = held();
  const pair = await createPair({ handler, server: { maxTunnels: 2 } });
  const ask = async (): Promise<[Wire, ServerExchange]> => {
    const wire = pair.wire();
    wire.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await pair.run();
    return [wire, exchanges.at(-1) as ServerExchange];
  };
  const agree = (exchange: ServerExchange): void =>
    exchange.upgrade((transport: Transport) => void pipes.push(new Wire(transport)), [['Upgrade', 'echo']]);
  const asked = [await ask(), await ask(), await ask()];
  const codes: (string | undefined)[] = [];
  for (const [, exchange] of asked) exchange.onClosed = (error) => void codes.push(error?.code);
  agree(asked[0]?.[1] as ServerExchange);
  await pair.run();
  // In one turn: a place is taken before there is a tunnel.
  for (const [, exchange] of asked.slice(1)) agree(exchange);
  await pair.run();
  const said = asked.map(([{ text }]) => text.slice(0, 12));
  expect(said).toEqual(['HTTP/1.1 101', 'HTTP/1.1 101', 'HTTP/1.1 503']);
  expect(asked.map(([{ error }]) => error?.code)).toEqual([undefined, undefined, undefined]);
  expect(codes).toEqual([undefined, undefined, 'too-many-tunnels']);
  expect(pipes).toHaveLength(2);
  asked[2]?.[0].transport.end();
  await pair.run();
  expect(pair.server).toMatchObject({ connections: 0, tunnels: 2, refused: 1 });
  pipes[0]?.transport.abort();
  await pair.run();
  const [next, exchange] = await ask();
  agree(exchange);
  await pair.run();
  expect(next.text).toMatch(/^HTTP\/1.1 101/);
  pair.server.abort();
  await pair.run();
  await pair.finish();
});

test('an upgrade that is refused at the call has taken no place', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler, server: { maxTunnels: 1 } });
  const ask = async (): Promise<Wire> => {
    const wire = pair.wire();
    wire.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    await pair.run();
    return wire;
  };
  const nobody = (transport: Transport): void => void new Wire(transport);
  const first = await ask();
  expect(() => exchanges[0]?.upgrade(nobody)).toThrow(/upgrade-unnamed/);
  expect(() => exchanges[0]?.upgrade(nobody, [['Upgrade', 'echo']], 200)).toThrow(MisuseError);
  exchanges[0]?.reply(400, [], latin1Bytes('no'));
  const second = await ask();
  exchanges[1]?.upgrade(nobody, [['Upgrade', 'echo']]);
  await pair.run();
  expect([first.text.slice(0, 12), second.text.slice(0, 12)]).toEqual(['HTTP/1.1 400', 'HTTP/1.1 101']);
  pair.server.abort();
  await pair.run();
  await pair.finish();
});

test('a session that hands over without asking is torn down where there is no place', async () => {
  const pipes: Transport[] = [];
  const pair = await createPair({
    handler: hello,
    serverStack: takerStep({ bytes: 1, takeOver: (pipe) => void pipes.push(pipe) }),
    server: { maxTunnels: 0 },
  });
  const wire = pair.wire();
  wire.write('?');
  await pair.run();
  expect([pipes.length, wire.closes, wire.error?.code]).toEqual([0, 1, 'connection-reset']);
  expect(pair.server.refused).toBe(1);
  await pair.finish();
});

test('what is built wrong is refused at once', async () => {
  const network = memoryNetwork(new VirtualClock());
  const at = network.listenable('here');
  const refused = async (promise: Promise<unknown>): Promise<string> => {
    const error = await promise.catch((thrown: unknown) => thrown);
    return error instanceof MisuseError ? error.code : String(error);
  };
  expect(await refused(listen(at, [], hello))).toBe('no-session');
  expect(await refused(listen(at, [turnedOverStep()], hello))).toBe('no-session');
  const sending = proxySend(proxyHeaderOf(2, undefined, undefined)).then(h1());
  expect(await refused(listen(at, sending, hello))).toBe('wrong-role');
  expect(await refused(listen(at, h1(), hello, { receiveBytes: 1000 }))).toBe('limit-value');
  expect(await refused(listen(at, h1(), hello, { maxConnections: 0 }))).toBe('limit-value');
  expect(await refused(listen(at, h1(), hello, { deadlines: { head: Number.NaN } }))).toBe('limit-value');
  expect(await refused(listen(at, h1(), undefined as never))).toBe('handler');
  expect(await refused(listen(at, h1(), hello, { maxConnections: '10' as never }))).toBe('limit-value');
  const server = await listen(at, stack(h1()), hello);
  expect(server.address).toEqual({ family: 'memory', name: 'here' });
  for (const within of [Number.NaN, -1, null as never]) {
    expect(await refused(server.close({ within }))).toBe('limit-value');
  }
  await server.close();
});

/** Answers with the length of the body. */
const measure: Handler = (exchange) => {
  let length = 0;
  exchange.body.consume({
    data: (lease) => {
      length += lease.length;
      lease.release();
    },
    end: () => exchange.reply(200, undefined, latin1Bytes(String(length))),
    failed: () => {},
  });
};

function post(length: number): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${'b'.repeat(length)}`;
}

test('many connections on a pool of a few slabs: all are answered, some that there is no room to answer', async () => {
  const pair = await createPair({
    handler: measure,
    memory: { slabBytes: 1024, limitBytes: 6 * 1024 },
    server: { receiveBytes: 3072, sendBytes: 1024 },
  });
  const wires = Array.from({ length: 30 }, () => pair.wire());
  for (const wire of wires) wire.write(post(700));
  await pair.run();
  const statuses = wires.map((wire) => wire.text.slice(9, 12));
  expect([...new Set(statuses)].sort()).toEqual(['200', '503']);
  expect(pair.pool.heldBytes).toBe(0);
  await pair.finish();
});

test('connections that starve one another out of a pool end at their deadlines, and the pool recovers', async () => {
  const pair = await createPair({
    handler: measure,
    memory: { slabBytes: 1024, limitBytes: 6 * 1024 },
    server: { receiveBytes: 3072, sendBytes: 1024 },
  });
  const wires = Array.from({ length: 30 }, () => pair.wire());
  for (const wire of wires) wire.write(post(5000).slice(0, 1000));
  await pair.run();
  for (const wire of wires) wire.write(post(5000).slice(1000));
  await pair.run();
  expect(pair.pool.heldBytes).toBe(6 * 1024);
  for (let i = 0; i < 40; i++) await pair.advance(15_000);
  for (const wire of wires) expect(wire.closes).toBe(1);
  expect(pair.pool.heldBytes).toBe(0);
  const late = pair.wire();
  late.write(post(5000));
  await pair.run();
  expect(late.text).toMatch(/5000$/);
  await pair.finish();
});

test('a slow reader stops the reading of more, not the process', async () => {
  let total = 0;
  const pair = await createPair({
    handler: (exchange) => {
      exchange.respond(200, undefined, { length: 400_000 });
      const chunk = new Uint8Array(1000);
      let sent = 0;
      const more = (): void => {
        while (sent < 400_000) {
          sent += 1000;
          total += 1000;
          if (!exchange.send(chunk, sent === 400_000)) return;
        }
      };
      exchange.onWritable = more;
      more();
    },
  });
  const slow = pair.wire();
  slow.reading = false;
  slow.write(get + get);
  await pair.run();
  expect(total).toBeLessThan(100_000);
  const other = pair.wire();
  other.write(get);
  await pair.run();
  expect(other.text.length).toBeGreaterThan(400_000);
  expect(total).toBeLessThan(500_000);
  slow.read();
  await pair.run();
  expect(slow.text.length).toBeGreaterThan(800_000);
  expect(total).toBe(1_200_000);
  other.transport.end();
  slow.transport.end();
  await pair.run();
  await pair.finish();
});

test('a client that sends a megabyte before it reads has all of it taken, and gets its 413', async () => {
  const pair = await createPair({ handler: measure, serverStack: h1({ maxBodyBytes: 1000 }) });
  const wire = pair.wire();
  wire.reading = false;
  const request = post(1_000_000);
  wire.write(request);
  await pair.run();
  expect(wire.writtenBytes).toBe(request.length);
  wire.read();
  await pair.run();
  expect(wire.text).toMatch(/^HTTP\/1\.1 413 /);
  await pair.finish();
});
