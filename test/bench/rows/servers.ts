// Servers of H1 over TCP.
import type { OwnRow, Unit } from '../row.js';
import { ServerProcess, startH1Load } from '../servers/processes.js';
import { type Runner, serverRow, type Workload } from '../servers/server-row.js';

/** Name to print, and kind of server. */
const running =
  (name: string, kind: string): Runner =>
  (bodyBytes) =>
    ServerProcess.start(name, kind, bodyBytes);

const all = [
  running('undercoat', 'undercoat'),
  running('node:http', 'node-http'),
  running('raw net responder, no parsing', 'raw-net'),
];
const checked = [running('undercoat', 'undercoat-checked'), running('ledger off', 'undercoat')];

function row(
  work: string,
  unit: Unit,
  target: number | null,
  workload: Workload,
  runners: readonly Runner[],
): OwnRow {
  return serverRow({ work, unit, target, workload, startLoad: startH1Load, runners });
}

const cpu: Unit = 'ms CPU per 1000';
const small: Workload = { bodyBytes: 13, connections: 50, depth: 1 };
const large: Workload = { bodyBytes: 16_384, connections: 50, depth: 1 };
const deep: Workload = { bodyBytes: 13, connections: 50, depth: 16 };

export const serverRows: readonly OwnRow[] = [
  row('H1 server over TCP, small keep-alive, callback handler', cpu, 0.75, small, all),
  row('H1 server over TCP, 16 KiB body', cpu, 0.85, large, all),
  row('H1 server over TCP, pipeline of 16', 'per second', 6, deep, all),
  row('checked ledger: H1 server over TCP, small keep-alive', cpu, null, small, checked),
];
