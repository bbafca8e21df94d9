/**
 * The connection machine: the life of one connection as its endpoint sees it, from the transport's opening over a
 * chain of sessions to the last close. This file does not know which sessions stand in the chain.
 */
import { defineTable, row } from '../machine/index.js';

export const connectionTable = defineTable()({
  name: 'connection',
  title: 'Connection: one transport, a chain of sessions, one clock',
  states: ['idle', 'opening', 'running', 'finishing', 'lingering', 'tunnelling', 'aborting', 'closed'],
  events: ['open', 'opened', 'handoff', 'swap', 'tunnel', 'finish', 'flushed', 'abort', 'closed'],
  initial: 'idle',
  rows: [
    row('idle', 'open', 'opening', { cites: 'LAY-1' }),
    row('opening', 'opened', 'running', { cites: 'LAY-1' }),
    row('opening', 'abort', 'aborting', { cites: 'LAY-4' }),
    row('opening', 'closed', 'closed', { cites: 'OWN-7' }),
    // Bytes that the session before did not use reach the next one once, in order (CON-3).
    row('running', 'handoff', 'running', { cites: 'CON-3', acts: ['transfer unused?'] }),
    // A transport stands on the old one from here on; the receive buffer is empty, its rest handed off by name.
    row('running', 'swap', 'opening', { cites: 'LAY-6, CON-3', acts: ['transfer unused?'] }),
    row('running', 'tunnel', 'tunnelling', { cites: 'LAY-7, CON-3', acts: ['transfer unused?'] }),
    row('running', 'finish', 'finishing', { cites: 'RFC 9112 §9.6' }),
    row('running', 'abort', 'aborting', { cites: 'OWN-7' }),
    row('running', 'closed', 'closed', { cites: 'OWN-7', acts: ['failed output?'] }),
    // All output was taken by the pipe below: now the peer's end is waited for, within bounds.
    row('finishing', 'flushed', 'lingering', { cites: 'RFC 9112 §9.6', acts: ['written output?'] }),
    row('finishing', 'abort', 'aborting', { cites: 'OWN-7' }),
    row('finishing', 'closed', 'closed', { cites: 'OWN-7', acts: ['failed output?'] }),
    row('lingering', 'abort', 'aborting', { cites: 'RFC 9112 §9.6' }),
    row('lingering', 'closed', 'closed', { cites: 'RFC 9112 §9.6' }),
    row('tunnelling', 'abort', 'aborting', { cites: 'OWN-7' }),
    row('tunnelling', 'closed', 'closed', { cites: 'OWN-7' }),
    row('aborting', 'closed', 'closed', { cites: 'OWN-7', acts: ['failed output?'] }),
  ],
});
