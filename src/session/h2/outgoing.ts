/**
 * One message that is sent, held to what its head declared (RFC 9110 §8.6, RFC 9113 §8.1.1, §8.2): judges fields before
 * anything is written, and counts content. This file does not know frames.
 */
import { answerStatus, LimitError, MisuseError } from '../../errors.js';
import { HOST_INVALID, HOST_PORT, judgeHostText } from '../host.js';
import { TCHAR } from '../octets.js';
import {
  NAME_CONNECTION,
  NAME_CONTENT_LENGTH,
  NAME_DATE,
  NAME_HOST,
  NAME_KEEP_ALIVE,
  NAME_NUMBERS,
  NAME_OTHER,
  NAME_PROXY_CONNECTION,
  NAME_TE,
  NAME_TRANSFER_ENCODING,
  NAME_UPGRADE,
} from './hpack/field-names.js';
import { FIELD_OVERHEAD } from './hpack/static-table.js';
import type { FieldList, HeaderFields } from './writer.js';

/** What the fields of a head say that matters to whoever sends it. */
export interface Judgement {
  /** Content-Length, or -1. */
  readonly contentLength: number;
  readonly hasDate: boolean;
  /** The value of Host; `:authority` takes its place (RFC 9113 §8.3.1). */
  readonly host: string | undefined;
}

const plain: Judgement = Object.freeze({ contentLength: -1, hasDate: false, host: undefined });
/** Longer lists are judged each time. */
const mostRemembered = 32;

/** Judges the fields of heads. The list that was judged last is remembered: what applications send, they send again. */
export class FieldJudge {
  /** Names and values in turn. */
  private readonly remembered: string[];
  private judgement: Judgement;
  private readonly ofRequests: boolean;

  /** @param ofRequests whose fields are judged, or responses': TE is one of requests (RFC 9113 §8.2.2) */
  constructor(ofRequests: boolean) {
    this.ofRequests = ofRequests;
    this.remembered = [];
    this.judgement = plain;
  }

  /** @throws MisuseError `field-name`, `field-value`, or `field-framing` for a field that is the connection's */
  judge(fields: FieldList): Judgement {
    if (fields.length === 0) return plain;
    if (this.remembers(fields)) return this.judgement;
    const judgement = judge(fields, false, this.ofRequests);
    if (fields.length <= mostRemembered) {
      this.remember(fields);
      this.judgement = judgement;
    }
    return judgement;
  }

  private remember(fields: FieldList): void {
    const { remembered } = this;
    const { length } = fields;
    if (remembered.length > 2 * length) remembered.length = 2 * length;
    for (let i = 0; i < length; i++) {
      const field = fields[i] as readonly [string, string];
      remembered[2 * i] = field[0];
      remembered[2 * i + 1] = field[1];
    }
  }

  /** String by string: the caller may do with his list what he likes. */
  private remembers(fields: FieldList): boolean {
    const { remembered } = this;
    const { length } = fields;
    if (remembered.length !== 2 * length) return false;
    for (let i = 0; i < length; i++) {
      const field = fields[i] as readonly [string, string];
      if (field[0] !== remembered[2 * i] || field[1] !== remembered[2 * i + 1]) return false;
    }
    return true;
  }
}

/** @throws MisuseError as `judge` does, and for what trailers may not say (RFC 9110 §6.5.1) */
export function judgeTrailers(fields: FieldList): void {
  judge(fields, true, false);
}

function judge(fields: FieldList, trailers: boolean, mayTe: boolean): Judgement {
  let contentLength = -1;
  let hasDate = false;
  let host: string | undefined;
  for (const [name, value] of fields) {
    requireName(name);
    requireValue(name, value);
    switch (NAME_NUMBERS.get(name.toLowerCase()) ?? NAME_OTHER) {
      case NAME_CONNECTION:
      case NAME_KEEP_ALIVE:
      case NAME_PROXY_CONNECTION:
      case NAME_TRANSFER_ENCODING:
      case NAME_UPGRADE:
        throw refused('RFC 9113 §8.2.2', name, 'is a field of an H1 connection');
      case NAME_TE:
        if (!mayTe || value !== 'trailers')
          throw refused('RFC 9113 §8.2.2', name, 'may say trailers only, in a request');
        break;
      case NAME_CONTENT_LENGTH:
        if (trailers) throw refusedInTrailers(name);
        if (contentLength >= 0 || !/^[0-9]{1,15}$/.test(value))
          throw refused('RFC 9110 §8.6', name, 'is no length here');
        contentLength = Number(value);
        break;
      case NAME_DATE:
        hasDate = true;
        break;
      case NAME_HOST:
        if (trailers) throw refusedInTrailers(name);
        if (host !== undefined) throw refused('RFC 9113 §8.3.1', name, 'is given twice');
        host = value;
        break;
    }
  }
  return { contentLength, hasDate, host };
}

/** The fields but those of a name, in lower case. */
export function without(unwanted: string, fields: FieldList): FieldList {
  return fields.filter(([name]) => name.toLowerCase() !== unwanted);
}

/**
 * The peer's SETTINGS_MAX_HEADER_LIST_SIZE, which is advice (RFC 9113 §6.5.2): what an application gives is held to it,
 * so that it hears of it here and not from the peer; a block without a field of its own goes whatever it says.
 * @throws LimitError `peer-header-list`; nothing has changed then. Unanswered it becomes a 500
 */
export function requireListFits(block: HeaderFields, limit: number): void {
  if (limit === Number.POSITIVE_INFINITY || block.fields.length === 0) return;
  // `:status` and its value.
  let size = block.status > 0 ? 10 + FIELD_OVERHEAD : 0;
  size += sizeOf(block.pseudo) + sizeOf(block.fields);
  if (block.date !== undefined) size += 4 + block.date.length + FIELD_OVERHEAD;
  // A length has 16 digits at most: they are counted when it matters.
  if (size + 30 + FIELD_OVERHEAD <= limit) return;
  if (block.contentLength !== undefined) size += 14 + String(block.contentLength).length + FIELD_OVERHEAD;
  if (size <= limit) return;
  throw new LimitError(
    'SETTINGS_MAX_HEADER_LIST_SIZE',
    'peer-header-list',
    'RFC 9113 §6.5.2',
    `the fields count ${size} bytes, and the peer takes ${limit}`,
    answerStatus(500),
  );
}

function sizeOf(fields: FieldList): number {
  let size = fields.length * FIELD_OVERHEAD;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as readonly [string, string];
    size += field[0].length + field[1].length;
  }
  return size;
}

/** The content of a message against its declared length. */
export class Content {
  private remaining: number;
  private readonly forbidden: boolean;
  /** Content is counted and not sent: of an answer to HEAD, or a 304. */
  readonly silent: boolean;

  /** @param length -1 when it is not known */
  constructor(length: number, silent: boolean, forbidden: boolean) {
    this.remaining = length;
    this.silent = silent;
    this.forbidden = forbidden;
  }

  /**
   * Counts content, the last of the message with `last`.
   * @throws MisuseError `length-overrun`, `length-underrun`, `content-forbidden`; nothing has changed then
   */
  add(bytes: number, last: boolean): void {
    if (bytes > 0 && this.forbidden) {
      throw new MisuseError('content-forbidden', 'RFC 9110 §6.4', 'this message has no content');
    }
    if (this.remaining < 0) return;
    const left = this.remaining - bytes;
    if (left < 0) {
      const message = `${bytes} bytes are more than the ${this.remaining} that the declared length leaves`;
      throw new MisuseError('length-overrun', 'RFC 9110 §8.6', message);
    }
    if (last && left > 0 && !this.silent) {
      const message = `the declared length leaves ${left} bytes to be sent`;
      throw new MisuseError('length-underrun', 'RFC 9110 §8.6', message);
    }
    this.remaining = left;
  }

  /** What `add` counted was not sent after all. */
  takeBack(bytes: number): void {
    if (this.remaining >= 0) this.remaining += bytes;
  }
}

/** Of every message that ends with its head and declares no length: there is nothing of it to be counted. */
export const noContent = new Content(-1, false, true);

/** The length that the call and the fields declare, -1 where they do not; -1 when neither does. @throws MisuseError when they disagree */
export function declaredLength(said: number, given: number, end: boolean): number {
  if (said >= 0 && given >= 0 && said !== given) {
    throw new MisuseError(
      'length-conflict',
      'RFC 9110 §8.6',
      `the fields say ${said} bytes, the call ${given}`,
    );
  }
  if (given >= 0) return given;
  if (said >= 0) return said;
  return end ? 0 : -1;
}

/** @throws MisuseError `method` */
export function requireMethod(method: string): void {
  if (!isToken(method)) {
    throw new MisuseError(
      'method',
      'RFC 9110 §9.1',
      `a method must be a token, not ${JSON.stringify(method)}`,
    );
  }
}

/** @throws MisuseError `target` when it is no `:path` of an http request */
export function requirePath(method: string, path: string): void {
  let valid = path.startsWith('/') || (path === '*' && method === 'OPTIONS');
  for (let i = 0; valid && i < path.length; i++) {
    const code = path.charCodeAt(i);
    valid = code > 0x20 && code < 0x7f && code !== 0x23;
  }
  if (!valid)
    throw new MisuseError('target', 'RFC 9113 §8.3.1', `${JSON.stringify(path)} is no :path for ${method}`);
}

/** @param tunnel of CONNECT: its port is not optional. @throws MisuseError `authority` */
export function requireAuthority(authority: string, tunnel: boolean): void {
  const judgement = judgeHostText(authority);
  if (tunnel ? judgement === HOST_PORT : judgement !== HOST_INVALID) return;
  const what = `a host with ${tunnel ? 'a' : 'an optional'} port`;
  throw new MisuseError('authority', 'RFC 9113 §8.3.1', `${JSON.stringify(authority)} is not ${what}`);
}

/** @throws MisuseError `scheme` */
export function requireScheme(scheme: string): void {
  if (/^[a-z][a-z0-9+.-]*$/i.test(scheme)) return;
  throw new MisuseError('scheme', 'RFC 3986 §3.1', `${JSON.stringify(scheme)} is no scheme`);
}

/** @throws MisuseError `protocol` */
export function requireProtocol(protocol: string, method: string): void {
  if (isToken(protocol) && method === 'CONNECT') return;
  throw new MisuseError(
    'protocol',
    'RFC 8441 §4',
    `${JSON.stringify(protocol)} is no :protocol of ${method}`,
  );
}

function isToken(text: string): boolean {
  const { length } = text;
  for (let i = 0; i < length; i++) if (TCHAR[text.charCodeAt(i)] !== 1) return false;
  return length > 0;
}

function requireName(name: string): void {
  if (!isToken(name)) {
    throw new MisuseError(
      'field-name',
      'RFC 9110 §5.1',
      `a field name must be a token, not ${JSON.stringify(name)}`,
    );
  }
}

function requireValue(name: string, value: string): void {
  const { length } = value;
  let valid = length === 0 || (value.charCodeAt(0) > 0x20 && value.charCodeAt(length - 1) > 0x20);
  for (let i = 0; valid && i < length; i++) {
    const code = value.charCodeAt(i);
    valid = code < 0x20 ? code === 0x09 : code !== 0x7f && code <= 0xff;
  }
  if (valid) return;
  throw new MisuseError(
    'field-value',
    'RFC 9113 §8.2.1',
    `the value of ${name} must have no control character, none above U+00FF, and no white space at its ends`,
  );
}

function refused(section: string, name: string, why: string): MisuseError {
  return new MisuseError('field-framing', section, `${name} ${why}`);
}

function refusedInTrailers(name: string): MisuseError {
  return refused('RFC 9110 §6.5.1', name, 'is not allowed in a trailer section');
}
