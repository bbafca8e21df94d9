/**
 * The server's end of an H1 connection: transport, connection, session, one exchange at a time, and the leases of its
 * request. What the session's code decides (whether to answer, whether the connection goes on) is left open here.
 */
import { h1ServerTable } from '../../src/session/h1/tables.js';
import { serverExchangeTable } from '../../src/stream/tables.js';
import { endpointInvariants, endpointParts, endpointRules, type Tables } from './endpoint.js';
import type { Composition, Part, Rule } from './language.js';
import { leaseTable } from './lease-table.js';

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
    { name: 'head', table: leaseTable, owner: ['session'], settles: 'with-row' },
    { name: 'trailers', table: leaseTable, owner: ['session'], settles: 'with-row' },
    { name: 'unused', table: leaseTable, owner: ['session'] },
    { name: 'body', table: leaseTable, copies: 'leases' },
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
  { on: 'head take|release', by: 'due' },
  { on: 'trailers take', by: 'peer', when: [running, reading, incomplete], due: ['exchange receive-end'] },
  { on: 'trailers release', by: 'due' },
  {
    on: 'head split|transfer|retain|freeze|written|failed',
    by: 'nobody',
    why: 'a head stays with its session',
  },
  { on: 'trailers split|transfer|retain|freeze|written|failed', by: 'nobody', why: 'so do trailers' },
  { on: 'body take', by: 'peer', when: [running, reading, incomplete], due: ['exchange receive-data'] },
  ...bodyRules(),
  ...unusedRules(),
];

/** What an application may do with a lease of its body, and what the end of the exchange does. */
export function bodyRules(): readonly Rule[] {
  return [
    { on: 'body split|retain|release', by: 'application' },
    // A lease that was retained and is then transferred is nobody's promise any more: who does that must release it.
    { on: 'body transfer', by: 'application', when: ['body in held'] },
    { on: 'body release', by: 'due' },
    { on: 'body freeze|written|failed', by: 'nobody', why: 'a body that is sent on becomes output' },
  ];
}

/** What a session leaves to whoever goes on: delivered by the driver, or dropped when the pipe is gone. */
export function unusedRules(): readonly Rule[] {
  return [
    { on: 'unused take', by: 'turn', when: ['session in handed-off', running] },
    { on: 'unused release', by: 'application', when: ['connection in tunnelling'] },
    { on: 'unused release', by: 'due' },
    {
      on: 'unused split|transfer|retain|freeze|written|failed',
      by: 'nobody',
      why: 'it is copied into the next room',
    },
  ];
}

export function h1Server(tables: Tables = {}): Composition {
  return {
    name: 'h1-server',
    parts: [...endpointParts(tables), ...h1ServerParts(tables)],
    rules: [
      ...endpointRules({
        first: 'session',
        gone: ['session transport-gone?', 'unused release?'],
        hasHandoff: false,
        hasTunnel: true,
      }),
      ...h1ServerRules,
    ],
    invariants: [
      ...endpointInvariants,
      { rule: 'OWN-7', atRest: true, when: ['exchange not in absent'], holds: [reading] },
      { rule: 'OWN-7', atRest: true, when: ['head in held'], holds: [reading] },
      { rule: 'OWN-7', atRest: true, when: ['trailers in held'], holds: [reading] },
      { rule: 'OWN-7', atRest: true, when: ['some body in held'], holds: [reading] },
      { rule: 'OWN-3', atRest: true, when: [reading], holds: ['head in held'] },
      { rule: 'LAY-7', when: ['connection in tunnelling'], holds: ['session in handed-off'] },
      { rule: 'LAY-7', when: ['session in handed-off'], holds: ['exchange in upgraded|absent'] },
      { rule: 'LAY-7', when: ['unused in held'], holds: ['session in handed-off'] },
    ],
    over: [
      'connection in closed',
      'session in closed|failed|handed-off|absent',
      'exchange in absent',
      'head in none',
      'trailers in none',
      'unused in none',
      'every output in none',
      'every body in none|retained',
    ],
    waits: ['connection in idle', 'connection in tunnelling'],
    leavesOut: ['segments'],
  };
}
