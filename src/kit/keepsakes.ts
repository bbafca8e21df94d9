/**
 * What scripted applications keep past the end of their exchanges: leases retained by name, which must stay theirs and
 * as they were (OWN-7), and fields, whose reading must be refused (OWN-5). This file does not know who kept them.
 */
import { MisuseError, UndercoatError } from '../errors.js';
import type { Lease } from '../memory/index.js';
import type { Fields } from '../stream/contract.js';

interface Retained {
  readonly lease: Lease;
  readonly copy: Uint8Array;
}

export class Keepsakes {
  private readonly retained: Retained[];
  private readonly fields: Fields[];

  constructor() {
    this.retained = [];
    this.fields = [];
  }

  retain(lease: Lease): void {
    lease.retain('scripted');
    const { bytes, start, end } = lease;
    this.retained.push({ lease, copy: bytes.slice(start, end) });
  }

  keep(fields: Fields): void {
    this.fields.push(fields);
  }

  /** Every exchange is over. Releases what was retained. @throws MisuseError OWN-7, OWN-5 */
  settle(): void {
    for (const { lease, copy } of this.retained.splice(0)) {
      const same = lease.live && lease.view().every((octet, i) => octet === copy[i]);
      if (!same) throw new MisuseError('retained-lost', 'OWN-7', 'a retained lease is not what it was');
      lease.release();
    }
    for (const fields of this.fields.splice(0)) {
      if (!isRefused(fields)) {
        throw new MisuseError('fields-alive', 'OWN-5', 'fields were readable after their exchange');
      }
    }
  }
}

function isRefused(fields: Fields): boolean {
  try {
    fields.toArray();
  } catch (error) {
    return error instanceof UndercoatError && error.cites === 'OWN-5';
  }
  return false;
}
