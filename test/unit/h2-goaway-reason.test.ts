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
