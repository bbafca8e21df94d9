/** The PROXY sessions, case by case: who is let in, what is refused at the call, what a sender says of whom. */

import { describe, expect, it } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { Owner } from '../../src/memory/index.js';
import type { Session } from '../../src/session/contract.js';
import type { ConnectionFacts } from '../../src/session/facts.js';
import { proxyLocal } from '../../src/session/proxy/encode.js';
import type { ProxyHeader } from '../../src/session/proxy/header.js';
import { type ProxyReceiverOptions, proxyReceiver } from '../../src/session/proxy/receiver.js';
import { type ProxySenderOptions, proxyHeaderOf, proxySender } from '../../src/session/proxy/sender.js';
import { crc32cTlv } from '../../src/session/proxy/tlv.js';
import type { Address } from '../../src/transport/facts.js';
import { Bench, type BenchOptions, loopback } from '../support/proxy-bench.js';

const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const LINE = 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n';
const ipv4 = (address: string, port: number): Address => ({ family: 'ipv4', address, port });
const from = (remote: Address | undefined): ConnectionFacts => ({
  transport: remote === undefined ? { kind: 'tcp' } : { kind: 'tcp', remote },
});

describe('proxyReceiver', () => {
  it.each<[string, readonly string[], ConnectionFacts, boolean]>([
    ['a trusted block', ['127.0.0.0/8'], loopback, true],
    ['another block', ['10.0.0.0/8'], loopback, false],
    ['nobody', [], loopback, false],
    ['a Unix peer', ['unix'], from({ family: 'unix', path: '' }), true],
    ['a Unix peer without the option', ['0.0.0.0/0'], from({ family: 'unix', path: '' }), false],
    ['a peer in memory', ['memory'], from({ family: 'memory', name: 'a' }), true],
    ['a peer without an address', ['0.0.0.0/0', '::/0', 'unix', 'memory'], from(undefined), false],
    [
      'a peer that only a lower transport knows',
      ['127.0.0.0/8'],
      { transport: { kind: 'duplex', below: loopback.transport } },
      true,
    ],
  ])('lets in %s: %j', (_, trust, facts, isLetIn) => {
    const bench = new Bench(proxyReceiver({ trust }), { facts });
    const { session } = bench;
    if (isLetIn) {
      expect(session.start(0)).toBe('need-data');
      session.fail(undefined, 0);
    } else {
      expect(session.start(0)).toBe('closed');
      const error = {
        code: 'proxy-untrusted',
        cites: 'proxy-protocol.txt §5',
        fault: 'peer-misbehaved',
      };
      expect(session.error).toMatchObject(error);
      expect(session.ending).toBe('end');
      expect(session.receive(0)).toBe('closed');
      expect(session.deadline()).toBe(Number.POSITIVE_INFINITY);
    }
    expect(bench.output.acceptedBytes).toBe(0);
    bench.assertSettled();
  });

  it('says what it learnt, beside what was known', () => {
    const bench = new Bench(proxyReceiver({ trust: ['127.0.0.1'], versions: 1, next: 'h1' }));
    expect(bench.session.name).toBe('proxy-v1');
    bench.session.start(0);
    bench.feed(bytesOf(`${LINE}GET / HTTP/1.1\r\n`), []);
    const { to, facts, unused } = bench.session.handoff();
    expect(to).toBe('h1');
    expect(facts.transport).toBe(loopback.transport);
    expect(facts.proxy).toEqual(proxyHeaderOf(1, ipv4('192.0.2.1', 56324), ipv4('198.51.100.2', 443)));
    expect(unused?.copy()).toEqual(bytesOf('GET / HTTP/1.1\r\n'));
    expect(unused?.owner.layer).toBe('session');
    unused?.release();
    bench.assertSettled();
  });

  it('says nothing more once it has been handed off', () => {
    const bench = new Bench(proxyReceiver({ trust: ['127.0.0.1'] }));
    const { session } = bench;
    expect(session.name).toBe('proxy');
    expect(() => session.handoff()).toThrow(expect.objectContaining({ cites: 'CON-3' }));
    session.start(0);
    expect(() => session.handoff()).toThrow(expect.objectContaining({ cites: 'CON-3' }));
    bench.feed(bytesOf(LINE), []);
    expect(session.handoff().unused).toBeUndefined();
    expect(() => session.handoff()).toThrow(expect.objectContaining({ cites: 'CON-3' }));
    const error = new TransportError('reset', 'gone');
    session.fail(error, 0);
    expect(session.error).toBeUndefined();
    expect(bench.verdict).toBe('handed-off');
    bench.assertSettled();
  });

  it('refuses a second start, and an act before the first', () => {
    const { session } = new Bench(proxyReceiver({ trust: ['127.0.0.1'] }));
    expect(session.receive(0)).toBe('need-data');
    session.start(0);
    expect(() => session.start(0)).toThrow(expect.objectContaining({ code: 'no-transition' }));
  });

  it('gives back what nobody took over when the transport goes', () => {
    const bench = new Bench(proxyReceiver({ trust: ['127.0.0.1'] }));
    bench.session.start(0);
    bench.feed(bytesOf(`${LINE}GET`), []);
    expect(bench.verdict).toBe('handed-off');
    bench.session.fail(undefined, 0);
    bench.assertSettled();
  });

  it('fails with the transport before it began, and keeps the error', () => {
    const bench = new Bench(proxyReceiver({ trust: ['127.0.0.1'] }));
    const error = new TransportError('refused', 'nobody there');
    bench.session.fail(error, 0);
    bench.session.fail(undefined, 0);
    expect(bench.session.error).toBe(error);
    expect(bench.session.ending).toBe('abort');
    expect(bench.verdict).toBe('closed');
    bench.assertSettled();
  });

  it.each<[string, unknown, string]>([
    ['a trust list with a name', { trust: ['localhost'] }, 'proxy-trust-address'],
    ['a limit below zero', { trust: [], maxTlvs: -1 }, 'proxy-max-tlvs'],
    ['no trust list', {}, 'proxy-trust'],
    ['a next session without a name', { trust: [], next: 5 }, 'option-value'],
  ])('refuses %s, before any connection', (_, options, code) => {
    const misuse = expect.objectContaining({ code, fault: 'api-misuse' });
    expect(() => proxyReceiver(options as ProxyReceiverOptions)).toThrow(misuse);
  });

  const begun = (given: string, options: BenchOptions = {}): Bench => {
    const bench = new Bench(proxyReceiver({ trust: ['127.0.0.1'] }), options);
    bench.session.start(0);
    bench.feed(bytesOf(given), []);
    return bench;
  };

  it('says at once that it has been handed off', () => {
    const bench = begun(LINE.slice(0, -1));
    const room = bench.input.room();
    room?.bytes.set(bytesOf('\n'), room.start);
    bench.input.received(1);
    expect(bench.session.receive(0)).toBe('handed-off');
    bench.session.fail(undefined, 0);
    bench.assertSettled();
  });

  it('closes at a shutdown before the first byte, and not after it', () => {
    const untouched = begun('');
    expect(untouched.session.shutdown(0)).toBe('closed');
    expect(untouched.session.error).toBeUndefined();
    untouched.assertSettled();
    const touched = begun('P');
    expect(touched.session.shutdown(0)).toBe('need-data');
    touched.session.fail(undefined, 0);
    touched.assertSettled();
  });

  it.each<[string, (bench: Bench) => unknown, object]>([
    [
      'an end inside the header',
      ({ session }) => session.end(0),
      { code: 'proxy-truncated', cites: 'proxy-protocol.txt §2.2' },
    ],
    [
      'the deadline',
      ({ session }) => session.expire(3000),
      {
        code: 'proxy-header-timeout',
        cites: 'LAY-4',
        message: expect.stringContaining('within 3000 ms'),
      },
    ],
  ])('closes at %s, and says why', (_, act, error) => {
    const bench = begun('PROXY ');
    expect(act(bench)).toBe('closed');
    expect(bench.session.error).toMatchObject(error);
    bench.assertSettled();
  });

  it('closes at a header that is longer than a slab', () => {
    const bench = begun(`PROXY UNKNOWN ${'x'.repeat(80)}`, { slabBytes: 64 });
    expect(bench.verdict).toBe('closed');
    expect(bench.session.error).toMatchObject({
      code: 'proxy-header-over-slab',
      cites: 'WS-9',
      limit: 'slabBytes',
    });
    bench.assertSettled();
  });
});

describe('proxySender', () => {
  const started = (header: (facts: ConnectionFacts) => ProxyHeader, options = {}): [Bench, Session] => {
    const bench = new Bench(proxySender({ header, next: 'h1' }), options);
    bench.session.start(0);
    return [bench, bench.session];
  };

  it('makes a header of its own for each connection', () => {
    const asked: ConnectionFacts[] = [];
    const make = proxySender({
      header: (facts) => {
        asked.push(facts);
        return proxyHeaderOf(1, facts.transport.local, facts.transport.remote);
      },
    });
    const other = { transport: { ...loopback.transport, local: ipv4('127.0.0.9', 9) } };
    const benches = [new Bench(make), new Bench(make, { facts: other })];
    for (const bench of benches) bench.session.start(0);
    expect(asked).toEqual([loopback, other]);
    expect(benches.map((bench) => String.fromCharCode(...bench.drain()))).toEqual([
      'PROXY TCP4 127.0.0.1 127.0.0.1 8080 50000\r\n',
      'PROXY TCP4 127.0.0.9 127.0.0.1 9 50000\r\n',
    ]);
    for (const bench of benches) bench.assertSettled();
  });

  it('hands over what the peer said first, and its end', () => {
    const bench = new Bench(proxySender({ header: () => proxyLocal }));
    const room = bench.input.room();
    room?.bytes.set(bytesOf('220 hi\r\n'), room.start);
    bench.input.received(8);
    bench.session.start(0);
    expect(bench.session.receive(0)).toBe('handed-off');
    expect(bench.session.end(0)).toBe('handed-off');
    expect(bench.session.shutdown(0)).toBe('handed-off');
    expect(bench.session.expire(0)).toBe('handed-off');
    expect(bench.session.deadline()).toBe(Number.POSITIVE_INFINITY);
    const { unused, inputEnded } = bench.session.handoff();
    expect(unused?.copy()).toEqual(bytesOf('220 hi\r\n'));
    expect(inputEnded).toBe(true);
    unused?.release();
    expect(() => bench.session.handoff()).toThrow(expect.objectContaining({ cites: 'CON-3' }));
    bench.session.fail(undefined, 0);
    expect(bench.verdict).toBe('handed-off');
    bench.drain();
    bench.assertSettled();
  });

  it('gives everything back when the transport goes before or after', () => {
    const before = new Bench(proxySender({ header: () => proxyLocal }));
    expect(before.session.written(0)).toBe('need-data');
    before.session.fail(new TransportError('refused', 'nobody there'), 0);
    expect(before.verdict).toBe('closed');
    expect(before.session.error?.code).toBe('refused');
    before.assertSettled();
    const after = new Bench(proxySender({ header: () => proxyLocal }));
    const room = after.input.room();
    room?.bytes.fill(1, room.start, room.start + 5);
    after.input.received(5);
    after.session.start(0);
    after.session.fail(undefined, 0);
    expect(after.verdict).toBe('closed');
    expect(() => after.session.handoff()).toThrow(expect.objectContaining({ cites: 'CON-3' }));
    after.assertSettled();
  });

  it('closes without a byte where there is no header or no memory, and throws nothing', () => {
    const failing = () => {
      throw new Error('no idea');
    };
    const unwritable = () => ({ ...proxyLocal, version: 1 as const });
    for (const [header, code, cites] of [
      [failing, 'proxy-no-header', 'LAY-1'],
      [unwritable, 'proxy-v1-local', 'proxy-protocol.txt §2.1'],
    ] as const) {
      const bench = new Bench(proxySender({ header }));
      const { session } = bench;
      // What the peer said first is nobody's then.
      const room = bench.input.room();
      room?.bytes.set(bytesOf('220 hi'), room.start);
      bench.input.received(6);
      session.start(0);
      expect(bench.verdict).toBe('closed');
      expect(session.error).toMatchObject({ code, cites, fault: 'api-misuse' });
      expect(session.ending).toBe('abort');
      expect(bench.output.acceptedBytes).toBe(0);
      bench.assertSettled();
    }
    const bench = new Bench(proxySender({ header: () => proxyLocal }), { slabBytes: 64, limitBytes: 64 });
    const slab = bench.pool.acquire(new Owner('application', 'hog', 1));
    expect(bench.session.start(0)).toBe('closed');
    expect(bench.session.error).toMatchObject({
      code: 'proxy-header-no-room',
      cites: 'WS-9',
      limit: 'limitBytes',
    });
    slab?.unpin();
    bench.assertSettled();
  });

  it('sends one header, also when it is started twice', () => {
    const [bench, session] = started(() => proxyLocal);
    expect([session.name, session.busy]).toEqual(['proxy-sender', false]);
    expect(() => session.start(0)).toThrow(expect.objectContaining({ code: 'no-transition' }));
    expect(bench.output.acceptedBytes).toBe(16);
    session.handoff();
    expect(() => session.handoff()).toThrow(expect.objectContaining({ code: 'proxy-no-handoff' }));
    bench.drain();
    bench.assertSettled();
  });

  it.each<[string, unknown, string]>([
    ['no options', undefined, 'proxy-no-header'],
    ['nobody who makes a header', {}, 'proxy-no-header'],
    ['a next session without a name', { header: () => proxyLocal, next: 5 }, 'option-value'],
  ])('refuses %s, before any connection', (_, options, code) => {
    const misuse = expect.objectContaining({ code, fault: 'api-misuse' });
    expect(() => proxySender(options as ProxySenderOptions)).toThrow(misuse);
  });

  const six: Address = { family: 'ipv6', address: 'fe80::1%eth0', port: 1 };
  const unix: Address = { family: 'unix', path: '/run/a' };
  it.each<[string, 1 | 2, Address | undefined, Address | undefined, object]>([
    [
      'IPv4',
      1,
      ipv4('1.2.3.4', 1),
      ipv4('5.6.7.8', 2),
      { transport: 'stream', source: { family: 'ipv4', port: 1 } },
    ],
    ['IPv6, without its zone', 2, six, six, { transport: 'stream', source: { address: 'fe80::1' } }],
    ['Unix in version 2', 2, unix, unix, { transport: 'stream', source: { family: 'unix', path: '/run/a' } }],
    ['Unix in version 1', 1, unix, unix, { transport: 'unspec', source: { family: 'unspec' } }],
    ['two families', 2, six, unix, { transport: 'unspec', destination: { family: 'unspec' } }],
    ['memory', 2, { family: 'memory', name: 'a' }, { family: 'memory', name: 'b' }, { transport: 'unspec' }],
    ['nobody', 1, undefined, ipv4('1.2.3.4', 1), { transport: 'unspec', destination: { family: 'unspec' } }],
  ])('says %s as well as the version can', (_, version, source, destination, expected) => {
    const header = proxyHeaderOf(version, source, destination);
    expect(header).toMatchObject({ version, command: 'proxy', tlvs: [], ...expected });
    const [bench] = started(() => header);
    expect(bench.verdict).toBe('handed-off');
    bench.drain();
    bench.session.handoff();
    bench.assertSettled();
  });

  it('takes TLVs along', () => {
    expect(proxyHeaderOf(2, undefined, undefined, [crc32cTlv()]).tlvs).toEqual([crc32cTlv()]);
  });
});
