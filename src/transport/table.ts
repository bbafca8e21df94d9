/**
 * The transport machine: the life of one byte pipe as its user sees it. Every transport steps it, whatever
 * carries the bytes. Segments that it has fail with it; what becomes of their bytes then is an act of whoever owns them, and in
 * that one's table. This file does not know who steps it.
 */
import { defineTable, row } from '../machine/index.js';
import type { TransportState } from './contract.js';

export const transportTable = defineTable()({
  name: 'transport',
  title: 'Transport: one byte pipe',
  states: ['idle', 'connecting', 'open', 'halfClosedLocal', 'halfClosedRemote', 'closed', 'failed'],
  events: ['open', 'opened', 'endSent', 'endReceived', 'abort', 'fail'],
  initial: 'idle',
  rows: [
    row('idle', 'open', 'connecting', { cites: 'RFC 9293 §3.9.1.1' }),
    row('connecting', 'opened', 'open', { cites: 'RFC 9293 §3.5' }),
    // An end counts as sent when every byte before it was taken by the pipe below, and the end with them.
    row('open', 'endSent', 'halfClosedLocal', { cites: 'RFC 9293 §3.6.1' }),
    row('open', 'endReceived', 'halfClosedRemote', { cites: 'RFC 9293 §3.6.1' }),
    row('halfClosedLocal', 'endReceived', 'closed', { cites: 'RFC 9293 §3.6' }),
    row('halfClosedRemote', 'endSent', 'closed', { cites: 'RFC 9293 §3.6' }),
    // Torn down by its user, without an error.
    row('idle', 'abort', 'closed', { cites: 'RFC 9293 §3.9.1.6' }),
    row('connecting', 'abort', 'closed', { cites: 'RFC 9293 §3.9.1.6' }),
    row('open', 'abort', 'closed', { cites: 'RFC 9293 §3.9.1.6' }),
    row('halfClosedLocal', 'abort', 'closed', { cites: 'RFC 9293 §3.9.1.6' }),
    row('halfClosedRemote', 'abort', 'closed', { cites: 'RFC 9293 §3.9.1.6' }),
    // Broken by the pipe or the peer, or torn down with an error.
    row('idle', 'fail', 'failed', { cites: 'RFC 9293 §3.5.3' }),
    row('connecting', 'fail', 'failed', { cites: 'RFC 9293 §3.5.3' }),
    row('open', 'fail', 'failed', { cites: 'RFC 9293 §3.5.3' }),
    row('halfClosedLocal', 'fail', 'failed', { cites: 'RFC 9293 §3.5.3' }),
    row('halfClosedRemote', 'fail', 'failed', { cites: 'RFC 9293 §3.5.3' }),
  ],
});

/** The contract's name of each state, by its index in the table. */
export const transportStates: readonly TransportState[] = [
  'idle',
  'connecting',
  'open',
  'half-closed-local',
  'half-closed-remote',
  'closed',
  'failed',
];
