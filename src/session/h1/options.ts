/**
 * What can be set on an H1 session: the named limits with their defaults and the answer that each one has. This file
 * does not know how they are applied.
 */
import { callback, limitRule, type OptionRules, optionalRule, readOptions, rulesOf } from '../../options.js';
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
  readonly date?: (() => PreparedFields) | undefined;
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

const rules: OptionRules<Omit<H1Settings, 'head' | 'chunked'>> = {
  maxBodyBytes: limitRule(2 ** 30, 'RFC 9110 §15.5.14'),
  copyBelowBytes: limitRule(2048),
  outputHighWaterBytes: limitRule(65_536),
  outputLimitBytes: limitRule(1_048_576),
  drainBytes: limitRule(65_536, 'RFC 9112 §9.3'),
  maxPipelined: limitRule(1, 'RFC 9112 §9.3.2', 1),
  maxInterim: limitRule(16, 'RFC 9110 §15.2'),
  date: optionalRule(callback(), 'RFC 9110 §6.6.1'),
};
const headRules = rulesOf(defaultHeadLimits, limitRule);
const chunkedRules = rulesOf(defaultChunkedLimits, limitRule);

/** Settings that were made here: they have been read, and nobody changes them. */
const made = new WeakSet<object>();

/**
 * An option that is undefined has its default. Settings stay what they are: whoever has connection after connection reads
 * its options once.
 * @throws MisuseError `limit-value` or `option-value` for one that cannot be what it is for
 */
export function h1Settings(options?: H1ServerOptions & H1ClientOptions): H1Settings {
  if (options !== undefined && made.has(options)) return options as H1Settings;
  const settings: H1Settings = Object.freeze({
    ...readOptions(rules, options),
    head: readOptions(headRules, options?.head, 'head.'),
    chunked: readOptions(chunkedRules, options?.chunked, 'chunked.'),
  });
  made.add(settings);
  return settings;
}
