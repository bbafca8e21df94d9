// HTTP2-Settings as text (RFC 7540 §3.2.1), written and judged; and what of an upgraded request is known without its H1.
import { expect, it } from 'vitest';
import {
  decodeHttp2Settings,
  encodeHttp2Settings,
  settingsPayload,
} from '../../src/session/h2/http2-settings.js';
import type { H2Session } from '../../src/session/h2/session.js';
import { octets, ServerBench } from '../support/h1-bench.js';
import { some } from '../support/memory.js';

it.each<[settings: [number, number][], text: string]>([
  [[[3, 100]], 'AAMAAABk'],
  [
    [
      [4, 65_535],
      [3, 0xfb_ff_bf],
    ],
    'AAQAAP__AAMA-_-_',
  ],
])('%j is %s', (settings, text) => {
  const payload = settingsPayload(settings);
  expect(encodeHttp2Settings(payload)).toBe(text);
  expect(decodeHttp2Settings(text, settings.length)).toEqual(payload);
  expect(decodeHttp2Settings(text, settings.length - 1)).toBeUndefined();
});

it('it is a client’s: push may be allowed, and nothing else than whole settings is said', () => {
  // ENABLE_PUSH as 1, and as 2.
  expect(decodeHttp2Settings('AAIAAAAB', 9)).toEqual(Uint8Array.of(0, 2, 0, 0, 0, 1));
  for (const text of ['AAIAAAAC', '', 'AAIAAAA', 'AAIAAAABA', 'AAIAAAA=', 'AAIAAA+A', 'AAIAAA/A']) {
    expect([text, decodeHttp2Settings(text, 9)]).toEqual([text, undefined]);
  }
});

const asking = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
it.each<[what: string, fields: string, content: string, declared: number, urgency: number]>([
  ['no content', '', '', 0, 3],
  ['content of a length, and a priority', 'Content-Length: 4\r\nPriority: u=1\r\n', '1234', 4, 1],
])('an upgraded request says what its stream is: %s', (_, fields, content, declared, urgency) => {
  const server = new ServerBench(() => {}, { slabBytes: 16_448, h1: { h2c: true } });
  server.feed(`PUT /x HTTP/1.1\r\nHost: a.test\r\n${asking}${fields}\r\n${content}`);
  const { connection } = server.end.session as H2Session;
  const stream = some(connection.streams.live.get(1));
  expect([stream.declaredLength, stream.urgency]).toEqual([declared, urgency]);
  expect(stream.receivedBytes).toBe(content === '' ? 0 : 4);
  server.exchange.reply(200, [], octets('x'));
  server.drain();
  server.close();
});
