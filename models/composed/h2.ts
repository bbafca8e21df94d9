/**
 * An end of an H2 connection: transport, connection, session, streams side by side, the exchange on each, and the leases
 * of its body. Both roles share it but for who begins a stream. What frames, windows and the scheduler decide is left open
 * here: a stream may send at any time what its table allows.
 */
import { h2ConnectionTable, h2StreamTable } from '../../src/session/h2/tables.js';
import { clientExchangeTable, serverExchangeTable } from '../../src/stream/tables.js';
import { endpointInvariants, endpointParts, endpointRules, type Tables } from './endpoint.js';
import type { Composition, NeverTaken, Rule } from './language.js';
import { bodyNeverTaken, bodyRules } from './lease-rules.js';
import { leaseTable, queueTable } from './lease-table.js';

const running = 'connection in running';
const working = 'session in open|draining';
const alive = 'session in preface|upgraded|settings|open|draining';
const receiving = 'stream in open|half-closed-local';
const sending = 'stream in open|half-closed-remote';
const unclosed = 'stream in open|half-closed-local|half-closed-remote';
const unanswered = 'exchange in open|half-closed-local';
const unkept = 'every waiting in none';
/** Of one stream: it is forgotten, and its exchange told. */
const over = [
  'exchange reset?',
  'exchange leave?',
  'each body release? from held',
  'each waiting release?',
  'each unsent release?',
  'stream leave?',
];
/** Of all. */
const allOver = [
  'each stream send-reset?',
  'each exchange reset?',
  'each exchange leave?',
  'each body release? from held',
  'each waiting release?',
  'each unsent release?',
  'each stream leave?',
];

const sessionRules: readonly Rule[] = [
  { on: 'session begin', by: 'due' },
  { on: 'session settings', by: 'peer', when: [running, 'session in settings|draining'] },
  { on: 'session upgrade', by: 'nobody', why: 'a connection that was upgraded has H1 before it' },
  // A shutdown, and the answer to the PING of the warning; with nothing under way it is the last word.
  {
    on: 'session goaway-sent',
    by: 'endpoint',
    when: [running, 'session in upgraded|settings|open|draining'],
  },
  { on: 'session goaway-sent', by: 'peer', when: [running, 'session in draining'] },
  {
    on: 'session goaway-sent',
    by: 'clock',
    when: [running, 'session in upgraded|settings|open', 'every stream in absent'],
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
  { on: 'session goaway-received', by: 'peer', when: [running, working] },
  {
    on: 'session last-stream-closed',
    by: 'itself',
    when: [running, 'session in draining', 'every stream in absent'],
    due: ['connection finish'],
  },
  { on: 'session last-stream-closed', by: 'due', due: ['connection finish'] },
  { on: 'session error', by: 'peer', when: [running, alive], due: [...allOver, 'connection finish'] },
  {
    on: 'session timeout',
    by: 'clock',
    when: [running, alive],
    cites: 'LAY-4',
    due: [...allOver, 'connection finish'],
  },
  {
    on: 'session input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', alive, 'every stream in absent'],
    due: ['connection finish'],
  },
  { on: 'session transport-gone', by: 'due', due: allOver },
];

const inFlow = [running, 'waiting in held'];
const inLine = [running, sending, 'unsent in held'];

/** What waits at a stream, and is its own meanwhile: DATA that nobody takes yet, and what an application gave to be sent. */
const queueRules: readonly Rule[] = [
  {
    on: 'stream receive-data',
    by: 'peer',
    when: [running, working, receiving, 'exchange not in absent', unkept],
    due: ['each waiting take'],
  },
  { on: 'waiting take', by: 'due' },
  // More of it comes, and it is moved together, whatever has become of the stream meanwhile (OWN-8).
  { on: 'waiting take|split', by: 'peer', when: inFlow },
  {
    on: 'waiting transfer',
    by: 'application',
    alone: true,
    when: [...inFlow, 'exchange not in absent'],
    due: ['new body take'],
  },
  { on: 'body take', by: 'due' },
  // Nobody wants it any more, or it was copied to where it is moved.
  { on: 'waiting release', by: 'application', alone: true, when: inFlow },
  { on: 'waiting release', by: 'clock', when: [...inFlow, 'stream in closed'] },
  { on: 'waiting release', by: 'due' },
  { on: 'waiting arrive', by: 'nobody', why: 'what another session received is of the upgrade' },
  // A window opens: it goes on as output of the connection, in parts or whole, or is copied there.
  { on: 'unsent split|release', by: 'peer', when: inLine },
  { on: 'unsent transfer', by: 'peer', when: inLine, due: ['new output take'] },
  { on: 'output take', by: 'due' },
  { on: 'unsent release', by: 'due' },
  { on: 'unsent take', by: 'nobody', why: 'it is given, not received' },
  { on: 'unsent arrive', by: 'due' },
];

const streamRules: readonly Rule[] = [
  // What is received.
  { on: 'stream receive-data|receive-end', by: 'peer', when: [running, working, receiving] },
  { on: 'stream receive-headers', by: 'peer', when: [running, working, receiving, unkept] },
  // Behind content that waits they are trailers.
  {
    on: 'stream receive-headers',
    by: 'peer',
    when: [running, working, receiving, 'waiting in held'],
    due: ['stream receive-end'],
  },
  { on: 'stream receive-end', by: 'due', when: [working] },
  { on: 'stream receive-reset', by: 'peer', when: [running, working, unclosed], due: over },
  // What is sent: the application's, or what waited for a window or for its turn.
  { on: 'stream send-headers|send-data', by: 'application', when: ['exchange not in absent', sending] },
  {
    on: 'stream send-end',
    by: 'application',
    when: ['exchange not in absent', sending, 'every unsent in none'],
  },
  // A stream error, or the application broke it off, or a deadline of the stream passed.
  { on: 'stream send-reset', by: 'peer', when: [running, unclosed], due: over },
  { on: 'stream send-reset', by: 'clock', when: [running, unclosed], cites: 'LAY-4', due: over },
  { on: 'stream send-reset', by: 'due', due: over },
  // Both messages are complete, and nobody is still to be told.
  {
    on: 'stream leave',
    by: 'itself',
    when: [
      running,
      'stream in closed',
      'exchange in closed|half-closed-local|half-closed-remote|absent',
      unkept,
    ],
    due: over,
  },
  // Both are, and its consumer took too long, or went away.
  { on: 'stream leave', by: 'clock', when: [running, 'stream in closed', unkept], due: over },
  { on: 'stream leave', by: 'peer', when: [running, 'stream in closed', unkept], due: over },
  { on: 'stream leave', by: 'due', when: [unkept, 'every unsent in none'] },
];

const exchangeRules: readonly Rule[] = [
  { on: 'exchange begin', by: 'due' },
  { on: 'exchange upgrade', by: 'nobody', why: 'a tunnel of H2 is a stream: the pipe stays where it is' },
  { on: 'exchange reset|leave', by: 'due' },
  {
    on: 'body take',
    by: 'peer',
    when: [running, working, receiving, 'exchange not in absent', 'body in none'],
  },
  ...bodyRules(),
];

/** What the application sends, and what is delivered when it wants it. */
function deliveryRules(receives: string, sends: string): readonly Rule[] {
  return [
    { on: 'exchange send-data|send-end', by: 'application', when: [`exchange in ${sends}`] },
    // With it, or with a head, a lease is given that has to wait; it may be what came on another connection.
    {
      on: 'stream send-headers|send-data',
      by: 'application',
      alone: true,
      when: [running, sending, `exchange in ${sends}`, 'every unsent in none'],
      due: ['each unsent arrive'],
    },
    {
      on: 'exchange receive-data',
      by: 'application',
      when: ['stream not in absent', `exchange in ${receives}`],
    },
    {
      on: 'exchange receive-end',
      by: 'application',
      when: ['stream in half-closed-remote|closed', `exchange in ${receives}`],
    },
  ];
}

/** A server answers in place of an application that does not, and then the stream is over. */
const answersFor: readonly Rule[] = (['peer', 'clock', 'due'] as const).flatMap((by) => [
  {
    on: 'stream send-headers',
    by,
    ...(by === 'due' ? {} : { when: [running, 'exchange in open|half-closed-remote|absent', sending] }),
    due: ['stream send-end'],
  },
]);

const serverRules: readonly Rule[] = [
  { on: 'session preface', by: 'peer', when: [running, 'session in preface'] },
  { on: 'stream begin', by: 'peer', when: [running, working], due: ['stream receive-headers'] },
  // A request that is refused at once has no exchange: it is reset, or answered as soon as it is complete.
  {
    on: 'stream receive-headers',
    by: 'due',
    when: [working],
    due: [['exchange begin', 'stream send-reset', 'stream send-headers', 'stream receive-end']],
  },
  ...answersFor,
  { on: 'stream send-end', by: 'due', due: ['stream send-reset?', ...over] },
  { on: 'exchange send-inform|send-head', by: 'application', when: ['exchange in open|half-closed-remote'] },
  ...deliveryRules('open|answering|half-closed-local', 'answering|half-closed-remote-answering'),
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
  { on: 'stream send-headers', by: 'due', when: ['every unsent in none'], due: ['each unsent arrive'] },
  // The peer does not want the rest of the request, and its answer is whole.
  {
    on: 'stream receive-reset',
    by: 'peer',
    when: [running, working, 'stream in half-closed-remote'],
    due: ['each unsent release?'],
  },
  ...deliveryRules('receiving|half-closed-local-receiving', 'open|receiving|half-closed-remote'),
  // A request that could not be built has no stream, and fails in the next turn.
  {
    on: 'exchange begin',
    by: 'application',
    alone: true,
    when: ['session in settings|open', 'stream in absent'],
  },
  {
    on: 'exchange reset',
    by: 'itself',
    when: [running, 'stream in absent', unanswered],
    due: ['exchange leave'],
  },
  {
    on: 'exchange receive-inform|receive-head',
    by: 'peer',
    when: [running, working, 'stream not in absent', unanswered],
  },
];

const serverNeverTakes: readonly NeverTaken[] = [
  { rows: ['stream: idle --send-headers--> open'], why: 'the client begins a stream: push is refused' },
];

const clientNeverTakes: readonly NeverTaken[] = [
  { rows: ['stream: idle --receive-headers--> open'], why: 'the client begins a stream: push is refused' },
  {
    rows: [
      'session: preface --error--> closing',
      'session: preface --timeout--> closing',
      'session: preface --input-end--> closed',
      'session: preface --goaway-sent--> closing',
      'session: preface --transport-gone--> failed',
    ],
    why: 'a client sends its preface in the turn in which it begins',
  },
];

const queue = { table: queueTable, each: 'exchange', copies: 'queues', owner: ['stream'] } as const;

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
      { name: 'waiting', unit: 'body', ...queue },
      { name: 'unsent', unit: 'output', ...queue },
    ],
    rules: [
      ...endpointRules({
        first: 'session',
        begins: isServer ? [] : ['session preface'],
        gone: [{ due: ['session transport-gone?'] }],
        hasHandoff: false,
        hasTunnel: false,
      }),
      ...sessionRules,
      ...streamRules,
      ...queueRules,
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
      { rule: 'OWN-7', atRest: true, when: ['waiting in held'], holds: ['stream not in absent'] },
      { rule: 'OWN-7', atRest: true, when: ['unsent in held'], holds: [sending] },
      ...(isServer
        ? [
            {
              rule: 'OWN-7',
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
      'every waiting in none',
      'every unsent in none',
    ],
    waits: ['connection in idle'],
    leavesOut: [],
    neverTaken: [
      bodyNeverTaken,
      {
        rows: ['session: draining --preface--> draining'],
        why: 'the preface comes first where there was no upgrade',
      },
      ...(isServer ? serverNeverTakes : clientNeverTakes),
    ],
  };
}

export function h2Server(tables: Tables = {}): Composition {
  return h2('server', tables);
}

export function h2Client(tables: Tables = {}): Composition {
  return h2('client', tables);
}
