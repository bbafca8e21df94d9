/**
 * PROXY before H1 or H2: a header is received or sent, and the other session goes on with every byte behind it. What the
 * guards ask for is part of the composition: whether the peer is trusted, whether a byte has come, and whether there is
 * memory for a header.
 */
import { defineTable, row } from '../../src/machine/index.js';
import { proxyReceiverTable } from '../../src/session/proxy/receiver-table.js';
import { proxySenderTable } from '../../src/session/proxy/sender-table.js';
import { behind, type First } from './behind.js';
import type { Tables } from './endpoint.js';
import { h1Client } from './h1-client.js';
import { h1Server } from './h1-server.js';
import { h2Client, h2Server } from './h2.js';
import type { Composition, Rule } from './language.js';
import { leaseTable } from './lease-table.js';

const running = 'connection in running';

/** Who connects, as the trust list has it. */
const peerTable = defineTable()({
  name: 'peer',
  title: 'A peer, by the trust list',
  states: ['trusted', 'untrusted'],
  events: ['doubt'],
  initial: 'trusted',
  rows: [row('trusted', 'doubt', 'untrusted', { cites: 'proxy-protocol.txt §5' })],
});

/** What of the header has come. */
const startTable = defineTable()({
  name: 'start',
  title: 'The first bytes of a connection',
  states: ['untouched', 'touched'],
  events: ['come'],
  initial: 'untouched',
  rows: [row('untouched', 'come', 'touched', { cites: 'proxy-protocol.txt §2' })],
});

/** Whether there is memory for the header that is sent. */
const memoryTable = defineTable()({
  name: 'memory',
  title: 'Memory to send from',
  states: ['enough', 'exhausted'],
  events: ['run-out'],
  initial: 'enough',
  rows: [row('enough', 'run-out', 'exhausted', { cites: 'WS-9' })],
});

/** What is not used is taken for the next session in the turn in which the header is done with. */
const unusedTaken: Rule = {
  on: 'unused take',
  by: 'turn',
  when: [running, 'proxy in handed-off', 'session in absent', 'unused in none'],
  cites: 'CON-3',
};

const startsAtOnce = 'it starts in the turn in which it begins';

const inHeader = [running, 'proxy in header'];

const receiverRules = (pipe: string): readonly Rule[] => [
  { on: 'proxy start', by: 'due' },
  { on: 'proxy complete', by: 'peer', when: [...inHeader, 'start in touched'] },
  { on: 'proxy invalid|exhausted', by: 'peer', when: [...inHeader, 'start in touched'] },
  { on: 'proxy expire', by: 'clock', when: inHeader, cites: 'LAY-4' },
  // Half a header is waited for all the same.
  { on: 'proxy shutdown', by: 'endpoint', when: [...inHeader, 'start in untouched'] },
  { on: 'proxy end', by: 'itself', when: [...inHeader, `${pipe} in halfClosedRemote`] },
  { on: 'header take|release', by: 'due' },
  { on: 'header split|transfer|retain|freeze|written|failed', by: 'nobody', why: 'a header is read at once' },
  unusedTaken,
  { on: 'peer doubt', by: 'fault', when: ['connection in idle', 'peer in trusted'] },
  { on: 'start come', by: 'peer', when: [...inHeader, 'start in untouched', `${pipe} in open`] },
];

/** @param pipe what carries the header */
export function receiver(tables: Tables, pipe = 'transport'): First {
  return {
    name: 'proxy',
    table: tables['proxy-receiver'] ?? proxyReceiverTable,
    parts: [
      { name: 'header', table: leaseTable, owner: ['proxy'], settles: 'with-row' },
      { name: 'peer', table: peerTable, unseen: true },
      { name: 'start', table: startTable, unseen: true },
    ],
    rules: receiverRules(pipe),
    begins: ['proxy start'],
    fails: { event: 'fail', from: 'header|handed-off' },
    guards: { 'proxy trusted': 'peer in trusted', 'proxy untouched': 'start in untouched' },
    invariants: [
      { rule: 'OWN-7', atRest: true, when: [], holds: ['header in none'] },
      // Whoever is not trusted is not served, whatever it says.
      { rule: 'proxy-protocol.txt §5', when: ['peer in untrusted'], holds: ['session in absent'] },
      // A header is required, never guessed.
      { rule: 'proxy-protocol.txt §2', when: ['start in untouched'], holds: ['session in absent'] },
    ],
    neverTaken: [{ rows: ['proxy: idle --fail--> closed'], why: startsAtOnce }],
  };
}

export function sender(tables: Tables): First {
  return {
    name: 'proxy',
    table: tables['proxy-sender'] ?? proxySenderTable,
    parts: [{ name: 'memory', table: memoryTable, unseen: true }],
    rules: [
      { on: 'proxy start', by: 'due' },
      unusedTaken,
      { on: 'memory run-out', by: 'fault', when: ['connection in idle', 'memory in enough'] },
    ],
    begins: ['proxy start'],
    fails: { event: 'fail', from: 'handed-off' },
    guards: { 'proxy sent': 'memory in enough' },
    invariants: [
      // Nobody goes on without a header that was built, whole.
      { rule: 'WS-8', when: ['memory in exhausted'], holds: ['session in absent'] },
    ],
    neverTaken: [{ rows: ['proxy: idle --fail--> closed'], why: startsAtOnce }],
  };
}

export function proxyH1Server(tables: Tables = {}): Composition {
  return behind(receiver(tables), h1Server(tables));
}

export function proxyH1Client(tables: Tables = {}): Composition {
  return behind(sender(tables), h1Client(tables));
}

export function proxyH2Server(tables: Tables = {}): Composition {
  return behind(receiver(tables), h2Server(tables));
}

export function proxyH2Client(tables: Tables = {}): Composition {
  return behind(sender(tables), h2Client(tables), ['session preface']);
}
