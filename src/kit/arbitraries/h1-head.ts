/**
 * Heads of H1 messages as text, one character an octet, that are valid by the grammar of RFC 9110 and 9112, from
 * the usual to the odd: every form of request-target, every way to frame, obs-text, empty values. This file does
 * not know any reader.
 */

import fc from 'fast-check';

const tchars = "!#$%&'*+-.^_`|~0123456789abcXYZ";
const pathChars = "/?:@!$&'()*+,;=-._~abcXYZ012";
const valueChars = '\t !"#,;=()<>@[]\\{}~azAZ09\x80\xff';

/** `minLength` to `maxLength` characters of `characters`. */
function text(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
}

const ows = fc.constantFrom('', ' ', ' ', ' ', '\t', '  ', ' \t ');
const token = text(tchars, 1, 12);
const pathQuery = fc
  .array(fc.oneof(text(pathChars, 1, 6), fc.constantFrom('%20', '%fF', '%00')), { maxLength: 5 })
  .map((parts) => `/${parts.join('')}`);

/** uri-host with an optional port. */
export const h1Authority: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      'example.com',
      'a',
      '192.0.2.1',
      '[::1]',
      '[2001:db8::7]',
      '[1:2:3:4:5:6:7:8]',
      '[::ffff:192.0.2.33]',
      '[vF.a:1]',
      'x%2Dy',
      "~!$&'()*+,;=",
    ),
    fc.constantFrom('', '', ':', ':80', ':65535', ':00443'),
  )
  .map(([host, port]) => host + port);

/** A field that a session does not act upon. */
const plainField = fc
  .tuple(
    fc.oneof(
      token.filter((name) => !/^(te|host|date)$/i.test(name)),
      fc.constantFrom(
        'Accept',
        'X-A',
        'Cookie',
        'Date',
        'TE',
        'Trailer',
        'Upgrade',
        'Keep-Alive',
        'Proxy-Connection',
      ),
    ),
    ows,
    text(valueChars, 0, 24),
    ows,
  )
  .map(([name, before, value, after]) => `${name}:${before}${value}${after}`);

const connectionField = fc
  .tuple(
    fc.constantFrom('Connection', 'connection', 'CONNECTION'),
    fc.array(fc.constantFrom('close', 'Close', 'keep-alive', 'Keep-Alive', 'upgrade', 'x-a', '', 'te'), {
      maxLength: 3,
    }),
    fc.constantFrom(',', ', ', ' ,\t'),
  )
  .map(([name, options, comma]) => `${name}: ${options.join(comma)}`);

const lengthField = fc
  .constantFrom('0', '1', '5', '007', '65536', '4294967296', '9007199254740991')
  .map((length) => `Content-Length: ${length}`);

const requestFraming: fc.Arbitrary<string[]> = fc.oneof(
  fc.constant<string[]>([]),
  lengthField.map((line) => [line]),
  fc.constantFrom('Transfer-Encoding: chunked', 'transfer-encoding:\tChunked ').map((line) => [line]),
);

function requestLine(
  version: string,
): fc.Arbitrary<{ line: string; needsAuthority: boolean; connect: boolean }> {
  const method = fc.oneof(
    fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get', 'GETX'),
    token.filter((name) => name !== 'CONNECT'),
  );
  const absolute = fc
    .tuple(
      fc.constantFrom('http', 'https', 'HTTP', 'a+b-c.1'),
      h1Authority,
      fc.oneof(pathQuery, fc.constantFrom('', '?q')),
    )
    .map(([scheme, authority, rest]) => `${scheme}://${authority}${rest}`);
  const line = (name: string, target: string) => `${name} ${target} HTTP/${version}`;
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .tuple(method, pathQuery)
        .map(([name, target]) => ({ line: line(name, target), needsAuthority: true, connect: false })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(method, absolute)
        .map(([name, target]) => ({ line: line(name, target), needsAuthority: false, connect: false })),
    },
    {
      weight: 1,
      arbitrary: fc.constant({ line: line('OPTIONS', '*'), needsAuthority: false, connect: false }),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('example.com:443', '[::1]:1', '192.0.2.1:65535')
        .map((target) => ({ line: line('CONNECT', target), needsAuthority: false, connect: true })),
    },
  );
}

/** A request head that a strict server accepts, final CRLF included. */
export function h1RequestHead(): fc.Arbitrary<string> {
  return fc.constantFrom('1.1', '1.1', '1.1', '1.0', '1.7').chain((version) => {
    const old = version === '1.0';
    return fc
      .record({
        empty: fc.constantFrom('', '', '', '\r\n', '\r\n\r\n'),
        start: requestLine(version),
        authority: h1Authority,
        hostless: fc.boolean(),
        framing: requestFraming,
        fields: fc.array(plainField, { maxLength: 5 }),
        connection: fc.option(connectionField, { nil: undefined }),
        expect: fc.constantFrom('', '', '', 'Expect: 100-continue', 'expect:100-Continue '),
        order: fc.nat({ max: 5039 }),
      })
      .map(({ empty, start, authority, hostless, framing, fields, connection, expect, order }) => {
        const host = old && hostless ? [] : [`Host: ${!start.needsAuthority && hostless ? '' : authority}`];
        const usable = framing.filter((line) => !start.connect && !(old && /^transfer/i.test(line)));
        const optional = [
          ...(connection === undefined ? [] : [connection]),
          ...(expect === '' ? [] : [expect]),
        ];
        const lines = shuffled([...host, ...usable, ...optional, ...fields], order);
        return `${empty}${start.line}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
      });
  });
}

/** A response head that a strict client accepts, final CRLF included. */
export function h1ResponseHead(): fc.Arbitrary<string> {
  return fc.constantFrom('1.1', '1.1', '1.0', '1.3').chain((version) =>
    fc
      .record({
        status: fc.oneof(
          fc.constantFrom(100, 101, 103, 200, 204, 206, 304, 404, 500),
          fc.integer({ min: 100, max: 599 }),
        ),
        reason: fc.oneof(fc.constantFrom('OK', '', 'Not Found'), text(valueChars, 0, 12)),
        framing: requestFraming,
        fields: fc.array(plainField, { maxLength: 5 }),
        connection: fc.option(connectionField, { nil: undefined }),
        order: fc.nat({ max: 5039 }),
      })
      .map(({ status, reason, framing, fields, connection, order }) => {
        const usable = framing.filter((line) => !(version === '1.0' && /^transfer/i.test(line)));
        const lines = shuffled(
          [...usable, ...(connection === undefined ? [] : [connection]), ...fields],
          order,
        );
        return `HTTP/${version} ${status} ${reason}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
      }),
  );
}

/** The lines in the `order`-th order. */
function shuffled(lines: readonly string[], order: number): string[] {
  const left = [...lines];
  const result: string[] = [];
  for (let rest = order; left.length > 0; rest = Math.floor(rest / left.length) + left.length) {
    result.push(...left.splice(rest % left.length, 1));
  }
  return result;
}
