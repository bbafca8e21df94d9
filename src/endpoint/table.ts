/**
 * The connection machine: the life of one connection as its endpoint sees it, from the transport's opening over a
 * chain of sessions to the last close. This file does not know which sessions stand in the chain.
 */
import { type ActText, defineTable, row } from '../machine/index.js';

// Output is built while a session runs, is with the transport until it is written or failed, and goes back then. What a chain
// of sessions wrote before a swap or a tunnel may still be in flight afterwards, whatever the connection does: it fails
// with the pipe, before the connection hears of that.
const failing = ['failed output?', 'release output?'] as const satisfies readonly ActText[];
const inFlight = ['written output?', ...failing] as const satisfies readonly ActText[];
const sending = ['take output?', 'freeze output?', ...inFlight] as const satisfies readonly ActText[];

export const connectionTable = defineTable()({
  name: 'connection',
  title: 'Connection: one transport, a chain of sessions, one clock',
  states: ['idle', 'opening', 'running', 'finishing', 'lingering', 'tunnelling', 'aborting', 'closed'],
  events: ['open', 'opened', 'handoff', 'swap', 'tunnel', 'finish', 'flushed', 'abort', 'closed'],
  initial: 'idle',
  rows: [
    row('idle', 'open', 'opening', { cites: 'LAY-1' }),
    row('opening', 'opened', 'running', { cites: 'LAY-1', acts: sending }),
    row('opening', 'abort', 'aborting', { cites: 'LAY-4', acts: failing }),
    row('opening', 'closed', 'closed', { cites: 'OWN-7' }),
    // Bytes that the session before did not use reach the next one once, in order (CON-3).
    row('running', 'handoff', 'running', { cites: 'CON-3', acts: sending }),
    // A transport stands on the old one from here on; the receive buffer is empty, its rest handed off by name.
    row('running', 'swap', 'opening', { cites: 'LAY-6, CON-3', acts: sending }),
    row('running', 'tunnel', 'tunnelling', { cites: 'LAY-7, CON-3', acts: sending }),
    // All that was built is with the transport by then.
    row('running', 'finish', 'finishing', { cites: 'RFC 9112 §9.6', acts: inFlight }),
    // Until the transport has said that it is gone, its exchanges may be given output, which fails then.
    row('running', 'abort', 'aborting', { cites: 'OWN-7', acts: ['take output?', ...failing] }),
    // What was built in this turn becomes output when it is given back, like the rest.
    row('running', 'closed', 'closed', { cites: 'OWN-7', acts: ['take output?', ...failing] }),
    // All output was taken by the pipe below: now the peer's end is waited for, within bounds.
    row('finishing', 'flushed', 'lingering', { cites: 'RFC 9112 §9.6', acts: inFlight }),
    row('finishing', 'abort', 'aborting', { cites: 'OWN-7', acts: failing }),
    row('finishing', 'closed', 'closed', { cites: 'OWN-7', acts: failing }),
    row('lingering', 'abort', 'aborting', { cites: 'RFC 9112 §9.6', acts: failing }),
    row('lingering', 'closed', 'closed', { cites: 'RFC 9112 §9.6' }),
    row('tunnelling', 'abort', 'aborting', { cites: 'OWN-7', acts: failing }),
    row('tunnelling', 'closed', 'closed', { cites: 'OWN-7' }),
    row('aborting', 'closed', 'closed', { cites: 'OWN-7', acts: ['take output?', ...failing] }),
  ],
});
