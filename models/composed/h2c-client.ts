/**
 * The client's end of an upgrade to H2: it asks with a request that is whole, and when the server agrees the request is
 * stream 1, to which nothing is sent any more (RFC 7540 §3.2). A response over H1 is of the composition of H1 alone.
 */
import { h1ClientTable } from '../../src/session/h1/tables.js';
import { clientExchangeTable } from '../../src/stream/tables.js';
import type { Tables } from './endpoint.js';
import { h2Client } from './h2.js';
import { h2c } from './h2c.js';
import type { Composition, Rule } from './language.js';

const running = 'connection in running';
const awaiting = 'h1 in waiting|head';
/** The exchange that asked is over. */
const lost = ['asking reset?', 'asking leave?'];
const breaks = [...lost, 'connection abort'];
const finish = ['connection finish'];
const overH1 = 'what H1 answers is of another composition';

const rules: readonly Rule[] = [
  {
    on: 'h1 request',
    by: 'application',
    when: ['h1 in idle'],
    due: ['asking begin', 'asking send-end?'],
  },
  { on: 'h1 bytes', by: 'peer', when: [running, 'h1 in waiting'] },
  { on: 'h1 interim', by: 'peer', when: [running, awaiting], due: ['asking receive-inform'] },
  // The peer agrees when it likes: the exchange's table says when that is too early (LAY-7). It is followed in the same turn.
  {
    on: 'h1 upgrade',
    by: 'peer',
    when: [running, awaiting, 'asking takes upgrade'],
    due: ['asking upgrade', 'asking leave?', 'connection handoff'],
  },
  {
    on: 'h1 response|response-until-close|body-complete|body-complete-more|last-body-complete',
    by: 'nobody',
    why: overH1,
  },
  { on: 'h1 refuse', by: 'peer', when: [running, 'h1 in idle|waiting|head'], due: breaks },
  { on: 'h1 timeout', by: 'clock', when: [running, 'h1 in idle'], cites: 'LAY-4', due: finish },
  { on: 'h1 timeout', by: 'clock', when: [running, awaiting], cites: 'LAY-4', due: breaks },
  {
    on: 'h1 input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', 'h1 in idle'],
    due: finish,
  },
  {
    on: 'h1 input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', awaiting],
    due: breaks,
  },
  { on: 'h1 abort', by: 'peer', when: [running, awaiting], due: breaks },
  { on: 'h1 shutdown', by: 'endpoint', when: [running, 'h1 in idle'], due: finish },
  { on: 'h1 transport-gone', by: 'due', due: lost },
  // The exchange that asks.
  { on: 'asking begin|send-end|receive-inform|upgrade|reset|leave', by: 'due' },
  { on: 'asking send-data', by: 'nobody', why: 'a request that asks is whole with its head' },
  { on: 'asking receive-head|receive-data|receive-end', by: 'nobody', why: overH1 },
  // Stream 1 has been sent.
  {
    on: 'connection handoff',
    by: 'due',
    due: [
      'session begin',
      'session preface',
      'first stream begin',
      'first stream send-headers',
      'first stream send-end',
      'first exchange begin',
      'first exchange send-end',
    ],
  },
  { on: 'stream send-end', by: 'due' },
  { on: 'exchange send-end', by: 'due' },
];

export function h2cClient(tables: Tables = {}): Composition {
  return h2c(
    {
      name: 'h2c-client',
      parts: [
        { name: 'h1', table: tables['h1-client'] ?? h1ClientTable, comes: true },
        { name: 'asking', table: tables['client-exchange'] ?? clientExchangeTable, comes: true },
      ],
      rules,
      replaces: [],
      before: ['h1 transport-gone?', ...lost],
      after: [],
      invariants: [
        { rule: 'OWN-7', atRest: true, when: ['asking not in absent'], holds: [awaiting] },
        { rule: 'OWN-7', atRest: true, when: [awaiting], holds: ['asking in half-closed-local'] },
        { rule: 'OWN-7', atRest: true, when: [], holds: ['head in none'] },
      ],
      over: ['asking in absent'],
      neverTaken: [
        {
          rows: ['h1: waiting --request--> waiting', 'h1: head --request--> head'],
          why: 'nothing follows a request that asks',
        },
        {
          rows: ['asking: open --receive-inform--> open'],
          why: 'its request is whole in the turn in which it begins',
        },
      ],
    },
    h2Client(tables),
  );
}
