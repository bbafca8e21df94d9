/**
 * An end of an H2 connection: transport, connection, session, streams side by side, the exchange on each, and the leases
 * of its body. Both roles share it but for who begins a stream. What frames, windows and the scheduler decide is left open
 * here: a stream may send at any time what its table allows.
 */
import { h2ConnectionTable, h2StreamTable } from '../../src/session/h2/tables.js';
import { clientExchangeTable, serverExchangeTable } from '../../src/stream/tables.js';
import { endpointInvariants, endpointParts, endpointRules, type Tables } from './endpoint.js';
import type { Composition, Rule } from './language.js';
import { bodyRules } from './lease-rules.js';
import { leaseTable } from './lease-table.js';

const running = 'connection in running';
const working = 'session in open|draining';
/** Of one stream: it is forgotten, and its exchange told. */
const over = ['exchange reset?', 'exchange leave?', 'each body release? from held', 'stream leave?'];
/** Of all. */
const allOver = [
  'each stream send-reset?',
  'each exchange reset?',
  'each exchange leave?',
  'each body release? from held',
  'each stream leave?',
];

const sessionRules: readonly Rule[] = [
  { on: 'session begin', by: 'due' },
  { on: 'session settings', by: 'peer', when: [running] },
  { on: 'session upgrade', by: 'nobody', why: 'a connection that was upgraded has H1 before it' },
  // A shutdown, and the answer to the PING of the warning; with nothing under way it is the last word.
  { on: 'session goaway-sent', by: 'endpoint', when: [running, 'session not in preface'] },
  { on: 'session goaway-sent', by: 'peer', when: [running, 'session in draining'] },
  {
    on: 'session goaway-sent',
    by: 'clock',
    when: [running, 'session in settings|open', 'every stream in absent'],
    due: ['session last-stream-closed'],
  },
  {
    on: 'session goaway-sent',
    by: 'endpoint',
    when: [running, 'session in preface'],
    due: ['connection finish'],
  },
  {
    on: 'session goaway-sent',
    by: 'clock',
    when: [running, 'session in preface'],
    due: ['connection finish'],
  },
  { on: 'session goaway-received', by: 'peer', when: [running] },
  {
    on: 'session last-stream-closed',
    by: 'itself',
    when: [running, 'every stream in absent'],
    due: ['connection finish'],
  },
  { on: 'session last-stream-closed', by: 'due', due: ['connection finish'] },
  { on: 'session error', by: 'peer', when: [running], due: [...allOver, 'connection finish'] },
  { on: 'session timeout', by: 'clock', when: [running], due: [...allOver, 'connection finish'] },
  {
    on: 'session input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', 'every stream in absent'],
    due: ['connection finish'],
  },
  { on: 'session transport-gone', by: 'due', due: allOver },
];

const streamRules: readonly Rule[] = [
  // What is received.
  { on: 'stream receive-headers', by: 'peer', when: [running, working, 'stream not in idle'] },
  { on: 'stream receive-data|receive-end', by: 'peer', when: [running, working] },
  { on: 'stream receive-end', by: 'due' },
  { on: 'stream receive-reset', by: 'peer', when: [running, working], due: over },
  // What is sent: the application's, or what waited for a window or for its turn.
  { on: 'stream send-headers|send-data|send-end', by: 'application', when: ['exchange not in absent'] },
  // A stream error, or the application broke it off, or a deadline of the stream passed.
  { on: 'stream send-reset', by: 'peer', when: [running], due: over },
  { on: 'stream send-reset', by: 'clock', when: [running], due: over },
  { on: 'stream send-reset', by: 'due', due: over },
  // Both messages are complete, and nobody is still to be told.
  {
    on: 'stream leave',
    by: 'itself',
    when: [running, 'stream in closed', 'exchange in closed|half-closed-local|half-closed-remote|absent'],
    due: over,
  },
  // Both are, and its consumer took too long, or went away.
  { on: 'stream leave', by: 'clock', when: [running, 'stream in closed'], due: over },
  { on: 'stream leave', by: 'peer', when: [running, 'stream in closed'], due: over },
  { on: 'stream leave', by: 'due' },
];

const exchangeRules: readonly Rule[] = [
  { on: 'exchange begin', by: 'due' },
  { on: 'exchange send-data|send-end', by: 'application' },
  // Delivered when the application wants it.
  { on: 'exchange receive-data', by: 'application', when: ['stream not in absent'] },
  { on: 'exchange receive-end', by: 'application', when: ['stream in half-closed-remote|closed'] },
  { on: 'exchange upgrade', by: 'nobody', why: 'a tunnel of H2 is a stream: the pipe stays where it is' },
  { on: 'exchange reset|leave', by: 'due' },
  {
    on: 'body take',
    by: 'peer',
    when: [running, working, 'stream in open|half-closed-local', 'exchange not in absent'],
  },
  ...bodyRules(),
];

/** A server answers in place of an application that does not, and then the stream is over. */
const answersFor: readonly Rule[] = (['peer', 'clock', 'due'] as const).flatMap((by) => [
  {
    on: 'stream send-headers',
    by,
    ...(by === 'due'
      ? {}
      : { when: [running, 'exchange in open|half-closed-remote|absent', 'stream not in idle'] }),
    due: ['stream send-end'],
  },
]);

const serverRules: readonly Rule[] = [
  { on: 'session preface', by: 'peer', when: [running] },
  { on: 'stream begin', by: 'peer', when: [running, working], due: ['stream receive-headers'] },
  // A request that is refused at once has no exchange: it is reset, or answered as soon as it is complete.
  {
    on: 'stream receive-headers',
    by: 'due',
    due: [['exchange begin', 'stream send-reset', 'stream send-headers', 'stream receive-end']],
  },
  ...answersFor,
  { on: 'stream send-end', by: 'due', due: ['stream send-reset?', ...over] },
  { on: 'exchange send-inform|send-head', by: 'application' },
];

const clientRules: readonly Rule[] = [
  { on: 'session preface', by: 'due' },
  {
    on: 'stream begin',
    by: 'application',
    alone: true,
    when: ['session in settings|open', 'exchange in absent'],
    due: ['stream send-headers', 'exchange begin'],
  },
  { on: 'stream send-headers', by: 'due' },
  // The peer does not want the rest of the request, and its answer is whole.
  { on: 'stream receive-reset', by: 'peer', when: [running, working, 'stream in half-closed-remote'] },
  // A request that could not be built has no stream, and fails in the next turn.
  {
    on: 'exchange begin',
    by: 'application',
    alone: true,
    when: ['session in settings|open', 'stream in absent'],
  },
  { on: 'exchange reset', by: 'itself', when: [running, 'stream in absent'], due: ['exchange leave'] },
  {
    on: 'exchange receive-inform|receive-head',
    by: 'peer',
    when: [running, working, 'stream not in absent'],
  },
];

function h2(role: 'server' | 'client', tables: Tables): Composition {
  const isServer = role === 'server';
  const table = isServer ? serverExchangeTable : clientExchangeTable;
  return {
    name: `h2-${role}`,
    parts: [
      ...endpointParts(tables),
      { name: 'session', table: tables['h2-connection'] ?? h2ConnectionTable, comes: true },
      { name: 'stream', table: tables['h2-stream'] ?? h2StreamTable, each: 'exchange', comes: true },
      { name: 'exchange', table: tables[table.name] ?? table, each: 'exchange', comes: true },
      { name: 'body', table: leaseTable, each: 'exchange', copies: 'leases' },
    ],
    rules: [
      ...endpointRules({
        first: 'session',
        begins: isServer ? [] : ['session preface'],
        gone: ['session transport-gone?'],
        hasHandoff: false,
        hasTunnel: false,
      }),
      ...sessionRules,
      ...streamRules,
      ...exchangeRules,
      ...(isServer ? serverRules : clientRules),
    ],
    invariants: [
      ...endpointInvariants,
      {
        rule: 'OWN-7',
        atRest: true,
        when: ['session in closing|closed|failed'],
        holds: ['every stream in absent'],
      },
      // A request that could not be built may hear of it as late as that.
      {
        rule: 'OWN-7',
        atRest: true,
        when: ['session in closed|failed'],
        holds: ['every exchange in absent'],
      },
      { rule: 'OWN-7', atRest: true, when: ['body in held'], holds: ['exchange not in absent'] },
      ...(isServer
        ? [
            {
              rule: 'LAY-1',
              atRest: true,
              when: ['exchange not in absent'],
              holds: ['stream not in absent'],
            } as const,
          ]
        : []),
      { rule: 'LAY-3', atRest: true, when: ['stream in idle'], holds: ['stream not in idle'] },
    ],
    over: [
      'connection in closed',
      'session in closed|failed|absent',
      'every stream in absent',
      'every exchange in absent',
      'every body in none|retained',
      'every output in none',
    ],
    waits: ['connection in idle'],
    leavesOut: ['segments', 'unused'],
  };
}

export function h2Server(tables: Tables = {}): Composition {
  return h2('server', tables);
}

export function h2Client(tables: Tables = {}): Composition {
  return h2('client', tables);
}
