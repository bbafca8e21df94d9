/**
 * Plays recorded bytes to one end of a connection, cut as a plan says, and reports what its application saw and what
 * it wrote: the ground on which two cuts, two memories or two kinds of dead bytes are compared. This file does not know
 * what the bytes say.
 */
import type { Application } from '../endpoint/step.js';
import { ClientPlayer } from './client-player.js';
import type { ExchangeRecord, ExchangeTold } from './exchange-record.js';
import type { ConnectionScript } from './exchange-script.js';
import { requireGenuine } from './run-connection.js';
import { ServerPlayer } from './server-player.js';
import { SessionEnd, type SessionEndOptions } from './session-end.js';
import type { Later } from './session-pair.js';
import type { StackUnderTest } from './stack-under-test.js';

export interface ReplayOptions {
  readonly role: 'server' | 'client';
  readonly cuts: readonly number[];
  /** The peer half-closes behind the bytes; or else it just says no more. */
  readonly ends: boolean;
  readonly end: SessionEndOptions;
  /** The bytes are the script's, undamaged: nothing else may be made of them. */
  readonly genuine: boolean;
}

/** What came of a replay, in a form that can be compared as JSON text. */
export interface Replay {
  readonly exchanges: readonly ExchangeTold[];
  /** What was written, as text of one character an octet. */
  readonly output: string;
  /** How the end stands when all bytes were delivered: its state, and its error's code. */
  readonly state: string;
  readonly error: string | undefined;
  /** Bytes that were handed on to whoever took the pipe over. */
  readonly handedOff: string | undefined;
}

/** @throws what escaped from the sessions, RuleViolation, and MisuseError when an account does not hold */
export function replay(
  stack: StackUnderTest,
  script: ConnectionScript,
  bytes: Uint8Array,
  options: ReplayOptions,
): Replay {
  const later: Later = { tasks: [] };
  const server = new ServerPlayer(script, later);
  const client = new ClientPlayer(script, later);
  const isServer = options.role === 'server';
  const application: Application = isServer
    ? { role: 'server', exchange: server.listener, httpDate: undefined }
    : { role: 'client', ready: (session) => client.ready(session) };
  const end = new SessionEnd(isServer ? stack.server : stack.client, application, options.end);
  settle(end, later);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const upTo = Math.min(bytes.length, at + (options.cuts[i % options.cuts.length] as number));
    while (at < upTo) {
      const count = end.deliver(bytes, at, upTo);
      settle(end, later);
      at += count;
      // No room, though everything that can be done was done: the peer waits.
      if (count === 0) break;
    }
    if (at < upTo) break;
  }
  if (options.ends) end.endInput();
  settle(end, later);
  const records: readonly ExchangeRecord[] = isServer ? server.records : client.records;
  if (options.genuine && areNumbered(stack, client.records))
    requireGenuine(stack, script, server.records, client.records);
  const result: Replay = {
    exchanges: records.map((record) => record.toJSON()),
    output: text(end.sent),
    state: end.state,
    error: end.session.error?.code,
    handedOff: end.handedOff?.unused === undefined ? undefined : text(end.handedOff.unused),
  };
  end.lose();
  for (const { bug } of records) if (bug !== undefined) throw bug;
  const [thrown] = end.thrown;
  if (thrown !== undefined) throw thrown;
  server.keepsakes.settle();
  client.keepsakes.settle();
  end.assertQuiescent();
  return result;
}

/**
 * Exchanges that are streams are numbered as they begin, and a request that could not be built, for which this memory may be
 * too small, takes no number. The next one has it then, and with it the answer that was recorded for the other: nothing in
 * the octets tells whose an answer is, so that they may be taken for either's.
 */
function areNumbered({ capabilities }: StackUnderTest, records: readonly ExchangeRecord[]): boolean {
  return !capabilities.interleaves || records.every(({ failed }) => failed !== 'output-exhausted');
}

/** Everything that can be done is done, and what is written is written at once. */
function settle(end: SessionEnd, later: Later): void {
  for (;;) {
    const taken = end.take().length;
    end.written(taken);
    if (end.due) end.turn();
    else if (!end.feedUnused() && taken === 0) {
      const task = later.tasks.shift();
      if (task === undefined) return;
      task();
    }
  }
}

function text(octets: Iterable<number>): string {
  let all = '';
  for (const octet of octets) all += String.fromCharCode(octet);
  return all;
}
