/**
 * Writes a PROXY protocol header of either version into bytes that the caller holds, and makes headers and Unix
 * addresses to send. This file does not know either version's format, nor who sends it.
 */

import { MisuseError } from '../../errors.js';
import { proxyV1Line } from './encode-v1.js';
import { proxyV2Size, writeProxyV2 } from './encode-v2.js';
import { type ProxyHeader, type ProxyUnixAddress, UNIX_ADDRESS_BYTES } from './header.js';
import { encodeUtf8 } from './utf8.js';

/** How many bytes the header has on the wire. Throws `MisuseError` where the header cannot be written. */
export function proxyHeaderSize(header: ProxyHeader): number {
  checkVersion(header);
  return header.version === 1 ? proxyV1Line(header).length : proxyV2Size(header);
}

/**
 * Writes the header to `bytes` from `offset` on and returns how many bytes it has. All or nothing (WS-8): a
 * header that cannot be written, or does not fit, throws `MisuseError` before the first byte is written.
 */
export function encodeProxyHeader(header: ProxyHeader, bytes: Uint8Array, offset: number): number {
  checkVersion(header);
  const line = header.version === 1 ? proxyV1Line(header) : undefined;
  const size = line === undefined ? proxyV2Size(header) : line.length;
  if (!Number.isInteger(offset) || offset < 0 || size > bytes.length - offset) {
    throw new MisuseError('proxy-room', 'WS-8', `no room for ${size} bytes at ${offset} of ${bytes.length}`);
  }
  if (line === undefined) {
    writeProxyV2(header, bytes, offset, size);
  } else {
    for (let i = 0; i < size; i++) bytes[offset + i] = line.charCodeAt(i);
  }
  return size;
}

/** What is of no type that we know would otherwise go out as a version 2 header that says something else. */
function checkVersion({ version, command }: ProxyHeader): void {
  if (version !== 1 && version !== 2) {
    throw new MisuseError(
      'proxy-versions',
      'proxy-protocol.txt §2',
      `no such PROXY version: ${String(version)}`,
    );
  }
  if (command !== 'local' && command !== 'proxy') {
    throw new MisuseError(
      'proxy-command',
      'proxy-protocol.txt §2.2',
      `no such PROXY command: ${String(command)}`,
    );
  }
}

/** The header by which a sender speaks for itself (a health check, say). Version 2 only. */
export const proxyLocal: ProxyHeader = Object.freeze({
  version: 2,
  command: 'local',
  transport: 'unspec',
  tlvs: Object.freeze([]),
});

/**
 * The Unix address of a path, or of an abstract name if the text begins with a NUL; at most 108 bytes of UTF-8.
 */
export function proxyUnixAddress(path: string): ProxyUnixAddress {
  const text = encodeUtf8(path);
  if (text === undefined || text.length > UNIX_ADDRESS_BYTES) {
    const message = `not ${UNIX_ADDRESS_BYTES} bytes of UTF-8 at most`;
    throw new MisuseError('proxy-unix', 'proxy-protocol.txt §2.2', message);
  }
  const bytes = new Uint8Array(UNIX_ADDRESS_BYTES);
  bytes.set(text);
  const nul = path.indexOf('\0');
  return { family: 'unix', path: nul < 0 ? path : path.slice(0, nul), bytes };
}
