/**
 * What can be said of a request before there is a connection for it: whether its head may be sent at all. Sessions judge
 * it again when they send it. This file does not know which session that will be.
 */
import { MisuseError } from '../errors.js';
import { requireAuthority as requireHost, requireMethod, requireTarget } from '../session/h1/encode.js';
import { FieldJudge } from '../session/h1/encode-fields.js';
import { HAS_HOST } from '../session/h1/field-section.js';
import type { FieldList, RequestOptions } from './contract.js';
import { givenLength } from './given.js';

const judge = new FieldJudge();
/** What was judged last, and is no worse for being sent again. */
const last = { method: 'GET', target: '/', authority: 'localhost' };
const noFields: FieldList = Object.freeze([]);

/** @throws MisuseError `authority` when there is none: what a caller without types may forget */
export function requireAuthority({ authority }: RequestOptions): void {
  if (typeof authority === 'string') return;
  throw new MisuseError('authority', 'RFC 9112 §3.2', `an authority is a string, not ${typeof authority}`);
}

/** @throws MisuseError for a method, a target, an authority, a length or fields that may not be sent */
export function requireRequest(options: RequestOptions): void {
  const { method = 'GET', target = '/', authority, fields, length } = options;
  givenLength(length);
  if (method !== last.method || target !== last.target) {
    requireMethod(method);
    requireTarget(method, target);
    last.method = method;
    last.target = target;
  }
  judge.judge(fields ?? noFields);
  // A Host field stands for the authority.
  if ((judge.flags & HAS_HOST) === 0 && authority !== last.authority) {
    requireHost(authority);
    last.authority = authority;
  }
}
