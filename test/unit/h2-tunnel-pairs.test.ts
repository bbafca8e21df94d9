// Tunnels in a stream, asked for by one session and agreed to by another: CONNECT and extended CONNECT.
import { describe, expect, it } from 'vitest';
import { h2 } from '../../src/endpoint/h2.js';
import { SessionPair } from '../../src/kit/session-pair.js';
import type { ClientSession, ServerExchange } from '../../src/stream/contract.js';
import type { Transport, TransportReceiver } from '../../src/transport/contract.js';
import { data, H2Bed, headers, reset, settings } from '../support/h2-bed.js';
import { rowRecorder } from '../support/rows.js';

const observer = rowRecorder();

describe('tunnels in a stream', () => {
  /** Gives back what comes, and ends when the peer does. */
  class Echo implements TransportReceiver {
    readonly heard: string[] = [];
    private readonly pipe: Transport;
    private readonly room8 = new Uint8Array(8);
    private readonly echoes: boolean;

    constructor(pipe: Transport, echoes: boolean) {
      this.pipe = pipe;
      this.echoes = echoes;
      pipe.open(this);
    }
    opened(): void {
      this.heard.push('opened');
    }
    room() {
      return { bytes: this.room8, start: 0, end: 8 };
    }
    received(count: number): void {
      const bytes = this.room8.slice(0, count);
      this.heard.push(String.fromCharCode(...bytes));
      if (this.echoes) this.pipe.write([{ bytes, start: 0, end: count }]);
    }
    ended(): void {
      this.heard.push('ended');
      if (this.echoes) this.pipe.end();
    }
    written(): void {}
    closed(error?: Error): void {
      this.heard.push(error === undefined ? 'closed' : 'failed');
    }
  }

  it.each([undefined, 'websocket'])('CONNECT, and extended CONNECT: %s', (protocol) => {
    const ends: Echo[] = [];
    let client: ClientSession | undefined;
    let mine: { pipe: Transport; echo: Echo } | undefined;
    const pair = new SessionPair(
      h2(),
      h2(),
      (exchange: ServerExchange) => exchange.upgrade((pipe) => ends.push(new Echo(pipe, true))),
      (session) => {
        client = session;
      },
      { tasks: [] },
      { server: { observer }, client: { observer } },
    );
    pair.settle();
    client?.request(
      {
        method: 'CONNECT',
        authority: 'a.test:1',
        ...(protocol === undefined ? {} : { protocol, target: '/chat' }),
      },
      {
        response: () => {},
        upgraded: (_head, pipe) => {
          mine = { pipe, echo: new Echo(pipe, false) };
        },
        failed: () => {},
      },
    );
    pair.settle();
    const bytes = Uint8Array.from('hello tunnel', (it) => it.charCodeAt(0));
    mine?.pipe.write([
      { bytes, start: 0, end: 5 },
      { bytes, start: 5, end: 12 },
    ]);
    pair.settle();
    mine?.pipe.end();
    pair.settle();
    expect(mine?.echo.heard.join('')).toBe('openedhello tunnelendedclosed');
    expect(ends[0]?.heard.at(-1)).toBe('closed');
    pair.run();
    expect(pair.thrown).toEqual([]);
    pair.server.assertQuiescent();
    pair.client.assertQuiescent();
  });

  it('extended CONNECT is refused where it was not announced', () => {
    const bed = new H2Bed('client');
    const ask = () =>
      bed.client.request(
        { method: 'CONNECT', authority: 'a', protocol: 'x' },
        { response: () => {}, failed: () => {} },
      );
    expect(ask).toThrow('extended-connect');
    bed.close();
  });

  it('before its peer has said anything a session refuses it, and says when to ask again', () => {
    const bed = new H2Bed('client', { silent: true });
    const { client } = bed;
    const options = { method: 'CONNECT', authority: 'a', protocol: 'x' };
    const ask = () => client.request(options, { response: () => {}, failed: () => {} });
    expect(client.awaits?.(options)).toBe(true);
    expect(ask).toThrow('wait for `onAvailable`');
    client.onAvailable = () => {
      if (client.available > 0 && client.awaits?.(options) === false) ask();
    };
    const said = bed.feed(settings([8, 1]));
    expect(said.filter((it) => it.startsWith('HEADERS'))).toEqual([
      'HEADERS 1 | :method: CONNECT | :scheme: http | :authority: a | :path: / | :protocol: x',
    ]);
    bed.close();
  });

  it('no other method has a protocol', () => {
    const bed = new H2Bed('client');
    bed.feed(settings([8, 1]));
    const ask = () =>
      bed.client.request({ authority: 'a', protocol: 'x' }, { response: () => {}, failed: () => {} });
    expect(ask).toThrow('is no :protocol of GET');
    bed.close();
  });

  it('a reset ends the tunnel with an error', () => {
    const heard: Echo[] = [];
    const bed = new H2Bed('server', {
      exchange: (it) => it.upgrade((pipe) => heard.push(new Echo(pipe, true))),
    });
    bed.feed(
      headers(
        1,
        [
          [':method', 'CONNECT'],
          [':authority', 'a:1'],
        ],
        false,
      ),
      data(1, 3),
    );
    expect(heard[0]?.heard).toEqual(['opened', 'aaa']);
    bed.feed(reset(1, 10));
    expect(heard[0]?.heard.at(-1)).toBe('failed');
    bed.close();
  });
});
