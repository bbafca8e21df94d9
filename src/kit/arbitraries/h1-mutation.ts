/**
 * Mistakes in H1 messages: edits that know lines, fields and framing, of the kind that request smuggling is made
 * of. A mutation is a recipe that can be applied to any text, one character an octet. This file does not know which
 * edits leave a message valid; many do.
 */

import fc from 'fast-check';

/** Lines that conflict with, repeat or disguise what frames and routes a message. */
const lines = [
  'Content-Length: 5',
  'Content-Length: 6',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: 0x5',
  'Content-Length: 5 5',
  'Content-Length: -1',
  'Content-Length:',
  'Content-Length: 9007199254740992',
  'Content-Length: 18446744073709551621',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: gzip;q="a,b", chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked;a=b',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  ' Transfer-Encoding: chunked',
  'Transfer-Encoding:\r\n chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'Host: example.com',
  'Host: other.example',
  'Host:',
  'Host: a b',
  'Host: a@b',
  'Host: a/b',
  'Host: [::1',
  'Host: [1:2:3:4:5:6:7:8:9]',
  'Host: [::1::2]',
  'Host: [::1%25en0]',
  'Host: a:65536',
  'Host: a:8o',
  'Host: :80',
  'Connection: close, "x"',
  'Connection: ,,close',
  'Expect: 100-continue, x',
  'Expect: 200-ok',
  'Expect:',
  ': x',
  'X',
  'X Y: z',
  'X: \x00',
  'X: \x7f',
];

/** What frames a message, which has one at most, and what looks as if it did. */
const framings = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: 1 2',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked;a=b',
];

/** Octets that end, part or hide things. */
const octets = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  '\x0b',
  '\x7f',
  '\x80',
  '%',
  '#',
  '[',
  '"',
  ',',
  ';',
  '0',
  'a',
  '\\',
];

/** Takes text, gives text. `toString` says what it does. */
export interface H1Mutation {
  readonly kind: string;
  /** From 0 to 1: where in the text, or which line. */
  readonly place: number;
  /** Which of the kind's variants. */
  readonly variant: number;
}

type Edit = (text: string, at: number, variant: number) => string;

const edits: Readonly<Record<string, Edit>> = {
  insert: (text, at, variant) => text.slice(0, at) + choose(octets, variant) + text.slice(at),
  replace: (text, at, variant) => text.slice(0, at) + choose(octets, variant) + text.slice(at + 1),
  remove: (text, at) => text.slice(0, at) + text.slice(at + 1),
  octet: (text, at, variant) => text.slice(0, at) + String.fromCharCode(variant & 0xff) + text.slice(at + 1),
  insertLine: (text, at, variant) =>
    editLines(text, at, (all, i) => all.splice(i, 0, choose(lines, variant))),
  frameAgain: (text, at, variant) =>
    editLines(text, at, (all, i) => all.splice(Math.max(1, i), 0, choose(framings, variant))),
  repeatLine: (text, at) => editLines(text, at, (all, i) => all.splice(i, 0, all[i] ?? '')),
  removeLine: (text, at) => editLines(text, at, (all, i) => all.splice(i, 1)),
  swapLines: (text, at) => editLines(text, at, (all, i) => all.splice(i, 0, ...all.splice(i + 1, 1))),
  bareLf: (text, at) => editLineEnd(text, at, '\n'),
  bareCr: (text, at) => editLineEnd(text, at, '\r'),
  doubleCr: (text, at) => editLineEnd(text, at, '\r\r\n'),
  fold: (text, at, variant) => editLineEnd(text, at, variant % 2 === 0 ? '\r\n ' : '\r\n\t'),
  upper: (text, at) => text.slice(0, at) + text.slice(at).replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  version: (text, _at, variant) =>
    text.replace(
      /HTTP\/\d\.\d/,
      choose(
        ['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.2', 'http/1.1', 'HTTP/11', 'HTTP/1.11', 'HTTP/1 .1'],
        variant,
      ),
    ),
};

/** One mistake. */
export function h1Mutation(): fc.Arbitrary<H1Mutation> {
  return fc.record({
    kind: fc.constantFrom(...Object.keys(edits)),
    place: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
    variant: fc.nat({ max: 255 }),
  });
}

/** Applies mistakes in order. Characters beyond U+00FF cannot arise. */
export function mutateH1(text: string, mutations: readonly H1Mutation[]): string {
  let result = text;
  for (const { kind, place, variant } of mutations) {
    result = edits[kind]?.(result, Math.floor(place * result.length), variant) ?? result;
  }
  return result;
}

function choose(from: readonly string[], variant: number): string {
  return from[variant % from.length] ?? '';
}

function editLines(text: string, at: number, edit: (lines: string[], i: number) => unknown): string {
  const all = text.split('\r\n');
  edit(all, text.slice(0, at).split('\r\n').length - 1);
  return all.join('\r\n');
}

/** Puts another end in the place of the line end after `at`. */
function editLineEnd(text: string, at: number, end: string): string {
  const found = text.indexOf('\r\n', at);
  return found < 0 ? text : text.slice(0, found) + end + text.slice(found + 2);
}
