// All rows, in the order in which they are printed.
import type { Row } from '../row.js';
import { bodyRows } from './bodies.js';
import { h2ServerRows } from './h2-servers.js';
import { headRows } from './heads.js';
import { hpackRows } from './hpack.js';
import { inProcessRows } from './in-process.js';
import { ledgerRows } from './ledger.js';
import { pipelineRows } from './pipelines.js';
import { serverRows } from './servers.js';
import { simulationRows } from './simulation.js';

export const rows: readonly Row[] = [
  ...headRows,
  ...bodyRows,
  ...pipelineRows,
  ...hpackRows,
  ...inProcessRows,
  ...serverRows,
  ...h2ServerRows,
  ...ledgerRows,
  ...simulationRows,
];
