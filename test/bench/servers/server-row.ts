// A row about servers: each contestant in a process of its own, load from another process, and what counts is the
// processor time of the server for a thousand requests.
import type { Budget, Samples } from '../measure.js';
import type { OwnRow, Unit } from '../row.js';
import type { Load, ServerUnderLoad } from './processes.js';

export interface Workload {
  readonly bodyBytes: number;
  readonly connections: number;
  /** Requests under way on each. */
  readonly depth: number;
}

/** A server is compiled for its work after about so many microseconds of its own; a slow machine needs more rounds for them. */
const warmUpMicroseconds = 2_000_000;
/** A server that hardly works at all is not waited for. */
const mostWarmUpRounds = 5;

/** Starts a contestant. */
export type Runner = (bodyBytes: number) => Promise<ServerUnderLoad>;

export interface ServerWork {
  readonly work: string;
  readonly unit: Unit;
  readonly target: number | null;
  readonly workload: Workload;
  readonly startLoad: () => Load;
  /** Ours first. */
  readonly runners: readonly Runner[];
}

export function serverRow({ work, unit, target, workload, startLoad, runners }: ServerWork): OwnRow {
  return {
    work,
    unit,
    target,
    measure: async (budget) => {
      const servers: ServerUnderLoad[] = [];
      const load = startLoad();
      try {
        for (const start of runners) servers.push(await start(workload.bodyBytes));
        return await interleaved(servers, load, workload, unit, budget);
      } finally {
        for (const server of servers) server.stop();
        load.stop();
      }
    },
  };
}

async function interleaved(
  servers: readonly ServerUnderLoad[],
  load: Load,
  { bodyBytes, connections, depth }: Workload,
  unit: Unit,
  { serverRounds }: Budget,
): Promise<Samples[]> {
  const samples: number[][] = servers.map(() => []);
  const deliver = async (server: ServerUnderLoad): Promise<number> => {
    const before = await server.cpuMicroseconds();
    const order = { port: server.port, connections, depth, bodyBytes, ms: 1000 };
    const { requests, ms } = await load.deliver(order);
    const used = (await server.cpuMicroseconds()) - before;
    return unit === 'per second' ? (requests * 1000) / ms : used / requests;
  };
  for (const server of servers) {
    const warm = (await server.cpuMicroseconds()) + warmUpMicroseconds;
    for (let round = 0; round < mostWarmUpRounds && (await server.cpuMicroseconds()) < warm; round++) {
      await deliver(server);
    }
  }
  for (let round = 0; round < serverRounds; round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const i = (turn + round) % servers.length;
      (samples[i] as number[]).push(await deliver(servers[i] as ServerUnderLoad));
    }
  }
  return servers.map(({ name }, i) => ({ name, samples: samples[i] as number[] }));
}
