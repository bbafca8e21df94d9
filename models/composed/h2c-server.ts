/**
 * A server that is asked to go on in H2 (RFC 7540 §3.2): H1 reads a request, all of it, and H2 answers it as its stream 1,
 * with every byte that came behind it. Requests that H1 answers are of the composition of H1 alone. This file does not know
 * which requests may ask.
 */
import { defineTable, row } from '../../src/machine/index.js';
import { h1ServerTable } from '../../src/session/h1/tables.js';
import type { Tables } from './endpoint.js';
import { h2Server } from './h2.js';
import { h2c } from './h2c.js';
import type { Composition, Rule } from './language.js';
import { messageTable } from './message-table.js';

/** The request between the two sessions, with its content. */
const carriedTable = defineTable()({
  name: 'carried',
  title: 'A request that asks for an upgrade',
  states: ['none', 'asking'],
  events: ['ask', 'take-up', 'drop'],
  initial: 'none',
  rows: [
    row('none', 'ask', 'asking', { cites: 'RFC 7540 §3.2' }),
    row('asking', 'take-up', 'none', { cites: 'RFC 7540 §3.2' }),
    row('asking', 'drop', 'none', { cites: 'OWN-7' }),
  ],
});

/** The client's preface, which comes once. */
const greetingTable = defineTable()({
  name: 'greeting',
  title: "The client's preface",
  states: ['awaited', 'come'],
  events: ['come'],
  initial: 'awaited',
  rows: [row('awaited', 'come', 'come', { cites: 'RFC 9113 §3.4' })],
});

const running = 'connection in running';
const reading = 'h1 in exchange';
const coming = 'request in coming';
/** The request goes no further. */
const lost = ['carried drop?', 'request forget?', 'each body release? from held'];
const closes = [['connection finish?', 'connection abort?']];
const alive = 'h1 in idle|head|exchange';

const rules: readonly Rule[] = [
  { on: 'h1 bytes', by: 'peer', when: [running, 'h1 in idle'] },
  {
    on: 'h1 head-complete',
    by: 'peer',
    when: [running, 'h1 in idle|head'],
    due: [['carried ask', 'h1 refuse']],
  },
  { on: 'h1 refuse', by: 'due', due: closes },
  { on: 'h1 refuse', by: 'peer', when: [running, alive], due: [...lost, ...closes] },
  { on: 'h1 timeout', by: 'clock', when: [running, alive], cites: 'LAY-4', due: [...lost, ...closes] },
  {
    on: 'h1 input-end',
    by: 'itself',
    when: [running, 'transport in halfClosedRemote', 'h1 in idle|head'],
    due: ['connection finish'],
  },
  { on: 'h1 shutdown', by: 'endpoint', when: [running, 'h1 in idle'], due: ['connection finish'] },
  // Agreed as soon as it is whole, and followed in the same turn.
  {
    on: 'h1 upgrade',
    by: 'itself',
    when: [running, reading, 'carried in asking', 'request in complete'],
    due: ['request forget', 'connection handoff'],
  },
  {
    on: 'h1 response-complete|exchange-complete|last-exchange-complete|abort',
    by: 'nobody',
    why: 'what H1 answers is of another composition',
  },
  { on: 'h1 transport-gone', by: 'due' },
  // The request.
  { on: 'carried ask', by: 'due', due: ['request head'] },
  { on: 'carried take-up|drop', by: 'due' },
  { on: 'request head|forget', by: 'due' },
  { on: 'request end', by: 'peer', when: [running, reading, coming] },
  { on: 'body take', by: 'peer', when: [running, reading, coming, 'body in none'] },
  // From one session to the other.
  { on: 'connection handoff', by: 'due', due: ['session begin', 'session upgrade'] },
  // Its settings may be none that hold.
  { on: 'session upgrade', by: 'due', due: [['first stream begin', 'session error']] },
  { on: 'session error', by: 'due', due: ['connection finish'] },
  { on: 'stream begin', by: 'due', due: ['carried take-up', 'stream receive-headers'] },
  { on: 'stream receive-headers', by: 'due', when: ['session in upgraded'], due: ['stream receive-end'] },
  {
    on: 'stream receive-end',
    by: 'due',
    when: ['session in upgraded'],
    due: [['exchange begin', 'stream send-reset', 'stream send-headers']],
  },
  {
    on: 'session preface',
    by: 'peer',
    when: [running, 'session in upgraded|draining', 'greeting in awaited'],
    due: ['greeting come'],
  },
  { on: 'greeting come', by: 'due' },
];

export function h2cServer(tables: Tables = {}): Composition {
  const h2 = h2Server(tables);
  const beforeTheGreeting = 'session: draining --preface--> draining';
  return h2c(
    {
      name: 'h2c-server',
      parts: [
        { name: 'h1', table: tables['h1-server'] ?? h1ServerTable, comes: true },
        { name: 'request', table: messageTable, unseen: true },
        { name: 'carried', table: carriedTable, unseen: true },
        { name: 'greeting', table: greetingTable, unseen: true },
      ],
      rules,
      replaces: ['session upgrade', 'session preface'],
      before: ['h1 transport-gone?', ...lost],
      after: lost,
      invariants: [
        // It is answered once: by whoever took it up, or by nobody.
        {
          rule: 'OWN-1',
          atRest: true,
          when: ['session not in absent', 'carried in asking'],
          holds: ['session in closing|closed|failed'],
        },
        { rule: 'OWN-5', atRest: true, when: [reading], holds: ['head in held'] },
      ],
      over: ['request in none', 'carried in none'],
      neverTaken: [
        {
          rows: [
            'session: preface --preface--> settings',
            'session: preface --error--> closing',
            'session: preface --timeout--> closing',
            'session: preface --input-end--> closed',
            'session: preface --goaway-sent--> closing',
            'session: preface --transport-gone--> failed',
          ],
          why: 'it begins with the request for which the connection was upgraded',
        },
      ],
    },
    {
      ...h2,
      // Its content is held for it before there is an exchange of H2.
      invariants: h2.invariants.map((it) =>
        it.when.includes('body in held') ? { ...it, holds: [...it.holds, 'carried in asking'] } : it,
      ),
      neverTaken: (h2.neverTaken ?? []).filter(({ rows }) => !rows.includes(beforeTheGreeting)),
    },
  );
}
