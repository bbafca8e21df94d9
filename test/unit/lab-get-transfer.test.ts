// What `undercoat get` does with streams, on memory and virtual time: nothing is gathered on the way.
import { Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import { type Content, type Outcome, Transfer } from '../../src/lab/get/transfer.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { createPair, type Pair } from '../support/pair.js';

const length = 2_000_000;
const piece = new Uint8Array(10_000).fill(0x78);
const bound = 500_000;

/** Takes nothing before it is told to. */
class Slow extends Writable {
  bytes = 0;
  private goOn: (() => void) | undefined = undefined;
  private isOpen = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytes += chunk.length;
    if (this.isOpen) done();
    else this.goOn = done;
  }

  release(): void {
    this.isOpen = true;
    this.goOn?.();
  }
}

/** Streams of the platform have turns of their own: a good many pass, of both. */
async function settle(pair: Pair): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    await pair.run();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function begin(pair: Pair, out: Writable, content?: Content): { outcome: Outcome | undefined } {
  const seen: { outcome: Outcome | undefined } = { outcome: undefined };
  const transfer = new Transfer({
    client: pair.client,
    request: { authority: 'a', ...(content === undefined ? {} : { method: 'POST', end: false }) },
    content,
    out,
    head: () => {},
    trailers: () => {},
  });
  transfer.outcome.then((outcome) => {
    seen.outcome = outcome;
  });
  return seen;
}

describe.each([
  ['h1', h1()],
  ['h2', h2()],
])('%s', (_name, stack) => {
  const made = (handler: (exchange: ServerExchange) => void) =>
    createPair({ handler, serverStack: stack, clientStack: stack });

  test('content that is not taken is not read any further', async () => {
    let sent = 0;
    const pair = await made((exchange) => {
      const send = (): void => {
        while (sent < length && exchange.send(piece)) sent += piece.length;
        if (sent >= length) exchange.end();
      };
      exchange.onWritable = send;
      exchange.respond(200, []);
      send();
    });
    const out = new Slow();
    const seen = begin(pair, out);
    await settle(pair);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(bound);
    expect(out.bytes + out.writableLength).toBeLessThan(bound);
    expect(seen.outcome).toBeUndefined();
    out.release();
    await settle(pair);
    expect(out.bytes).toBeGreaterThanOrEqual(length);
    expect(seen.outcome).toEqual({ kind: 'complete' });
    await pair.finish();
  });

  test('a source is read no faster than the peer takes it, and no more once the answer is whole', async () => {
    let read = 0;
    const source = new Readable({
      read() {
        read += piece.length;
        this.push(piece);
      },
    });
    const held: ServerExchange[] = [];
    const pair = await made((exchange) => {
      held.push(exchange);
    });
    const out = new Slow();
    out.release();
    const seen = begin(pair, out, { source, trailers: [] });
    await settle(pair);
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(bound);
    held[0]?.abort();
    await settle(pair);
    // The answer is 500, and whole.
    expect(seen.outcome).toEqual({ kind: 'complete' });
    expect(source.destroyed).toBe(true);
    await pair.finish();
  });

  test('what the source fails with is the failure', async () => {
    const pair = await made(() => {});
    const source = new Readable({
      read() {
        this.destroy(new Error('no disk'));
      },
    });
    const seen = begin(pair, new Slow(), { source, trailers: [] });
    await settle(pair);
    expect(seen.outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'body-source-failed', message: expect.stringContaining('no disk') },
    });
    await pair.finish();
  });
});
