// What is begun and never ends, whatever else the connection has under way: a header block, a frame of any type but DATA.
import { describe, expect, it } from 'vitest';
import { defaultDeadlines } from '../../src/session/deadlines.js';
import {
  FLAG_PADDED,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_HEADERS,
} from '../../src/session/h2/frames-codes.js';
import { block, data, frame, get, H2Bed, headers, ping, put } from '../support/h2-bed.js';

const { head } = defaultDeadlines;
const calm = [expect.stringMatching(/^GOAWAY \d+ ENHANCE_YOUR_CALM$/)];
const connect: [string, string][] = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];
const tunnelled = { exchange: (it: { upgrade: (take: () => void) => void }) => it.upgrade(() => {}) };

const begun: [name: string, octets: Uint8Array][] = [
  ['HEADERS without END_HEADERS', frame(FRAME_HEADERS, 0, 3, block(get()))],
  ['one octet of a frame header', Uint8Array.of(0)],
  ['half a PING', ping().subarray(0, 13)],
  ['half a HEADERS frame', headers(3, get()).subarray(0, 20)],
  ['half a frame of unknown type', frame(0xdd, 0, 0, new Uint8Array(100)).subarray(0, 50)],
];

describe.each(begun)('%s', (_, octets) => {
  it('ends a connection at the deadline of heads, though a stream is open', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false));
    bed.end.now = 1000;
    expect(bed.feed(octets)).toEqual([]);
    expect(bed.end.deadline()).toBe(1000 + head);
    expect(bed.at(1000 + head - 1)).toEqual([]);
    expect(bed.at(1000 + head)).toEqual(calm);
    expect(bed.end.session.error).toMatchObject({
      code: 'head-timeout',
      limit: 'head',
      cites: 'LAY-4, RFC 9113 §10.5',
    });
    bed.close();
  });

  it('though there is a tunnel', () => {
    const bed = new H2Bed('server', tunnelled);
    bed.feed(headers(1, connect, false));
    bed.feed(octets);
    expect(bed.at(head)).toEqual(calm);
    bed.close();
  });
});

describe('the deadline runs from the first octet', () => {
  it('however many more come: CONTINUATION now and then', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false), frame(FRAME_HEADERS, 0, 3, block(get())));
    for (let now = 5000; now < head; now += 5000) {
      bed.end.now = now;
      bed.feed(frame(FRAME_CONTINUATION, 0, 3, [0x90]));
    }
    expect(bed.at(head)).toEqual(calm);
    bed.close();
  });

  it('of the frame that is begun: each of many has its own time', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false));
    // The end of one frame and the beginning of the next come together, also when nobody wants what it says.
    for (const [i, octets] of [ping(), frame(0xdd, 0, 0, new Uint8Array(8)), ping(), ping()].entries()) {
      bed.end.now = i * 10_000;
      if (i === 0) bed.feed(octets.subarray(0, 13));
      else bed.feed(Uint8Array.from([...ping().subarray(13), ...octets.subarray(0, 13)]));
      expect(bed.end.deadline()).toBe(i * 10_000 + head);
    }
    bed.feed(ping().subarray(13));
    expect(bed.end.deadline()).toBeGreaterThan(30_000 + head);
    expect(bed.end.state).toBe('open');
    bed.close();
  });

  it('not of DATA, which is content and has its deadlines', () => {
    const bed = new H2Bed('server', tunnelled);
    bed.feed(headers(1, connect, false), data(1, 100).subarray(0, 50));
    expect(bed.end.deadline()).toBeGreaterThan(head);
    bed.feed(data(1, 100).subarray(50));
    // Its padding, too.
    const padded = frame(FRAME_DATA, FLAG_PADDED, 1, [50, ...new Uint8Array(60)]);
    bed.feed(padded.subarray(0, padded.length - 1));
    expect(bed.end.deadline()).toBeGreaterThan(head);
    bed.close();
  });
});
