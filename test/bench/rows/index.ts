// All rows, in the order in which they are printed. Each group runs in a process of its own, so that no row is
// compiled for what another one did.
import type { RowGroup } from '../row.js';
import { headRows } from './heads.js';

export const rowGroups: readonly RowGroup[] = [...headRows];
