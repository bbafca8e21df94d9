// How a response begins is remembered from the last one: what differs must differ on the wire, and what does not is
// built once.
import { describe, expect, it } from 'vitest';
import { statusLine } from '../../src/session/h1/encode.js';
import { PreparedFields } from '../../src/session/h1/encode-fields.js';
import { FrontMemory } from '../../src/session/h1/front-memory.js';
import { characters } from '../support/h1.js';

const noon = new PreparedFields([['Date', 'noon']]);
const night = new PreparedFields([['Date', 'night']]);
const plain = new PreparedFields([['A', '1']]);
const other = new PreparedFields([['B', '2']]);

type Response = readonly [status: number, date: PreparedFields | undefined, fields: PreparedFields];

const recall = (memory: FrontMemory, [status, date, fields]: Response) =>
  memory.recall(status, statusLine(status), date, fields);

/** What a front must say. */
const said = ([status, date, fields]: Response): string =>
  characters(statusLine(status)) +
  (date === undefined ? '' : characters(date.bytes)) +
  characters(fields.bytes);

const first: Response = [200, noon, plain];

describe('the front of a response', () => {
  it.each<[string, Response]>([
    ['another status', [404, noon, plain]],
    ['another Date', [200, night, plain]],
    ['no Date', [200, undefined, plain]],
    ['other fields', [200, noon, other]],
    ['all of it', [500, night, other]],
  ])('is not that of a response with %s', (_, then) => {
    const memory = new FrontMemory();
    for (const response of [first, then, first]) {
      expect(recall(memory, response)).toBeNull();
      const front = recall(memory, response);
      expect(front === null ? null : characters(front)).toBe(said(response));
      expect(recall(memory, response)).toBe(front);
    }
  });

  it('is remembered of the last response only, and of prepared fields only', () => {
    const memory = new FrontMemory();
    recall(memory, first);
    recall(memory, [404, noon, plain]);
    expect(recall(memory, first)).toBeNull();
    for (let i = 0; i < 3; i++) expect(memory.recall(200, statusLine(200), noon, [['A', '1']])).toBeNull();
  });
});
