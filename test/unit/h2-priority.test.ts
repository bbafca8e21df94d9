// The Priority field value (RFC 9218 §4), and what is remembered of priorities before their streams begin (§7.1).
import { expect, it } from 'vitest';
import { FRAME_PRIORITY_UPDATE } from '../../src/session/h2/frames-codes.js';
import { parsePriority } from '../../src/session/h2/priority.js';
import { frame, get, H2Bed, headers, settings, uint32 } from '../support/h2-bed.js';

it.each<[string, number, boolean]>([
  ['', 3, false],
  ['u=1, i', 1, true],
  ['u=1, u=5', 5, false],
  ['u=1, u=9', 3, false],
  ['u=1, u', 3, false],
  ['i, i=?0', 3, false],
  ['i, i=x', 3, false],
  ['u=2;a=1, i=?1;b, x=y', 2, true],
])('%j', (text, urgency, incremental) => {
  expect(parsePriority(text)).toEqual({ urgency, incremental });
});

it('what was said of streams that were passed over makes room', () => {
  const prioritise = (id: number) => frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(id), 0x75, 0x3d, 0x30]);
  const bed = new H2Bed('server', { h2: { maxIdlePriorities: 2 } });
  bed.feed(settings([4, 0]), prioritise(1), prioritise(3), headers(5, get()), prioritise(9));
  bed.feed(headers(7, get()), headers(9, get()));
  for (const exchange of bed.exchanges) exchange.reply(200, [], new Uint8Array(10));
  bed.frames();
  expect(bed.feed(settings([4, 100])).slice(1)).toEqual(['DATA 9 END 10', 'DATA 5 END 10', 'DATA 7 END 10']);
  bed.close();
});
