// WIRE-1 on the wire: what the server of a stack gives its application as a request, and the client as a response, is what
// the grammar accepts, with that framing, and nothing else; whatever comes before it on the connection.
import fc from 'fast-check';
import { modelChunked, modelRequest, modelResponse } from '../../../models/h1-grammar.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { SessionEnd } from '../../../src/kit/session-end.js';
import type { StackUnderTest } from '../../../src/kit/stack-under-test.js';
import type { ClientSession } from '../../../src/stream/contract.js';
import { give, settle } from '../entrances.js';
import { characters, octets } from '../h1.js';
import { h1Bodies, h1Requests, h1Responses, type Verdicts } from './h1-grammar.js';

const memory = { slabBytes: 16_384 };
/** What a server may answer to a request that is one (RFC 9110 §15): too much of something, or not implemented. */
const otherwiseRefused = /^HTTP\/1\.1 (?:413|414|417|431|501|505) /;

/** Heads, right and wrong. */
export function requestsAreServed(stack: StackUnderTest, opening: Uint8Array, verdicts?: Verdicts) {
  return fc.property(h1Requests, (text) => {
    const model = modelRequest(text);
    let served: string | undefined;
    const end = new SessionEnd(
      stack.server,
      {
        role: 'server',
        httpDate: undefined,
        exchange: ({ request }) => {
          served ??= `${request.method} ${request.target}`;
        },
      },
      memory,
    );
    give(end, opening);
    give(end, octets(text));
    count(verdicts, model !== undefined);
    const isRefused = served === undefined && otherwiseRefused.test(characters(end.sent));
    if (model === undefined) requireEqual('WIRE-1', served, undefined, 'served of what is no request');
    else if (!isRefused) requireEqual('WIRE-1', served, `${model.method} ${model.target}`, 'what was served');
    finish(end);
  });
}

/** Chunked bodies, right and wrong. */
export function bodiesAreServed(stack: StackUnderTest, opening: Uint8Array, verdicts?: Verdicts) {
  return fc.property(h1Bodies, (text) => {
    const model = modelChunked(text);
    let content = '';
    let isWhole = false;
    const end = new SessionEnd(
      stack.server,
      {
        role: 'server',
        httpDate: undefined,
        exchange: ({ body }) => {
          body.consume({
            data: (lease) => {
              content += characters(lease.view());
              lease.release();
            },
            end: () => {
              isWhole = true;
            },
            failed: () => {},
          });
        },
      },
      memory,
    );
    give(end, opening);
    give(end, octets(`PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${text}`));
    count(verdicts, model !== undefined);
    const due = [model !== undefined, model?.data];
    requireEqual('WIRE-1', [isWhole, isWhole ? content : undefined], due, 'the body');
    finish(end);
  });
}

/** Heads of final responses, right and wrong; behind one without content the exchange is over. */
export function responsesAreTaken(stack: StackUnderTest, verdicts?: Verdicts) {
  return fc.property(h1Responses, fc.constantFrom('GET', 'HEAD'), (text, method) => {
    const model = modelResponse(text, method);
    fc.pre(model === undefined || model.status >= 200);
    let status: number | undefined;
    let ended: string | undefined;
    const ask = (session: ClientSession): void => {
      const exchange = session.request(
        { authority: 'a', method, end: true },
        {
          response: (head, { body }) => {
            status = head.status;
            body.discard();
          },
          failed: () => {},
        },
      );
      exchange.onClosed = (error) => {
        ended ??= error?.code ?? 'ok';
      };
    };
    const end = new SessionEnd(stack.client, { role: 'client', ready: ask }, memory);
    settle(end);
    give(end, octets(text));
    count(verdicts, model !== undefined);
    requireEqual('WIRE-1', status, model?.status, 'status of the response');
    if (model?.framing === 'none') requireEqual('WIRE-1', ended, 'ok', 'end of a response without content');
    finish(end);
  });
}

function count(verdicts: Verdicts | undefined, accepted: boolean): void {
  if (verdicts !== undefined) verdicts[accepted ? 'accepted' : 'refused'] += 1;
}

function finish(end: SessionEnd): void {
  end.lose();
  requireThat('WIRE-3', end.thrown.length === 0, () => String(end.thrown[0]));
  end.assertQuiescent();
}
