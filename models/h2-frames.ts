/**
 * Frames of RFC 9113 a second time, slowly: what each type demands is a row, the payload is a slice, numbers come from
 * a DataView. Shares no code with the reader it is a model of.
 */

export interface ModelFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Octets of the payload. */
  readonly length: number;
  readonly body: readonly number[];
  readonly padding: number;
  /** The numbers of the type, by name. */
  readonly numbers: Readonly<Record<string, number | boolean>>;
}

export type ModelRead =
  | { readonly kind: 'need-data' }
  | { readonly kind: 'frame'; readonly frame: ModelFrame; readonly size: number }
  | {
      readonly kind: 'refused';
      readonly errorCode: number;
      readonly scope: 'connection' | 'stream';
      readonly size: number;
    };

interface TypeRow {
  readonly on: 'stream' | 'connection' | 'both';
  /** Whether the payload's length is right, padding and all. */
  readonly length: (length: number, flags: number) => boolean;
  readonly lengthScope: 'connection' | 'stream';
  readonly padded: boolean;
  /** Numbers at the payload's start, after the pad length. */
  readonly numbers: (view: DataView, flags: number) => Record<string, number | boolean>;
  readonly numberOctets: (flags: number) => number;
  readonly wrong?: (
    numbers: Record<string, number | boolean>,
    streamId: number,
  ) => 'connection' | 'stream' | undefined;
}

const PADDED = 0x8;
const PRIORITY = 0x20;
const FRAME_SIZE_ERROR = 6;
const PROTOCOL_ERROR = 1;

const pad = (flags: number): number => ((flags & PADDED) !== 0 ? 1 : 0);
const none = { numbers: () => ({}), numberOctets: () => 0 };
const u31 = (view: DataView, at: number): number => view.getUint32(at) % 2 ** 31;
const priority = (view: DataView): Record<string, number | boolean> => ({
  exclusive: view.getUint8(0) > 127,
  dependency: u31(view, 0),
  weight: view.getUint8(4) + 1,
});

const ROWS: Readonly<Record<number, TypeRow>> = {
  0: { on: 'stream', length: (n, flags) => n >= pad(flags), lengthScope: 'stream', padded: true, ...none },
  1: {
    on: 'stream',
    length: (n, flags) => n >= pad(flags) + ((flags & PRIORITY) !== 0 ? 5 : 0),
    lengthScope: 'connection',
    padded: true,
    numbers: (view, flags) => ((flags & PRIORITY) !== 0 ? priority(view) : {}),
    numberOctets: (flags) => ((flags & PRIORITY) !== 0 ? 5 : 0),
  },
  2: {
    on: 'stream',
    length: (n) => n === 5,
    lengthScope: 'stream',
    padded: false,
    numbers: priority,
    numberOctets: () => 5,
  },
  3: {
    on: 'stream',
    length: (n) => n === 4,
    lengthScope: 'connection',
    padded: false,
    numbers: (view) => ({ errorCode: view.getUint32(0) }),
    numberOctets: () => 4,
  },
  4: {
    on: 'connection',
    length: (n, flags) => ((flags & 1) !== 0 ? n === 0 : n % 6 === 0),
    lengthScope: 'connection',
    padded: false,
    ...none,
  },
  5: {
    on: 'stream',
    length: (n, flags) => n >= pad(flags) + 4,
    lengthScope: 'connection',
    padded: true,
    numbers: (view) => ({ promisedId: u31(view, 0) }),
    numberOctets: () => 4,
    wrong: ({ promisedId }) => (promisedId === 0 || Number(promisedId) % 2 !== 0 ? 'connection' : undefined),
  },
  6: { on: 'connection', length: (n) => n === 8, lengthScope: 'connection', padded: false, ...none },
  7: {
    on: 'connection',
    length: (n) => n >= 8,
    lengthScope: 'connection',
    padded: false,
    numbers: (view) => ({ lastStreamId: u31(view, 0), errorCode: view.getUint32(4) }),
    numberOctets: () => 8,
  },
  8: {
    on: 'both',
    length: (n) => n === 4,
    lengthScope: 'connection',
    padded: false,
    numbers: (view) => ({ increment: u31(view, 0) }),
    numberOctets: () => 4,
    wrong: ({ increment }, streamId) => {
      if (increment !== 0) return undefined;
      return streamId === 0 ? 'connection' : 'stream';
    },
  },
  9: { on: 'stream', length: () => true, lengthScope: 'connection', padded: false, ...none },
  16: {
    on: 'connection',
    length: (n) => n >= 4,
    lengthScope: 'connection',
    padded: false,
    numbers: (view) => ({ prioritizedId: u31(view, 0) }),
    numberOctets: () => 4,
    wrong: ({ prioritizedId }) => (prioritizedId === 0 ? 'connection' : undefined),
  },
};
const UNKNOWN: TypeRow = {
  on: 'both',
  length: () => true,
  lengthScope: 'connection',
  padded: false,
  ...none,
};

/** The frame that `bytes` begin with, judged when it is there whole. A frame that is too long is refused by its header. */
export function modelFrame(bytes: Uint8Array, maxFrameSize: number): ModelRead {
  if (bytes.length < 9) return { kind: 'need-data' };
  const header = new DataView(bytes.slice(0, 9).buffer);
  const length = header.getUint16(0) * 256 + header.getUint8(2);
  const type = header.getUint8(3);
  const flags = header.getUint8(4);
  const streamId = u31(header, 5);
  const size = 9 + length;
  const refused = (errorCode: number, scope: 'connection' | 'stream'): ModelRead => ({
    kind: 'refused',
    errorCode,
    scope,
    size,
  });
  if (length > maxFrameSize) return refused(FRAME_SIZE_ERROR, 'connection');
  if (bytes.length < size) return { kind: 'need-data' };
  const row = ROWS[type] ?? UNKNOWN;
  if ((row.on === 'stream' && streamId === 0) || (row.on === 'connection' && streamId !== 0)) {
    return refused(PROTOCOL_ERROR, 'connection');
  }
  if (!row.length(length, flags)) return refused(FRAME_SIZE_ERROR, row.lengthScope);
  let payload = bytes.slice(9, size);
  let padding = 0;
  if (row.padded && pad(flags) === 1) {
    const padLength = payload[0] as number;
    if (padLength > payload.length - 1 - row.numberOctets(flags))
      return refused(PROTOCOL_ERROR, 'connection');
    payload = payload.slice(1, payload.length - padLength);
    padding = 1 + padLength;
  }
  const numbers = row.numbers(new DataView(payload.buffer), flags);
  const scope = row.wrong?.(numbers, streamId);
  if (scope !== undefined) return refused(PROTOCOL_ERROR, scope);
  const body = [...payload.slice(row.numberOctets(flags))];
  return { kind: 'frame', frame: { type, flags, streamId, length, body, padding, numbers }, size };
}

/** A frame's octets, right or wrong. */
export function modelFrameBytes(
  type: number,
  flags: number,
  streamId: number,
  payload: ArrayLike<number>,
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length * 256 + type);
  view.setUint8(4, flags);
  view.setUint32(5, streamId);
  bytes.set(Uint8Array.from(payload), 9);
  return bytes;
}
