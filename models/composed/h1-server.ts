/**
 * The server's end of an H1 connection: transport, connection, session, one exchange at a time, and the leases of its
 * request. What the session's code decides (whether to answer, whether the connection goes on) is left open here.
 */
import { h1ServerTable } from '../../src/session/h1/tables.js';
import { serverExchangeTable } from '../../src/stream/tables.js';
import type { Tables } from './endpoint.js';
import { type H1End, h1Composition } from './h1.js';
import type { Composition, Part, Rule } from './language.js';

const running = 'connection in running';
const reading = 'session in exchange|drain';
const incomplete = 'exchange in open|answering|half-closed-local';
/** The exchange is over, however: what it holds goes back. */
const over = ['exchange reset?', 'exchange leave?', 'each body release? from held'];
const closes = [['connection finish?', 'connection abort?']];

function h1ServerParts(tables: Tables): readonly Part[] {
  return [
    { name: 'session', table: tables['h1-server'] ?? h1ServerTable, comes: true },
    { name: 'exchange', table: tables['server-exchange'] ?? serverExchangeTable, comes: true },
  ];
}

const h1ServerRules: readonly Rule[] = [
  { on: 'session begin', by: 'due' },
  { on: 'session bytes', by: 'peer', when: [running] },
  // A body that is too long is refused before anybody hears of the exchange.
  { on: 'session head-complete', by: 'peer', when: [running], due: [['exchange begin', 'session refuse']] },
  { on: 'session refuse', by: 'due', due: closes },
  { on: 'session refuse', by: 'peer', when: [running], due: [...over, ...closes] },
  { on: 'session timeout', by: 'clock', when: [running], due: [...over, ...closes] },
  {
    on: 'session input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote'],
    due: ['connection finish'],
  },
  { on: 'session shutdown', by: 'endpoint', when: [running], due: ['connection finish'] },
  { on: 'session exchange-complete', by: 'itself', when: [running, 'exchange in closed'], due: over },
  {
    on: 'session last-exchange-complete',
    by: 'itself',
    when: [running, 'exchange in closed|half-closed-local'],
    due: [...over, 'connection finish'],
  },
  { on: 'session response-complete', by: 'itself', when: [running, 'exchange in half-closed-local'] },
  {
    on: 'session upgrade',
    by: 'itself',
    when: [running, 'exchange in upgraded'],
    due: [...over, 'connection tunnel'],
  },
  {
    on: 'session abort',
    by: 'peer',
    when: [running, 'exchange in answering|half-closed-remote-answering|half-closed-local|closed'],
    due: [...over, 'connection abort'],
  },
  { on: 'session transport-gone', by: 'due', due: over },
  // The exchange: what the peer sends comes through the session, what is answered comes from the application.
  { on: 'exchange begin', by: 'due' },
  { on: 'exchange receive-data', by: 'due' },
  { on: 'exchange receive-end', by: 'due' },
  { on: 'exchange receive-end', by: 'peer', when: [running, reading] },
  { on: 'exchange send-inform|send-head|send-data|send-end|upgrade', by: 'application' },
  { on: 'exchange reset', by: 'due' },
  { on: 'exchange leave', by: 'due' },
  // Leases.
  { on: 'trailers take', by: 'peer', when: [running, reading, incomplete], due: ['exchange receive-end'] },
  { on: 'body take', by: 'peer', when: [running, reading, incomplete], due: ['exchange receive-data'] },
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
      { rule: 'LAY-7', when: ['session in handed-off'], holds: ['exchange in upgraded|absent'] },
    ],
  };
  return h1Composition(end, tables);
}
