/**
 * Every transition table of Undercoat, in one list: charts are drawn, rows are counted (LAY-3) and models are
 * generated from it. A table that is defined in `src/` and missing here fails the house checks.
 */
import { connectionTable } from '../endpoint/table.js';
import type { AnyTable } from '../machine/index.js';
import { h1ClientTable, h1ServerTable } from '../session/h1/tables.js';
import { prefaceTable } from '../session/h2/preface-table.js';
import { h2ConnectionTable, h2StreamTable } from '../session/h2/tables.js';
import { proxyReceiverTable } from '../session/proxy/receiver-table.js';
import { proxySenderTable } from '../session/proxy/sender-table.js';
import { clientExchangeTable, serverExchangeTable } from '../stream/tables.js';
import { transportTable } from '../transport/table.js';

export const tables: readonly AnyTable[] = [
  transportTable,
  connectionTable,
  proxyReceiverTable,
  proxySenderTable,
  h1ServerTable,
  h1ClientTable,
  serverExchangeTable,
  clientExchangeTable,
  h2ConnectionTable,
  h2StreamTable,
  prefaceTable,
];
