// Servers of H2 over TCP, by prior knowledge.
import type { OwnRow, Unit } from '../row.js';
import { hasNghttpd, startNghttpd } from '../servers/nghttpd.js';
import { ServerProcess, startH2Load } from '../servers/processes.js';
import { type Runner, serverRow, type Workload } from '../servers/server-row.js';

/** Name to print, and kind of server. */
const running =
  (name: string, kind: string): Runner =>
  (bodyBytes) =>
    ServerProcess.start(name, kind, bodyBytes);

const all: readonly Runner[] = [
  running('undercoat', 'undercoat-h2'),
  running('node:http2, stream API', 'node-http2'),
  running('node:http2, compatibility API', 'node-http2-compat'),
  ...(hasNghttpd ? [startNghttpd] : []),
];
const checked = [running('undercoat', 'undercoat-h2-checked'), running('ledger off', 'undercoat-h2')];

const cpu: Unit = 'ms CPU per 1000';

function row(work: string, target: number | null, workload: Workload, runners: readonly Runner[]): OwnRow {
  return serverRow({ work, unit: cpu, target, workload, startLoad: startH2Load, runners });
}

const multiplexed: Workload = { bodyBytes: 13, connections: 10, depth: 10 };
const single: Workload = { bodyBytes: 13, connections: 50, depth: 1 };
const large: Workload = { bodyBytes: 16_384, connections: 10, depth: 10 };

export const h2ServerRows: readonly OwnRow[] = [
  row('H2 server over TCP, 10 connections of 10 streams', 0.18, multiplexed, all),
  row('H2 server over TCP, 50 connections of 1 stream', 0.6, single, all),
  row('H2 server over TCP, 16 KiB body, 10 connections of 10 streams', 0.25, large, all),
  row('checked ledger: H2 server over TCP, 10 connections of 10 streams', null, multiplexed, checked),
];
