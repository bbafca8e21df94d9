// What a peer's GOAWAY said is the cause of what is lost later, also of the streams that it let live (RFC 9113 §6.8).
import { expect, it } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { SessionEnd } from '../../src/kit/session-end.js';
import { FRAME_GOAWAY } from '../../src/session/h2/frames-codes.js';
import { frame, H2Bed, uint32 } from '../support/h2-bed.js';

const told = (text: string) =>
  frame(FRAME_GOAWAY, 0, 0, [...uint32(1), ...uint32(11), ...Array.from(text, (it) => it.charCodeAt(0))]);

it.each<[string, string, (bed: H2Bed) => void]>([
  ['the connection closes', 'closed', ({ end }) => end.lose()],
  ['the transport fails', SessionEnd.reset().code, ({ end }) => end.lose(SessionEnd.reset())],
  ['the peer ends its side', 'ended', ({ end }) => end.endInput()],
])('%s', (_name, code, lose) => {
  const bed = new H2Bed('client');
  let failed: Error | undefined;
  const listener = {
    response: () => {},
    failed: (error: Error) => {
      failed = error;
    },
  };
  bed.client.request({ authority: 'a' }, listener);
  bed.feed(told(`calm\n${'!'.repeat(1000)}`));
  expect(failed).toBeUndefined();
  lose(bed);
  bed.settle();
  expect(failed).toMatchObject({ code });
  const cause = failed?.cause as TransportError;
  expect(cause).toBeInstanceOf(TransportError);
  expect(cause.message).toContain('ENHANCE_YOUR_CALM, "calm\\n!!!');
  expect(cause.message.length).toBeLessThan(250);
  bed.close();
});

it.each([0, 1, 30, 127, 128, 129, 1000])(
  'OWN-6: %i octets of it, cut anywhere, are the same text and nothing else',
  (length) => {
    const message = (cut: number): string | undefined => {
      const bed = new H2Bed('client');
      let failed: Error | undefined;
      const listener = {
        response: () => {},
        failed: (error: Error) => {
          failed ??= error;
        },
      };
      for (let i = 0; i < 2; i++) bed.client.request({ authority: 'a' }, listener);
      // What the receive buffer had before is there still.
      bed.feed(frame(0x77, 0, 0, new Uint8Array(200).fill(0x73)));
      const octets = told('!'.repeat(length));
      bed.feed(octets.subarray(0, cut));
      expect(failed).toBeUndefined();
      bed.feed(octets.subarray(cut));
      bed.close();
      return failed?.message;
    };
    const whole = message(0);
    const said = length === 0 ? '' : `, "${'!'.repeat(Math.min(length, 128))}"`;
    expect(whole).toBe(`the peer is going away: ENHANCE_YOUR_CALM${said} [goaway, RFC 9113 §6.8]`);
    for (const cut of [9, 16, 17, 18, 40, 144])
      if (cut < 17 + Math.min(length, 128)) expect(message(cut)).toBe(whole);
  },
);
