// A checked ledger and the auditor that holds what it sees to the rows of the machines (LAY-3): for beds that put their
// connections together themselves. What was done after which row is counted for the whole run.
import { ActAudit, type MachineObserver } from '../../src/machine/index.js';
import { type ActRecord, CheckedLedger } from '../../src/memory/index.js';
import { rowRecorder } from './rows.js';

export interface Audited {
  readonly ledger: CheckedLedger;
  /** The observer of every machine over that ledger. */
  readonly audit: ActAudit;
}

/** @param seen is shown every act, too */
export function audited(
  next: MachineObserver = rowRecorder(),
  seen: (act: ActRecord) => void = () => {},
): Audited {
  const ledger: CheckedLedger = new CheckedLedger({
    onAct: (act) => {
      seen(act);
      audit.act(act);
    },
  });
  const audit = new ActAudit(ledger, next);
  return { ledger, audit };
}
