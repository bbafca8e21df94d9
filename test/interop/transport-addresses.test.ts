// Where sockets listen and connect, what is known of them, and how it is said that they could not.
import { existsSync, lstatSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { Probe } from '../../src/kit/conformance/probe.js';
import type { Connectable, Listenable, Transport } from '../../src/transport/contract.js';
import { transportError } from '../../src/transport/node/errors.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { unix } from '../../src/transport/node/unix.js';
import { turn } from '../support/pairs.js';

const folder = mkdtempSync(join(tmpdir(), 'undercoat-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Connects and waits until that is open, or failed. */
async function dial(connectable: Connectable): Promise<Probe> {
  const probe = new Probe('left', connectable.connect(), 1, 2);
  probe.open();
  while (!probe.isOpen && !probe.isClosed) await turn();
  expect(probe.violations).toEqual([]);
  return probe;
}

async function accepted(
  listenable: Listenable,
): Promise<{ transports: Transport[]; port: number; close: () => Promise<void> }> {
  const transports: Transport[] = [];
  const listener = await listenable.listen((transport) => transports.push(transport));
  const { address } = listener;
  return { transports, port: 'port' in address ? address.port : 0, close: () => listener.close() };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await turn();
}

describe('tcp', () => {
  test('both ends know both addresses', async () => {
    const server = await accepted(tcp({ port: 0 }));
    const left = await dial(tcp({ port: server.port }));
    await until(() => server.transports.length === 1);
    const right = new Probe('right', server.transports[0] as Transport, 2, 1);
    right.open();
    await until(() => right.isOpen);
    const [near, far] = [left.facts, right.facts];
    expect(near?.remote).toEqual({ family: 'ipv4', address: '127.0.0.1', port: server.port });
    expect([near?.local, near?.remote]).toEqual([far?.remote, far?.local]);
    left.abort();
    await until(() => right.isClosed);
    expect(right.error).toMatchObject({ code: 'connection-reset', cause: { code: 'ECONNRESET' } });
    await server.close();
    expect((await dial(tcp({ port: server.port }))).error?.code).toBe('connection-refused');
  });

  test('IPv6', async () => {
    const server = await accepted(tcp({ port: 0, host: '::1', backlog: 5 }));
    const left = await dial(tcp({ port: server.port, host: '::1' }));
    expect(left.facts?.remote).toEqual({ family: 'ipv6', address: '::1', port: server.port });
    left.abort();
    await server.close();
  });

  test('an address that is taken, and a name that is none', async () => {
    const server = await accepted(tcp({ port: 0 }));
    await expect(tcp({ port: server.port }).listen(() => {})).rejects.toMatchObject({
      code: 'address-in-use',
    });
    await server.close();
    await expect(tcp({ port: 0, host: '192.0.2.1' }).listen(() => {})).rejects.toMatchObject({
      code: 'address-unavailable',
    });
  });

  test('what is accepted reads nothing before it is opened, and can be turned away', async () => {
    const server = await accepted(tcp({ port: 0 }));
    const left = await dial(tcp({ port: server.port }));
    left.write(10);
    await until(() => left.pending === 0 && server.transports.length === 1);
    const [right] = server.transports;
    expect(right?.state).toBe('idle');
    right?.abort();
    await until(() => left.isClosed);
    expect(left.error?.code).toBe('connection-reset');
    // The listener is closed, what was accepted before lives on.
    const other = await dial(tcp({ port: server.port }));
    await until(() => server.transports.length === 2);
    await server.close();
    const late = new Probe('right', server.transports[1] as Transport, 2, 1);
    late.open();
    other.write(10);
    await until(() => late.receivedTotal === 10);
    other.abort();
    await until(() => late.isClosed);
  });

  test('a connection that is given up before it is made', async () => {
    const server = await accepted(tcp({ port: 0 }));
    const probe = new Probe('left', tcp({ port: server.port }).connect(), 1, 2);
    probe.open();
    probe.abort();
    await until(() => probe.isClosed);
    expect([probe.violations, probe.isOpen]).toEqual([[], false]);
    await server.close();
  });

  test('keys tell peers apart', () => {
    const keys = [tcp({ port: 80 }), tcp({ port: 81 }), tcp({ port: 80, host: '::1' }), unix({ path: '/a' })];
    expect(new Set(keys.map(({ key }) => key)).size).toBe(4);
    expect(tcp({ port: 80 }).key).toBe(tcp({ port: 80 }).key);
  });
});

describe('unix', () => {
  const at = (name: string) => join(folder, name);

  test('each end knows the path that it was given; the path goes with the listener', async () => {
    const path = at('known');
    const server = await accepted(unix({ path, backlog: 5 }));
    const left = await dial(unix({ path }));
    await until(() => server.transports.length === 1);
    const right = new Probe('right', server.transports[0] as Transport, 2, 1);
    right.open();
    await until(() => right.isOpen);
    const named = { family: 'unix', path };
    const unnamed = { family: 'unix', path: '' };
    expect(left.facts).toEqual({ kind: 'unix', local: unnamed, remote: named });
    expect(right.facts).toEqual({ kind: 'unix', local: named, remote: unnamed });
    left.abort();
    await until(() => right.isClosed || right.isEnded);
    right.abort();
    await server.close();
    expect(existsSync(path)).toBe(false);
    expect((await dial(unix({ path }))).error?.code).toBe('address-unavailable');
  });

  test('a socket that a dead process left is replaced', async () => {
    const path = at('stale');
    const dead = net.createServer();
    await new Promise<void>((resolve) => dead.listen(`${path}.before`, resolve));
    // As a process that dies leaves it: the file is there, and nobody listens.
    renameSync(`${path}.before`, path);
    await new Promise((resolve) => dead.close(resolve));
    expect(lstatSync(path).isSocket()).toBe(true);
    const server = await accepted(unix({ path }));
    expect((await dial(unix({ path }))).isOpen).toBe(true);
    await server.close();
  });

  test('a socket that somebody listens to is not', async () => {
    const path = at('taken');
    const server = await accepted(unix({ path }));
    await expect(unix({ path }).listen(() => {})).rejects.toMatchObject({ code: 'address-in-use' });
    const left = await dial(unix({ path }));
    expect(left.isOpen).toBe(true);
    left.abort();
    for (const transport of server.transports) transport.abort();
    await server.close();
  });

  test('nothing but a socket is ever replaced', async () => {
    const path = at('file');
    writeFileSync(path, 'precious');
    await expect(unix({ path }).listen(() => {})).rejects.toMatchObject({ code: 'address-in-use' });
    expect(existsSync(path)).toBe(true);
    expect((await dial(unix({ path }))).error).toBeInstanceOf(TransportError);
    await expect(unix({ path: at('no/such/folder') }).listen(() => {})).rejects.toBeInstanceOf(
      TransportError,
    );
  });
});

test('errors of the platform have stable codes, and are the cause', () => {
  const codes = Object.entries({
    ECONNREFUSED: 'connection-refused',
    ECONNRESET: 'connection-reset',
    EPIPE: 'connection-reset',
    ETIMEDOUT: 'connection-timed-out',
    EHOSTUNREACH: 'host-unreachable',
    ENOTFOUND: 'name-not-found',
    EADDRINUSE: 'address-in-use',
    EACCES: 'permission-denied',
    EMFILE: 'too-many-files',
    EWHATEVER: 'transport-failed',
  });
  for (const [code, ours] of codes) {
    const cause = Object.assign(new Error('platform'), { code });
    expect(transportError(cause)).toMatchObject({ code: ours, fault: 'transport-failed', cause });
  }
  const own = new TransportError('mine', 'already ours');
  expect(transportError(own)).toBe(own);
  expect(transportError('text')).toMatchObject({ code: 'transport-failed' });
});
