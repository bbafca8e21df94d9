/**
 * The exchange's two sides as tables, after the stream states of RFC 9113 §5.1, which hold for an H1 exchange as well:
 * *half-closed (remote)* when the peer's message is complete, *half-closed (local)* when ours is. This file does not
 * know how a message is framed, nor which of H1 and H2 carries it.
 */
import { defineTable, row } from '../machine/index.js';

/** A server's exchange: born with a complete request head. */
export const serverExchangeTable = defineTable()({
  name: 'server-exchange',
  title: "The server's side of an exchange",
  states: [
    'open',
    'answering',
    'half-closed-remote',
    'half-closed-remote-answering',
    'half-closed-local',
    'closed',
    'upgraded',
    'reset',
  ],
  events: [
    'receive-data',
    'receive-end',
    'send-inform',
    'send-head',
    'send-data',
    'send-end',
    'upgrade',
    'reset',
  ],
  initial: 'open',
  rows: [
    row('open', 'receive-data', 'open', { cites: 'RFC 9112 §6' }),
    row('open', 'receive-end', 'half-closed-remote', { cites: 'RFC 9112 §6.3' }),
    row('open', 'send-inform', 'open', { cites: 'RFC 9110 §15.2' }),
    row('open', 'send-head', 'answering', { cites: 'RFC 9110 §15' }),
    row('answering', 'receive-data', 'answering', { cites: 'RFC 9112 §6' }),
    row('answering', 'receive-end', 'half-closed-remote-answering', { cites: 'RFC 9112 §6.3' }),
    row('answering', 'send-data', 'answering', { cites: 'RFC 9112 §6' }),
    row('answering', 'send-end', 'half-closed-local', { cites: 'RFC 9112 §6.3' }),
    row('half-closed-remote', 'send-inform', 'half-closed-remote', { cites: 'RFC 9110 §15.2' }),
    row('half-closed-remote', 'send-head', 'half-closed-remote-answering', { cites: 'RFC 9110 §15' }),
    row('half-closed-remote', 'upgrade', 'upgraded', { cites: 'RFC 9110 §7.8, LAY-7' }),
    row('half-closed-remote-answering', 'send-data', 'half-closed-remote-answering', {
      cites: 'RFC 9112 §6',
    }),
    row('half-closed-remote-answering', 'send-end', 'closed', { cites: 'RFC 9112 §9.3' }),
    row('half-closed-local', 'receive-data', 'half-closed-local', { cites: 'RFC 9112 §9.3' }),
    row('half-closed-local', 'receive-end', 'closed', { cites: 'RFC 9112 §9.3' }),
    row('open', 'reset', 'reset', { cites: 'OWN-7' }),
    row('answering', 'reset', 'reset', { cites: 'RFC 9112 §8' }),
    row('half-closed-remote', 'reset', 'reset', { cites: 'OWN-7' }),
    row('half-closed-remote-answering', 'reset', 'reset', { cites: 'RFC 9112 §8' }),
    row('half-closed-local', 'reset', 'reset', { cites: 'OWN-7' }),
  ],
});

/** A client's exchange: born when the request head is sent. */
export const clientExchangeTable = defineTable()({
  name: 'client-exchange',
  title: "The client's side of an exchange",
  states: [
    'open',
    'receiving',
    'half-closed-local',
    'half-closed-local-receiving',
    'half-closed-remote',
    'closed',
    'upgraded',
    'reset',
  ],
  events: [
    'send-data',
    'send-end',
    'receive-inform',
    'receive-head',
    'receive-data',
    'receive-end',
    'upgrade',
    'reset',
  ],
  initial: 'open',
  rows: [
    row('open', 'send-data', 'open', { cites: 'RFC 9112 §6' }),
    row('open', 'send-end', 'half-closed-local', { cites: 'RFC 9112 §6.3' }),
    row('open', 'receive-inform', 'open', { cites: 'RFC 9110 §15.2' }),
    row('open', 'receive-head', 'receiving', { cites: 'RFC 9110 §15' }),
    row('receiving', 'send-data', 'receiving', { cites: 'RFC 9112 §9.3' }),
    row('receiving', 'send-end', 'half-closed-local-receiving', { cites: 'RFC 9112 §6.3' }),
    row('receiving', 'receive-data', 'receiving', { cites: 'RFC 9112 §6' }),
    row('receiving', 'receive-end', 'half-closed-remote', { cites: 'RFC 9112 §9.3' }),
    row('half-closed-local', 'receive-inform', 'half-closed-local', { cites: 'RFC 9110 §15.2' }),
    row('half-closed-local', 'receive-head', 'half-closed-local-receiving', { cites: 'RFC 9110 §15' }),
    row('half-closed-local', 'upgrade', 'upgraded', { cites: 'RFC 9110 §7.8, LAY-7' }),
    row('half-closed-local-receiving', 'receive-data', 'half-closed-local-receiving', {
      cites: 'RFC 9112 §6',
    }),
    row('half-closed-local-receiving', 'receive-end', 'closed', { cites: 'RFC 9112 §9.3' }),
    row('half-closed-remote', 'send-data', 'half-closed-remote', { cites: 'RFC 9112 §9.3' }),
    row('half-closed-remote', 'send-end', 'closed', { cites: 'RFC 9112 §9.3' }),
    row('open', 'reset', 'reset', { cites: 'OWN-7' }),
    row('receiving', 'reset', 'reset', { cites: 'RFC 9112 §8' }),
    row('half-closed-local', 'reset', 'reset', { cites: 'OWN-7' }),
    row('half-closed-local-receiving', 'reset', 'reset', { cites: 'RFC 9112 §8' }),
    row('half-closed-remote', 'reset', 'reset', { cites: 'OWN-7' }),
  ],
});
