/**
 * Two sessions on one pipe: a PROXY header is received or sent, and H1 goes on with every byte behind it (CON-3). The
 * compositions are those of H1 with the session before it.
 */
import { proxyReceiverTable } from '../../src/session/proxy/receiver-table.js';
import { proxySenderTable } from '../../src/session/proxy/sender-table.js';
import { endpointRules, type Tables } from './endpoint.js';
import { h1Client } from './h1-client.js';
import { h1Server } from './h1-server.js';
import type { Composition, Part, Rule } from './language.js';
import { leaseTable } from './lease-table.js';

const running = 'connection in running';
const gone = ['proxy fail? from header', 'session transport-gone?', 'unused release?'];

const common: readonly Rule[] = [
  { on: 'proxy begin', by: 'due' },
  { on: 'proxy start', by: 'due' },
  // What the verdict says is followed in the same turn.
  {
    on: 'connection handoff',
    by: 'itself',
    when: ['proxy in handed-off', 'session in absent'],
    due: ['session begin'],
  },
  { on: 'connection finish', by: 'itself', when: [running, 'proxy in closed', 'no output in held'] },
  { on: 'unused take', by: 'turn', when: [running, 'proxy in handed-off', 'session in absent'] },
  { on: 'unused release', by: 'turn', when: [running, 'session not in absent|handed-off'] },
];

const receiver: readonly Rule[] = [
  { on: 'proxy complete', by: 'peer', when: [running] },
  { on: 'proxy invalid|exhausted', by: 'peer', when: [running] },
  { on: 'proxy expire', by: 'clock', when: [running] },
  { on: 'proxy shutdown', by: 'endpoint', when: [running] },
  { on: 'proxy end', by: 'itself', when: [running, 'transport in halfClosedRemote'] },
  { on: 'proxy fail', by: 'due' },
  { on: 'header take|release', by: 'due' },
  { on: 'header split|transfer|retain|freeze|written|failed', by: 'nobody', why: 'a header is read at once' },
];

const sender: readonly Rule[] = [
  { on: 'proxy fail', by: 'nobody', why: 'it begins, and ends, in the turn in which the pipe opens' },
];

export function proxyH1Server(tables: Tables = {}): Composition {
  const table = tables['proxy-receiver'] ?? proxyReceiverTable;
  return behind(
    h1Server(tables),
    { name: 'proxy', table, comes: true },
    [{ name: 'header', table: leaseTable, owner: ['proxy'], settles: 'with-row' }],
    receiver,
  );
}

export function proxyH1Client(tables: Tables = {}): Composition {
  const table = tables['proxy-sender'] ?? proxySenderTable;
  return behind(h1Client(tables), { name: 'proxy', table, comes: true }, [], sender);
}

function behind(h1: Composition, proxy: Part, units: readonly Part[], rules: readonly Rule[]): Composition {
  const own = h1.rules.filter(({ on }) => !/^(transport|connection|output) /.test(on));
  return {
    ...h1,
    name: `proxy+${h1.name}`,
    parts: [
      ...h1.parts.map((part) => (part.name === 'unused' ? { ...part, owner: ['proxy', 'session'] } : part)),
      proxy,
      ...units,
    ],
    rules: [
      ...endpointRules({ first: 'proxy', begins: ['proxy start'], gone, hasHandoff: true, hasTunnel: true }),
      ...common,
      ...rules,
      ...own,
    ],
    invariants: [
      ...h1.invariants.filter(({ when }) => !when.includes('unused in held')),
      // Nothing is passed on before the header is complete, and nobody goes on before it is.
      { rule: 'CON-3', when: ['session not in absent'], holds: ['proxy in handed-off'] },
      { rule: 'CON-3', when: ['unused in held'], holds: ['proxy in handed-off'] },
      ...units.map(({ name }) => ({
        rule: 'OWN-7',
        atRest: true as const,
        when: [],
        holds: [`${name} in none`],
      })),
    ],
    over: [...h1.over, 'proxy in handed-off|closed|absent'],
  };
}
