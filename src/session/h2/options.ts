/**
 * What can be set on an H2 session: settings that we announce, and the named limits with their defaults and answers. This
 * file does not know how they are applied.
 */
import {
  flag,
  limitRule,
  type OptionKind,
  type OptionRule,
  type OptionRules,
  rate,
  readOptions,
  texts,
  whole,
} from '../../options.js';
import type { Allowance } from './budget.js';
import { MAX_31_BITS } from './frames-codes.js';

/** Options of both roles; bytes unless the name says otherwise. */
export interface H2Options {
  /** SETTINGS_MAX_CONCURRENT_STREAMS; default 100. Over it REFUSED_STREAM. */
  readonly maxConcurrentStreams?: number;
  /** Server: streams, over those, that are over on both sides but not read to their end yet; default 100. Answer as above. */
  readonly maxUnreadStreams?: number;
  /** SETTINGS_INITIAL_WINDOW_SIZE: what the peer may send on a stream ahead of the consumer; default 65535. */
  readonly streamWindowBytes?: number;
  /** What the peer may send on all streams ahead of their consumers; default 131072. */
  readonly connectionWindowBytes?: number;
  /** SETTINGS_HEADER_TABLE_SIZE for what we decode; default 4096. */
  readonly headerTableBytes?: number;
  /** The most of the peer's announced table that our encoder uses; default 4096. */
  readonly encoderTableBytes?: number;
  /** Names of fields that are never indexed (RFC 7541 §7.1.3) besides authorization, proxy-authorization, set-cookie and short cookies. */
  readonly sensitiveFields?: readonly string[];
  /** SETTINGS_MAX_HEADER_LIST_SIZE; default 16384. Over it 431 (server), a stream error (client). */
  readonly maxHeaderListBytes?: number;
  /** Fields in one header list; default 100. Answer as above. */
  readonly maxFields?: number;
  /** CONTINUATION frames of one header block; default 16. Over it ENHANCE_YOUR_CALM. */
  readonly maxContinuations?: number;
  /** Entries of one SETTINGS frame; default 32. Over it ENHANCE_YOUR_CALM. */
  readonly maxSettings?: number;
  /** Most body bytes of a message that is received; default 2^30. Server: 413 before the answer, RST_STREAM after. */
  readonly maxBodyBytes?: number;
  /** Body bytes up to this are copied into the output workspace, longer ones are lent; default 2048. */
  readonly copyBelowBytes?: number;
  /** Received DATA below this is copied, so that it does not pin the slab it came in; default a quarter of a slab. */
  readonly lendFromBytes?: number;
  /**
   * DATA is framed ahead of the transport up to here; default 131072. Whole content that is lent may go half as far again,
   * for it takes no slab: so the answers of one turn go out together.
   */
  readonly outputHighWaterBytes?: number;
  /** With more than this waiting on one stream, another send is refused with a LimitError; default 1 MiB. */
  readonly outputLimitBytes?: number;
  /** Frames that we owe the peer (acknowledgements, resets) may wait up to here; default 16384. Over it ENHANCE_YOUR_CALM. */
  readonly owedLimitBytes?: number;
  /** Streams that ended early, by the peer's RST_STREAM or because of its errors (CVE-2023-44487, CVE-2025-8671); default 200 and 20. */
  readonly resets?: Partial<Allowance>;
  /** Frames without use: PING, SETTINGS, PRIORITY, PRIORITY_UPDATE, empty DATA, WINDOW_UPDATE, unknown types; default 1000 and 100. */
  readonly trifles?: Partial<Allowance>;
  /**
   * Idle streams whose priority is remembered; default 100. More are forgotten. With more than there may be streams the
   * connection ends (RFC 9218 §7.1), as far as they are remembered.
   */
  readonly maxIdlePriorities?: number;
  /** Server: announces extended CONNECT (RFC 8441); default true. */
  readonly extendedConnect?: boolean;
}

/** Every option with its value. */
export type H2Settings = Required<Omit<H2Options, 'resets' | 'trifles'>> & {
  readonly resets: Allowance;
  readonly trifles: Allowance;
};

const MAX_SETTING = 2 ** 32 - 1;
const defaultConnectionWindowBytes = 131_072;
const floods = 'RFC 9113 §10.5';

/** What is said in a frame, or sizes a table. */
function settingOf(fallback: number, cites: string): OptionRule<number> {
  return { kind: whole(0, MAX_SETTING), fallback, code: 'setting-value', cites };
}

function windowOf(kind: OptionKind<number>, fallback: number): OptionRule<number> {
  return { kind, fallback, code: 'window-size', cites: 'RFC 9113 §6.9' };
}

const rules: OptionRules<Omit<H2Settings, 'resets' | 'trifles' | 'lendFromBytes'>> = {
  maxConcurrentStreams: settingOf(100, 'RFC 9113 §5.1.2'),
  maxUnreadStreams: limitRule(100),
  // A window of no bytes never takes any.
  streamWindowBytes: windowOf(whole(1, MAX_31_BITS), 65_535),
  // It begins with so many, and SETTINGS do not change it.
  connectionWindowBytes: windowOf(whole(65_535, MAX_31_BITS), defaultConnectionWindowBytes),
  headerTableBytes: settingOf(4096, 'RFC 9113 §6.5.2'),
  encoderTableBytes: settingOf(4096, 'RFC 7541 §4.2'),
  sensitiveFields: { kind: texts, fallback: [], code: 'option-value', cites: 'RFC 7541 §7.1.3' },
  maxHeaderListBytes: settingOf(16_384, 'RFC 9113 §6.5.2'),
  maxFields: limitRule(100, 'RFC 6585 §5'),
  maxContinuations: limitRule(16, floods),
  maxSettings: limitRule(32, floods),
  maxBodyBytes: limitRule(2 ** 30, 'RFC 9110 §15.5.14'),
  copyBelowBytes: limitRule(2048),
  outputHighWaterBytes: limitRule(131_072),
  outputLimitBytes: limitRule(1_048_576),
  owedLimitBytes: limitRule(16_384, floods),
  maxIdlePriorities: limitRule(100, 'RFC 9218 §7.1'),
  extendedConnect: { kind: flag, fallback: true, code: 'option-value', cites: 'RFC 8441 §3' },
};
/** Its default is a part of a slab. */
const lendFrom: OptionRules<Pick<H2Settings, 'lendFromBytes'>> = { lendFromBytes: limitRule(0) };
const resets = allowance(200, 20);
const trifles = allowance(1000, 100);

function allowance(burst: number, perSecond: number): OptionRules<Allowance> {
  return {
    burst: limitRule(burst, floods),
    perSecond: { kind: rate, fallback: perSecond, code: 'limit-value', cites: floods },
  };
}

/** What the peer may send ahead of consumers in all. */
export function connectionWindowOf(options: H2Options): number {
  return options.connectionWindowBytes ?? defaultConnectionWindowBytes;
}

/** How far ahead of the transport content may go that is lent and goes whole. */
export function lentHighWaterBytes({ outputHighWaterBytes }: H2Settings): number {
  return outputHighWaterBytes * 1.5;
}

/**
 * An option that is undefined has its default.
 * @param prefix before the names in errors
 * @throws MisuseError `limit-value`, `setting-value`, `window-size` or `option-value` for one that cannot be what it is for
 */
export function h2Settings(options: H2Options | undefined, slabBytes: number, prefix = ''): H2Settings {
  const settings = readOptions(rules, options, prefix);
  const { lendFromBytes } = readOptions(lendFrom, options, prefix);
  return {
    ...settings,
    lendFromBytes: options?.lendFromBytes === undefined ? Math.ceil(slabBytes / 4) : lendFromBytes,
    resets: readOptions(resets, options?.resets, `${prefix}resets.`),
    trifles: readOptions(trifles, options?.trifles, `${prefix}trifles.`),
  };
}
