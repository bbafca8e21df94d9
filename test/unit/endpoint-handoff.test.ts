// What follows a session: another session, a transport that stands on the old one, or an application that takes the
// pipe over.
import { expect, test } from 'vitest';
import { byAlpn, byHandoff, stack } from '../../src/endpoint/stack.js';
import type { SessionStep, Step } from '../../src/endpoint/step.js';
import { MisuseError } from '../../src/errors.js';
import type { Transport } from '../../src/transport/contract.js';
import { Bed } from '../support/connection-bed.js';
import { turnedOver, turnedOverStep } from '../support/swapped.js';
import { echoStep, takerStep, toyLog } from '../support/toy-sessions.js';
import { Wire } from '../support/wire.js';

test('LAY-6: a transport takes over after a session: first what that left, then the rest, behind what it wrote', () => {
  const bed = new Bed([takerStep({ bytes: 4, says: 'plain' }), turnedOverStep(), echoStep()]);
  const { connection, wire } = bed.connect();
  wire.write(`head${turnedOver('one\ntw')}`);
  bed.clock.run();
  wire.write(turnedOver('o\n'));
  bed.clock.run();
  expect(wire.text).toBe(`plain${turnedOver('one\ntwo\n')}`);
  expect(connection.facts.transport).toMatchObject({ kind: 'turned-over', below: { kind: 'memory' } });
  wire.transport.end();
  bed.clock.run();
  expect(connection.state).toBe('closed');
  bed.assertQuiescent();
});

test('a session that hands off before it was given everything leaves the rest to the next, in order', () => {
  const took: string[] = [];
  const note = (text: string): void => void took.push(text);
  const bed = new Bed(
    [
      takerStep({ bytes: 1, took: note }),
      takerStep({ bytes: 0 }),
      takerStep({ bytes: 2, took: note }),
      echoStep(),
    ],
    { slabBytes: 24 },
  );
  const { wire } = bed.connect();
  wire.write('abcone\ntwo\nthree\nfour\n');
  bed.clock.run();
  expect(took).toEqual(['a', 'bc']);
  expect(wire.text).toBe('one\ntwo\nthree\nfour\n');
  wire.transport.end();
  bed.clock.run();
  bed.assertQuiescent();
});

test('transports at the bottom of a stack stand on the accepted one from the start', () => {
  const bed = new Bed(stack(turnedOverStep(), turnedOverStep()).then([turnedOverStep(), echoStep()]).steps);
  const { wire } = bed.connect();
  wire.write(turnedOver('one\n'));
  wire.transport.end();
  bed.clock.run();
  expect(wire.text).toBe(turnedOver('one\n'));
  bed.assertQuiescent();
});

test('a choice at the bottom may put a transport on the one that is open', () => {
  const kinds: string[] = [];
  const bottom: Step = {
    kind: 'choice',
    name: 'bottom',
    choose: (facts) => {
      kinds.push(facts.transport.kind);
      return [turnedOverStep()];
    },
  };
  const bed = new Bed([bottom, echoStep()]);
  const { connection, wire } = bed.connect();
  wire.write(turnedOver('one\n'));
  bed.clock.run();
  expect(kinds).toEqual(['memory']);
  expect(wire.text).toBe(turnedOver('one\n'));
  expect(connection.facts.transport.kind).toBe('turned-over');
  wire.transport.end();
  bed.clock.run();
  bed.assertQuiescent();
});

test('a session that hands off and leaves bytes behind is a bug that is seen', () => {
  const forgetful: SessionStep = {
    kind: 'session',
    name: 'forgetful',
    start: (context, application) => {
      const { facts } = context;
      return Object.assign(echoStep().start(context, application), {
        receive: () => 'handed-off' as const,
        handoff: () => ({ to: 'next', unused: undefined, facts, inputEnded: false }),
      });
    },
  };
  const bed = new Bed([forgetful, echoStep()]);
  const { wire } = bed.connect();
  wire.write('one\n');
  bed.clock.run();
  expect(bed.thrown).toMatchObject([{ code: 'handoff-loses-bytes', cites: 'CON-3' }]);
  expect(wire.error?.code).toBe('connection-reset');
  bed.assertQuiescent();
});

test('a handshake that does not end meets its deadline', () => {
  const deaf = {
    kind: 'transport' as const,
    name: 'deaf',
    wrap: (lower: Transport) => {
      lower.open = () => {};
      return lower;
    },
  };
  const bed = new Bed([takerStep({ bytes: 1 }), deaf, echoStep()], { deadlines: { tlsHandshake: 300 } });
  const { connection, wire } = bed.connect();
  wire.write('abc');
  bed.clock.advance(299);
  expect(connection.state).toBe('opening');
  bed.clock.advance(1);
  expect(connection.error?.code).toBe('tls-handshake-timeout');
  expect(wire.closes).toBe(1);
  bed.assertQuiescent();
});

test('an accepted transport that does not open meets the deadline of a TLS handshake; what we connect, its own', () => {
  for (const [role, code] of [
    ['server', 'tls-handshake-timeout'],
    ['client', 'connect-timeout'],
  ] as const) {
    const bed = new Bed([echoStep()], {
      deadlines: role === 'server' ? { tlsHandshake: 300 } : { connect: 300 },
      decorate: (lower) => {
        lower.open = () => {};
        return lower;
      },
      ...(role === 'server' ? {} : { application: { role, ready: () => {} } }),
    });
    const { connection } = bed.connect();
    bed.clock.advance(299);
    expect(connection.state).toBe('opening');
    bed.clock.advance(1);
    expect(connection.error?.code).toBe(code);
  }
});

test('a wrap that throws ends the connection and holds nothing', () => {
  const broken = {
    kind: 'transport' as const,
    name: 'broken',
    wrap: () => {
      throw new Error('no certificate');
    },
  };
  const bed = new Bed([takerStep({ bytes: 1 }), broken, echoStep()]);
  const { wire } = bed.connect();
  wire.write('abc');
  bed.clock.run();
  expect(bed.thrown).toEqual([new Error('no certificate')]);
  expect(wire.error?.code).toBe('connection-reset');
  bed.assertQuiescent();
});

test.each(['h2', 'http/1.1', undefined])('the stack goes on by what ALPN chose: %s', (alpn) => {
  const took: string[] = [];
  const end = takerStep({ bytes: 1, took: (text) => took.push(text), takeOver: (pipe) => pipe.abort() });
  const named = (name: string) => takerStep({ bytes: 0, says: name });
  const bed = new Bed(
    stack(turnedOverStep(alpn))
      .then(byAlpn({ h2: named('h2'), 'http/1.1': named('http/1.1') }, named('none')))
      .then(end).steps,
  );
  const { wire } = bed.connect();
  bed.clock.run();
  expect(wire.text).toBe(turnedOver(alpn ?? 'none'));
  wire.write('x');
  bed.clock.run();
  bed.assertQuiescent();
});

test('the stack goes on by whom a session handed off to; an unknown name ends the connection', () => {
  for (const [to, text] of [
    ['left', 'L'],
    ['right', 'R'],
    ['nowhere', ''],
  ] as const) {
    const bed = new Bed(
      stack(takerStep({ bytes: 1, to })).then(
        byHandoff({
          left: [takerStep({ bytes: 0, says: 'L' }), echoStep()],
          right: stack(takerStep({ bytes: 0, says: 'R' }), echoStep()),
        }),
      ).steps,
    );
    const { wire } = bed.connect();
    wire.write('x');
    bed.clock.run();
    expect(wire.text).toBe(text);
    if (to === 'nowhere') expect(bed.thrown).toMatchObject([{ code: 'handoff-not-listed' }]);
    else wire.transport.end();
    bed.clock.run();
    bed.assertQuiescent();
  }
});

test('a stack cannot be awaited, and goes on with steps only', async () => {
  const some = stack(echoStep());
  const awaited = Promise.resolve(some as unknown as Promise<void>);
  await expect(awaited).rejects.toBeInstanceOf(MisuseError);
});

test('a tunnel: the pipe delivers what was unused, keeps the order of output, and closes like any transport', () => {
  let pipe: Wire | undefined;
  const bed = new Bed([
    takerStep({ bytes: 4, says: 'agreed;', takeOver: (transport) => (pipe = new Wire(transport)) }),
  ]);
  const { connection, wire } = bed.connect();
  wire.write('headearly');
  bed.clock.run();
  expect(connection.state).toBe('tunnelling');
  expect(bed.tunnelled).toEqual([connection]);
  expect(pipe).toMatchObject({ opens: 1, text: 'early' });
  pipe?.write('from the tunnel');
  wire.write(' and late');
  bed.clock.run();
  expect(wire.text).toBe('agreed;from the tunnel');
  expect(pipe?.text).toBe('early and late');
  expect(pipe?.writtenBytes).toBe(15);
  wire.transport.end();
  bed.clock.run();
  expect(pipe).toMatchObject({ ends: 1, closes: 1, error: undefined });
  expect(connection.state).toBe('closed');
  bed.assertQuiescent();
});

test('a tunnel whose peer half-closed early hears of it after the unused bytes', () => {
  const seen: string[] = [];
  const bed = new Bed([
    takerStep({
      bytes: 4,
      takeOver: (transport) => {
        const pipe = new Wire(transport);
        pipe.onText = () => seen.push(pipe.text);
        const ended = pipe.ended.bind(pipe);
        pipe.ended = () => {
          seen.push('end');
          ended();
        };
      },
    }),
  ]);
  const { wire } = bed.connect();
  wire.write('headearly');
  wire.transport.end();
  bed.clock.run();
  expect(seen).toEqual(['early', 'end']);
  bed.assertQuiescent();
});

test('a tunnel is under back-pressure from its first byte on', () => {
  let pipe: Wire | undefined;
  const bed = new Bed([
    takerStep({
      bytes: 4,
      takeOver: (transport) => {
        pipe = new Wire(transport, 3);
        pipe.reading = false;
      },
    }),
  ]);
  const { wire } = bed.connect();
  wire.write('headearly');
  bed.clock.run();
  wire.write(' and late');
  bed.clock.run();
  expect(pipe?.text).toBe('');
  expect(wire.writtenBytes).toBe(9);
  pipe?.read();
  bed.clock.run();
  expect(pipe?.text).toBe('early and late');
  wire.transport.abort();
  bed.clock.run();
  expect(pipe).toMatchObject({ closes: 1 });
  bed.assertQuiescent();
});

test('a tunnel that breaks while its user has no room: it is told at once, and what it did not take is dropped', () => {
  let pipe: Wire | undefined;
  const bed = new Bed([
    takerStep({
      bytes: 4,
      takeOver: (transport) => {
        pipe = new Wire(transport);
        pipe.reading = false;
      },
    }),
  ]);
  const { connection, wire } = bed.connect();
  wire.write('headearly');
  bed.clock.run();
  wire.transport.abort();
  bed.clock.run();
  expect(pipe).toMatchObject({ opens: 1, text: '', closes: 1, error: { code: 'connection-reset' } });
  expect(connection.state).toBe('closed');
  bed.assertQuiescent();
});

test('nothing that came later passes what was unused, not even when the reader has room again unasked', () => {
  let pipe: Wire | undefined;
  const bed = new Bed([
    takerStep({
      bytes: 4,
      takeOver: (transport) => {
        pipe = new Wire(transport);
        pipe.reading = false;
      },
    }),
  ]);
  const { wire } = bed.connect();
  wire.write('headearly');
  bed.clock.run();
  if (pipe !== undefined) pipe.reading = true;
  wire.write(' and late');
  bed.clock.run();
  expect(pipe?.text).toBe('');
  pipe?.transport.resume();
  bed.clock.run();
  expect(pipe?.text).toBe('early and late');
  wire.transport.abort();
  bed.clock.run();
  bed.assertQuiescent();
});

test.each(['before it is opened', 'after it was opened'])(
  'a tunnel is aborted %s: nothing is held',
  (when) => {
    let pipe: Transport | undefined;
    const bed = new Bed([takerStep({ bytes: 4, takeOver: (transport) => (pipe = transport) })]);
    const { connection, wire } = bed.connect();
    wire.write('headearly');
    bed.clock.run();
    const end = when === 'after it was opened' ? new Wire(pipe as Transport) : undefined;
    if (end !== undefined) end.reading = false;
    bed.clock.run();
    connection.abort();
    bed.clock.run();
    expect(wire.closes).toBe(1);
    expect(end?.closes).toBe(end === undefined ? undefined : 1);
    bed.assertQuiescent();
    if (end !== undefined) return;
    const late = new Wire(pipe as Transport);
    bed.clock.run();
    expect(late).toMatchObject({ opens: 0, closes: 1 });
  },
);

test.each([
  ['what its user writes', ''],
  ['what the chain wrote before it', 'agreed;'],
])('a tunnel whose peer does not read %s ends at the write deadline, whenever that is', (_, says) => {
  let pipe: Wire | undefined;
  const bed = new Bed(
    [
      takerStep({
        bytes: 4,
        ...(says === '' ? {} : { says }),
        takeOver: (transport) => (pipe = new Wire(transport)),
      }),
    ],
    { deadlines: { write: 300 } },
  );
  const { connection, wire } = bed.connect();
  wire.reading = says === '';
  wire.write('head');
  bed.clock.advance(0);
  if (says === '') {
    for (const _written of [1, 2, 3]) {
      pipe?.write('taken');
      bed.clock.advance(1000);
    }
    expect(pipe?.writtenBytes).toBe(15);
    wire.reading = false;
    pipe?.write('x');
  }
  bed.clock.advance(299);
  expect(connection.state).toBe('tunnelling');
  bed.clock.advance(1);
  expect(connection.error?.code).toBe('write-timeout');
  bed.clock.run();
  expect(pipe).toMatchObject({ closes: 1, error: { code: 'write-timeout' } });
  bed.assertQuiescent();
});

test('a tunnel that nobody opens ends at the connect deadline', () => {
  const bed = new Bed([takerStep({ bytes: 4, takeOver: () => {} })], { deadlines: { connect: 40 } });
  const { connection, wire } = bed.connect();
  wire.write('headearly');
  bed.clock.advance(39);
  expect(connection.state).toBe('tunnelling');
  bed.clock.advance(1);
  expect(connection.error?.code).toBe('tunnel-timeout');
  bed.assertQuiescent();
});

test('a take-over that throws ends the pipe', () => {
  const log = toyLog();
  const bed = new Bed([
    takerStep({
      bytes: 4,
      takeOver: () => {
        throw new Error('no use for it');
      },
    }),
    echoStep({ log }),
  ]);
  const { wire } = bed.connect();
  wire.write('headearly');
  bed.clock.run();
  expect(bed.thrown).toEqual([new Error('no use for it')]);
  expect(wire.error?.code).toBe('connection-reset');
  bed.assertQuiescent();
});
