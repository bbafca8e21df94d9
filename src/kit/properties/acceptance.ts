/**
 * WIRE-1: what an end of a stack gives its application as a message is what a grammar accepts, and nothing else, with the
 * content that the grammar finds in it. The grammar is the caller's, as are the messages, right and wrong; one that shares
 * code with the stack shows nothing. This file does not know what a message looks like.
 */
import fc from 'fast-check';
import type { ClientSession, ServerExchange } from '../../stream/contract.js';
import { give, settle } from '../by-hand.js';
import { joined } from '../frozen-batch.js';
import { Reached } from '../reached.js';
import { SessionEnd } from '../session-end.js';
import { observed, type StackUnderTest } from '../stack-under-test.js';
import { requireEqual, requireNoneThrown } from './require.js';

/** What a server's application is to be given of octets. */
export interface DueRequest {
  readonly method: string;
  readonly target: string;
  /** All of its content; `incomplete` for what must not pass for whole. Not looked at when absent. */
  readonly content?: Uint8Array | 'incomplete';
}

/** What octets are as the first request of a connection. */
export interface RequestGrammar {
  readonly messages: fc.Arbitrary<Uint8Array>;
  /** The request that they begin with; undefined if none, or one that is to be refused. */
  readonly due: (octets: Uint8Array) => DueRequest | undefined;
  /** Said to the server before, such as a header of another protocol; default nothing. */
  readonly before?: Uint8Array;
  /** A request may be refused for what is no matter of grammar: whether what a server wrote says so. Default: never. */
  readonly mayRefuse?: (written: Uint8Array) => boolean;
}

/** What a client's application is to be given of octets. */
export interface DueResponse {
  readonly status: number;
  /** No content can follow: the exchange is over with the head. */
  readonly endsWithHead: boolean;
}

/** What octets are as the answer to a request with a method. */
export interface ResponseGrammar {
  readonly messages: fc.Arbitrary<Uint8Array>;
  readonly methods: readonly string[];
  /** The final response that they begin with; undefined if none, or one that is to be refused. */
  readonly due: (octets: Uint8Array, method: string) => DueResponse | undefined;
}

const memory = { slabBytes: 20_000 };

/** @returns a property for `fc.assert`, which fails with PropertyFailure WIRE-1, or with what escaped */
export function requestAcceptance(
  stack: StackUnderTest,
  { messages, due, before, mayRefuse = () => false }: RequestGrammar,
  reached = new Reached(),
): fc.IPropertyWithHooks<unknown[]> {
  return fc.property(messages, (octets) => {
    const found = { served: undefined as string | undefined, content: [] as Uint8Array[], isWhole: false };
    const exchange = ({ request, body }: ServerExchange): void => {
      if (found.served !== undefined) return;
      found.served = `${request.method} ${request.target}`;
      body.consume({
        data: (lease) => {
          found.content.push(lease.copy());
          lease.release();
        },
        end: () => {
          found.isWhole = true;
        },
        failed: () => {},
      });
    };
    const end = new SessionEnd(
      stack.server,
      { role: 'server', httpDate: undefined, exchange },
      observed(stack, memory),
    );
    if (before !== undefined) give(end, before);
    give(end, octets);
    const wanted = due(octets);
    reached.mark(wanted === undefined ? 'refused' : 'accepted');
    if (wanted === undefined) {
      requireEqual('WIRE-1', found.served, undefined, 'served of what is no request');
    } else if (found.served !== undefined || !mayRefuse(end.sent)) {
      requireEqual('WIRE-1', found.served, `${wanted.method} ${wanted.target}`, 'what was served');
      requireContent(wanted.content, found.isWhole, found.content, reached);
    }
    finish(end);
  });
}

/** @returns a property for `fc.assert`, which fails with PropertyFailure WIRE-1, or with what escaped */
export function responseAcceptance(
  stack: StackUnderTest,
  { messages, methods, due }: ResponseGrammar,
  reached = new Reached(),
): fc.IPropertyWithHooks<unknown[]> {
  return fc.property(messages, fc.constantFrom(...methods), (octets, method) => {
    let status: number | undefined;
    let ended: string | undefined;
    const sessions: ClientSession[] = [];
    const end = new SessionEnd(
      stack.client,
      { role: 'client', ready: (session) => sessions.push(session) },
      observed(stack, memory),
    );
    settle(end);
    const exchange = sessions[0]?.request(
      { authority: 'a.test', method, end: true },
      {
        response: (head, { body }) => {
          status = head.status;
          body.discard();
        },
        failed: () => {},
      },
    );
    if (exchange !== undefined) {
      exchange.onClosed = (error) => {
        ended = error?.code ?? 'ok';
      };
    }
    settle(end);
    give(end, octets);
    const wanted = due(octets, method);
    reached.mark(wanted === undefined ? 'refused' : 'accepted');
    requireEqual('WIRE-1', status, wanted?.status, 'status of the response');
    if (wanted?.endsWithHead === true) {
      requireEqual('WIRE-1', ended, 'ok', 'end of a response without content');
      reached.mark('ended with its head');
    }
    finish(end);
  });
}

function requireContent(
  due: DueRequest['content'],
  isWhole: boolean,
  came: readonly Uint8Array[],
  reached: Reached,
): void {
  if (due === undefined) return;
  reached.mark(due === 'incomplete' ? 'content refused' : 'content accepted');
  const found = isWhole ? [...joined(came)] : 'incomplete';
  requireEqual('WIRE-1', found, due === 'incomplete' ? due : [...due], 'content');
}

function finish(end: SessionEnd): void {
  end.lose();
  requireNoneThrown('WIRE-3', end.thrown);
  end.assertQuiescent();
}
