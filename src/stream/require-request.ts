/**
 * What can be said of a request before there is a connection for it: whether its head may be sent at all. Sessions judge
 * it again when they send it. This file does not know which session that will be.
 */
import { MisuseError } from '../errors.js';
import { requireAuthority as requireHost, requireMethod, requireTarget } from '../session/h1/encode.js';
import { FieldJudge, PreparedFields, requireList } from '../session/h1/encode-fields.js';
import { FieldMemory } from '../session/h1/field-memory.js';
import { HAS_HOST } from '../session/h1/field-section.js';
import { requirePath, requireProtocol } from '../session/h2/outgoing.js';
import type { FieldList, RequestOptions } from './contract.js';
import { givenLength } from './given.js';

const judge = new FieldJudge();
const memory = new FieldMemory();
/** What was judged last, and is no worse for being sent again. */
const last = { method: 'GET', target: '/', authority: 'localhost' };
const noFields: FieldList = Object.freeze([]);

/** @throws MisuseError `authority` when there is none: what a caller without types may forget */
export function requireAuthority(options: RequestOptions): void {
  // Where there are no options there is no authority either.
  const authority: unknown = (options as RequestOptions | undefined)?.authority;
  if (typeof authority === 'string') return;
  throw new MisuseError('authority', 'RFC 9112 §3.2', `an authority is a string, not ${typeof authority}`);
}

/** @throws MisuseError for a method, a target, an authority, a length or fields that may not be sent */
export function requireRequest(options: RequestOptions): void {
  const { method = 'GET', target = '/', authority, fields, length, protocol } = options;
  givenLength(length);
  if (protocol !== undefined) {
    // Extended CONNECT, which H2 alone has: its target is a path.
    requireProtocol(protocol, method);
    requirePath(method, target);
  } else if (method !== last.method || target !== last.target) {
    requireMethod(method);
    requireTarget(method, target);
    last.method = method;
    last.target = target;
  }
  // A Host field stands for the authority.
  if ((flagsOf(fields ?? noFields) & HAS_HOST) === 0 && authority !== last.authority) {
    requireHost(authority);
    last.authority = authority;
  }
}

function flagsOf(fields: FieldList): number {
  requireList(fields);
  if (fields.length === 0) return 0;
  const recalled = memory.recall(fields);
  if (recalled instanceof PreparedFields) return recalled.flags;
  judge.judge(fields);
  return judge.flags;
}
