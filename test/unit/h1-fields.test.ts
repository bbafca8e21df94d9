/** Fields as offsets: lookup, joining, iteration, moving and revoking. */

import { describe, expect, it } from 'vitest';
import { FieldsView } from '../../src/session/h1/fields.js';
import { octets } from '../support/h1.js';
import { refusal } from '../support/memory.js';

const section =
  'Host: a\r\nAccept:  x ,y\t\r\nSet-Cookie: a=1\r\naccept:\r\nset-cookie: b=2\r\nX-Odd: \xe4:\xf6\r\nACCEPT:z\r\n\r\n';
const before = 'GET / HTTP/1.1\r\n';
const bytes = octets(`${before}${section}Accept: behind\r\n`);
const view = () => new FieldsView(bytes, before.length, before.length + section.length);

describe('reading', () => {
  it('joins what may be joined, in order', () => {
    expect(view().get('Accept')).toBe('x ,y, , z');
    expect(view().get('HOST')).toBe('a');
    expect(view().getAll('accept')).toEqual(['x ,y', '', 'z']);
    expect(view().get('Hos')).toBeUndefined();
    expect(view().getAll('Hosts')).toEqual([]);
    expect(view().has('host')).toBe(true);
    expect(view().has('behind')).toBe(false);
    expect(view().getAll('HOST')).toEqual(['a']);
  });

  it('knows letters in either case, and no other octet for another', () => {
    const lines = octets('AZ: 1\r\n_a: 3\r\naz: 4\r\n^z: 5\r\n~z: 6\r\nP-1: 7\r\n\r\n');
    const fields = new FieldsView(lines, 0, lines.length);
    expect(fields.getAll('Az')).toEqual(['1', '4']);
    expect(fields.getAll('_A')).toEqual(['3']);
    expect(fields.getAll('^Z')).toEqual(['5']);
    expect(fields.getAll('~Z')).toEqual(['6']);
    expect(fields.get('p-1')).toBe('7');
  });

  it('RFC 9110 §5.3: never joins Set-Cookie', () => {
    expect(view().get('Set-Cookie')).toBe('a=1');
    expect(view().getAll('set-cookie')).toEqual(['a=1', 'b=2']);
  });

  it('goes over the lines as they were sent', () => {
    const lines = [
      ['Host', 'a'],
      ['Accept', 'x ,y'],
      ['Set-Cookie', 'a=1'],
      ['accept', ''],
      ['set-cookie', 'b=2'],
      ['X-Odd', '\xe4:\xf6'],
      ['ACCEPT', 'z'],
    ];
    expect(view().count).toBe(7);
    expect([...view()]).toEqual(lines);
    expect(view().toArray()).toEqual(lines);
    expect(view().name(5)).toBe('X-Odd');
    expect(view().value(1)).toBe('x ,y');
  });

  it('says where a line stands', () => {
    const fields = view();
    const at = before.length + 'Host: a\r\n'.length;
    expect([fields.nameStart(1), fields.nameEnd(1)]).toEqual([at, at + 6]);
    expect([fields.valueStart(1), fields.valueEnd(1)]).toEqual([at + 9, at + 13]);
  });

  it('an empty section has no fields', () => {
    const empty = new FieldsView(octets('\r\n'), 0, 2);
    expect(empty.count).toBe(0);
    expect([...empty]).toEqual([]);
    expect(empty.get('a')).toBeUndefined();
  });

  it('has no line that is not there', () => {
    for (const i of [-1, 7, 0.5, Number.NaN]) {
      expect(refusal(() => view().name(i))).toBe('field-index OWN-6');
      expect(refusal(() => view().value(i))).toBe('field-index OWN-6');
    }
  });
});

describe('OWN-5: a view is a borrow', () => {
  it('is over when it is revoked, whether or not it was used', () => {
    const used = view();
    used.get('host');
    for (const fields of [used, view()]) {
      fields.revoke();
      fields.revoke();
      for (const reading of [
        () => fields.get('host'),
        () => fields.count,
        () => [...fields],
        () => fields.toArray(),
        () => fields.detach(),
      ]) {
        expect(reading).toThrow(expect.objectContaining({ code: 'fields-revoked', cites: 'OWN-5' }));
      }
    }
  });

  it('leaves a copy to whoever asks for one, which outlives it', () => {
    const own = bytes.slice();
    const fields = new FieldsView(own, before.length, before.length + section.length);
    const kept = fields.detach();
    const expected = fields.toArray();
    fields.revoke();
    own.fill(0x58);
    expect(kept.toArray()).toEqual(expected);
    expect(kept.nameStart(0)).toBe(0);
  });

  it('follows bytes that were moved', () => {
    const used = view();
    const expected = used.toArray();
    for (const fields of [used, view()]) {
      const moved = new Uint8Array(section.length + 3);
      moved.set(octets(section), 3);
      fields.move(moved, 3);
      expect(fields.toArray()).toEqual(expected);
      expect(fields.nameStart(0)).toBe(3);
    }
  });
});
