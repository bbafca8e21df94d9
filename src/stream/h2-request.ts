/**
 * The heads of requests that H2 carries (RFC 9113 §8.3.1, §8.5; RFC 8441): judged before anything of them is written. What
 * says where a request goes is judged once while it stays the same. This file does not know streams.
 */
import { MisuseError } from '../errors.js';
import {
  declaredLength,
  type FieldJudge,
  requireAuthority,
  requireMethod,
  requirePath,
  requireProtocol,
  requireScheme,
  without,
} from '../session/h2/outgoing.js';
import type { HeaderFields } from '../session/h2/writer.js';
import type { FieldList, RequestOptions } from './contract.js';
import { givenLength } from './given.js';

const noFields: FieldList = Object.freeze([]);
const continueExpected = ['expect', '100-continue'] as const;

type Field = readonly [name: string, value: string];

export interface H2Request {
  readonly method: string;
  readonly head: HeaderFields;
  /** What the head declares of the content, or -1. */
  readonly declared: number;
  /** Nothing follows the head. */
  readonly ends: boolean;
}

export class H2RequestHeads {
  private readonly judge: FieldJudge;
  /** What `pseudo` was made of, and the pseudo-header fields of the last request. */
  private method: string | undefined;
  private authority: string;
  private target: string;
  private scheme: string;
  private protocol: string | undefined;
  private pseudo: FieldList;
  /** What was judged last of each, and mostly stays as it is while targets change. */
  private methodField: Field | undefined;
  private schemeField: Field | undefined;
  private authorityField: Field | undefined;

  constructor(judge: FieldJudge) {
    this.judge = judge;
    this.method = undefined;
    this.authority = '';
    this.target = '';
    this.scheme = '';
    this.protocol = undefined;
    this.pseudo = noFields;
    this.methodField = undefined;
    this.schemeField = undefined;
    this.authorityField = undefined;
  }

  /** @param extendedConnect the peer takes it. @throws MisuseError for what may not be sent */
  build(options: RequestOptions, extendedConnect: boolean): H2Request {
    const { method = 'GET', fields: given = noFields } = options;
    const { contentLength: said, host } = this.judge.judge(given);
    // What stands for the authority in H1 is the authority here, and is said once (RFC 9113 §8.3.1).
    const fields = host === undefined ? given : without('host', given);
    const pseudo = this.pseudoFor(method, host ?? options.authority, options, extendedConnect);
    if (options.upgrade !== undefined) {
      const message = 'H2 has no Upgrade; extended CONNECT takes its place';
      throw new MisuseError('no-upgrade', 'RFC 9113 §8.6', message);
    }
    const connects = method === 'CONNECT';
    const isEmpty = (options.length === undefined || options.length === 0) && said <= 0 && !connects;
    // The stream of a CONNECT is for its tunnel, which the pipe ends.
    const ends = !connects && (options.end ?? isEmpty);
    const declared = declaredLength(said, givenLength(options.length), false);
    if (ends && declared > 0) {
      throw new MisuseError('length-conflict', 'RFC 9110 §8.6', 'no content follows the declared length');
    }
    if (connects && declared > 0) {
      throw new MisuseError('connect-content', 'RFC 9110 §9.3.6', 'a CONNECT request has no content');
    }
    const contentLength = declared >= 0 && said < 0 && !connects ? declared : undefined;
    const all = options.expectContinue === true && !ends ? [...fields, continueExpected] : fields;
    const head = {
      status: 0,
      pseudo,
      fields: all,
      date: undefined,
      contentLength,
      sensitive: options.sensitive,
    };
    return { method, head, declared: connects ? -1 : declared, ends };
  }

  /** The pseudo-header fields; those of the request before when it went to the same place. */
  private pseudoFor(
    method: string,
    authority: string,
    options: RequestOptions,
    extendedConnect: boolean,
  ): FieldList {
    const { scheme = 'http', protocol } = options;
    const tunnel = method === 'CONNECT' && protocol === undefined;
    // CONNECT's target is an authority, and all that it has.
    const target = options.target ?? (tunnel ? authority : '/');
    if (
      method === this.method &&
      authority === this.authority &&
      target === this.target &&
      scheme === this.scheme &&
      protocol === this.protocol
    ) {
      return this.pseudo;
    }
    if (this.methodField?.[1] !== method) {
      requireMethod(method);
      this.methodField = [':method', method];
    }
    const pseudo = tunnel
      ? [this.methodField, ofTunnel(target)]
      : this.ordinary(this.methodField, authority, scheme, target, protocol, extendedConnect);
    this.method = method;
    this.authority = authority;
    this.target = target;
    this.scheme = scheme;
    this.protocol = protocol;
    this.pseudo = pseudo;
    return pseudo;
  }

  /** Of a request that is for no tunnel. */
  private ordinary(
    method: Field,
    authority: string,
    scheme: string,
    target: string,
    protocol: string | undefined,
    extendedConnect: boolean,
  ): Field[] {
    if (this.authorityField?.[1] !== authority) {
      requireAuthority(authority, false);
      this.authorityField = [':authority', authority];
    }
    if (protocol !== undefined) {
      requireProtocol(protocol, method[1]);
      if (!extendedConnect) {
        throw new MisuseError('extended-connect', 'RFC 8441 §3', 'the peer does not take extended CONNECT');
      }
    }
    if (this.schemeField?.[1] !== scheme) {
      requireScheme(scheme);
      this.schemeField = [':scheme', scheme];
    }
    requirePath(method[1], target);
    const pseudo: Field[] = [method, this.schemeField, this.authorityField, [':path', target]];
    if (protocol !== undefined) pseudo.push([':protocol', protocol]);
    return pseudo;
  }
}

function ofTunnel(target: string): Field {
  requireAuthority(target, true);
  return [':authority', target];
}
