// The driver of one connection, with sessions small enough to be seen through.
import { expect, test } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { Bed } from '../support/connection-bed.js';
import { type Echo, echoStep, takerStep, toyLog } from '../support/toy-sessions.js';

test('echoes lines, however they are cut', () => {
  const bed = new Bed([echoStep()]);
  const { connection, wire } = bed.connect();
  wire.writePieces('one\ntwo\nthree\n', 2);
  bed.clock.run();
  expect(wire.text).toBe('one\ntwo\nthree\n');
  expect(connection.state).toBe('running');
  wire.transport.end();
  bed.clock.run();
  expect(wire).toMatchObject({ ends: 1, closes: 1, error: undefined });
  expect(connection.state).toBe('closed');
  expect(connection.error).toBeUndefined();
  bed.assertQuiescent();
});

test('an idle connection holds no memory', () => {
  const bed = new Bed([echoStep()]);
  const { wire } = bed.connect();
  wire.write('one\ntw');
  bed.clock.run();
  expect(bed.pool.heldBytes).toBe(1024);
  wire.write('o\n');
  bed.clock.run();
  expect(wire.text).toBe('one\ntwo\n');
  expect(bed.pool.heldBytes).toBe(0);
});

test('one write a turn, however many answers', () => {
  const writes: number[] = [];
  const bed = new Bed([echoStep()], {
    decorate: (transport) => {
      const write = transport.write.bind(transport);
      transport.write = (segments) => {
        writes.push(segments.length);
        write(segments);
      };
      return transport;
    },
  });
  const { wire } = bed.connect();
  wire.write('a\nb\nc\nd\n');
  bed.clock.run();
  expect(wire.text).toBe('a\nb\nc\nd\n');
  expect(writes).toEqual([1]);
});

test('a session that is woken outside of a turn is called once a burst, and not inside the call', () => {
  let echo: Echo | undefined;
  const log = toyLog();
  const bed = new Bed([echoStep({ log }, (made) => (echo = made))]);
  const { wire } = bed.connect();
  wire.write('pause\nnext\n');
  bed.clock.run();
  expect(log.lines).toEqual(['pause']);
  echo?.resume();
  echo?.resume();
  expect(log.lines).toEqual(['pause']);
  expect(bed.clock.run()).toBeGreaterThan(0);
  expect(log.lines).toEqual(['pause', 'next']);
  expect(wire.text).toBe('next\n');
});

test('a paused session stops the reading at the receive buffer, and nothing is lost', () => {
  let echo: Echo | undefined;
  const bed = new Bed([echoStep({}, (made) => (echo = made))], { slabBytes: 256 });
  const { wire } = bed.connect();
  const lines = 'a line of some length\n'.repeat(100);
  wire.write(`pause\n${lines}`);
  bed.clock.run();
  expect(bed.pool.heldBytes).toBe(256);
  expect(wire.writtenBytes).toBeLessThan(600);
  echo?.resume();
  bed.clock.run();
  expect(wire.text).toBe(lines);
});

test.each(['end', 'linger'])('%s: writes everything, half-closes, and discards what still comes', (word) => {
  const bed = new Bed([echoStep()]);
  const { connection, wire } = bed.connect();
  wire.endsInReturn = false;
  wire.write(`one\nbig 5000\n${word}\nnever read\n`);
  bed.clock.run();
  expect(wire.text).toBe(`one\n${'b'.repeat(5000)}`);
  expect(wire.ends).toBe(1);
  expect(connection.state).toBe('lingering');
  wire.write('late');
  bed.clock.run();
  expect(wire.text).toHaveLength(5004);
  wire.transport.end();
  bed.clock.run();
  expect(wire).toMatchObject({ closes: 1, error: undefined });
  bed.assertQuiescent();
});

test('lingering is bounded in bytes: then the peer is left with what it writes, and has the answer', () => {
  const bed = new Bed([echoStep()], { lingerBytes: 1000 });
  const { connection, wire } = bed.connect();
  wire.endsInReturn = false;
  wire.write('one\nlinger\n');
  bed.clock.run();
  wire.write('x'.repeat(999));
  bed.clock.run();
  expect(wire.writtenBytes).toBe(11 + 999);
  wire.write('y'.repeat(5000));
  bed.clock.run();
  expect(wire.writtenBytes).toBe(11 + 999 + 1024);
  expect(wire.text).toBe('one\n');
  expect(connection.state).toBe('lingering');
  bed.clock.advance(2000);
  expect(connection.state).toBe('closed');
  expect(wire.error?.code).toBe('connection-reset');
  bed.assertQuiescent();
});

test('lingering is bounded in time', () => {
  const bed = new Bed([echoStep()], { deadlines: { linger: 700 } });
  const { connection, wire } = bed.connect();
  wire.endsInReturn = false;
  wire.write('linger\n');
  bed.clock.advance(699);
  expect(connection.state).toBe('lingering');
  bed.clock.advance(1);
  expect(connection.state).toBe('closed');
  bed.assertQuiescent();
});

test.each(['the linger deadline', 'an abort'])(
  'a peer that has not read to the end when %s ends the lingering gets the end, and no reset',
  (cause) => {
    const bed = new Bed([echoStep()], { deadlines: { linger: 700 } });
    const { connection, wire } = bed.connect();
    wire.endsInReturn = false;
    wire.onText = () => wire.transport.pause();
    wire.write('one\nlinger\n');
    bed.clock.run();
    expect(connection.state).toBe('lingering');
    if (cause === 'an abort') connection.abort();
    else bed.clock.advance(700);
    bed.clock.run();
    expect(connection.state).toBe('closed');
    expect(wire).toMatchObject({ text: 'one\n', ends: 0, closes: 0 });
    wire.transport.resume();
    wire.transport.end();
    bed.clock.run();
    expect(wire).toMatchObject({ ends: 1, closes: 1, error: undefined });
    bed.assertQuiescent();
  },
);

test('abort writes nothing more', () => {
  const bed = new Bed([echoStep()]);
  const { wire } = bed.connect();
  wire.write('one\nabort\n');
  bed.clock.run();
  expect(wire.text).toBe('');
  expect(wire.error?.code).toBe('connection-reset');
  bed.assertQuiescent();
});

test('a session deadline that moves on is met when it stays', () => {
  const log = toyLog();
  const bed = new Bed([echoStep({ log, idle: 100 })]);
  const { connection, wire } = bed.connect();
  for (let i = 0; i < 5; i++) {
    wire.write('tick\n');
    bed.clock.advance(90);
  }
  expect(connection.state).toBe('running');
  bed.clock.advance(9);
  expect(connection.state).toBe('running');
  bed.clock.advance(1);
  expect(connection.state).toBe('closed');
  expect(log.lines).toHaveLength(5);
  bed.assertQuiescent();
});

test('output that makes no progress within the write deadline ends the connection', () => {
  const bed = new Bed([echoStep()], { deadlines: { write: 500 } });
  const { connection, wire } = bed.connect();
  wire.reading = false;
  wire.write('one\n');
  bed.clock.advance(499);
  expect(connection.state).toBe('running');
  bed.clock.advance(1);
  expect(connection.state).toBe('closed');
  expect(connection.error).toMatchObject({ code: 'write-timeout', fault: 'transport-failed' });
  bed.assertQuiescent();
});

test('the write deadline runs while finishing, too, and from the last progress', () => {
  const bed = new Bed([echoStep()], { deadlines: { write: 500 } });
  const { connection, wire } = bed.connect();
  wire.reading = false;
  wire.write('big 100000\nend\n');
  bed.clock.advance(400);
  expect(connection.state).toBe('finishing');
  wire.reading = true;
  wire.onText = () => {
    wire.reading = false;
  };
  wire.transport.resume();
  bed.clock.advance(499);
  expect(wire.text).toHaveLength(65_536);
  expect(connection.state).toBe('finishing');
  bed.clock.advance(1);
  expect(connection.error?.code).toBe('write-timeout');
  bed.assertQuiescent();
});

test('what a session throws ends its connection and no other', () => {
  const log = toyLog();
  const bed = new Bed([echoStep({ log })]);
  const first = bed.connect();
  const second = bed.connect();
  first.wire.write('throw\n');
  second.wire.write('fine\n');
  bed.clock.run();
  expect(bed.thrown).toEqual([new Error('thrown by a session')]);
  expect(first.connection.error?.code).toBe('connection-broke');
  expect(first.wire.error?.code).toBe('connection-reset');
  expect(log.failures).toEqual(['connection-broke']);
  expect(second.wire.text).toBe('fine\n');
  second.wire.transport.end();
  bed.clock.run();
  bed.assertQuiescent();
});

test('the peer tears down: the session fails with the error, everything goes back', () => {
  const log = toyLog();
  const bed = new Bed([echoStep({ log })]);
  const { connection, wire } = bed.connect();
  wire.reading = false;
  wire.write('one\nhold\ntwo\npart of a');
  bed.clock.run();
  expect(bed.ledger.held.session).toBeGreaterThan(0);
  wire.transport.abort();
  bed.clock.run();
  expect(log.failures).toEqual(['connection-reset']);
  expect(connection.error?.code).toBe('connection-reset');
  bed.assertQuiescent();
});

test('shutdown and abort from outside take effect later than the call, and once', () => {
  const log = toyLog();
  const bed = new Bed([echoStep({ log })]);
  const { connection, wire } = bed.connect();
  bed.clock.run();
  connection.shutdown();
  connection.shutdown();
  expect(log.shutdowns).toBe(0);
  bed.clock.run();
  expect(log.shutdowns).toBe(1);
  expect(wire.ends).toBe(1);
  expect(connection.state).toBe('closed');
  const other = bed.connect();
  bed.clock.run();
  const error = new TransportError('enough', 'the test has seen enough');
  other.connection.abort(error);
  other.connection.abort();
  expect(log.failures).toEqual(['none']);
  bed.clock.run();
  expect(log.failures).toEqual(['none', 'enough']);
  expect(other.connection.error).toBe(error);
  bed.assertQuiescent();
});

test('shutdown before the transport is open ends it', () => {
  const bed = new Bed([echoStep()]);
  const { connection } = bed.connect();
  connection.shutdown();
  bed.clock.run();
  expect(connection.state).toBe('closed');
  bed.assertQuiescent();
});

test('an accepted transport that does not open meets the deadline of the TLS handshake', () => {
  const bed = new Bed([echoStep()], {
    deadlines: { tlsHandshake: 50 },
    decorate: (transport) => {
      const open = transport.open.bind(transport);
      transport.open = (receiver) => {
        open(new Proxy(receiver, { get: (it, key) => (key === 'opened' ? () => {} : it[key as never]) }));
      };
      return transport;
    },
  });
  const { connection } = bed.connect();
  bed.clock.advance(50);
  expect(connection.error?.code).toBe('tls-handshake-timeout');
  bed.assertQuiescent();
});

test('a starved pool: many connections share two slabs and all get done', () => {
  const bed = new Bed([echoStep()], { slabBytes: 64, limitBytes: 128, receiveBytes: 128, sendBytes: 64 });
  const ends = Array.from({ length: 20 }, () => bed.connect());
  for (const { wire } of ends) wire.writePieces('first\nsecond\nthird\n', 5);
  bed.clock.run();
  for (const { wire } of ends) expect(wire.text).toBe('first\nsecond\nthird\n');
  expect(bed.pool.peakBytes).toBe(128);
  for (const { wire } of ends) wire.transport.end();
  bed.clock.run();
  bed.assertQuiescent();
});

test('leases that end where nobody calls the session make room again, though no slab comes back', () => {
  let echo: Echo | undefined;
  const bed = new Bed([echoStep({}, (made) => (echo = made))], { slabBytes: 64, receiveBytes: 64 });
  const { wire } = bed.connect();
  const line = `${'x'.repeat(29)}\n`;
  wire.write(`hold\n${line.repeat(20)}`);
  bed.clock.run();
  const before = wire.text.length;
  expect(before).toBeLessThan(100);
  // The application lets go, and tells nobody.
  for (const lease of echo?.held.splice(0) ?? []) lease.release();
  expect(wire.text).toHaveLength(before);
  bed.clock.run();
  expect(wire.text).toBe(`hold\n${line.repeat(20)}`);
  wire.transport.end();
  bed.clock.run();
  bed.assertQuiescent();
});

test('a handoff gives the next session every byte, once, in order, and output keeps its order', () => {
  const took: string[] = [];
  const log = toyLog();
  const bed = new Bed([
    takerStep({ bytes: 3, took: (text) => took.push(text), says: 'A' }),
    takerStep({ bytes: 2, took: (text) => took.push(text), says: 'B' }),
    echoStep({ log }),
  ]);
  const { wire } = bed.connect();
  wire.write('abcdeline\nmore\n');
  wire.transport.end();
  bed.clock.run();
  expect(took).toEqual(['abc', 'de']);
  expect(log.lines).toEqual(['line', 'more']);
  expect(log.ends).toEqual([0]);
  expect(wire.text).toBe('ABline\nmore\n');
  bed.assertQuiescent();
});

test('a chain that has nobody left is a bug of whoever composed it, and ends the connection', () => {
  const bed = new Bed([takerStep({ bytes: 1, to: 'h9' })]);
  const { wire } = bed.connect();
  wire.write('abc');
  bed.clock.run();
  expect(bed.thrown).toMatchObject([{ code: 'chain-over' }]);
  expect(wire.error?.code).toBe('connection-reset');
  bed.assertQuiescent();
});
