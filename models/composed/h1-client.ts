/**
 * The client's end of an H1 connection: transport, connection, session, exchanges in the order of their requests, and the
 * leases of the response that is read. The first exchange in line is the one whose response that is.
 */
import { defineTable, row } from '../../src/machine/index.js';
import { h1ClientTable } from '../../src/session/h1/tables.js';
import { clientExchangeTable } from '../../src/stream/tables.js';
import type { Tables } from './endpoint.js';
import { type H1End, h1Composition } from './h1.js';
import { arrive, type Composition, type Part, type Rule } from './language.js';

/** A request on the wire, whatever its exchange says: its end goes out with the step that says so. */
const askedTable = defineTable()({
  name: 'asked',
  title: 'A request that is sent',
  states: ['coming', 'complete'],
  events: [arrive],
  initial: 'coming',
  rows: [row('coming', arrive, 'complete', { cites: 'RFC 9112 §6.3' })],
});

const running = 'connection in running';
const unanswered = 'first exchange in open|half-closed-local';
const receiving = 'first exchange in receiving|half-closed-local-receiving';
const awaiting = 'session in waiting|head';
const inFlight = `${awaiting}|body|until-close`;
const bodies = 'each body release? from held';
/** Every exchange is over, however far it got. */
const allOver = ['each exchange reset?', 'each exchange leave?', bodies];
const breaks = [...allOver, 'connection abort'];

function clientParts(tables: Tables): readonly Part[] {
  return [
    { name: 'session', table: tables['h1-client'] ?? h1ClientTable, comes: true },
    {
      name: 'exchange',
      table: tables['client-exchange'] ?? clientExchangeTable,
      each: 'exchange',
      comes: true,
      queues: true,
    },
    { name: 'asked', table: askedTable, each: 'exchange', queues: true, unseen: true },
  ];
}

const clientRules: readonly Rule[] = [
  { on: 'session begin', by: 'due' },
  {
    on: 'session request',
    by: 'application',
    when: ['session in idle|waiting|head|body'],
    due: ['new exchange begin'],
  },
  { on: 'session bytes', by: 'peer', when: [running, 'session in waiting'] },
  {
    on: 'session interim',
    by: 'peer',
    when: [running, awaiting, unanswered],
    due: ['first exchange receive-inform'],
  },
  {
    on: 'session response|response-until-close',
    by: 'peer',
    when: [running, awaiting, unanswered],
    due: ['first exchange receive-head'],
  },
  // The peer agrees when it likes: the exchange's table says when that is too early (LAY-7). Nothing follows such a request.
  {
    on: 'session upgrade',
    by: 'peer',
    when: [running, awaiting, 'first exchange takes upgrade', 'second exchange in absent'],
    due: ['first exchange upgrade', 'first exchange leave?', 'connection tunnel'],
  },
  {
    on: 'session body-complete',
    by: 'itself',
    when: [running, 'session in body', 'first exchange in closed', 'second exchange in absent'],
    due: ['first exchange leave', bodies],
  },
  {
    on: 'session body-complete-more',
    by: 'itself',
    when: [running, 'session in body', 'first exchange in closed', 'second exchange not in absent'],
    due: ['first exchange leave', bodies],
  },
  {
    on: 'session last-body-complete',
    by: 'itself',
    when: [running, 'session in body', 'first exchange in closed'],
    due: [...allOver, 'connection finish'],
  },
  // What is whole is not refused, nor cut short.
  { on: 'session refuse', by: 'peer', when: [running, `${inFlight}|idle`, 'trailers in none'], due: breaks },
  {
    on: 'session timeout',
    by: 'clock',
    when: [running, 'session in idle'],
    cites: 'LAY-4',
    due: ['connection finish'],
  },
  { on: 'session timeout', by: 'clock', when: [running, inFlight], cites: 'LAY-4', due: breaks },
  {
    on: 'session input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', 'session in idle'],
    due: ['connection finish'],
  },
  {
    on: 'session input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', 'session in waiting|head|body', 'trailers in none'],
    due: breaks,
  },
  // The end of the connection is the end of the response; without the whole request it is broken off all the same.
  {
    on: 'session input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', 'session in until-close'],
    due: ['first exchange receive-end', ...allOver, ['connection finish', 'connection abort']],
  },
  { on: 'session abort', by: 'peer', when: [running, inFlight], due: breaks },
  {
    on: 'session shutdown',
    by: 'endpoint',
    when: [running, 'session in idle'],
    due: ['connection finish'],
  },
  { on: 'session transport-gone', by: 'due', due: allOver },
  // Exchanges.
  { on: 'exchange begin', by: 'due' },
  {
    on: 'exchange send-data',
    by: 'application',
    when: ['exchange in open|receiving|half-closed-remote'],
  },
  {
    on: 'exchange send-end',
    by: 'application',
    when: ['exchange in open|receiving|half-closed-remote'],
    due: ['asked arrive'],
  },
  { on: 'asked arrive', by: 'due' },
  { on: 'exchange receive-inform|receive-head|receive-data|receive-end|upgrade', by: 'due' },
  {
    on: 'exchange receive-end',
    by: 'peer',
    when: [running, 'session in body', 'exchange in receiving|half-closed-local-receiving'],
  },
  // A response that ends with its connection ends before its exchange is given up.
  { on: 'exchange reset', by: 'due', when: ['session not in closing'] },
  { on: 'exchange reset', by: 'due', when: ['exchange not in receiving|half-closed-local-receiving'] },
  { on: 'exchange leave', by: 'due' },
  // Leases.
  {
    on: 'trailers take',
    by: 'peer',
    when: [running, receiving, 'session in body', 'trailers in none'],
    due: ['first exchange receive-end'],
  },
  {
    on: 'body take',
    by: 'peer',
    when: [running, receiving, 'session in body|until-close', 'body in none'],
    due: ['first exchange receive-data'],
  },
];

export function h1Client(tables: Tables = {}): Composition {
  const end: H1End = {
    name: 'h1-client',
    parts: clientParts(tables),
    rules: clientRules,
    reading: 'session in body|until-close',
    idle: 'every exchange in absent',
    invariants: [
      {
        rule: 'OWN-7',
        atRest: true,
        when: ['session in closing|closed|failed|handed-off'],
        holds: ['every exchange in absent'],
      },
      { rule: 'OWN-7', atRest: true, when: ['session in idle'], holds: ['every exchange in absent'] },
      { rule: 'OWN-7', atRest: true, when: [awaiting], holds: [unanswered] },
      { rule: 'LAY-7', when: ['connection in tunnelling'], holds: ['session in handed-off'] },
      { rule: 'LAY-7', when: ['exchange in upgraded'], holds: ['asked in complete'] },
    ],
  };
  return h1Composition(end, tables);
}
