/**
 * The names of fields that everybody uses, each with a small number: a decoder finds them by their octets without
 * building a string, an encoder has what it must know of them at hand, and a session can tell the names that it
 * must understand by the number. This file does not know what the fields mean.
 */

/** The number of a name that is not known here. */
export const NAME_OTHER = 0;
export const NAME_AUTHORITY = 1;
export const NAME_METHOD = 2;
export const NAME_PATH = 3;
export const NAME_SCHEME = 4;
export const NAME_STATUS = 5;
export const NAME_PROTOCOL = 6;
export const NAME_CONNECTION = 7;
export const NAME_KEEP_ALIVE = 8;
export const NAME_PROXY_CONNECTION = 9;
export const NAME_TRANSFER_ENCODING = 10;
export const NAME_UPGRADE = 11;
export const NAME_TE = 12;
export const NAME_HOST = 13;
export const NAME_CONTENT_LENGTH = 14;
export const NAME_COOKIE = 15;
export const NAME_EXPECT = 16;
export const NAME_TRAILER = 17;
export const NAME_DATE = 18;
export const NAME_PRIORITY = 19;
export const NAME_SET_COOKIE = 20;

/** By their numbers; the static table's first, then others that browsers, proxies and servers send. */
export const NAMES: readonly string[] = Object.freeze([
  '',
  ...[':authority', ':method', ':path', ':scheme', ':status', ':protocol', 'connection', 'keep-alive'],
  ...['proxy-connection', 'transfer-encoding', 'upgrade', 'te', 'host', 'content-length', 'cookie', 'expect'],
  ...['trailer', 'date', 'priority', 'set-cookie', 'accept-charset', 'accept-encoding', 'accept-language'],
  ...['accept-ranges', 'accept', 'access-control-allow-origin', 'age', 'allow', 'authorization'],
  ...['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'content-location'],
  ...['content-range', 'content-type', 'etag', 'expires', 'from', 'if-match', 'if-modified-since'],
  ...['if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'link', 'location'],
  ...['max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range', 'referer', 'refresh'],
  ...['retry-after', 'server', 'strict-transport-security', 'user-agent', 'vary', 'via'],
  ...['www-authenticate', 'origin', 'dnt', 'sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform'],
  ...['sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-site', 'sec-fetch-user', 'upgrade-insecure-requests'],
  ...['access-control-allow-credentials', 'access-control-allow-headers', 'access-control-allow-methods'],
  ...['access-control-expose-headers', 'access-control-max-age', 'access-control-request-headers'],
  ...[
    'access-control-request-method',
    'alt-svc',
    'content-security-policy',
    'forwarded',
    'grpc-accept-encoding',
  ],
  ...['grpc-encoding', 'grpc-message', 'grpc-status', 'grpc-timeout', 'referrer-policy', 'server-timing'],
  ...['traceparent', 'tracestate', 'x-content-type-options', 'x-correlation-id', 'x-forwarded-for'],
  ...['x-forwarded-host', 'x-forwarded-proto', 'x-frame-options', 'x-real-ip', 'x-request-id'],
  ...['x-requested-with', 'x-xss-protection'],
]);

/** The number of a name in lower case, or undefined. */
export const NAME_NUMBERS: ReadonlyMap<string, number> = new Map(
  NAMES.map((name, number): [string, number] => [name, number]).slice(1),
);

/** The longest known name. */
const LONGEST_NAME = Math.max(...NAMES.map((name) => name.length));
const BUCKETS = 512;
/** The octets of all names, one after the other, and where each begins. */
const OCTETS: Uint8Array = Uint8Array.from(NAMES.join(''), (character) => character.charCodeAt(0));
const STARTS: Uint16Array = new Uint16Array(NAMES.length + 1);
/** The last name of each bucket, and for each name the one before it there; 0 ends the chain. */
const HEADS: Uint8Array = new Uint8Array(BUCKETS);
const BEFORE: Uint8Array = new Uint8Array(NAMES.length);

for (let number = 1; number < NAMES.length; number++) {
  const length = (NAMES[number] as string).length;
  const start = STARTS[number] as number;
  STARTS[number + 1] = start + length;
  const bucket = bucketOf(OCTETS, start, length);
  BEFORE[number] = HEADS[bucket] as number;
  HEADS[bucket] = number;
}

/** The number of the name `bytes[start, start + length)`, compared exactly; NAME_OTHER when it is none. */
export function recogniseOctets(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0 || length > LONGEST_NAME) return NAME_OTHER;
  let number = HEADS[bucketOf(bytes, start, length)] as number;
  while (number !== NAME_OTHER) {
    const from = STARTS[number] as number;
    if ((STARTS[number + 1] as number) - from === length) {
      let i = 0;
      while (i < length && OCTETS[from + i] === bytes[start + i]) i++;
      if (i === length) return number;
    }
    number = BEFORE[number] as number;
  }
  return NAME_OTHER;
}

function bucketOf(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start] as number;
  const middle = bytes[start + (length >> 1)] as number;
  const last = bytes[start + length - 1] as number;
  return (length * 37 + first * 5 + middle * 67 + last * 11) & (BUCKETS - 1);
}
