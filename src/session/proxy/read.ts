/**
 * Reads a PROXY protocol header of whichever version is accepted. The first byte tells the versions apart; that
 * there is a header at all is required, never guessed (proxy-protocol.txt §5). This file does not know either
 * version's format.
 */

import { answerClose, ProtocolError } from '../../errors.js';
import { among, type OptionRules, readOptions, whole } from '../../options.js';
import {
  defaultProxyReadLimits,
  type ProxyRead,
  type ProxyReadLimits,
  type ProxyVersions,
  V1_MAX_BYTES,
  V2_MAX_BYTES,
  V2_PREFIX_BYTES,
} from './header.js';
import { readProxyV1 } from './read-v1.js';
import { readProxyV2 } from './read-v2.js';

const V1_FIRST_BYTE = 0x50;
const V2_FIRST_BYTE = 0x0d;

/** Shortest line of version 1: `PROXY UNKNOWN` and CRLF. */
const V1_MIN_BYTES = 15;

const rules: OptionRules<ProxyReadLimits> = {
  versions: {
    kind: among<ProxyVersions>(1, 2, 'either'),
    fallback: defaultProxyReadLimits.versions,
    code: 'proxy-versions',
    cites: 'proxy-protocol.txt §2',
  },
  maxHeaderBytes: {
    kind: whole(V1_MAX_BYTES, V2_MAX_BYTES),
    fallback: defaultProxyReadLimits.maxHeaderBytes,
    code: 'proxy-max-header-bytes',
    cites: 'WORK-1',
  },
  maxTlvs: {
    kind: whole(0),
    fallback: defaultProxyReadLimits.maxTlvs,
    code: 'proxy-max-tlvs',
    cites: 'WORK-1',
  },
};

/** The limits given, with the defaults for the rest. @throws MisuseError on what cannot be a limit */
export function proxyReadLimits(given?: Partial<ProxyReadLimits>): ProxyReadLimits {
  return readOptions(rules, given);
}

/**
 * Reads a header from `bytes[start, end)`, where `start` is the first byte of the connection. Pure, total, and
 * the same for the same bytes however they are cut (LAY-2, WIRE-3, CON-6).
 */
export function readProxyHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: ProxyReadLimits,
): ProxyRead {
  const { versions } = limits;
  if (start >= end) return { kind: 'need-data', atLeast: versions === 2 ? V2_PREFIX_BYTES : V1_MIN_BYTES };
  const first = bytes[start];
  if (first === V1_FIRST_BYTE && versions !== 2) return readProxyV1(bytes, start, end);
  if (first === V2_FIRST_BYTE && versions !== 1) return readProxyV2(bytes, start, end, limits);
  const wanted = versions === 'either' ? '' : ` of version ${versions}`;
  const error = new ProtocolError(
    'proxy-signature',
    'proxy-protocol.txt §2.2',
    `the connection does not begin with a PROXY header${wanted}`,
    answerClose,
  );
  return { kind: 'error', at: 0, error };
}
