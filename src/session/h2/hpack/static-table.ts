/**
 * The static table of RFC 7541 Appendix A. This file does not know the dynamic one, nor who looks.
 */

/** Entries of the static table; the dynamic table's first entry has the next index. */
export const STATIC_ENTRIES = 61;

/** Octets that an entry counts besides its name and its value (§4.1). The same holds for a field of a list. */
export const FIELD_OVERHEAD = 32;

/** Names by index; 0 is no index. */
export const STATIC_NAMES: readonly string[] = Object.freeze([
  ...['', ':authority', ':method', ':method', ':path', ':path', ':scheme', ':scheme'],
  ...new Array<string>(7).fill(':status'),
  ...['accept-charset', 'accept-encoding', 'accept-language', 'accept-ranges', 'accept'],
  ...['access-control-allow-origin', 'age', 'allow', 'authorization', 'cache-control'],
  ...['content-disposition', 'content-encoding', 'content-language', 'content-length', 'content-location'],
  ...['content-range', 'content-type', 'cookie', 'date', 'etag', 'expect', 'expires', 'from', 'host'],
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified'],
  ...['link', 'location', 'max-forwards', 'proxy-authenticate', 'proxy-authorization', 'range', 'referer'],
  ...['refresh', 'retry-after', 'server', 'set-cookie', 'strict-transport-security', 'transfer-encoding'],
  ...['user-agent', 'vary', 'via', 'www-authenticate'],
]);

/** Values by index. From 15 on only `accept-encoding` has one. */
export const STATIC_VALUES: readonly string[] = Object.freeze([
  ...['', '', 'GET', 'POST', '/', '/index.html', 'http', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500', '', 'gzip, deflate'],
  ...new Array<string>(STATIC_ENTRIES - 16).fill(''),
]);
