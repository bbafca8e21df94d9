/**
 * Fetch-style handlers: `(Request) => Response`, streaming both ways, on the web's own classes. What those classes
 * cannot say is not there: upgrades and tunnels, trailers, interim responses, and the methods that they refuse
 * (CONNECT, TRACE, TRACK) or take for another (`get` for GET), which are answered with 501. A request's body is read at the pace of its stream, and what
 * is left of it when the answer is complete is the session's to drain. A response may be what `fetch` gave: fields of the
 * connection that it came over are not sent; but what `fetch` has decoded, Content-Encoding and Content-Length still
 * describe as it was.
 *
 * This file does not know what carries the exchange.
 */
import { answerStatus, UndercoatError } from '../errors.js';
import { callback, optionalRule, readOptions, requireOption, text } from '../options.js';
import type { ServerExchange } from '../stream/contract.js';
import { readBody } from './body.js';
import { endToEnd } from './end-to-end.js';
import { BodySender, type PieceSource } from './send-body.js';

/** Answers a request. The exchange is there for what the web's classes cannot say: facts, the peer's address. */
export type FetchHandler = (request: Request, exchange: ServerExchange) => Response | Promise<Response>;

export interface FetchHandlerOptions {
  /** What URLs begin with; default `https` where TLS is, `http` elsewhere. */
  readonly scheme?: string;
}

/** Methods that the web's `Request` refuses, in any case of letters. */
const forbiddenMethods: readonly string[] = ['CONNECT', 'TRACE', 'TRACK'];
/** Methods that it writes in capitals, whatever was sent; others it leaves as they are. */
const capitalisedMethods: readonly string[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'];
const nullBodyStatuses: readonly number[] = [204, 205, 304];

const rules = { scheme: optionalRule(text, 'RFC 3986 §3.1') };

/** A handler for `listen` that calls `handler`. @throws MisuseError `handler`, `option-value` */
export function fetchHandler(
  handler: FetchHandler,
  options: FetchHandlerOptions = {},
): (exchange: ServerExchange) => Promise<void> {
  requireOption('handler', handler, callback(), 'handler', 'WS-9');
  const { scheme } = readOptions(rules, options);
  return (exchange) => answer(handler, scheme, exchange);
}

async function answer(
  handler: FetchHandler,
  scheme: string | undefined,
  exchange: ServerExchange,
): Promise<void> {
  const { method } = exchange.request;
  if (!isSayable(method)) throw unsayable(method);
  const gone = new AbortController();
  let sender: BodySender | undefined;
  exchange.onClosed = (error) => {
    if (error !== undefined) gone.abort(error);
    sender?.over(error);
  };
  const request = requestOf(exchange, scheme, gone.signal);
  const response = await handler(request, exchange);
  if (exchange.closed) {
    await response.body?.cancel();
    return;
  }
  const fields = endToEnd([...response.headers], exchange.protocol);
  const { body } = response;
  const none = method === 'HEAD' || nullBodyStatuses.includes(response.status);
  if (body === null || none) {
    exchange.respond(response.status, fields, { end: true });
    await body?.cancel();
    return;
  }
  // A body that somebody has read already is refused here, before there is a head that nothing can follow.
  const pieces = piecesOf(body);
  exchange.respond(response.status, fields);
  sender = new BodySender(exchange);
  await sender.sendFrom(pieces);
}

/** Methods are case-sensitive (RFC 9110 §9.1): what would arrive as another one must not arrive. */
function isSayable(method: string): boolean {
  const capitals = method.toUpperCase();
  if (forbiddenMethods.includes(capitals)) return false;
  return method === capitals || !capitalisedMethods.includes(capitals);
}

function unsayable(method: string): UndercoatError {
  return new UndercoatError(
    'peer-incompatible',
    'method-unsayable',
    'RFC 9110 §9.1',
    `a Request of the web cannot have the method ${method}`,
    answerStatus(501),
  );
}

function piecesOf(body: ReadableStream<Uint8Array>): PieceSource {
  const reader = body.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      // The stream may hand out views of memory that it uses again: what is lent must not change (OWN-4).
      return done ? undefined : value.slice();
    },
    leave: (error) => reader.cancel(error),
  };
}

function requestOf(exchange: ServerExchange, scheme: string | undefined, signal: AbortSignal): Request {
  const { method, fields } = exchange.request;
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  const init: RequestInit & { duplex?: 'half' } = { method, headers, signal };
  const { declaredLength, complete } = exchange.body;
  if (declaredLength === 0 || complete) return new Request(urlOf(exchange, scheme), init);
  if (method === 'GET' || method === 'HEAD') {
    // Content of these methods means nothing (RFC 9110 §9.3.1), and the web's class has no place for it.
    exchange.body.discard();
    return new Request(urlOf(exchange, scheme), init);
  }
  init.body = streamOf(exchange);
  init.duplex = 'half';
  return new Request(urlOf(exchange, scheme), init);
}

function streamOf(exchange: ServerExchange): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Begun by the first pull, so that 100 Continue waits for the handler's interest.
        chunks ??= readBody(exchange.body);
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        if (chunks === undefined) exchange.body.discard();
        else await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

function urlOf(exchange: ServerExchange, given: string | undefined): string {
  const { target, authority } = exchange.request;
  const scheme = given ?? (exchange.facts.transport.tls === undefined ? 'http' : 'https');
  // The asterisk form asks about the server as a whole (RFC 9110 §7.1).
  const path = target === '*' ? '' : target;
  const url = path.startsWith('/') || path === '' ? `${scheme}://${authority ?? 'localhost'}${path}` : path;
  if (!URL.canParse(url)) {
    const message = 'the target and the authority make no URL';
    throw new UndercoatError('peer-misbehaved', 'no-url', 'RFC 9112 §3.3', message, answerStatus(400));
  }
  return url;
}
