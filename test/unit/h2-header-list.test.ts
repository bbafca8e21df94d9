// One header block after the other, field by field: what is kept of it, and what makes it malformed (RFC 9113 §8.2, §8.3),
// each rule at its edge, and none of one block in the next.
import { describe, expect, it } from 'vitest';
import { type BlockKind, HeaderList } from '../../src/session/h2/header-list.js';
import {
  MARK_NEVER_INDEXED,
  marksOfName,
  marksOfValue,
  NAME_MARKS,
} from '../../src/session/h2/hpack/field-marks.js';
import { NAME_NUMBERS } from '../../src/session/h2/hpack/field-names.js';
import { octets } from '../support/h1.js';
import { get, put } from '../support/h2-bed.js';

type Pairs = readonly (readonly [name: string, value: string])[];

interface Given {
  readonly kind?: BlockKind;
  readonly cut?: boolean;
  readonly extended?: boolean;
  readonly list?: HeaderList;
}

function read(
  fields: Pairs,
  { kind = 'request', cut = false, extended = true, list }: Given = {},
): HeaderList {
  const made = list ?? new HeaderList(100);
  made.begin(kind);
  for (const [name, value] of fields) {
    const [nameOctets, valueOctets] = [octets(name), octets(value)];
    const known = NAME_NUMBERS.get(name);
    const marks =
      known === undefined ? marksOfName(nameOctets, 0, nameOctets.length) : (NAME_MARKS[known] as number);
    const never = name === 'x-key' ? MARK_NEVER_INDEXED : 0;
    made.field(name, value, marks | marksOfValue(valueOctets, 0, valueOctets.length) | never);
  }
  made.finish(cut, extended);
  return made;
}

const isMalformed = (fields: Pairs, given?: Given): boolean => read(fields, given).malformed !== '';
const replaced = (name: string, value: string, fields: Pairs = get()): Pairs =>
  fields.map(([it, old]) => [it, it === name ? value : old]);
const without = (name: string, fields: Pairs = get()): Pairs => fields.filter(([it]) => it !== name);
const connect: Pairs = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];
const extended: Pairs = [
  [':method', 'CONNECT'],
  [':protocol', 'websocket'],
  [':scheme', 'https'],
  [':authority', 'a'],
  [':path', '/'],
];

describe('what is well-formed, and what is not', () => {
  it.each<[name: string, well: readonly string[], not: readonly string[]]>([
    [':method', ['GET', 'a', '!', '~', 'A-1'], ['', 'G T', 'G(', 'G\x7f', 'é']],
    [':scheme', ['http', 'HTTPS', 'a', 'a1+.-'], ['', '1a', 'a_b', 'a b', '-a', '+', 'a/']],
    [':path', ['/', '/!', '/~', '/|"'], ['', '*', 'a', '/ ', '/\x7f', '/#', '/a\xff', '/\x1f']],
    [':authority', ['a', 'A.b:1', '[::1]', 'a:'], ['', 'a b', 'u@a', 'a:x', ':1', 'a/']],
  ])('%s', (name, well, not) => {
    for (const value of well) expect([value, isMalformed(replaced(name, value))]).toEqual([value, false]);
    for (const value of not) expect([value, isMalformed(replaced(name, value))]).toEqual([value, true]);
  });

  it(':path of another scheme needs no slash; OPTIONS has an asterisk', () => {
    const urn = replaced(':scheme', 'urn');
    expect(isMalformed(replaced(':path', 'a:b', urn))).toBe(false);
    expect(isMalformed(replaced(':path', 'a b', urn))).toBe(true);
    expect(isMalformed(replaced(':path', '*', replaced(':method', 'OPTIONS')))).toBe(false);
    expect(isMalformed(replaced(':path', '**', replaced(':method', 'OPTIONS')))).toBe(true);
  });

  it(':status', () => {
    const status = (value: string) => read([[':status', value]], { kind: 'response' });
    for (const value of ['100', '103', '199', '200', '204', '599']) {
      expect([status(value).malformed, status(value).status]).toEqual(['', Number(value)]);
    }
    for (const value of ['', '20', '099', '600', '2000', '20x', '2 0', '-20', '101']) {
      expect([value, status(value).malformed === '']).toEqual([value, false]);
    }
  });

  it('content-length', () => {
    const length = (value: string) => read(put(['content-length', value]));
    for (const value of ['0', '7', '0007', '9007199254740991', '0000000000000001']) {
      expect([length(value).malformed, length(value).contentLength]).toEqual(['', Number(value)]);
    }
    for (const value of ['', '-1', '+1', '1.5', '1x', '9007199254740992', '00000000000000001', '0x1']) {
      expect([value, length(value).malformed === '']).toEqual([value, false]);
    }
    for (const value of ['0', '1']) {
      expect(isMalformed(put(['content-length', value], ['content-length', value]))).toBe(true);
    }
  });

  it('each pseudo-header field once, before the others, of its kind of message', () => {
    for (const field of [...get(), [':protocol', 'x']] as Pairs) {
      const rest = field[0] === ':protocol' ? extended : get();
      expect([field[0], isMalformed([field, ...rest])]).toEqual([field[0], true]);
      expect(isMalformed([...without(field[0], rest), ['x', 'y'], field])).toBe(true);
      expect(isMalformed([[':status', '200'], field], { kind: 'response' })).toBe(true);
      expect(isMalformed([field], { kind: 'trailers' })).toBe(true);
    }
    const status = [':status', '200'] as const;
    expect(isMalformed([status, ...get()])).toBe(true);
    expect(isMalformed([status], { kind: 'trailers' })).toBe(true);
    expect(isMalformed([status, status], { kind: 'response' })).toBe(true);
    expect(isMalformed([['x', 'y'], status], { kind: 'response' })).toBe(true);
    expect(isMalformed([[':other', 'x'], ...get()])).toBe(true);
    expect(isMalformed([['x', 'y']], { kind: 'response' })).toBe(true);
    expect(isMalformed([], { kind: 'trailers' })).toBe(false);
  });

  it('what must be there, unless it may have been in what was cut off', () => {
    for (const name of [':method', ':scheme', ':path', ':authority']) {
      expect([name, isMalformed(without(name))]).toEqual([name, true]);
      expect(isMalformed(without(name), { cut: true })).toBe(false);
    }
    expect(isMalformed([], { kind: 'response', cut: true })).toBe(false);
    expect(isMalformed([])).toBe(true);
    // Of another scheme there may be none.
    expect(isMalformed(without(':authority', replaced(':scheme', 'urn')))).toBe(false);
    expect(isMalformed(replaced(':authority', '', replaced(':scheme', 'urn')))).toBe(false);
    expect(isMalformed(replaced(':authority', 'a b', replaced(':scheme', 'urn')))).toBe(true);
  });

  it('CONNECT (RFC 9113 §8.5), and extended CONNECT (RFC 8441 §4)', () => {
    expect(isMalformed(connect)).toBe(false);
    for (const field of [
      [':scheme', 'http'],
      [':path', '/'],
    ] as const) {
      expect(isMalformed([...connect, field])).toBe(true);
    }
    for (const authority of ['', 'a', 'a:', ':1', 'u@a:1']) {
      expect([authority, isMalformed(replaced(':authority', authority, connect))]).toEqual([authority, true]);
    }
    expect(isMalformed(without(':authority', connect))).toBe(true);
    expect(isMalformed(extended)).toBe(false);
    expect(isMalformed(extended, { extended: false })).toBe(true);
    expect(isMalformed(replaced(':method', 'GET', extended))).toBe(true);
    for (const name of [':scheme', ':path', ':authority']) {
      expect([name, isMalformed(without(name, extended))]).toEqual([name, true]);
    }
    expect(isMalformed(replaced(':authority', '', replaced(':scheme', 'urn', extended)))).toBe(true);
    for (const protocol of ['', 'a b'])
      expect(isMalformed(replaced(':protocol', protocol, extended))).toBe(true);
  });

  it('host is another word for :authority, and of a request only', () => {
    const authority = (...fields: Pairs) => {
      const { malformed, authority: found } = read(fields);
      return malformed === '' ? found : 'malformed';
    };
    expect(authority(...without(':authority'), ['host', 'B.test'])).toBe('B.test');
    expect(authority(...get(), ['host', 'A.TEST'])).toBe('a.test');
    expect(authority(...replaced(':authority', 'A.Test'), ['host', 'a.test'])).toBe('A.Test');
    expect(authority(...get(), ['host', 'b.test'])).toBe('malformed');
    expect(authority(...get(), ['host', ''])).toBe('malformed');
    expect(authority(...get(), ['host', 'a.test'], ['host', 'a.test'])).toBe('malformed');
    expect(authority(...without(':authority'), ['host', 'a b'])).toBe('malformed');
    const twice: Pairs = [
      ['host', 'a'],
      ['host', 'b'],
    ];
    expect(isMalformed([[':status', '200'], ...twice], { kind: 'response' })).toBe(false);
    expect(isMalformed(twice, { kind: 'trailers' })).toBe(false);
  });

  it('fields of the connection, in every kind of block (RFC 9113 §8.2.2)', () => {
    const kinds: readonly [BlockKind, Pairs][] = [
      ['request', get()],
      ['response', [[':status', '200']]],
      ['trailers', []],
    ];
    for (const [kind, fields] of kinds) {
      for (const name of ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']) {
        expect([kind, name, isMalformed([...fields, [name, 'x']], { kind })]).toEqual([kind, name, true]);
      }
      for (const value of ['trailers', 'Trailers', 'gzip', '']) {
        const well = kind === 'request' && value.toLowerCase() === 'trailers';
        expect([kind, value, isMalformed([...fields, ['te', value]], { kind })]).toEqual([
          kind,
          value,
          !well,
        ]);
      }
      for (const [name, value] of [
        ['X', 'y'],
        ['x y', 'z'],
        ['', 'z'],
        ['x', ' y'],
        ['x', 'y\t'],
        ['x', '\n'],
      ] as const) {
        expect([kind, name, isMalformed([...fields, [name, value]], { kind })]).toEqual([kind, name, true]);
      }
    }
    expect(isMalformed([['content-length', '0']], { kind: 'trailers' })).toBe(true);
    // Nor may `upgrade` say what TE may.
    expect(isMalformed([...get(), ['upgrade', 'trailers']])).toBe(true);
  });

  it('without :scheme or :path, whatever the authority and the scheme are', () => {
    expect(isMalformed(without(':scheme', replaced(':authority', 'a:1')))).toBe(true);
    expect(isMalformed(without(':path', replaced(':scheme', 'urn')))).toBe(true);
  });

  it(':path has no DEL, whoever gave it', () => {
    const list = new HeaderList(9);
    list.begin('request');
    for (const [name, value] of replaced(':path', '/\x7f')) {
      list.field(name, value, NAME_MARKS[NAME_NUMBERS.get(name) as number] as number);
    }
    list.finish(false, true);
    expect(list.malformed).toBe(':path is no path');
  });
});

describe('why a block is malformed', () => {
  it('is the first reason that there is', () => {
    const bad: Pairs = [['x', ' y']];
    const why = (fields: Pairs, given?: Given): string => read(fields, given).malformed;
    expect(why([['X', ' y']])).toContain('a field name');
    expect(why([...get(), ...bad])).toContain('the value of x');
    // Neither another field, nor what is missing.
    expect(why([...bad, [':path', '/']])).toContain('the value of x');
    expect(why([...bad, ['connection', 'x']])).toContain('the value of x');
    expect(why(bad, { kind: 'response' })).toContain('the value of x');
    expect(
      why(
        [
          ['a', 'b'],
          [':status', '101'],
        ],
        { kind: 'response' },
      ),
    ).toBe(':status after a regular field');
    expect(why([[':other', 'x'], ...get()])).toBe(':other in a request');
    expect(why([...replaced(':path', 'a'), ['host', 'b.test']])).toBe(':path is no path');
  });

  it('says whether the authority is missing or empty', () => {
    expect(read(without(':authority')).malformed).toBe('the authority is missing');
    expect(read(replaced(':authority', '')).malformed).toBe('the authority is empty');
  });

  it('is none of what comes after too many fields', () => {
    const list = new HeaderList(1);
    const given: Pairs = [...get(), ['a', 'b'], ['c', 'd'], ['x', ' y']];
    expect(read(given, { list })).toMatchObject({ tooMany: true, malformed: '' });
  });
});

describe('what is kept', () => {
  it('of a request', () => {
    const list = read([
      [':path', '/a'],
      [':scheme', 'HTTP'],
      [':method', 'PUT'],
      [':authority', 'A.test'],
      ['content-length', '5'],
      ['expect', '100-Continue'],
      ['priority', 'u=1'],
      ['x-key', 'secret'],
      ['x', ''],
      ['x-key', 'more'],
    ]);
    expect(list).toMatchObject({
      malformed: '',
      method: 'PUT',
      scheme: 'http',
      saidScheme: 'HTTP',
      authority: 'A.test',
      path: '/a',
      protocol: undefined,
      contentLength: 5,
      expectsContinue: true,
      priority: 'u=1',
      sensitive: ['x-key', 'x-key'],
      pseudoOrder: 0o3421,
    });
    expect(list.takeFields()).toEqual([
      ...['content-length', '5'],
      ...['expect', '100-Continue'],
      ...['priority', 'u=1'],
      ...['x-key', 'secret'],
      ...['x', ''],
      ...['x-key', 'more'],
    ]);
    expect(read([...get(), ['expect', 'miracles']]).expectsContinue).toBe(false);
    expect(read(extended)).toMatchObject({ protocol: 'websocket', method: 'CONNECT', authority: 'a' });
  });

  it('nothing of the block before, whatever that was', () => {
    const list = new HeaderList(3);
    const blank = { ...new HeaderList(3) };
    const full: Pairs = [...extended, ['content-length', '5'], ['expect', '100-continue'], ['x-key', '1']];
    const before: readonly [Pairs, BlockKind][] = [
      [full, 'request'],
      [[...get(), ['priority', 'u=1'], ['host', 'a.test']], 'request'],
      [[['x', ' ']], 'request'],
      [Array.from({ length: 9 }, () => ['x', 'y'] as const), 'trailers'],
      [[[':status', '204']], 'response'],
    ];
    for (const [fields, kind] of before) {
      read(fields, { kind, list });
      list.begin('request');
      expect(list.takeFields()).toEqual([]);
      // How a room is used again, and what was judged before, is nobody's business.
      expect({ ...list, strings: [], judged: '', judgement: 0 }).toEqual({ ...blank, judgement: 0 });
      expect(isMalformed(get(), { list })).toBe(false);
      expect(isMalformed(without(':method'), { list })).toBe(true);
    }
  });

  it('an authority is judged anew when it is another', () => {
    const list = new HeaderList(9);
    const judged = ['a', 'a', 'a b', 'a b', 'a', 'b', 'a b'];
    expect(judged.map((value) => isMalformed(replaced(':authority', value), { list }))).toEqual(
      judged.map((value) => value === 'a b'),
    );
  });

  it('as many fields as may be, and no more; what comes then is let by', () => {
    const list = new HeaderList(2);
    const fields = (count: number): Pairs => Array.from({ length: count }, (_, i) => [`x${i}`, 'y']);
    expect(read([...get(), ...fields(2)], { list })).toMatchObject({ tooMany: false, malformed: '' });
    expect(list.takeFields()).toEqual(['x0', 'y', 'x1', 'y']);
    expect(read([...get(), ...fields(3), ['connection', 'x']], { list })).toMatchObject({
      tooMany: true,
      malformed: '',
    });
    expect(list.takeFields()).toEqual(['x0', 'y', 'x1', 'y']);
    // Long lists leave no room behind.
    const many = new HeaderList(1000);
    read([...get(), ...fields(500)], { list: many });
    expect(read([...get(), ...fields(1)], { list: many }).takeFields()).toEqual(['x0', 'y']);
  });

  it('of a request that was read as another protocol (RFC 7540 §3.2)', () => {
    const list = new HeaderList(9);
    read(extended, { list });
    list.takeUp({
      protocol: 'h2c',
      method: 'PUT',
      target: '/a',
      authority: 'b.test',
      fields: [
        ['content-length', '5'],
        ['x', 'y'],
        ['expect', '100-continue'],
        ['priority', 'u=2'],
        ['te', 'trailers'],
      ],
      settings: new Uint8Array(0),
    });
    expect(list).toMatchObject({
      malformed: '',
      method: 'PUT',
      scheme: 'http',
      saidScheme: 'http',
      authority: 'b.test',
      path: '/a',
      protocol: undefined,
      contentLength: 5,
      expectsContinue: true,
      priority: 'u=2',
      // As most send them: method, scheme, authority, path.
      pseudoOrder: 0o2413,
    });
    expect(list.takeFields()).toEqual([
      ...['content-length', '5'],
      ...['x', 'y'],
      ...['expect', '100-continue'],
      ...['priority', 'u=2'],
      ...['te', 'trailers'],
    ]);
  });
});
