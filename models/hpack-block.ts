/**
 * Field blocks of RFC 7541 a second time, slowly: the dynamic table is an array with its newest field first, integers
 * are BigInts, strings are arrays. Decodes a block, and writes one from a recipe that says how each field is to be
 * represented. Shares no code with what it is a model of.
 */

import { modelHuffmanDecode, modelHuffmanEncode } from './hpack-huffman.js';

export interface ModelField {
  readonly name: string;
  readonly value: string;
  readonly neverIndexed: boolean;
}

/** The state of one direction of a connection. */
export interface ModelTable {
  entries: { name: string; value: string }[];
  maxSize: number;
  /** SETTINGS_HEADER_TABLE_SIZE in force, and all it was since the last block. */
  limit: number;
  limitsSince: number[];
}

/** Why a block is refused: the kinds that a test can tell apart. */
export type ModelRefusal =
  | 'index'
  | 'integer'
  | 'huffman'
  | 'truncated'
  | 'update-late'
  | 'update-third'
  | 'update-over-limit'
  | 'update-missing'
  | 'string-too-long';

class Refusal extends Error {
  readonly why: ModelRefusal;
  constructor(why: ModelRefusal) {
    super(why);
    this.why = why;
  }
}

export function modelTable(limit: number): ModelTable {
  return { entries: [], maxSize: limit, limit, limitsSince: [] };
}

export function modelTableSize(table: ModelTable): number {
  return table.entries.reduce((size, { name, value }) => size + name.length + value.length + 32, 0);
}

export function modelSetLimit(table: ModelTable, limit: number): void {
  table.limit = limit;
  table.limitsSince.push(limit);
}

/** A whole block: its fields, or why it is refused. The table is changed as far as decoding went. */
export function modelDecode(
  block: Uint8Array,
  table: ModelTable,
  maxStringBytes: number,
): ModelField[] | ModelRefusal {
  const fields: ModelField[] = [];
  let rest = [...block];
  try {
    const updates: number[] = [];
    while (rest.length > 0 && top(rest, 3) === 0b001) {
      const size = takeInteger(5);
      updates.push(size);
      if (updates.length > 2) throw new Refusal('update-third');
      if (size > table.limit) throw new Refusal('update-over-limit');
      if (updates.length === 1) requireUpdate(size);
      table.maxSize = size;
      shrink(table, size);
    }
    if (updates.length === 0) requireUpdate(table.maxSize);
    table.limitsSince = [];
    while (rest.length > 0) fields.push(takeField());
    return fields;
  } catch (error) {
    if (error instanceof Refusal) return error.why;
    throw error;
  }

  /** §4.2: when the limit was below the maximum, the first update must be as low. */
  function requireUpdate(first: number): void {
    const lowest = Math.min(...table.limitsSince);
    if (lowest < table.maxSize && first > lowest) throw new Refusal('update-missing');
  }

  function takeField(): ModelField {
    if (top(rest, 1) === 1) {
      const entry = lookUp(takeInteger(7));
      return { ...entry, neverIndexed: false };
    }
    if (top(rest, 2) === 0b01) {
      const field = takeLiteral(6);
      insert(table, field);
      return { ...field, neverIndexed: false };
    }
    if (top(rest, 3) === 0b001) throw new Refusal('update-late');
    const neverIndexed = top(rest, 4) === 0b0001;
    return { ...takeLiteral(4), neverIndexed };
  }

  function takeLiteral(prefix: number): { name: string; value: string } {
    const index = takeInteger(prefix);
    // The order in which faults are found: all lengths of a representation before its strings.
    const named = index > 0 ? lookUp(index).name : undefined;
    const name = named === undefined ? takeString() : undefined;
    const value = takeString();
    return { name: named ?? textOf(name as CodedString), value: textOf(value) };
  }

  function lookUp(index: number): { name: string; value: string } {
    const entry = index <= 61 ? MODEL_STATIC[index - 1] : table.entries[index - 62];
    if (entry === undefined) throw new Refusal('index');
    return { name: entry.name, value: entry.value };
  }

  function takeString(): CodedString {
    if (rest.length === 0) throw new Refusal('truncated');
    const huffman = top(rest, 1) === 1;
    const length = takeInteger(7);
    if (length > maxStringBytes) throw new Refusal('string-too-long');
    if (length > rest.length) throw new Refusal('truncated');
    const octets = rest.slice(0, length);
    rest = rest.slice(length);
    return { huffman, octets };
  }

  function takeInteger(prefix: number): number {
    const full = 2n ** BigInt(prefix) - 1n;
    let value = BigInt(rest[0] as number) & full;
    rest = rest.slice(1);
    if (value < full) return Number(value);
    for (let i = 0n; ; i++) {
      if (i === 5n) throw new Refusal('integer');
      const octet = rest[0];
      if (octet === undefined) throw new Refusal('truncated');
      rest = rest.slice(1);
      value += BigInt(octet % 128) * 128n ** i;
      if (octet < 128) break;
    }
    if (value >= 2n ** 31n) throw new Refusal('integer');
    return Number(value);
  }
}

interface CodedString {
  readonly huffman: boolean;
  readonly octets: readonly number[];
}

function textOf(coded: CodedString): string {
  if (!coded.huffman) return String.fromCharCode(...coded.octets);
  const text = modelHuffmanDecode(coded.octets);
  if (text === undefined) throw new Refusal('huffman');
  return text;
}

/** The highest bits of the first octet. */
function top(octets: readonly number[], bits: number): number {
  return (octets[0] as number) >> (8 - bits);
}

function insert(table: ModelTable, field: { name: string; value: string }): void {
  const size = field.name.length + field.value.length + 32;
  shrink(table, table.maxSize - size);
  if (size <= table.maxSize) table.entries.unshift({ name: field.name, value: field.value });
}

function shrink(table: ModelTable, size: number): void {
  while (table.entries.length > 0 && modelTableSize(table) > size) table.entries.pop();
}

/** How one thing in a block is written. Indices are of what is there: taken modulo it. */
export type ModelRecipe =
  | { readonly kind: 'indexed'; readonly index: number; readonly zeros: number }
  | {
      readonly kind: 'literal';
      readonly how: 'add' | 'none' | 'never';
      /** A name of the tables, or a new one. */
      readonly name: number | string;
      readonly value: string;
      readonly huffman: boolean;
      /** Octets with no bits of their own that make integers longer. */
      readonly zeros: number;
    };

/** Writes a block, for a decoder whose table is as `table`, which is changed with it. */
export function modelEncode(
  updates: readonly number[],
  recipes: readonly ModelRecipe[],
  table: ModelTable,
): Uint8Array {
  const block: number[] = [];
  for (const size of updates) {
    block.push(...integer(0b001, 5, size, 0));
    table.maxSize = size;
    shrink(table, size);
  }
  table.limitsSince = [];
  for (const recipe of recipes) {
    const all = [...MODEL_STATIC, ...table.entries];
    if (recipe.kind === 'indexed') {
      block.push(...integer(0b1, 7, 1 + (recipe.index % all.length), recipe.zeros));
      continue;
    }
    const { how, value, huffman, zeros } = recipe;
    const index = typeof recipe.name === 'number' ? 1 + (recipe.name % all.length) : 0;
    const name = typeof recipe.name === 'number' ? (all[index - 1]?.name as string) : recipe.name;
    const [pattern, prefix] = { add: [0b01, 6], none: [0b0000, 4], never: [0b0001, 4] }[how] as [
      number,
      number,
    ];
    block.push(...integer(pattern, prefix, index, zeros));
    if (index === 0) block.push(...string(name, huffman, zeros));
    block.push(...string(value, huffman, zeros));
    if (how === 'add') insert(table, { name, value });
  }
  return Uint8Array.from(block);
}

function string(text: string, huffman: boolean, zeros: number): number[] {
  const octets = huffman ? modelHuffmanEncode(text) : [...text].map((character) => character.charCodeAt(0));
  return [...integer(huffman ? 1 : 0, 7, octets.length, zeros), ...octets];
}

/** An integer with `zeros` more octets than it needs, as far as six in all allow. */
export function integer(pattern: number, prefix: number, value: number, zeros: number): number[] {
  const full = 2 ** prefix - 1;
  const first = pattern * 2 ** prefix;
  if (value < full) return [first + value];
  const octets: number[] = [];
  let left = value - full;
  do {
    octets.push(left % 128);
    left = Math.floor(left / 128);
  } while (left > 0);
  for (let i = 0; i < zeros && octets.length < 5; i++) octets.push(0);
  return [first + full, ...octets.map((octet, i) => (i < octets.length - 1 ? octet + 128 : octet))];
}

/** RFC 7541 Appendix A. */
export const MODEL_STATIC: readonly { readonly name: string; readonly value: string }[] = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .trim()
  .split('\n')
  .map((line) => {
    const [, name, value] = /^(\S+) ?(.*)$/.exec(line) as unknown as [string, string, string];
    return { name, value };
  });
