/**
 * Chunked bodies as text, one character an octet, that are valid by the grammar of RFC 9112 §7.1: extensions, sizes
 * with leading zeros, trailers. This file does not know any reader.
 */

import fc from 'fast-check';

/** A chunked body and what it says, one character an octet. */
export interface H1ChunkedBody {
  /** The whole body, trailer section and final CRLF included. */
  readonly text: string;
  /** What it carries. */
  readonly data: string;
  readonly trailers: [name: string, value: string][];
  /** Where the trailer section begins. */
  readonly trailersAt: number;
}

const extension = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ';a',
      ';a=b',
      '; a = b',
      ' ;a\t',
      ';a="b; "',
      ';a="\\"\\\\";c',
      ';!#=~\t;x=""',
    ),
  },
);
/** White space may stand before what goes on, not before the line's end. */
const extensions = fc.array(extension, { maxLength: 3 }).map((list) => list.join('').replace(/[ \t]+$/, ''));
const size = fc.record({ zeros: fc.constantFrom('', '', '0', '000'), upper: fc.boolean() });
const data = fc.oneof(
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 }),
  fc.constantFrom('\r\n', '0\r\n\r\n', '\r\n0\r\n\r\n', '5\r\n'),
  fc
    .record({ octet: fc.constantFrom('x', '\r', '\n'), length: fc.integer({ min: 1, max: 700 }) })
    .map(({ octet, length }) => octet.repeat(length)),
);
const trailer = fc.tuple(
  fc.constantFrom('X-Sum', 'x', 'Date', 'Server-Timing'),
  fc.constantFrom('', 'a', 'a b', 'é\x80'),
);

function line(length: number, { zeros, upper }: { zeros: string; upper: boolean }, ext: string): string {
  const digits = length.toString(16);
  return `${zeros}${upper ? digits.toUpperCase() : digits}${ext}\r\n`;
}

/** A chunked body that a strict recipient accepts. */
export function h1ChunkedBody(): fc.Arbitrary<H1ChunkedBody> {
  return fc
    .record({
      chunks: fc.array(fc.tuple(data, size, extensions), { maxLength: 5 }),
      last: fc.tuple(size, extensions),
      trailers: fc.array(trailer, { maxLength: 3 }),
    })
    .map(({ chunks, last, trailers }) => {
      const before = [
        ...chunks.map(([octets, style, ext]) => `${line(octets.length, style, ext)}${octets}\r\n`),
        line(0, ...last),
      ].join('');
      return {
        text: `${before}${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
        data: chunks.map(([octets]) => octets).join(''),
        trailers,
        trailersAt: before.length,
      };
    });
}
