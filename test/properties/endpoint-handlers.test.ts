// Handlers that do anything, in any order, at any time, over a pipe that breaks anywhere: the peer sees one whole
// answer or a visible end, and nothing is held in the end (OWN-7, WS-9).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Handler } from '../../src/endpoint/handler.js';
import { BumpWorkspace, EmulatedWorkspace, type Lease } from '../../src/memory/index.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { FaultLog, faultInjector, type PipeFault } from '../../src/transport/fault-injector.js';
import { segmenter } from '../../src/transport/segmenter.js';
import { createPair, latin1Bytes, type Pair } from '../support/pair.js';

const act = fc.oneof(
  fc.record({ do: fc.constant('respond' as const), length: fc.option(fc.nat(3000), { nil: undefined }) }),
  fc.record({ do: fc.constant('send' as const), bytes: fc.nat(6000) }),
  fc.record({ do: fc.constant('reply' as const), bytes: fc.nat(3000) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(20_000) }),
  fc.record({
    do: fc.constantFrom(
      'end' as const,
      'consume' as const,
      'keep' as const,
      'pause' as const,
      'resume' as const,
      'discard' as const,
      'inform' as const,
      'abort' as const,
      'throw' as const,
      'release' as const,
    ),
  }),
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

const script = fc.record({
  acts: fc.array(act, { maxLength: 8 }),
  /** Returns a promise, or answers by callbacks of the clock. */
  promises: fc.boolean(),
  /** Catches what its calls throw, and goes on. */
  catches: fc.boolean(),
});
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

const request = fc.record({
  method: fc.constantFrom('GET', 'POST', 'HEAD'),
  body: fc.nat(5000),
  chunked: fc.boolean(),
  close: fc.boolean(),
  expects: fc.boolean(),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

const fault: fc.Arbitrary<PipeFault> = fc.oneof(
  fc.record({
    at: fc.nat(30),
    fault: fc.constantFrom<'reset' | 'eof' | 'short-write' | 'stall'>('reset', 'eof', 'short-write', 'stall'),
  }),
  fc.record({ at: fc.nat(30), fault: fc.constant('delay' as const), ms: fc.nat(40_000) }),
);

const scene = fc.record({
  scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
  requests: fc.array(request, { minLength: 1, maxLength: 3 }),
  faults: fc.array(fault, { maxLength: 2 }),
  cut: fc.constantFrom(1, 7, 100, 10_000),
  slabBytes: fc.constantFrom(1024, 4096),
  /** Slabs that output may hold: from too few for an answer to plenty. */
  sendSlabs: fc.constantFrom(1, 3, 64),
  emulated: fc.boolean(),
  readsSlowly: fc.boolean(),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

/** What a handler did of what matters to the peer. */
interface Deeds {
  /** `end` was called and accepted, or `reply`. */
  ended: boolean;
}

function perform(exchange: ServerExchange, it: Act, kept: Lease[], deeds: Deeds): void {
  switch (it.do) {
    case 'respond':
      exchange.respond(200, undefined, it.length === undefined ? {} : { length: it.length });
      break;
    case 'send':
      exchange.send(new Uint8Array(it.bytes).fill(0x73));
      break;
    case 'reply':
      exchange.reply(200, undefined, new Uint8Array(it.bytes).fill(0x72));
      deeds.ended = true;
      break;
    case 'end':
      exchange.end();
      deeds.ended = true;
      break;
    case 'consume':
    case 'keep':
      exchange.body.consume({
        data: (lease) => {
          if (it.do === 'keep') kept.push(lease);
          else lease.release();
        },
        end: () => {},
        failed: () => {},
      });
      break;
    case 'release':
      for (const lease of kept.splice(0)) if (lease.live) lease.release();
      break;
    case 'inform':
      exchange.inform(103);
      break;
    case 'pause':
      exchange.body.pause();
      break;
    case 'resume':
      exchange.body.resume();
      break;
    case 'discard':
      exchange.body.discard();
      break;
    case 'abort':
      exchange.abort();
      break;
    case 'throw':
      throw new Error('thrown by the script');
    case 'wait':
      break;
  }
}

/** Plays the scripts, one an exchange, in turn. */
function player(scripts: readonly Script[], deeds: Deeds[], pair: () => Pair): Handler {
  let count = 0;
  return (exchange) => {
    const { acts, promises, catches } = scripts[count++ % scripts.length] as Script;
    const kept: Lease[] = [];
    const own: Deeds = { ended: false };
    deeds.push(own);
    const step = (it: Act): void => {
      if (!catches) {
        perform(exchange, it, kept, own);
        return;
      }
      try {
        perform(exchange, it, kept, own);
      } catch {
        // The script goes on as if nothing had been wrong.
      }
    };
    const { clock } = pair();
    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => void clock.at(clock.now() + ms, resolve));
    const all = async (): Promise<void> => {
      for (const it of acts) {
        if (it.do === 'wait') await wait(it.ms);
        else step(it);
      }
    };
    if (promises) return all();
    const later = (from: number): void => {
      for (let i = from; i < acts.length; i++) {
        const it = acts[i] as Act;
        if (it.do === 'wait') {
          clock.at(clock.now() + it.ms, () => {
            // Nobody is there to catch what a callback throws: a script that does not catch ends here.
            try {
              later(i + 1);
            } catch {
              exchange.abort();
            }
          });
          return;
        }
        step(it);
      }
    };
    later(0);
    return undefined;
  };
}

function wireText({ method, body, chunked, close, expects }: Request): string {
  const lines = [`${method} / HTTP/1.1`, 'Host: a'];
  if (close) lines.push('Connection: close');
  if (method !== 'POST') return `${lines.join('\r\n')}\r\n\r\n`;
  if (expects) lines.push('Expect: 100-continue');
  lines.push(chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body}`);
  const bytes = 'b'.repeat(body);
  const framed = chunked ? `${body > 0 ? `${body.toString(16)}\r\n${bytes}\r\n` : ''}0\r\n\r\n` : bytes;
  return `${lines.join('\r\n')}\r\n\r\n${framed}`;
}

interface Answer {
  readonly status: number;
  readonly complete: boolean;
  readonly chunked: boolean;
}

/** An independent and simple-minded reading of what came: the answers, the last one perhaps cut. */
function answersOf(text: string, methods: readonly string[]): Answer[] {
  const answers: Answer[] = [];
  let rest = text;
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) {
      answers.push({ status: 0, complete: false, chunked: false });
      break;
    }
    const head = rest.slice(0, end);
    const status = Number(head.slice(9, 12));
    rest = rest.slice(end + 4);
    if (status < 200) continue;
    const method = methods[answers.length];
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    const chunked = /\r\ntransfer-encoding: chunked/i.test(head);
    let complete = true;
    if (method !== 'HEAD' && status !== 204 && status !== 304) {
      if (chunked) {
        const last = rest.indexOf('0\r\n\r\n');
        complete = last >= 0;
        rest = complete ? rest.slice(last + 5) : '';
      } else {
        complete = rest.length >= Number(length);
        rest = rest.slice(Number(length));
      }
    }
    answers.push({ status, complete, chunked });
  }
  return answers;
}

async function play(it: Scene, withFaults: boolean): Promise<void> {
  const deeds: Deeds[] = [];
  const receiveBytes = 3 * it.slabBytes;
  const sendBytes = it.sendSlabs * it.slabBytes;
  const pair: Pair = await createPair({
    handler: player(it.scripts, deeds, () => pair),
    server: { receiveBytes, sendBytes },
    memory: { slabBytes: it.slabBytes, workspace: it.emulated ? EmulatedWorkspace : BumpWorkspace },
    decorate: (transport, side) => {
      if (side === 'client') return transport;
      const cut = segmenter({ receive: { sizes: [it.cut] }, write: { sizes: [it.cut] } })(transport);
      return withFaults ? faultInjector(pair.clock, it.faults)(cut) : cut;
    },
  });
  const wire = pair.wire();
  wire.reading = !it.readsSlowly;
  for (const one of it.requests) wire.write(wireText(one));
  await pair.run();
  wire.read();
  await pair.run();
  for (let i = 0; i < 60 && wire.closes === 0; i++) await pair.advance(25_000);
  expect(wire.closes, 'every deadline has passed, so the end is visible').toBe(1);
  const answers = answersOf(
    wire.text,
    it.requests.map(({ method }) => method),
  );
  expect(answers.length).toBeLessThanOrEqual(it.requests.length);
  answers.forEach((answer, index) => {
    // Only the last one may be cut, and only then is what follows an end.
    if (index < answers.length - 1) expect(answer.complete).toBe(true);
    // The terminator is never sent for a handler that did not end its answer.
    if (answer.status === 200 && answer.chunked && answer.complete) expect(deeds[index]?.ended).toBe(true);
  });
  if (!withFaults) {
    // Nothing was wrong with the pipe: whoever got to a handler has an answer, or the end came in the middle of one.
    const [first] = answers;
    if (deeds.length > 0 && first === undefined) expect(wire.error).toBeDefined();
  }
  // Waits that scripts still have are nobody's: let them pass.
  await pair.advance(200_000);
  await pair.finish();
  expect(pair.pool.heldBytes).toBe(0);
  expect(pair.server.connections).toBe(0);
  // There was one connection: OWN-8, term by term.
  expect(pair.pool.peakBytes).toBeLessThanOrEqual(receiveBytes + sendBytes);
}

test('WS-9: whatever handlers do, the peer sees whole answers or the end, and nothing is held', async () => {
  await fc.assert(
    fc.asyncProperty(scene, (it) => play(it, false)),
    { numRuns: 80 },
  );
});

test('OWN-7: the same over a pipe that breaks anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(scene, (it) => play(it, true)),
    { numRuns: 80 },
  );
});

const kinds = ['reset', 'eof', 'short-write', 'stall', 'delay'] as const;

/** Three requests on one connection, whatever becomes of them. @returns how many acts the pipe saw */
async function converse(faults: readonly PipeFault[], side: 'server' | 'client'): Promise<number> {
  const logs: FaultLog[] = [];
  const pair: Pair = await createPair({
    handler: (exchange) => {
      if (exchange.request.method !== 'POST') {
        exchange.reply(200, undefined, latin1Bytes('g'.repeat(3000)));
        return;
      }
      exchange.respond(200);
      exchange.body.consume({
        data: (lease) => void exchange.sendLease(lease),
        end: () => exchange.end([['Done', '1']]),
        failed: () => {},
      });
    },
    client: { maxConnections: 1 },
    decorate: (transport, end) => {
      if (end !== side) return transport;
      // The first connection breaks; what comes after it has a sound one.
      const log = new FaultLog();
      const broken = logs.push(log) === 1 ? faults : [];
      return faultInjector(pair.clock, broken, log)(transport);
    },
  });
  const outcomes = [
    pair.request(),
    pair.request({ method: 'POST' }, ['p'.repeat(3000), 'q']),
    pair.request({ method: 'HEAD' }),
  ];
  await pair.run();
  await pair.advance(700_000);
  for (const outcome of outcomes) expect(outcome.over).toBe(true);
  if (faults.length === 0) expect(outcomes.map(({ complete }) => complete)).toEqual([true, true, true]);
  await pair.finish();
  return logs[0]?.acts.length ?? 0;
}

test.each(kinds)('OWN-7: a %s at every act of a conversation, on either side', async (kind) => {
  for (const side of ['server', 'client'] as const) {
    const acts = await converse([], side);
    expect(acts).toBeGreaterThan(8);
    for (let at = 0; at < acts; at++) {
      await converse([kind === 'delay' ? { at, fault: kind, ms: 5000 } : { at, fault: kind }], side);
    }
  }
});
