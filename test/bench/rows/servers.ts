// The server over TCP: each contestant in a process of its own, load from another process, and what counts is the
// processor time of the server for a thousand requests.
import type { Budget, Samples } from '../measure.js';
import type { Row, RowGroup, Unit } from '../row.js';
import { type Load, ServerProcess, startLoad } from '../servers/processes.js';

interface Workload {
  readonly bodyBytes: number;
  readonly connections: number;
  readonly depth: number;
}

/** A server is compiled for its work after about this many seconds of it. */
const warmUpRounds = 2;
/** A second each, for each server. */
const measuredRounds = 5;

/** Name to print, and kind of server. */
type Runner = readonly [name: string, kind: string];

const ours: Runner = ['undercoat', 'undercoat'];
const nodeHttp: Runner = ['node:http', 'node-http'];
const rawNet: Runner = ['raw net responder, no parsing', 'raw-net'];
const checked: Runner = ['undercoat', 'undercoat-checked'];

function serverRow(
  work: string,
  unit: Unit,
  target: number | null,
  workload: Workload,
  runners: readonly Runner[],
): Row {
  return {
    work,
    unit,
    target,
    once: true,
    measure: async (budget) => {
      const servers: ServerProcess[] = [];
      const load = startLoad();
      try {
        for (const [name, kind] of runners) {
          servers.push(await ServerProcess.start(name, kind, workload.bodyBytes));
        }
        return await interleaved(servers, load, workload, unit, budget);
      } finally {
        for (const server of servers) server.stop();
        load.stop();
      }
    },
  };
}

async function interleaved(
  servers: readonly ServerProcess[],
  load: Load,
  { connections, depth }: Workload,
  unit: Unit,
  { rounds }: Budget,
): Promise<Samples[]> {
  const samples: number[][] = servers.map(() => []);
  for (let round = -warmUpRounds; round < Math.min(rounds, measuredRounds); round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const i = (turn + round + warmUpRounds) % servers.length;
      const server = servers[i] as ServerProcess;
      const before = await server.cpuMicroseconds();
      const { requests, ms } = await load.deliver({ port: server.port, connections, depth, ms: 1000 });
      const used = (await server.cpuMicroseconds()) - before;
      if (round < 0) continue;
      (samples[i] as number[]).push(unit === 'per second' ? (requests * 1000) / ms : used / requests);
    }
  }
  return servers.map(({ name }, i) => ({ name, samples: samples[i] as number[] }));
}

const cpu: Unit = 'ms CPU per 1000';
const small: Workload = { bodyBytes: 13, connections: 50, depth: 1 };
const large: Workload = { bodyBytes: 16_384, connections: 50, depth: 1 };
const deep: Workload = { bodyBytes: 13, connections: 50, depth: 16 };
const all = [ours, nodeHttp, rawNet];

export const serverRows: readonly RowGroup[] = [
  [serverRow('H1 server over TCP, small keep-alive, callback handler', cpu, 0.75, small, all)],
  [serverRow('H1 server over TCP, 16 KiB body', cpu, 0.85, large, all)],
  [serverRow('H1 server over TCP, pipeline of 16', 'per second', 6, deep, all)],
  [
    serverRow('checked ledger: H1 server over TCP, small keep-alive', cpu, null, small, [
      checked,
      ['ledger off', 'undercoat'],
    ]),
  ],
];
