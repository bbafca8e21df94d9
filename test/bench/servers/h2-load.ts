// The load of H2: keeps so many requests under way on so many connections. Requests are octets made once; of what comes
// back it reads frame headers, counts the streams that end, and checks the length of what they carried, so that it is
// faster than what it measures.
import { connect, type Socket } from 'node:net';
import {
  FLAG_ACK,
  FLAG_END_STREAM,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADER_BYTES,
  FRAME_HEADERS,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  SETTING_INITIAL_WINDOW_SIZE,
} from '../../../src/session/h2/frames-codes.js';
import { writePreface } from '../../../src/session/h2/frames-preface.js';
import {
  writeHeaders,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from '../../../src/session/h2/frames-writer.js';
import { HpackDecoder } from '../../../src/session/h2/hpack/decoder.js';
import { HpackEncoder } from '../../../src/session/h2/hpack/encoder.js';
import type { Delivery, Order } from './protocol.js';

/** As much as a window can be, and what is left of it when more is announced. */
const largestWindow = 2 ** 31 - 1;
const leastWindow = 2 ** 30;

process.on('message', (order: Order) => {
  deliver(order).then((delivery) => process.send?.(delivery));
});
process.on('disconnect', () => process.exit());

async function deliver(order: Order): Promise<Delivery> {
  const clients: H2LoadClient[] = [];
  for (let i = 0; i < order.connections; i++) {
    const client = new H2LoadClient(order);
    clients.push(client);
    await client.opened;
  }
  const begun = performance.now();
  for (const client of clients) client.begin();
  await new Promise((resolve) => setTimeout(resolve, order.ms));
  const took = performance.now() - begun;
  const requests = clients.reduce((sum, client) => sum + client.requests, 0);
  for (const client of clients) client.end();
  await Promise.all(clients.map(({ closed }) => closed));
  return { requests, ms: took };
}

class H2LoadClient {
  requests = 0;
  readonly opened: Promise<void>;
  readonly closed: Promise<void>;
  private readonly socket: Socket;
  private readonly order: Order;
  private readonly block: Uint8Array;
  private readonly decoder = new HpackDecoder();
  private nextStream = 1;
  private over = false;
  /** Octets of DATA so far, and what the window of the connection leaves. */
  private dataBytes = 0;
  private window = 0;
  private isChecked = false;
  /** A frame that has not come whole. */
  private rest: Buffer = Buffer.alloc(0);
  /** Of a DATA frame whose beginning was read. */
  private skip = 0;
  private endsWithSkip = false;

  constructor(order: Order) {
    this.order = order;
    this.block = requestBlock(order.port);
    this.socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    this.opened = new Promise((resolve, reject) => {
      this.socket.once('connect', () => resolve(this.greet())).once('error', reject);
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => resolve());
    });
    this.socket.on('data', (chunk) => this.received(chunk));
  }

  begin(): void {
    this.ask(this.order.depth);
  }

  /** Every answer must have had its whole body. */
  end(): void {
    const { bodyBytes, depth } = this.order;
    const expected = this.requests * bodyBytes;
    if (this.dataBytes < expected || this.dataBytes > expected + depth * bodyBytes) {
      throw new Error(`${this.dataBytes} octets of DATA for ${this.requests} answers`);
    }
    this.over = true;
    this.socket.destroy();
  }

  /** The preface comes before all else (RFC 9113 §3.4). */
  private greet(): void {
    const bytes = new Uint8Array(128);
    let at = writePreface(bytes, 0, bytes.length);
    at = writeSettings([[SETTING_INITIAL_WINDOW_SIZE, largestWindow]], bytes, at, bytes.length);
    at = writeWindowUpdate(0, largestWindow - 65_535, bytes, at, bytes.length);
    this.window = largestWindow;
    this.socket.write(bytes.subarray(0, at));
  }

  private ask(count: number): void {
    const { block } = this;
    const bytes = new Uint8Array(count * (FRAME_HEADER_BYTES + block.length));
    let at = 0;
    for (let i = 0; i < count; i++) {
      at = writeHeaders(this.nextStream, block, 0, block.length, true, 16_384, bytes, at, bytes.length);
      this.nextStream += 2;
    }
    this.socket.write(bytes);
  }

  private received(chunk: Buffer): void {
    if (this.over) return;
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const before = this.requests;
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.skip, bytes.length - at);
      at += skipped;
      this.skip -= skipped;
      if (this.skip > 0) break;
      if (this.endsWithSkip) {
        this.endsWithSkip = false;
        this.requests += 1;
      }
      const next = this.frame(bytes, at);
      if (next < 0) break;
      at = next;
    }
    this.rest = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at);
    this.refill();
    const ended = this.requests - before;
    if (ended > 0) this.ask(ended);
  }

  /** @returns the position after the frame, or after its header for DATA; -1 when it has not come */
  private frame(bytes: Buffer, at: number): number {
    if (bytes.length - at < FRAME_HEADER_BYTES) return -1;
    const length = bytes.readUIntBE(at, 3);
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const payload = at + FRAME_HEADER_BYTES;
    if (type === FRAME_DATA) {
      this.dataBytes += length;
      this.window -= length;
      this.skip = length;
      this.endsWithSkip = (flags & FLAG_END_STREAM) !== 0;
      return payload;
    }
    if (bytes.length - payload < length) return -1;
    if (type === FRAME_SETTINGS && (flags & FLAG_ACK) === 0) {
      const ack = new Uint8Array(FRAME_HEADER_BYTES);
      writeSettingsAck(ack, 0, ack.length);
      this.socket.write(ack);
    } else if (type === FRAME_HEADERS) {
      if (!this.isChecked) this.check(bytes, payload, payload + length);
      if ((flags & FLAG_END_STREAM) !== 0) this.requests += 1;
    } else if (type === FRAME_GOAWAY || type === FRAME_RST_STREAM) {
      throw new Error(`the server sends a frame of type ${type}`);
    }
    return payload + length;
  }

  private check(bytes: Buffer, start: number, end: number): void {
    let status = '';
    const field = (name: string, value: string): void => {
      if (name === ':status') status = value;
    };
    this.decoder.decodeBlock(bytes, start, end, { field }, 65_536);
    if (status !== '200') throw new Error(`the answer is ${status}`);
    this.isChecked = true;
  }

  private refill(): void {
    if (this.window > leastWindow) return;
    const update = new Uint8Array(FRAME_HEADER_BYTES + 4);
    writeWindowUpdate(0, largestWindow - this.window, update, 0, update.length);
    this.window = largestWindow;
    this.socket.write(update);
  }
}

/** A field block that changes no compression state: it is sent again and again. */
function requestBlock(port: number): Uint8Array {
  const encoder = new HpackEncoder(0);
  const bytes = new Uint8Array(256);
  const fields = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', `127.0.0.1:${port}`],
    [':path', '/'],
  ] as const;
  const end = encoder.encode(fields, bytes, 0, bytes.length);
  return bytes.slice(0, end);
}
