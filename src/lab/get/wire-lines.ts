/**
 * What a client's connection is made of, as lines: a PROXY header that it sends, then H2 from H2's preface on, and H1
 * before that. Taps above and below TLS bring the bytes. This file does not know frames or heads.
 */

import { matchPreface, PREFACE_BYTES } from '../../session/h2/frames-preface.js';
import type { ProxyAddress, ProxyHeader } from '../../session/proxy/header.js';
import { proxyReadLimits, readProxyHeader } from '../../session/proxy/read.js';
import { addressText } from '../addresses.js';
import type { FrameLines, Tell } from './frame-lines.js';
import { H1Lines } from './h1-lines.js';
import { H2Lines } from './h2-lines.js';
import type { Direction, WireWatcher } from './wire-tap.js';

/** Told of each frame or head, with the way that it goes. */
export type TellWay = (way: Direction, kind: string, text: string, list?: readonly string[]) => void;

export class WireLines {
  private readonly tell: TellWay;
  private readonly h1: Readonly<Record<Direction, FrameLines>>;
  private readonly h2: Readonly<Record<Direction, FrameLines>>;
  /** Who reads now; of what goes out that is known when it begins. */
  private out: FrameLines | undefined = undefined;
  private in: FrameLines;

  /** @param method of the request */
  constructor(method: string, tell: TellWay) {
    const sent: Tell = (kind, text, list) => tell('out', kind, text, list);
    const received: Tell = (kind, text, list) => tell('in', kind, text, list);
    this.tell = tell;
    this.h2 = { out: new H2Lines(sent), in: new H2Lines(received) };
    this.h1 = {
      out: new H1Lines('request', method, sent),
      in: new H1Lines('response', method, received, this.h2.in),
    };
    this.in = this.h1.in;
  }

  /** For a tap next to the protocol. */
  readonly protocol: WireWatcher = (way, bytes, start, end) => {
    let at = start;
    // It is written whole: at once, or after a 101 (RFC 7540 §3.2).
    if (way === 'out' && this.out !== this.h2.out && matchPreface(bytes, start, end) === PREFACE_BYTES) {
      this.tell('out', 'preface', 'of H2');
      at += PREFACE_BYTES;
      if (this.out === undefined) this.in = this.h2.in;
      this.out = this.h2.out;
    }
    this.out ??= this.h1.out;
    const reader = way === 'out' ? this.out : this.in;
    if (at < end) reader.take(bytes, at, end);
  };

  /** For a tap next to the pipe: takes the PROXY header, and gives `rest` what follows. */
  behindProxy(rest: WireWatcher): WireWatcher {
    let isOver = false;
    return (way, bytes, start, end) => {
      let at = start;
      if (!isOver && way === 'out') {
        // A header is written whole.
        isOver = true;
        const read = readProxyHeader(bytes, start, end, proxyReadLimits());
        if (read.kind === 'complete') {
          this.tell('out', `PROXY v${read.header.version}`, proxyText(read.header));
          at += read.length;
        }
      }
      if (at < end) rest(way, bytes, at, end);
    };
  }
}

function proxyText({ command, source, destination }: ProxyHeader): string {
  if (source === undefined || destination === undefined) return command;
  return `${command}, from ${proxyAddressText(source)} to ${proxyAddressText(destination)}`;
}

function proxyAddressText(address: ProxyAddress): string {
  if (address.family === 'unspec') return 'unknown';
  return address.family === 'unix' ? `unix:${address.path ?? '?'}` : addressText(address);
}
