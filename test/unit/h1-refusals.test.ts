// What a peer is told of its faults over H1, and by what right: every way in which a message or a connection is refused,
// with its code, its section, its answer, and the limit if it is one of ours.
import { describe, expect, it } from 'vitest';
import { answerAbort, answerClose, answerStatus, type UndercoatError } from '../../src/errors.js';
import { bodyTooLarge } from '../../src/session/h1/body-reader.js';
import { outputExhausted } from '../../src/session/h1/content-writer.js';
import {
  CHUNKED,
  FIELD_LINE,
  FIELDS,
  type MessageFault,
  messageError,
  START_LINE,
} from '../../src/session/h1/faults.js';
import { headTimeout } from '../../src/session/h1/server-deadlines.js';
import * as sessionErrors from '../../src/session/h1/session-errors.js';

type Row = readonly [code: string, status: number, cites: string, limit?: string];

const rows: readonly Row[] = [
  ['h1-too-many-empty-lines', 400, 'RFC 9112 §2.2'],
  ['h1-method-invalid', 400, 'RFC 9112 §3.1'],
  ['h1-method-too-long', 501, 'RFC 9112 §3', 'maxMethodBytes'],
  ['h1-target-invalid', 400, 'RFC 9112 §3.2'],
  ['h1-target-too-long', 414, 'RFC 9110 §15.5.15', 'maxTargetBytes'],
  ['h1-version-invalid', 400, 'RFC 9112 §2.3'],
  ['h1-version-unsupported', 505, 'RFC 9110 §15.6.6'],
  ['h1-status-version-invalid', 400, 'RFC 9112 §4'],
  ['h1-status-code-invalid', 400, 'RFC 9112 §4'],
  ['h1-reason-invalid', 400, 'RFC 9112 §4'],
  ['h1-head-too-large', 431, 'RFC 6585 §5', 'maxHeadBytes'],
  ['h1-field-line-too-long', 431, 'RFC 6585 §5', 'maxFieldLineBytes'],
  ['h1-too-many-fields', 431, 'RFC 6585 §5', 'maxFields'],
  ['h1-line-folding', 400, 'RFC 9112 §5.2'],
  ['h1-field-name-empty', 400, 'RFC 9110 §5.1'],
  ['h1-field-name-invalid', 400, 'RFC 9110 §5.1'],
  ['h1-space-before-colon', 400, 'RFC 9112 §5.1'],
  ['h1-field-value-invalid', 400, 'RFC 9110 §5.5'],
  ['h1-bare-cr', 400, 'RFC 9112 §2.2'],
  ['h1-bare-lf', 400, 'RFC 9112 §2.2'],
  ['h1-host-missing', 400, 'RFC 9112 §3.2'],
  ['h1-host-repeated', 400, 'RFC 9112 §3.2'],
  ['h1-host-invalid', 400, 'RFC 9112 §3.2'],
  ['h1-content-length-invalid', 400, 'RFC 9110 §8.6'],
  ['h1-content-length-repeated', 400, 'RFC 9112 §6.3'],
  ['h1-length-and-coding', 400, 'RFC 9112 §6.1'],
  ['h1-coding-in-1.0', 400, 'RFC 9112 §6.1'],
  ['h1-coding-malformed', 400, 'RFC 9112 §6.1'],
  ['h1-coding-unsupported', 501, 'RFC 9112 §6.1'],
  ['h1-chunked-not-final', 400, 'RFC 9112 §6.3'],
  ['h1-chunked-repeated', 400, 'RFC 9112 §6.1'],
  ['h1-chunked-parameter', 400, 'RFC 9112 §7.1'],
  ['h1-connection-malformed', 400, 'RFC 9110 §7.6.1'],
  ['h1-expectation-unsupported', 417, 'RFC 9110 §10.1.1'],
  ['h1-connect-with-content', 400, 'RFC 9110 §9.3.6'],
  ['h1-chunk-size-invalid', 400, 'RFC 9112 §7.1'],
  ['h1-chunk-size-too-long', 400, 'RFC 9112 §7.1', 'maxChunkSizeDigits'],
  ['h1-chunk-size-line', 400, 'RFC 9112 §7.1'],
  ['h1-chunk-extension-invalid', 400, 'RFC 9112 §7.1.1'],
  ['h1-chunk-extension-too-long', 400, 'RFC 9112 §7.1.1', 'maxChunkExtensionBytes'],
  ['h1-chunk-extensions-too-long', 400, 'RFC 9112 §7.1.1', 'maxExtensionBytes'],
  ['h1-chunk-data-end', 400, 'RFC 9112 §7.1'],
  ['h1-trailers-too-large', 431, 'RFC 6585 §5', 'maxTrailerBytes'],
  ['h1-too-many-trailers', 431, 'RFC 6585 §5', 'maxTrailerFields'],
  ['h1-trailer-forbidden', 400, 'RFC 9110 §6.5.1'],
];

/** Where the peer was right, and asked for what we do not speak. */
const incompatible = ['h1-version-unsupported', 'h1-coding-unsupported', 'h1-expectation-unsupported'];

const faults: readonly MessageFault[] = [START_LINE, FIELD_LINE, FIELDS, CHUNKED].flatMap((table) =>
  Object.values<MessageFault>(table),
);

describe('a message', () => {
  it('is refused in these ways only, each with a code of its own', () => {
    expect(faults.map(({ code }) => code).sort()).toEqual(rows.map(([code]) => code).sort());
  });

  it.each(rows.map((row) => ({ row })))('$row', ({ row: [code, status, cites, limit] }) => {
    const found = faults.find((fault) => fault.code === code) as MessageFault;
    const fault =
      limit !== undefined
        ? 'limit-reached'
        : incompatible.includes(code)
          ? 'peer-incompatible'
          : 'peer-misbehaved';
    const asked = messageError(found, 'request');
    expect(asked).toMatchObject({ code, cites, fault, answer: answerStatus(status) });
    expect('limit' in asked ? asked.limit : undefined).toBe(limit);
    expect(messageError(found, 'response')).toMatchObject({ code, cites, fault, answer: answerClose });
  });
});

describe('a connection', () => {
  const {
    callbackFailed,
    connectionClosed,
    earlyResponse,
    incomplete,
    inputExhausted,
    notAnswered,
    timeout,
    tooManyInterim,
    unasked,
    undrained,
    unsolicited,
  } = sessionErrors;
  const told = answerStatus(400);
  const cause = new Error('mine');

  it.each<[UndercoatError, object]>([
    [incomplete('head', told), { code: 'incomplete-head', cites: 'RFC 9112 §8', answer: told }],
    [incomplete('body', answerClose), { code: 'incomplete-body', cites: 'RFC 9112 §8', answer: answerClose }],
    [
      inputExhausted(told),
      { code: 'input-exhausted', cites: 'WS-9, RFC 6585 §5', limit: 'slabBytes', answer: told },
    ],
    [
      outputExhausted(),
      { code: 'output-exhausted', cites: 'WS-9', limit: 'limitBytes', answer: answerStatus(503) },
    ],
    [
      bodyTooLarge(7),
      {
        code: 'body-too-large',
        cites: 'RFC 9110 §15.5.14',
        limit: 'maxBodyBytes',
        answer: answerStatus(413),
      },
    ],
    [timeout('head', 'late', 'LAY-4', told), { code: 'late', cites: 'LAY-4', limit: 'head', answer: told }],
    [
      headTimeout(),
      { code: 'head-timeout', cites: 'RFC 9110 §15.5.9', limit: 'head', answer: answerStatus(408) },
    ],
    [unsolicited(), { code: 'unsolicited', cites: 'RFC 9112 §9.2', answer: answerClose }],
    [unasked(), { code: 'upgrade-unasked', cites: 'RFC 9110 §7.8', answer: answerClose }],
    [notAnswered(), { code: 'not-answered', cites: 'RFC 9112 §9.3.2', answer: answerClose }],
    [earlyResponse(), { code: 'early-response', cites: 'RFC 9112 §9.5', answer: answerClose }],
    [
      callbackFailed(cause),
      { fault: 'api-misuse', code: 'application-failed', cites: 'OWN-7', cause, answer: answerClose },
    ],
    [
      tooManyInterim(3),
      { code: 'too-many-interim', cites: 'WORK-1', limit: 'maxInterim', answer: answerClose },
    ],
    [
      undrained(3),
      { code: 'body-undrained', cites: 'RFC 9112 §9.3', limit: 'drainBytes', answer: answerClose },
    ],
    [connectionClosed(), { fault: 'transport-failed', code: 'closed', answer: answerAbort }],
  ])('$code', (error, says) => {
    expect(error).toMatchObject(says);
  });
});
