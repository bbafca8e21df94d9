/**
 * The H2 connection and its streams as tables (RFC 9113 §3.4, §5.1, §6.8). Both roles share them: `local` is this side.
 * Push is refused on both sides, so the reserved states cannot be reached and are not here. This file does not know how
 * frames are read or written.
 */
import { defineTable, row } from '../../machine/index.js';

/**
 * The connection. It holds no bytes of streams; what it owes the peer (SETTINGS and their acknowledgement, PING, GOAWAY)
 * it builds in the output workspace, or lends from a buffer of its own when there is no slab (WS-9).
 */
export const h2ConnectionTable = defineTable()({
  name: 'h2-connection',
  title: 'H2 session',
  states: ['preface', 'upgraded', 'settings', 'open', 'draining', 'closing', 'closed', 'failed'],
  events: [
    'preface',
    'upgrade',
    'settings',
    'goaway-sent',
    'goaway-received',
    'last-stream-closed',
    'error',
    'timeout',
    'input-end',
    'transport-gone',
  ],
  initial: 'preface',
  rows: [
    row('preface', 'preface', 'settings', { cites: 'RFC 9113 §3.4' }),
    row('preface', 'error', 'closing', { cites: 'RFC 9113 §3.4', acts: ['lend frames?'] }),
    row('preface', 'timeout', 'closing', { cites: 'RFC 9113 §3.4', acts: ['lend frames?'] }),
    row('preface', 'input-end', 'closed', { cites: 'RFC 9113 §9.1' }),
    row('preface', 'goaway-sent', 'closing', { cites: 'RFC 9113 §6.8', acts: ['lend frames?'] }),
    // A request is being answered, and the client's preface is on its way.
    row('preface', 'upgrade', 'upgraded', { cites: 'RFC 7540 §3.2', acts: ['lend frames?'] }),
    row('upgraded', 'preface', 'settings', { cites: 'RFC 7540 §3.2' }),
    row('upgraded', 'error', 'closing', { cites: 'RFC 9113 §3.4', acts: ['lend frames?'] }),
    row('upgraded', 'timeout', 'closing', { cites: 'RFC 9113 §6.5.3', acts: ['lend frames?'] }),
    row('upgraded', 'input-end', 'closing', { cites: 'RFC 9113 §9.1' }),
    row('upgraded', 'goaway-sent', 'draining', { cites: 'RFC 9113 §6.8', acts: ['lend frames?'] }),
    row('upgraded', 'transport-gone', 'failed', { cites: 'OWN-7' }),
    row('settings', 'settings', 'open', { cites: 'RFC 9113 §3.4', acts: ['lend frames?'] }),
    row('settings', 'goaway-sent', 'draining', { cites: 'RFC 9113 §6.8', acts: ['lend frames?'] }),
    row('settings', 'error', 'closing', { cites: 'RFC 9113 §5.4.1', acts: ['lend frames?'] }),
    row('settings', 'timeout', 'closing', { cites: 'RFC 9113 §6.5.3', acts: ['lend frames?'] }),
    row('settings', 'input-end', 'closing', { cites: 'RFC 9113 §9.1' }),
    row('open', 'goaway-sent', 'draining', { cites: 'RFC 9113 §6.8', acts: ['lend frames?'] }),
    row('open', 'goaway-received', 'draining', { cites: 'RFC 9113 §6.8' }),
    row('open', 'error', 'closing', { cites: 'RFC 9113 §5.4.1', acts: ['lend frames?'] }),
    row('open', 'timeout', 'closing', { cites: 'RFC 9113 §9.1', acts: ['lend frames?'] }),
    row('open', 'input-end', 'closing', { cites: 'RFC 9113 §9.1' }),
    row('draining', 'goaway-sent', 'draining', { cites: 'RFC 9113 §6.8', acts: ['lend frames?'] }),
    row('draining', 'goaway-received', 'draining', { cites: 'RFC 9113 §6.8' }),
    row('draining', 'preface', 'draining', { cites: 'RFC 7540 §3.2' }),
    row('draining', 'settings', 'draining', { cites: 'RFC 9113 §3.4', acts: ['lend frames?'] }),
    row('draining', 'last-stream-closed', 'closing', { cites: 'RFC 9113 §6.8' }),
    row('draining', 'error', 'closing', { cites: 'RFC 9113 §5.4.1', acts: ['lend frames?'] }),
    row('draining', 'timeout', 'closing', { cites: 'RFC 9113 §6.8', acts: ['lend frames?'] }),
    row('draining', 'input-end', 'closing', { cites: 'RFC 9113 §9.1' }),
    row('closing', 'transport-gone', 'closed', { cites: 'OWN-7' }),
    row('preface', 'transport-gone', 'failed', { cites: 'OWN-7' }),
    row('settings', 'transport-gone', 'failed', { cites: 'OWN-7' }),
    row('open', 'transport-gone', 'failed', { cites: 'OWN-7' }),
    row('draining', 'transport-gone', 'failed', { cites: 'OWN-7' }),
  ],
});

// What a stream holds: DATA that waits for its consumer (what is taken at once is the application's from the beginning)
// and may be moved meanwhile, and leases of the application's that wait for a window or for their turn.
const waits = ['take body?', 'split body?', 'transfer body?', 'release body?'] as const;
const sends = ['split output?', 'transfer output?', 'release output?'] as const;
const both = [...waits, ...sends] as const;
/** It is over: what waits goes back. */
const drops = ['release body?', 'release output?'] as const;

/** A stream. `receive-end` and `send-end` are the END_STREAM flag, which takes effect after its frame. */
export const h2StreamTable = defineTable()({
  name: 'h2-stream',
  title: 'H2 stream',
  states: ['idle', 'open', 'half-closed-local', 'half-closed-remote', 'closed'],
  events: [
    'receive-headers',
    'send-headers',
    'receive-data',
    'send-data',
    'receive-end',
    'send-end',
    'receive-reset',
    'send-reset',
  ],
  initial: 'idle',
  rows: [
    row('idle', 'receive-headers', 'open', { cites: 'RFC 9113 §5.1' }),
    row('idle', 'send-headers', 'open', { cites: 'RFC 9113 §5.1', acts: sends }),
    // Behind content these are trailers, and `receive-end` follows before anything is done with what waits.
    row('open', 'receive-headers', 'open', { cites: 'RFC 9113 §8.1', acts: sends }),
    row('open', 'send-headers', 'open', { cites: 'RFC 9113 §8.1', acts: both }),
    row('open', 'receive-data', 'open', { cites: 'RFC 9113 §6.1', acts: both }),
    row('open', 'send-data', 'open', { cites: 'RFC 9113 §6.1', acts: both }),
    row('open', 'receive-end', 'half-closed-remote', { cites: 'RFC 9113 §5.1', acts: both }),
    row('open', 'send-end', 'half-closed-local', { cites: 'RFC 9113 §5.1', acts: waits }),
    row('open', 'receive-reset', 'closed', { cites: 'RFC 9113 §6.4', acts: drops }),
    row('open', 'send-reset', 'closed', { cites: 'RFC 9113 §6.4', acts: drops }),
    row('half-closed-remote', 'send-headers', 'half-closed-remote', {
      cites: 'RFC 9113 §8.1',
      acts: both,
    }),
    row('half-closed-remote', 'send-data', 'half-closed-remote', {
      cites: 'RFC 9113 §6.1',
      acts: both,
    }),
    row('half-closed-remote', 'send-end', 'closed', { cites: 'RFC 9113 §5.1', acts: waits }),
    // An answer that was whole before may still go to its consumer.
    row('half-closed-remote', 'receive-reset', 'closed', {
      cites: 'RFC 9113 §8.1',
      acts: [...waits, 'release output?'],
    }),
    row('half-closed-remote', 'send-reset', 'closed', { cites: 'RFC 9113 §6.4', acts: drops }),
    row('half-closed-local', 'receive-headers', 'half-closed-local', { cites: 'RFC 9113 §8.1' }),
    row('half-closed-local', 'receive-data', 'half-closed-local', {
      cites: 'RFC 9113 §6.1',
      acts: waits,
    }),
    row('half-closed-local', 'receive-end', 'closed', { cites: 'RFC 9113 §5.1', acts: waits }),
    row('half-closed-local', 'receive-reset', 'closed', { cites: 'RFC 9113 §6.4', acts: ['release body?'] }),
    row('half-closed-local', 'send-reset', 'closed', { cites: 'RFC 9113 §6.4', acts: ['release body?'] }),
  ],
});
