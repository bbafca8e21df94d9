/**
 * What can be set on an H1 session: the named limits with their defaults and the answer that each one has. This file
 * does not know how they are applied.
 */
import { MisuseError } from '../../errors.js';
import type { PreparedFields } from './encode-fields.js';
import { type ChunkedLimits, defaultChunkedLimits, defaultHeadLimits, type HeadLimits } from './limits.js';

/** Options of both roles; bytes unless the name says otherwise. */
export interface H1Options {
  readonly head?: Partial<HeadLimits>;
  readonly chunked?: Partial<ChunkedLimits>;
  /**
   * Most body bytes of a message that is received; default 2^30. Server: 413 before the answer is committed, a visible
   * truncation after. Client: the exchange fails.
   */
  readonly maxBodyBytes?: number;
  /** Body bytes up to this are copied into the output workspace, longer ones are lent; default 2048. */
  readonly copyBelowBytes?: number;
  /** `writable` is false from here on, until half of it or less is pending; default 65536. */
  readonly outputHighWaterBytes?: number;
  /** With more than this pending, another send is refused with a LimitError; default 1 MiB. */
  readonly outputLimitBytes?: number;
  /**
   * Most bytes of an unwanted body that are read and discarded to keep the connection; default 65536. Over it a server
   * closes the connection after the answer (RFC 9112 §9.3), and a client at once: its exchange fails.
   */
  readonly drainBytes?: number;
}

export interface H1ServerOptions extends H1Options {
  /** Gives the Date field of a response (RFC 9110 §6.6.1); none is sent without it: the core has no clock. */
  readonly date?: () => PreparedFields;
}

export interface H1ClientOptions extends H1Options {
  /** Most requests that may be sent before the first one's response is complete (RFC 9112 §9.3.2); default 1. */
  readonly maxPipelined?: number;
  /** Most interim responses to one request; default 16. Over it the exchange fails. */
  readonly maxInterim?: number;
}

/** Every option with its value. */
export interface H1Settings {
  readonly head: HeadLimits;
  readonly chunked: ChunkedLimits;
  readonly maxBodyBytes: number;
  readonly copyBelowBytes: number;
  readonly outputHighWaterBytes: number;
  readonly outputLimitBytes: number;
  readonly drainBytes: number;
  readonly date: (() => PreparedFields) | undefined;
  readonly maxPipelined: number;
  readonly maxInterim: number;
}

const defaults: Omit<H1Settings, 'head' | 'chunked' | 'date'> = Object.freeze({
  maxBodyBytes: 2 ** 30,
  copyBelowBytes: 2048,
  outputHighWaterBytes: 65_536,
  outputLimitBytes: 1_048_576,
  drainBytes: 65_536,
  maxPipelined: 1,
  maxInterim: 16,
});

/** An option that is undefined has its default. @throws MisuseError OWN-8 when a limit is not a non-negative integer, nor Infinity */
export function h1Settings(options: H1ServerOptions & H1ClientOptions = {}): H1Settings {
  const { head, chunked, date, ...limits } = options;
  if (date !== undefined && typeof date !== 'function') {
    throw new MisuseError('option-value', 'OWN-8', 'date must be a function that gives the Date field');
  }
  return {
    ...limitsOf(defaults, limits),
    head: limitsOf(defaultHeadLimits, head),
    chunked: limitsOf(defaultChunkedLimits, chunked),
    date,
  };
}

/** The limits of `all`, with the values that are given. */
function limitsOf<T extends object>(all: T, given: Partial<T> = {}): T {
  const limits = { ...all };
  for (const name of Object.keys(all) as (keyof T & string)[]) {
    const value = given[name];
    if (value === undefined) continue;
    requireLimit(name, value);
    limits[name] = value as T[typeof name];
  }
  return limits;
}

/** @throws MisuseError `limit-value` */
function requireLimit(name: string, value: unknown): void {
  if (value === Number.POSITIVE_INFINITY) return;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return;
  throw new MisuseError(
    'limit-value',
    'OWN-8',
    `${name} must be a non-negative integer, not ${String(value)}`,
  );
}
