// A tunnel in stream 1 whose user counts what comes, at a bed for either role.
import type { Transport } from '../../src/transport/contract.js';
import { H2Bed, headers } from './h2-bed.js';

export interface Tunnel {
  readonly pipe: Transport;
  received: number;
  written: number;
  /** What else was told. */
  readonly log: string[];
}

/** Opens it; what comes is counted. */
export function tunnel(pipe: Transport): Tunnel {
  const room = { bytes: new Uint8Array(1024), start: 0, end: 1024 };
  const it: Tunnel = { pipe, received: 0, written: 0, log: [] };
  pipe.open({
    opened: () => {},
    room: () => room,
    received: (count) => {
      it.received += count;
    },
    ended: () => it.log.push('ended'),
    written: (count) => {
      it.written += count;
    },
    closed: (error) => it.log.push(`closed ${error?.code ?? 'in order'}`),
  });
  return it;
}

export function write({ pipe }: Tunnel, length: number, fill = 0x61): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  pipe.write([{ bytes, start: 0, end: length }]);
  return bytes;
}

/** A tunnel in stream 1, asked for and agreed to with these fields. */
export function open(
  role: 'server' | 'client',
  fields: [string, string][],
  h2 = {},
): { bed: H2Bed; it: Tunnel } {
  const found: Tunnel[] = [];
  if (role === 'server') {
    const bed = new H2Bed(role, { h2, exchange: (it) => it.upgrade((pipe) => found.push(tunnel(pipe))) });
    bed.feed(headers(1, [[':method', 'CONNECT'], [':authority', 'a:1'], ...fields], false));
    return { bed, it: found[0] as Tunnel };
  }
  const bed = new H2Bed(role, { h2 });
  const listener = {
    response: () => {},
    upgraded: (_head: unknown, pipe: Transport) => found.push(tunnel(pipe)),
    failed: () => {},
  };
  bed.client.request({ method: 'CONNECT', authority: 'a:1', fields }, listener);
  bed.frames();
  bed.feed(headers(1, [[':status', '200'], ...fields], false));
  return { bed, it: found[0] as Tunnel };
}
