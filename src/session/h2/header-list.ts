/**
 * One decoded header block: collects the fields within the limits and judges them by RFC 9113 §8.2 and §8.3. Decoding
 * is never stopped from here (CON-5): what breaks a rule or exceeds a limit is remembered, and the rest is let by.
 *
 * The octets of names and values were judged by the decoder, whose marks say so. This file does not know HPACK, nor what
 * happens to a stream whose block is malformed.
 */

import type { UpgradedRequest } from '../carried.js';
import { HOST_INVALID, HOST_PORT, judgeHostText } from '../host.js';
import { TCHAR } from '../octets.js';
import type { FieldSink } from './hpack/decoder.js';
import {
  MARK_BAD_NAME,
  MARK_BAD_VALUE,
  MARK_NAME,
  MARK_NEVER_INDEXED,
  MARK_PSEUDO,
} from './hpack/field-marks.js';
import {
  NAME_AUTHORITY,
  NAME_CONNECTION,
  NAME_CONTENT_LENGTH,
  NAME_EXPECT,
  NAME_HOST,
  NAME_KEEP_ALIVE,
  NAME_METHOD,
  NAME_NUMBERS,
  NAME_PATH,
  NAME_PRIORITY,
  NAME_PROTOCOL,
  NAME_PROXY_CONNECTION,
  NAME_SCHEME,
  NAME_STATUS,
  NAME_TE,
  NAME_TRANSFER_ENCODING,
  NAME_UPGRADE,
} from './hpack/field-names.js';

/** What a block is for: it decides which pseudo-header fields there may be. */
export type BlockKind = 'request' | 'response' | 'trailers';

const seenMethod = 1 << NAME_METHOD;
const seenScheme = 1 << NAME_SCHEME;
const seenAuthority = 1 << NAME_AUTHORITY;
const seenPath = 1 << NAME_PATH;
const seenProtocol = 1 << NAME_PROTOCOL;
const seenStatus = 1 << NAME_STATUS;
const requestPseudo = seenMethod | seenScheme | seenAuthority | seenPath | seenProtocol;

/** Of a request that was no list of fields: method, scheme, authority and path. */
const customaryOrder = (NAME_METHOD << 9) | (NAME_SCHEME << 6) | (NAME_AUTHORITY << 3) | NAME_PATH;
/** The room of so many names and values is kept for the next block. */
const mostKept = 128;

export class HeaderList implements FieldSink {
  /** Names of those that came as never indexed, in order; undefined when there are none. */
  sensitive: string[] | undefined;
  method: string;
  scheme: string;
  authority: string | undefined;
  path: string;
  protocol: string | undefined;
  status: number;
  /** The scheme as it was sent, in whichever case. */
  saidScheme: string;
  /** The numbers of the pseudo-header fields in their order, three bits each, the last one lowest. */
  pseudoOrder: number;
  /** -1 when there is none. */
  contentLength: number;
  /** The Priority field (RFC 9218 §5), or undefined. */
  priority: string | undefined;
  expectsContinue: boolean;
  /** Why the block is malformed; empty when it is not. */
  malformed: string;
  /** There are more fields than the limit: some are missing. */
  tooMany: boolean;
  private kind: BlockKind;
  private seen: number;
  private regular: boolean;
  private host: string | undefined;
  /** The regular fields, names and values in turn, in order: the first `count` of the list, which is used again. */
  private readonly strings: string[];
  private count: number;
  /** The authority that was judged last, and how: most requests of a connection have the same. */
  private judged: string;
  private judgement: number;
  private readonly maxFields: number;

  constructor(maxFields: number) {
    this.sensitive = undefined;
    this.method = '';
    this.scheme = '';
    this.authority = undefined;
    this.path = '';
    this.protocol = undefined;
    this.status = 0;
    this.saidScheme = '';
    this.pseudoOrder = 0;
    this.contentLength = -1;
    this.priority = undefined;
    this.expectsContinue = false;
    this.malformed = '';
    this.tooMany = false;
    this.kind = 'request';
    this.seen = 0;
    this.regular = false;
    this.host = undefined;
    this.strings = [];
    this.count = 0;
    this.judged = '';
    this.judgement = HOST_INVALID;
    this.maxFields = maxFields;
  }

  begin(kind: BlockKind): void {
    this.count = 0;
    if (this.strings.length > mostKept) this.strings.length = 0;
    this.sensitive = undefined;
    this.method = '';
    this.scheme = '';
    this.authority = undefined;
    this.path = '';
    this.protocol = undefined;
    this.status = 0;
    this.saidScheme = '';
    this.pseudoOrder = 0;
    this.contentLength = -1;
    this.priority = undefined;
    this.expectsContinue = false;
    this.malformed = '';
    this.tooMany = false;
    this.kind = kind;
    this.seen = 0;
    this.regular = false;
    this.host = undefined;
  }

  /** A request that was read and judged before: what its fields may say is known (RFC 7540 §3.2). */
  takeUp({ method, target, authority, fields }: UpgradedRequest): void {
    this.begin('request');
    this.method = method;
    this.scheme = 'http';
    this.saidScheme = 'http';
    this.authority = authority;
    this.path = target;
    this.pseudoOrder = customaryOrder;
    for (const [name, value] of fields) {
      const number = NAME_NUMBERS.get(name);
      if (number !== undefined) this.special(number, name, value);
      this.keep(name, value);
    }
  }

  field(name: string, value: string, marks: number): void {
    if (this.malformed !== '' || this.tooMany) return;
    if ((marks & (MARK_BAD_NAME | MARK_BAD_VALUE)) !== 0) {
      this.malformed =
        (marks & MARK_BAD_NAME) !== 0
          ? 'a field name is not a token in lower case'
          : `the value of ${name} has forbidden octets, or white space at an end`;
    } else if ((marks & MARK_PSEUDO) !== 0) this.pseudo(marks & MARK_NAME, name, value);
    else if (this.count >= 2 * this.maxFields) this.tooMany = true;
    else {
      this.regular = true;
      const number = marks & MARK_NAME;
      if (number >= NAME_CONNECTION && number <= NAME_PRIORITY) this.special(number, name, value);
      this.keep(name, value);
      if ((marks & MARK_NEVER_INDEXED) !== 0) {
        if (this.sensitive === undefined) this.sensitive = [name];
        else this.sensitive.push(name);
      }
    }
  }

  /** The regular fields, names and values in turn, in order: a list of the caller's. */
  takeFields(): string[] {
    return this.strings.slice(0, this.count);
  }

  /**
   * After the last field: whether what must be there is.
   * @param cut the list was over its limit: what is missing may have been in it
   * @param extendedConnect we announced RFC 8441
   */
  finish(cut: boolean, extendedConnect: boolean): void {
    if (this.malformed !== '' || cut || this.tooMany || this.kind === 'trailers') return;
    if (this.kind === 'request') this.finishRequest(extendedConnect);
    else if ((this.seen & seenStatus) === 0) this.malformed = ':status is missing';
  }

  private keep(name: string, value: string): void {
    this.strings[this.count] = name;
    this.strings[this.count + 1] = value;
    this.count += 2;
  }

  private finishRequest(extendedConnect: boolean): void {
    const { seen } = this;
    if ((seen & seenMethod) === 0) this.malformed = ':method is missing';
    else if (this.method === 'CONNECT' && (seen & seenProtocol) === 0) {
      // RFC 9113 §8.5.
      if ((seen & (seenScheme | seenPath)) !== 0) this.malformed = 'CONNECT has no :scheme and no :path';
      else if (!this.authority) this.malformed = 'CONNECT needs :authority';
    } else if ((seen & seenScheme) === 0) this.malformed = ':scheme is missing';
    else if ((seen & seenPath) === 0) this.malformed = ':path is missing';
    else if (!isPath(this.method, this.isHttp, this.path)) this.malformed = ':path is no path';
    else if ((seen & seenProtocol) !== 0) {
      // RFC 8441 §4.
      if (this.method !== 'CONNECT') this.malformed = ':protocol without CONNECT';
      else if (!extendedConnect) this.malformed = ':protocol was not announced';
      else if (!this.authority) this.malformed = 'extended CONNECT needs :authority';
    }
    if (this.malformed === '') this.finishAuthority((seen & seenScheme) === 0);
  }

  /** One authority, whichever field it came from (RFC 9113 §8.3.1). @param tunnel of CONNECT: its port is not optional */
  private finishAuthority(tunnel: boolean): void {
    const { host } = this;
    if (host !== undefined) {
      if (this.authority === undefined) this.authority = host;
      else if (this.authority.toLowerCase() !== host.toLowerCase()) {
        this.malformed = 'host and :authority differ';
        return;
      }
    }
    const { authority } = this;
    if (!authority) {
      if (this.isHttp) this.malformed = `the authority is ${authority === undefined ? 'missing' : 'empty'}`;
      return;
    }
    if (authority !== this.judged) {
      this.judgement = judgeHostText(authority);
      this.judged = authority;
    }
    if (this.judgement === HOST_INVALID) this.malformed = 'the authority is no host with an optional port';
    else if (tunnel && this.judgement !== HOST_PORT) this.malformed = 'CONNECT needs a port';
  }

  private get isHttp(): boolean {
    return this.scheme === 'http' || this.scheme === 'https';
  }

  /** RFC 9113 §8.3: known, of this kind of message, once, and before every regular field. */
  private pseudo(number: number, name: string, value: string): void {
    const bit = 1 << number;
    const allowed = this.kind === 'request' ? requestPseudo : this.kind === 'response' ? seenStatus : 0;
    if (number > NAME_PROTOCOL || (bit & allowed) === 0) this.malformed = `${name} in a ${this.kind}`;
    else if (this.regular) this.malformed = `${name} after a regular field`;
    else if ((this.seen & bit) !== 0) this.malformed = `${name} twice`;
    if (this.malformed !== '') return;
    this.seen |= bit;
    this.pseudoOrder = (this.pseudoOrder << 3) | number;
    switch (number) {
      case NAME_METHOD:
        this.method = value;
        if (!isToken(value)) this.malformed = ':method is no token';
        break;
      case NAME_SCHEME:
        // Compared in lower case, and told so (RFC 3986 §3.1).
        this.saidScheme = value;
        this.scheme = value === 'http' || value === 'https' ? value : value.toLowerCase();
        if (!isScheme(this.scheme)) this.malformed = ':scheme is no scheme';
        break;
      case NAME_AUTHORITY:
        this.authority = value;
        break;
      case NAME_PATH:
        this.path = value;
        break;
      case NAME_PROTOCOL:
        this.protocol = value;
        if (!isToken(value)) this.malformed = ':protocol is no token';
        break;
      default:
        this.status = statusOf(value);
        if (this.status === 0) this.malformed = ':status is no status';
        else if (this.status === 101) this.malformed = '101 has no place in H2';
    }
  }

  /** Fields that mean something to the session (RFC 9113 §8.2.2). */
  private special(number: number, name: string, value: string): void {
    switch (number) {
      case NAME_CONNECTION:
      case NAME_KEEP_ALIVE:
      case NAME_PROXY_CONNECTION:
      case NAME_TRANSFER_ENCODING:
      case NAME_UPGRADE:
        this.malformed = `${name} is a field of the connection`;
        break;
      case NAME_TE:
        if (this.kind !== 'request' || value.toLowerCase() !== 'trailers')
          this.malformed = 'te may say trailers only';
        break;
      case NAME_HOST:
        if (this.kind !== 'request') return;
        if (this.host !== undefined) this.malformed = 'host twice';
        this.host = value;
        break;
      case NAME_CONTENT_LENGTH: {
        const length = this.kind === 'trailers' ? -1 : lengthOf(value);
        if (length < 0) this.malformed = 'content-length is no length here';
        else if (this.contentLength >= 0) this.malformed = 'content-length twice';
        this.contentLength = length;
        break;
      }
      case NAME_EXPECT:
        this.expectsContinue = value.toLowerCase() === '100-continue';
        break;
      case NAME_PRIORITY:
        this.priority = value;
        break;
    }
  }
}

function isToken(text: string): boolean {
  const { length } = text;
  for (let i = 0; i < length; i++) if (TCHAR[text.charCodeAt(i)] !== 1) return false;
  return length > 0;
}

/** scheme of RFC 3986 §3.1, in lower case. */
function isScheme(text: string): boolean {
  return text === 'http' || text === 'https' || /^[a-z][a-z0-9+.-]*$/.test(text);
}

/**
 * RFC 9113 §8.3.1: neither empty nor without its slash, but for `OPTIONS *`. Its octets are those that can be seen, but
 * `#`: more than RFC 3986 §3.3 has, for browsers send `|` and `"` as they are; no octet of them ends a line or a word.
 */
function isPath(requestMethod: string, isHttp: boolean, value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false;
  }
  if (!isHttp) return true;
  return value.startsWith('/') || (value === '*' && requestMethod === 'OPTIONS');
}

function statusOf(value: string): number {
  if (value.length !== 3 || value.charCodeAt(0) < 0x31 || value.charCodeAt(0) > 0x35) return 0;
  return Math.max(lengthOf(value), 0);
}

function lengthOf(value: string): number {
  if (value.length === 0 || value.length > 16) return -1;
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return Number.isSafeInteger(length) ? length : -1;
}
