/**
 * HTTP/1.1 heads and chunked bodies read a second time, by regular expressions over text, one character an octet:
 * the grammar of RFC 9110, 9112 and 3986 as written there, and what a strict recipient makes of it. Shares no code
 * with the readers that it is a model of, and knows no limits but those of numbers.
 */

const tchar = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";
const token = `${tchar}+`;
const ows = '[ \\t]*';
const quoted = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';
const content = '[\\t -~\\x80-\\xff]*';
const pct = '%[0-9A-Fa-f]{2}';
const unreservedOrSub = "[A-Za-z0-9\\-._~!$&'()*+,;=]";
const pchar = `(?:${unreservedOrSub}|${pct}|[:@])`;
const pathQuery = `(?:${pchar}|[/?])*`;
const decOctet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])';
const ipv4 = `${decOctet}(?:\\.${decOctet}){3}`;
const h16 = '[0-9A-Fa-f]{1,4}';
const ls32 = `(?:${h16}:${h16}|${ipv4})`;
/** RFC 3986 §3.2.2, row by row. */
const ipv6 = [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  `(?:${h16})?::(?:${h16}:){4}${ls32}`,
  `(?:(?:${h16}:){0,1}${h16})?::(?:${h16}:){3}${ls32}`,
  `(?:(?:${h16}:){0,2}${h16})?::(?:${h16}:){2}${ls32}`,
  `(?:(?:${h16}:){0,3}${h16})?::${h16}:${ls32}`,
  `(?:(?:${h16}:){0,4}${h16})?::${ls32}`,
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`,
].join('|');
const ipFuture = `[vV][0-9A-Fa-f]+\\.(?:${unreservedOrSub}|:)+`;
const uriHost = `(?:\\[(?:${ipv6}|${ipFuture})\\]|(?:${unreservedOrSub}|${pct})+)`;

const HOST = new RegExp(`^${uriHost}(?::([0-9]*))?$`);
const CONNECT_TARGET = new RegExp(`^${uriHost}:([0-9]+)$`);
const ORIGIN = new RegExp(`^/${pathQuery}$`);
const ABSOLUTE = new RegExp(`^[A-Za-z][A-Za-z0-9+\\-.]*://([^/?]*)((?:/|\\?)${pathQuery})?$`);
const REQUEST_LINE = new RegExp(`^(?:\\r\\n){0,2}(${token}) ([^ \\r\\n]+) HTTP/([0-9])\\.([0-9])\\r\\n`);
const STATUS_LINE = new RegExp(`^HTTP/([0-9])\\.([0-9]) ([1-5][0-9]{2}) (${content})\\r\\n`);
const FIELD_LINE = new RegExp(`(${token}):(${content})\\r\\n`, 'y');
const CODING = `${token}(?:${ows};${ows}${token}${ows}=${ows}(?:${token}|${quoted}))*`;
const CODINGS = new RegExp(`^${CODING}(?:${ows},${ows}${CODING})*$`);
const CODING_SPLIT = new RegExp(`${CODING}`, 'g');
const OPTIONS = new RegExp(`^(?:${ows}(?:${token})?${ows}(?:,|$))*$`);
const CHUNK_EXTENSIONS = `(?:${ows};${ows}${token}(?:${ows}=${ows}(?:${token}|${quoted}))?)*`;
const CHUNK_LINE = new RegExp(`([0-9A-Fa-f]{1,16})${CHUNK_EXTENSIONS}\\r\\n`, 'y');

export type ModelFraming = 'none' | 'length' | 'chunked' | 'until-close' | 'tunnel';

export interface ModelHead {
  readonly length: number;
  readonly minor: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly framing: ModelFraming;
  readonly contentLength: number;
  readonly persistent: boolean;
}

export interface ModelRequest extends ModelHead {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly expectsContinue: boolean;
}

export interface ModelResponse extends ModelHead {
  readonly status: number;
  readonly reason: string;
}

/** The request head that `text` begins with; nothing if it begins with none, or with one that is refused. */
export function modelRequest(text: string): ModelRequest | undefined {
  const start = REQUEST_LINE.exec(text);
  if (start === null) return undefined;
  const [line, method = '', target = '', major, digit] = start;
  const section = readSection(text, line.length);
  if (section === undefined || major !== '1') return undefined;
  const minor = digit === '0' ? 0 : 1;
  const { fields, length } = section;
  const hosts = valuesOf(fields, 'host');
  if (hosts.length > 1 || (minor === 1 && hosts.length === 0)) return undefined;
  const host = hosts[0] ?? '';
  if (host !== '' && !isHost(host)) return undefined;

  let authority: string;
  if (method === 'CONNECT') {
    const port = CONNECT_TARGET.exec(target)?.[1];
    if (port === undefined || Number(port) > 65_535) return undefined;
    authority = target;
  } else if (ORIGIN.test(target)) {
    if (minor === 1 && host === '') return undefined;
    authority = host;
  } else if (target === '*') {
    if (method !== 'OPTIONS') return undefined;
    authority = host;
  } else {
    const absolute = ABSOLUTE.exec(target);
    if (absolute === null || !isHost(absolute[1] ?? '')) return undefined;
    authority = absolute[1] ?? '';
  }

  const general = readGeneral(fields, minor);
  if (general === undefined) return undefined;
  if (general.codings.length > 0 && general.codings.join() !== 'chunked') return undefined;
  const chunked = general.codings.length > 0;
  if (method === 'CONNECT' && (chunked || general.contentLength > 0)) return undefined;
  const expectations = valuesOf(fields, 'expect');
  if (expectations.some((value) => value.toLowerCase() !== '100-continue')) return undefined;

  let framing: ModelFraming = 'none';
  if (chunked) framing = 'chunked';
  else if (general.contentLength >= 0 && method !== 'CONNECT') framing = 'length';
  return {
    length,
    method,
    target,
    minor,
    authority,
    fields,
    framing,
    contentLength: general.contentLength,
    persistent: general.persistent,
    expectsContinue: minor === 1 && expectations.length > 0,
  };
}

/** The response head that `text`, the answer to a request with `method`, begins with; nothing if none, or a refused one. */
export function modelResponse(text: string, method: string): ModelResponse | undefined {
  const start = STATUS_LINE.exec(text);
  if (start === null) return undefined;
  const [line, major, digit, code, reason = ''] = start;
  const section = readSection(text, line.length);
  if (section === undefined || major !== '1') return undefined;
  const minor = digit === '0' ? 0 : 1;
  const status = Number(code);
  const general = readGeneral(section.fields, minor);
  if (general === undefined) return undefined;
  let framing: ModelFraming;
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') framing = 'none';
  else if (method === 'CONNECT' && status < 300) framing = 'tunnel';
  else if (general.codings.length > 0) {
    if (general.codings.join() !== 'chunked') return undefined;
    framing = 'chunked';
  } else framing = general.contentLength >= 0 ? 'length' : 'until-close';
  const { contentLength, persistent } = general;
  return { ...section, minor, status, reason, framing, contentLength, persistent };
}

export interface ModelChunked {
  readonly length: number;
  readonly data: string;
  readonly trailers: readonly (readonly [string, string])[];
}

/** The chunked body that `text` begins with; nothing if it begins with none, or with one that is refused. */
export function modelChunked(text: string): ModelChunked | undefined {
  let data = '';
  for (let at = 0; ; ) {
    CHUNK_LINE.lastIndex = at;
    const line = CHUNK_LINE.exec(text);
    if (line === null) return undefined;
    at += line[0].length;
    const size = BigInt(`0x${line[1]}`);
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    if (size === 0n) {
      const section = readSection(text, at);
      if (section === undefined || section.fields.some(([name]) => isForbiddenTrailer(name)))
        return undefined;
      return { length: section.length, data, trailers: section.fields };
    }
    const end = at + Number(size);
    if (text.slice(end, end + 2) !== '\r\n') return undefined;
    data += text.slice(at, end);
    at = end + 2;
  }
}

function isForbiddenTrailer(name: string): boolean {
  return /^(?:host|content-length|transfer-encoding|connection|expect|upgrade|te|trailer|keep-alive|proxy-connection)$/i.test(
    name,
  );
}

/** Whether a text is a uri-host, not empty, with an optional port up to 65535. */
export function isHost(value: string): boolean {
  const match = HOST.exec(value);
  return match !== null && Number(match[1] ?? '0') <= 65_535;
}

function readSection(text: string, from: number): { fields: [string, string][]; length: number } | undefined {
  const fields: [string, string][] = [];
  let at = from;
  while (!text.startsWith('\r\n', at)) {
    FIELD_LINE.lastIndex = at;
    const line = FIELD_LINE.exec(text);
    if (line === null) return undefined;
    fields.push([line[1] ?? '', (line[2] ?? '').replace(/^[ \t]+|[ \t]+$/g, '')]);
    at += line[0].length;
  }
  return { fields, length: at + 2 };
}

function valuesOf(fields: readonly (readonly [string, string])[], name: string): string[] {
  return fields.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
}

interface General {
  readonly contentLength: number;
  /** Lower case, in order; `chunked` can be the last only. */
  readonly codings: readonly string[];
  readonly persistent: boolean;
}

/** What requests and responses have in common; nothing if it is refused. */
function readGeneral(fields: readonly (readonly [string, string])[], minor: number): General | undefined {
  const lengths = valuesOf(fields, 'content-length');
  const codingLines = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + Math.min(1, codingLines.length) > 1) return undefined;
  const length = lengths[0];
  if (length !== undefined) {
    if (!/^[0-9]+$/.test(length) || BigInt(length) > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  }
  if (codingLines.length > 0 && minor === 0) return undefined;
  const codings: string[] = [];
  for (const line of codingLines) {
    if (!CODINGS.test(line)) return undefined;
    codings.push(...(line.match(CODING_SPLIT) ?? []).map((coding) => coding.toLowerCase()));
  }
  if (codings.some((coding, i) => coding === 'chunked' && i < codings.length - 1)) return undefined;
  if (codings.some((coding) => /^chunked[ \t]*;/.test(coding))) return undefined;
  const options: string[] = [];
  for (const line of valuesOf(fields, 'connection')) {
    if (!OPTIONS.test(line)) return undefined;
    options.push(
      ...line
        .toLowerCase()
        .split(',')
        .map((option) => option.replace(/[ \t]/g, '')),
    );
  }
  const persistent = !options.includes('close') && (minor === 1 || options.includes('keep-alive'));
  return { contentLength: length === undefined ? -1 : Number(length), codings, persistent };
}
