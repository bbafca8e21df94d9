/**
 * Reads a PROXY protocol version 1 line (proxy-protocol.txt §2.1). Every byte is judged when it is there: the line
 * fails at the first byte after which no line can be right, however the bytes were cut. This file keeps nothing
 * between calls (a line is 107 bytes at most), and does not know whom the line is from.
 */

import { answerClose, ProtocolError } from '../../errors.js';
import {
  addressUnspec,
  type ProxyAddress,
  type ProxyHeader,
  type ProxyRead,
  V1_MAX_BYTES,
} from './header.js';
import { formatIpv4, formatIpv6, IpScan } from './ip-text.js';

const CITES = 'proxy-protocol.txt §2.1';
const SP = 0x20;
const CR = 0x0d;
const LF = 0x0a;

/** `PROXY ` in ASCII. */
const V1_SIGNATURE = Uint8Array.of(0x50, 0x52, 0x4f, 0x58, 0x59, SP);
const TCP = Uint8Array.of(0x54, 0x43, 0x50);
const UNKNOWN = Uint8Array.of(0x55, 0x4e, 0x4b, 0x4e, 0x4f, 0x57, 0x4e);

/**
 * Reads a version 1 line from `bytes[start, end)`, where `start` is the first byte of the connection. Pure:
 * nothing is changed, nothing at or beyond `end`, nor behind the line, is looked at (LAY-2, OWN-6).
 */
export function readProxyV1(bytes: Uint8Array, start: number, end: number): ProxyRead {
  return new Line(bytes, start, Math.min(end, start + V1_MAX_BYTES)).read();
}

/** One walk along the line. A step returns whether the next may be taken; if not, `result` says why. */
class Line {
  private readonly bytes: Uint8Array;
  private readonly start: number;
  private readonly end: number;
  private pos: number;
  private result: ProxyRead | undefined;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.pos = start;
    this.result = undefined;
  }

  read(): ProxyRead {
    const header = this.line();
    if (this.result !== undefined) return this.result;
    return { kind: 'complete', length: this.pos - this.start, header: header as ProxyHeader };
  }

  private line(): ProxyHeader | undefined {
    if (!this.literal(V1_SIGNATURE, 'proxy-signature', 'the connection does not begin with a PROXY header')) {
      return undefined;
    }
    if (!this.more()) return undefined;
    if (this.bytes[this.pos] === UNKNOWN[0]) {
      if (!this.literal(UNKNOWN, 'proxy-v1-protocol', 'the protocol is none of TCP4, TCP6, UNKNOWN')) {
        return undefined;
      }
      if (!this.ignored()) return undefined;
      return relayed('unspec', addressUnspec, addressUnspec);
    }
    if (!this.literal(TCP, 'proxy-v1-protocol', 'the protocol is none of TCP4, TCP6, UNKNOWN'))
      return undefined;
    if (!this.more()) return undefined;
    const digit = this.bytes[this.pos] as number;
    if (digit !== 0x34 && digit !== 0x36) {
      return this.fail('proxy-v1-protocol', 'the protocol is none of TCP4, TCP6, UNKNOWN');
    }
    this.pos++;
    const family = digit === 0x34 ? 'ipv4' : 'ipv6';
    if (!this.byte(SP, 'proxy-v1-protocol', 'no single space after the protocol')) return undefined;
    const source = this.address(family);
    if (source === undefined) return undefined;
    const destination = this.address(family);
    if (destination === undefined) return undefined;
    const sourcePort = this.port();
    if (sourcePort < 0) return undefined;
    if (!this.byte(SP, 'proxy-v1-port', 'no digit or single space in the source port')) return undefined;
    const destinationPort = this.port();
    if (destinationPort < 0) return undefined;
    if (!this.byte(CR, 'proxy-v1-port', 'no digit or CRLF in the destination port')) return undefined;
    if (!this.byte(LF, 'proxy-v1-line-end', 'a CR without its LF')) return undefined;
    return relayed(
      'stream',
      { family, address: source, port: sourcePort },
      { family, address: destination, port: destinationPort },
    );
  }

  /** Records that the byte at `pos` is wrong. */
  private fail(code: string, message: string): undefined {
    this.result = {
      kind: 'error',
      at: this.pos - this.start,
      error: new ProtocolError(code, CITES, `PROXY v1: ${message}`, answerClose),
    };
    return undefined;
  }

  /** Whether there is a byte at `pos`. If not, the line is too long, or more bytes are needed. */
  private more(): boolean {
    if (this.pos < this.end) return true;
    this.result = { kind: 'need-data', atLeast: this.end - this.start + 1 };
    return false;
  }

  /**
   * Takes the byte at `pos` if the line may go on with it. The 107th byte can only be the LF: a line that is
   * right so far but goes on is refused there.
   */
  private byte(expected: number, code: string, message: string): boolean {
    if (!this.more()) return false;
    if (this.bytes[this.pos] !== expected) {
      this.fail(code, message);
      return false;
    }
    return this.take();
  }

  private take(): boolean {
    if (this.pos - this.start === V1_MAX_BYTES - 1 && this.bytes[this.pos] !== LF) {
      this.fail('proxy-v1-too-long', `no CRLF within ${V1_MAX_BYTES} bytes`);
      return false;
    }
    this.pos++;
    return true;
  }

  private literal(expected: Uint8Array, code: string, message: string): boolean {
    for (let i = 0; i < expected.length; i++) {
      if (!this.byte(expected[i] as number, code, message)) return false;
    }
    return true;
  }

  /** An address and the space behind it; its canonical text. */
  private address(family: 'ipv4' | 'ipv6'): string | undefined {
    const scan = new IpScan();
    const stop =
      family === 'ipv4'
        ? scan.ipv4(this.bytes, this.pos, this.end)
        : scan.ipv6(this.bytes, this.pos, this.end);
    // Two of the longest end after 102 bytes: whatever is missing here may still come.
    this.pos = stop;
    if (!this.more()) return undefined;
    if (!scan.complete || this.bytes[stop] !== SP) {
      return scan.leadingZero
        ? this.fail('proxy-v1-leading-zero', 'a number of an address has a leading zero')
        : this.fail(
            `proxy-v1-${family}`,
            `no ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address and single space`,
          );
    }
    if (!this.take()) return undefined;
    return family === 'ipv4' ? formatIpv4(scan.address, 0) : formatIpv6(scan.address, 0);
  }

  /** A port, up to the byte behind it, or -1. */
  private port(): number {
    let port = -1;
    while (this.more()) {
      const digit = (this.bytes[this.pos] as number) - 0x30;
      if (digit < 0 || digit > 9) {
        if (port >= 0) return port;
        this.fail('proxy-v1-port', 'a port is missing');
        return -1;
      }
      if (port === 0) {
        this.fail('proxy-v1-leading-zero', 'a port has a leading zero');
        return -1;
      }
      const next = port < 0 ? digit : port * 10 + digit;
      if (next > 0xffff) {
        this.fail('proxy-v1-port-range', 'a port is over 65535');
        return -1;
      }
      if (!this.take()) return -1;
      port = next;
    }
    return -1;
  }

  /**
   * The rest of an UNKNOWN line, whatever it says, and its CRLF. A CR or LF alone is refused rather than
   * ignored: the next receiver of the same bytes might end the line there.
   */
  private ignored(): boolean {
    if (!this.more()) return false;
    const first = this.bytes[this.pos];
    if (first !== SP && first !== CR) {
      this.fail('proxy-v1-protocol', 'no space or CRLF after UNKNOWN');
      return false;
    }
    while (this.more()) {
      const byte = this.bytes[this.pos];
      if (byte === LF) {
        this.fail('proxy-v1-line-end', 'an LF without its CR');
        return false;
      }
      if (!this.take()) return false;
      if (byte === CR) return this.byte(LF, 'proxy-v1-line-end', 'a CR without its LF');
    }
    return false;
  }
}

function relayed(
  transport: 'stream' | 'unspec',
  source: ProxyAddress,
  destination: ProxyAddress,
): ProxyHeader {
  return { version: 1, command: 'proxy', transport, source, destination, tlvs: [] };
}
