// The phrase behind a status: Node's list for it, held to the names that RFC 9110 has given two of them since.
import { STATUS_CODES } from 'node:http';
import { expect, test } from 'vitest';
import { statusLine } from '../../src/session/h1/encode.js';
import { characters } from '../support/h1.js';

const expected = new Map(Object.entries(STATUS_CODES).map(([status, phrase]) => [Number(status), phrase]));
// RFC 9110 §15.5.14, §15.5.21.
expected.set(413, 'Content Too Large');
expected.set(422, 'Unprocessable Content');
// Not of the registry: unused (RFC 9110 §15.5.19), and nobody's.
for (const status of [418, 509]) expected.delete(status);

test('RFC 9112 §4: the status-line of every status, with its phrase or with an empty one', () => {
  for (let status = 100; status < 600; status++) {
    const line = characters(statusLine(status));
    expect(line).toBe(`HTTP/1.1 ${status} ${expected.get(status) ?? ''}\r\n`);
  }
});
