/**
 * What can be set on an H2 session: settings that we announce, and the named limits with their defaults and answers. This
 * file does not know how they are applied.
 */
import { MisuseError } from '../../errors.js';
import type { Allowance } from './budget.js';

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
  /** Streams that ended early, by the peer's RST_STREAM or because of its errors (CVE-2023-44487, CVE-2025-8671). */
  readonly resets?: Allowance;
  /** Frames without use: PING, SETTINGS, PRIORITY, PRIORITY_UPDATE, empty DATA, WINDOW_UPDATE, unknown types. */
  readonly trifles?: Allowance;
  /** Idle streams whose priority is remembered; default 32. More are forgotten. */
  readonly maxIdlePriorities?: number;
  /** Server: announces extended CONNECT (RFC 8441); default true. */
  readonly extendedConnect?: boolean;
}

/** What is said in frames, or sizes a table. */
const inFrames = [
  'maxConcurrentStreams',
  'streamWindowBytes',
  'connectionWindowBytes',
  'headerTableBytes',
  'encoderTableBytes',
  'maxHeaderListBytes',
] as const;
const MAX_SETTING = 2 ** 32 - 1;
const defaultConnectionWindowBytes = 131_072;

/** What the peer may send ahead of consumers in all. */
export function connectionWindowOf(options: H2Options): number {
  return options.connectionWindowBytes ?? defaultConnectionWindowBytes;
}

/** How far ahead of the transport content may go that is lent and goes whole. */
export function lentHighWaterBytes({ outputHighWaterBytes }: H2Settings): number {
  return outputHighWaterBytes * 1.5;
}

/** Every option with its value. */
export type H2Settings = Required<H2Options>;

/** @throws MisuseError when a limit is not a non-negative number, or a setting is out of its range (RFC 9113 §6.5.2) */
export function h2Settings(options: H2Options, slabBytes: number): H2Settings {
  const settings: H2Settings = {
    maxConcurrentStreams: 100,
    maxUnreadStreams: 100,
    streamWindowBytes: 65_535,
    connectionWindowBytes: defaultConnectionWindowBytes,
    headerTableBytes: 4096,
    encoderTableBytes: 4096,
    sensitiveFields: [],
    maxHeaderListBytes: 16_384,
    maxFields: 100,
    maxContinuations: 16,
    maxSettings: 32,
    maxBodyBytes: 2 ** 30,
    copyBelowBytes: 2048,
    lendFromBytes: Math.ceil(slabBytes / 4),
    outputHighWaterBytes: 131_072,
    outputLimitBytes: 1_048_576,
    owedLimitBytes: 16_384,
    resets: { burst: 200, perSecond: 20 },
    trifles: { burst: 1000, perSecond: 100 },
    maxIdlePriorities: 32,
    extendedConnect: true,
    ...options,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'number' && !(value >= 0)) {
      throw new MisuseError('limit-value', 'OWN-8', `${name} must be a non-negative number, not ${value}`);
    }
  }
  for (const name of inFrames) {
    const value = settings[name];
    if (!Number.isInteger(value) || value > MAX_SETTING) {
      throw new MisuseError(
        'setting-value',
        'RFC 9113 §6.5.1',
        `${name} must be an integer up to 2^32-1, not ${value}`,
      );
    }
  }
  if (settings.streamWindowBytes > 2 ** 31 - 1 || settings.connectionWindowBytes > 2 ** 31 - 1) {
    throw new MisuseError('window-size', 'RFC 9113 §6.9.1', 'a window is at most 2^31-1 bytes');
  }
  if (settings.streamWindowBytes === 0) {
    throw new MisuseError('window-size', 'RFC 9113 §6.9.2', 'a window of no bytes never takes any');
  }
  if (settings.connectionWindowBytes < 65_535) {
    throw new MisuseError('window-size', 'RFC 9113 §6.9.2', 'a connection window begins with 65535 bytes');
  }
  return settings;
}
