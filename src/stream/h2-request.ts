/**
 * The head of a request that H2 carries (RFC 9113 §8.3.1, §8.5; RFC 8441): judged before anything of it is written. This
 * file does not know streams.
 */
import { MisuseError } from '../errors.js';
import {
  declaredLength,
  judgeFields,
  requireAuthority,
  requireMethod,
  requirePath,
} from '../session/h2/outgoing.js';
import type { HeaderFields } from '../session/h2/writer.js';
import type { FieldList, RequestOptions } from './contract.js';
import { givenLength } from './given.js';

const noFields: FieldList = Object.freeze([]);

export interface H2Request {
  readonly method: string;
  readonly head: HeaderFields;
  /** What the head declares of the content, or -1. */
  readonly declared: number;
  /** Nothing follows the head. */
  readonly ends: boolean;
}

/** @param extendedConnect the peer takes it. @throws MisuseError for what may not be sent */
export function h2Request(options: RequestOptions, extendedConnect: boolean): H2Request {
  const { authority, method = 'GET', target = '/', scheme = 'http', protocol, fields = noFields } = options;
  const connects = method === 'CONNECT';
  requireMethod(method);
  requireAuthority(authority);
  if (options.upgrade !== undefined) {
    const message = 'H2 has no Upgrade; extended CONNECT takes its place';
    throw new MisuseError('no-upgrade', 'RFC 9113 §8.6', message);
  }
  const judgement = judgeFields(fields, false);
  const isEmpty =
    (options.length === undefined || options.length === 0) && judgement.contentLength <= 0 && !connects;
  const ends = options.end ?? isEmpty;
  const declared = declaredLength(judgement.contentLength, givenLength(options.length), false);
  if (ends && declared > 0) {
    throw new MisuseError('length-conflict', 'RFC 9110 §8.6', 'no content follows the declared length');
  }
  const pseudo: (readonly [string, string])[] = [[':method', method]];
  if (connects && protocol === undefined) pseudo.push([':authority', authority]);
  else {
    if (protocol !== undefined && !extendedConnect) {
      throw new MisuseError('extended-connect', 'RFC 8441 §3', 'the peer does not take extended CONNECT');
    }
    requirePath(method, target);
    pseudo.push([':scheme', scheme], [':authority', authority], [':path', target]);
    if (protocol !== undefined) pseudo.push([':protocol', protocol]);
  }
  const more: (readonly [string, string])[] = [];
  if (declared >= 0 && judgement.contentLength < 0 && !connects) {
    more.push(['content-length', String(declared)]);
  }
  if (options.expectContinue === true && !ends) more.push(['expect', '100-continue']);
  const all = more.length === 0 ? fields : [...fields, ...more];
  return { method, head: { status: 0, pseudo, fields: all }, declared, ends };
}
