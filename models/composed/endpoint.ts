/**
 * What every composition has in common: one transport, the connection that drives it, and the output between them. Which
 * session stands on them, and what becomes of it when the pipe is gone, is the composition's own.
 */
import { connectionTable } from '../../src/endpoint/table.js';
import { transportTable } from '../../src/transport/table.js';
import type { Invariant, Part, PartTable, Rule } from './language.js';
import { leaseTable } from './lease-table.js';

/** Tables to use in place of those that run: to see that what is broken is found. */
export type Tables = { readonly [name: string]: PartTable };

export function endpointParts(tables: Tables): readonly Part[] {
  return [
    { name: 'transport', table: tables['transport'] ?? transportTable },
    { name: 'connection', table: tables['connection'] ?? connectionTable },
    { name: 'output', table: leaseTable, copies: 'outputs', owner: ['connection'] },
  ];
}

const ends = ['connection closed'];
/** What was not written has failed. */
const failed = ['each output failed?', 'each output release? from held'];
const alive = 'connection in opening|running|finishing|lingering|aborting';
const working = 'connection in running|finishing|lingering|tunnelling';
const closing = 'connection in finishing|lingering';
const there = 'transport not in closed|failed';

/** Due when the pipe is gone, where `when` holds. */
export interface Gone {
  readonly when?: readonly string[];
  readonly due: readonly string[];
}

export interface EndpointShape {
  /** The first session of the chain. */
  readonly first: string;
  /** What it does as it begins. */
  readonly begins?: readonly string[];
  /** One for each case there is. */
  readonly gone: readonly Gone[];
  readonly hasHandoff: boolean;
  readonly hasTunnel: boolean;
}

export function endpointRules({
  first,
  begins = [],
  gone,
  hasHandoff,
  hasTunnel,
}: EndpointShape): readonly Rule[] {
  return [
    // Gone before anybody opened it.
    { on: 'transport abort|fail', by: 'fault', when: ['connection in idle', there] },
    { on: 'connection open', by: 'endpoint', when: ['connection in idle'], due: ['transport open?'] },
    { on: 'transport open', by: 'due' },
    ...gone.flatMap(({ when = [], due }): readonly Rule[] => [
      {
        on: 'connection closed',
        by: 'pipe',
        when: ['connection in opening|aborting', 'transport in closed|failed', ...when],
        due,
      },
      { on: 'connection closed', by: 'due', when, due: [...due, ...failed] },
    ]),
    // A connection that is to be drained gives up where it would begin.
    {
      on: 'transport opened',
      by: 'peer',
      when: ['connection in opening', 'transport in connecting'],
      due: [['connection opened', 'connection abort']],
    },
    { on: 'connection opened', by: 'due', due: [`${first} begin`, ...begins] },
    { on: 'transport endReceived', by: 'peer', when: [working, 'transport in open'] },
    { on: 'transport endReceived', by: 'peer', when: [closing, 'transport in halfClosedLocal'], due: ends },
    // An end counts as sent behind every byte (CON-2).
    {
      on: 'transport endSent',
      by: 'peer',
      when: ['connection in finishing|lingering|tunnelling', 'every output in none', 'transport in open'],
    },
    {
      on: 'transport endSent',
      by: 'peer',
      when: [closing, 'every output in none', 'transport in halfClosedRemote'],
      due: ends,
    },
    { on: 'transport abort|fail', by: 'pipe', when: ['connection in aborting', there], due: ends },
    { on: 'transport fail', by: 'fault', when: [alive, there], due: ends },
    {
      on: 'connection abort',
      by: 'clock',
      when: ['connection in opening|running|finishing|lingering'],
      cites: 'LAY-4',
    },
    {
      on: 'connection abort',
      by: 'endpoint',
      when: ['connection in opening|running|finishing|lingering|tunnelling'],
    },
    { on: 'connection abort', by: 'due' },
    // Everything that was built goes to the transport before its end does.
    { on: 'connection finish', by: 'due', when: ['no output in held'] },
    { on: 'connection flushed', by: 'itself', when: ['connection in finishing', 'every output in none'] },
    ...(hasHandoff
      ? [{ on: 'connection handoff', by: 'due' } as const]
      : [{ on: 'connection handoff', by: 'nobody', why: 'there is one session' } as const]),
    ...(hasTunnel
      ? tunnelRules
      : [{ on: 'connection tunnel', by: 'nobody', why: 'nobody takes the pipe over' } as const]),
    {
      on: 'connection swap',
      by: 'nobody',
      why: 'a transport that stands on this one has a connection of its own',
    },
    ...outputRules,
  ];
}

/** From the handover on the pipe is the application's: it reads what is left, and ends it when it likes. */
const tunnelRules: readonly Rule[] = [
  { on: 'connection tunnel', by: 'due', when: ['no output in held'] },
  {
    on: 'transport endReceived',
    by: 'peer',
    when: ['connection in tunnelling', 'transport in halfClosedLocal'],
  },
  {
    on: 'transport endSent',
    by: 'application',
    when: ['connection in tunnelling', 'every output in none', 'transport in halfClosedRemote'],
  },
  { on: 'transport abort|fail', by: 'application', when: ['connection in tunnelling', there], due: failed },
  { on: 'transport fail', by: 'fault', when: ['connection in tunnelling', there], due: failed },
  {
    on: 'connection closed',
    by: 'endpoint',
    when: ['connection in tunnelling', 'transport in closed|failed', 'unused in none'],
  },
];

/** Output: built in a turn or by the application, given to the transport at the end of the turn. */
const outputRules: readonly Rule[] = [
  { on: 'output take', by: 'turn', when: ['connection in running', 'output in none'] },
  { on: 'output freeze', by: 'turn', when: ['connection in running', 'output in held'] },
  { on: 'output written', by: 'peer', when: ['output in frozen'], cites: 'CON-2', due: ['output release'] },
  { on: 'output failed', by: 'due', due: ['output release'] },
  { on: 'output release', by: 'due' },
  { on: 'output split|transfer|retain', by: 'nobody', why: 'output is not handed on' },
];

/** What holds of a connection whatever session it has. */
export const endpointInvariants: readonly Invariant[] = [
  { rule: 'OWN-7', when: ['connection in closed'], holds: ['transport in closed|failed'] },
  { rule: 'OWN-4', when: ['some output in frozen'], holds: ['transport not in idle|connecting'] },
  { rule: 'CON-2', when: ['connection in lingering'], holds: ['every output in none'] },
];
