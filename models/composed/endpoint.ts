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

/** What happens to a pipe of a connection while it is the one that the connection has, and to the connection with it. */
export function pipeRules(
  pipe: string,
  gone: readonly Gone[],
  meanwhile: readonly string[] = [],
): readonly Rule[] {
  const thereYet = `${pipe} not in closed|failed`;
  return [
    // Gone before anybody opened it.
    { on: `${pipe} abort|fail`, by: 'fault', when: ['connection in idle', thereYet, ...meanwhile] },
    ...gone.map(
      ({ when = [], due }): Rule => ({
        on: 'connection closed',
        by: 'pipe',
        when: ['connection in opening|aborting', `${pipe} in closed|failed`, ...meanwhile, ...when],
        due,
      }),
    ),
    // A connection that is to be drained gives up where it would begin.
    {
      on: `${pipe} opened`,
      by: 'peer',
      when: ['connection in opening', `${pipe} in connecting`, ...meanwhile],
      due: [['connection opened', 'connection abort']],
    },
    { on: `${pipe} endReceived`, by: 'peer', when: [working, `${pipe} in open`, ...meanwhile] },
    {
      on: `${pipe} endReceived`,
      by: 'peer',
      when: [closing, `${pipe} in halfClosedLocal`, ...meanwhile],
      due: ends,
    },
    // An end counts as sent behind every byte (CON-2).
    {
      on: `${pipe} endSent`,
      by: 'peer',
      when: [`${closing}|tunnelling`, 'every output in none', `${pipe} in open`, ...meanwhile],
    },
    {
      on: `${pipe} endSent`,
      by: 'peer',
      when: [closing, 'every output in none', `${pipe} in halfClosedRemote`, ...meanwhile],
      due: ends,
    },
    {
      on: `${pipe} abort|fail`,
      by: 'pipe',
      when: ['connection in aborting', thereYet, ...meanwhile],
      due: ends,
    },
    { on: `${pipe} fail`, by: 'fault', when: [alive, thereYet, ...meanwhile], due: ends },
  ];
}

/**
 * What happens to a connection, whatever pipe it has.
 * @param writing conditions: a session is there that writes
 */
export function connectionRules(
  pipe: string,
  gone: readonly Gone[],
  writing: readonly string[] = [],
): readonly Rule[] {
  return [
    { on: 'connection open', by: 'endpoint', when: ['connection in idle'], due: [`${pipe} open?`] },
    { on: `${pipe} open`, by: 'due' },
    ...gone.map(
      ({ when = [], due }): Rule => ({ on: 'connection closed', by: 'due', when, due: [...due, ...failed] }),
    ),
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
    ...outputRules(writing),
  ];
}

export const noHandoff: Rule = { on: 'connection handoff', by: 'nobody', why: 'there is one session' };
export const noTunnel: Rule = { on: 'connection tunnel', by: 'nobody', why: 'nobody takes the pipe over' };

export function endpointRules({
  first,
  begins = [],
  gone,
  hasHandoff,
  hasTunnel,
}: EndpointShape): readonly Rule[] {
  return [
    ...pipeRules('transport', gone),
    ...connectionRules('transport', gone),
    { on: 'connection opened', by: 'due', due: [`${first} begin`, ...begins] },
    hasHandoff ? { on: 'connection handoff', by: 'due' } : noHandoff,
    ...(hasTunnel ? tunnelRules : [noTunnel]),
    { on: 'connection swap', by: 'nobody', why: 'no transport stands on this one' },
  ];
}

const there = 'transport not in closed|failed';

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
const outputRules = (writing: readonly string[]): readonly Rule[] => [
  { on: 'output take', by: 'turn', when: ['connection in running', 'output in none', ...writing] },
  { on: 'output freeze', by: 'turn', when: ['connection in running', 'output in held'] },
  // Behind an abort the transport says nothing but that it is closed.
  {
    on: 'output written',
    by: 'peer',
    when: ['connection not in aborting|closed', 'output in frozen'],
    cites: 'CON-2',
    due: ['output release'],
  },
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
