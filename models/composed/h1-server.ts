/**
 * The server's end of an H1 connection: transport, connection, session, one exchange at a time, and the leases of its
 * request. What the session's code decides (whether to answer, whether the connection goes on) is left open here.
 */
import { h1ServerTable } from '../../src/session/h1/tables.js';
import { serverExchangeTable } from '../../src/stream/tables.js';
import type { Tables } from './endpoint.js';
import { type H1End, h1Composition } from './h1.js';
import type { Composition, Part, Rule } from './language.js';
import { messageTable } from './message-table.js';

const running = 'connection in running';
const alive = 'session in idle|head|exchange|drain';
const reading = 'session in exchange|drain';
const coming = 'request in coming';
const mayAnswer = 'exchange in open|half-closed-remote';
const answering = 'exchange in answering|half-closed-remote-answering';
/** The exchange is over, however: what it holds goes back. */
const over = ['exchange reset?', 'exchange leave?', 'request forget?', 'each body release? from held'];
const closes = [['connection finish?', 'connection abort?']];

function h1ServerParts(tables: Tables): readonly Part[] {
  return [
    { name: 'session', table: tables['h1-server'] ?? h1ServerTable, comes: true },
    { name: 'exchange', table: tables['server-exchange'] ?? serverExchangeTable, comes: true },
    { name: 'request', table: messageTable, unseen: true },
  ];
}

const h1ServerRules: readonly Rule[] = [
  { on: 'session begin', by: 'due' },
  { on: 'session bytes', by: 'peer', when: [running, 'session in idle'] },
  // A body that is too long is refused before anybody hears of the exchange.
  {
    on: 'session head-complete',
    by: 'peer',
    when: [running, 'session in idle|head'],
    due: [['exchange begin', 'session refuse']],
  },
  { on: 'session refuse', by: 'due', due: closes },
  { on: 'session refuse', by: 'peer', when: [running, alive], due: [...over, ...closes] },
  { on: 'session timeout', by: 'clock', when: [running, alive], cites: 'LAY-4', due: [...over, ...closes] },
  {
    on: 'session input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', 'session in idle|head'],
    due: ['connection finish'],
  },
  {
    on: 'session shutdown',
    by: 'endpoint',
    when: [running, 'session in idle'],
    due: ['connection finish'],
  },
  { on: 'session exchange-complete', by: 'itself', when: [running, 'exchange in closed'], due: over },
  { on: 'session exchange-complete', by: 'due', when: ['exchange in closed'], due: over },
  {
    on: 'session last-exchange-complete',
    by: 'due',
    when: ['exchange in closed'],
    due: [...over, 'connection finish'],
  },
  {
    on: 'session last-exchange-complete',
    by: 'itself',
    when: [running, 'exchange in closed|half-closed-local'],
    due: [...over, 'connection finish'],
  },
  {
    on: 'session response-complete',
    by: 'itself',
    when: [running, 'session in exchange', 'exchange in half-closed-local'],
  },
  {
    on: 'session upgrade',
    by: 'itself',
    when: [running, 'exchange in upgraded'],
    due: [...over, 'connection tunnel'],
  },
  {
    on: 'session abort',
    by: 'peer',
    when: [
      running,
      'session in exchange',
      'exchange in answering|half-closed-remote-answering|half-closed-local|closed',
    ],
    due: [...over, 'connection abort'],
  },
  { on: 'session transport-gone', by: 'due', due: over },
  // The exchange: what the peer sends comes through the session, what is answered comes from the application.
  { on: 'exchange begin', by: 'due', due: ['request head'] },
  { on: 'exchange receive-data|receive-end', by: 'due' },
  { on: 'exchange send-inform|send-head', by: 'application', when: [mayAnswer] },
  { on: 'exchange send-data|send-end', by: 'application', when: [answering] },
  // It may be agreed to at any time, as far as the application goes: the table says when that is too early (LAY-7).
  { on: 'exchange upgrade', by: 'application', tries: true },
  { on: 'exchange reset', by: 'due' },
  { on: 'exchange leave', by: 'due' },
  // The request on the wire.
  { on: 'request head|forget', by: 'due' },
  { on: 'request end', by: 'peer', when: [running, reading, coming], due: ['exchange receive-end'] },
  { on: 'request end', by: 'due', due: ['exchange receive-end'] },
  // Leases.
  {
    on: 'trailers take',
    by: 'peer',
    when: [running, 'session in exchange', coming, 'trailers in none'],
    due: ['request end'],
  },
  // Behind the answer the exchange is over in the same turn.
  {
    on: 'trailers take',
    by: 'peer',
    when: [running, 'session in drain', coming, 'trailers in none'],
    due: ['request end', ['session exchange-complete', 'session last-exchange-complete']],
  },
  {
    on: 'body take',
    by: 'peer',
    when: [running, reading, coming, 'body in none'],
    due: ['exchange receive-data'],
  },
];

export function h1Server(tables: Tables = {}): Composition {
  const end: H1End = {
    name: 'h1-server',
    parts: h1ServerParts(tables),
    rules: h1ServerRules,
    reading,
    idle: 'exchange in absent',
    invariants: [
      { rule: 'OWN-7', atRest: true, when: ['exchange not in absent'], holds: [reading] },
      { rule: 'LAY-7', when: ['connection in tunnelling'], holds: ['session in handed-off'] },
      { rule: 'LAY-7', when: ['session in handed-off'], holds: ['request not in coming'] },
      // The next head is read where the last message ended.
      { rule: 'WIRE-1', when: ['session in idle|head'], holds: ['request not in coming'] },
    ],
  };
  return h1Composition(end, tables);
}
